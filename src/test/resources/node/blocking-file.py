"""A file whose owner never answers a close, sent to qlease node several times. Ends when standard input does.

Arguments: a file to mount over, in a mount namespace of this process's own; the agent's socket; a request in
hexadecimal digits; how many times to send it. Prints "sent" when the agent has answered each.
"""
import ctypes
import os
import socket
import struct
import sys
import threading

INIT, OPEN, GETATTR, RELEASE, FLUSH = 26, 14, 3, 18, 25
ENOSYS = 38
target, agent, request, times = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), int(sys.argv[4])
device = os.open('/dev/fuse', os.O_RDWR)
options = 'fd=%d,rootmode=100644,user_id=0,group_id=0' % device
if ctypes.CDLL(None, use_errno=True).mount(b'fuse', target.encode(), b'fuse', 0, options.encode()) != 0:
    sys.exit('mount: ' + os.strerror(ctypes.get_errno()))


def answer(opcode):
    """Returns the body of the answer to a request; None for an error. See linux/fuse.h."""
    if opcode == INIT:
        return struct.pack('<IIIIHHIIHHI28x', 7, 31, 1 << 16, 0, 12, 9, 1 << 16, 1, 0, 0, 0)
    if opcode == GETATTR:
        attributes = struct.pack('<6Q10I', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o100644, 1, 0, 0, 0, 512, 0)
        return struct.pack('<QII', 0, 0, 0) + attributes
    if opcode == OPEN:
        return struct.pack('<QII', 1, 0, 0)
    return b'' if opcode == RELEASE else None


def serve():
    while True:
        _, opcode, unique = struct.unpack('<IIQ', os.read(device, 1 << 18)[:16])
        if opcode != FLUSH:
            body = answer(opcode)
            os.write(device, struct.pack('<IiQ', 16 + len(body or b''), -ENOSYS if body is None else 0, unique)
                     + (body or b''))


# The file is served by a process of its own: the kernel would otherwise close the files of this process in an order in
# which the end of it waits for itself. It ends when standard input, which both have, does.
if os.fork() == 0:
    threading.Thread(target=serve, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
os.close(device)
blocking = os.open(target, os.O_RDONLY)
kept = []
for _ in range(times):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(agent)
    connection.recv(1024)
    socket.send_fds(connection, [request], [blocking])
    connection.recv(1024)
    kept.append(connection)
print('sent', flush=True)
sys.stdin.read()
