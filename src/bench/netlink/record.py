#!/usr/bin/env python3
"""Records the kernel's replies in a network namespace, for decoding them again without the kernel.

usage: record.py DIRECTORY

Writes one file for each list, and the replies about the netdev family and its first queue: the parts as the kernel sent
them, each preceded by its length. Queues, NAPIs, links and IPv4 routes are those of the namespace. Page pools are built
as net/core/page_pool_user.c does, since only drivers of hardware have some that the kernel lists.
"""

import pathlib
import socket
import struct
import sys

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
REQUEST, DUMP = 1, 0x300
DONE, ERROR = 3, 2
GETLINK, GETROUTE = 18, 26
CONTROL, GETFAMILY, FAMILY_ID, FAMILY_NAME = 16, 3, 1, 2
QUEUE_GET, NAPI_GET, PAGE_POOL_GET = 10, 11, 5
QUEUE_ID, QUEUE_IFINDEX, QUEUE_TYPE = 1, 2, 3
SEQUENCE = 1000
PART, BUFFER = 32768, 1 << 17
SOL_NETLINK, GET_STRICT_CHK = 270, 12


def attribute(kind, payload):
    return struct.pack("=HH", 4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def message(kind, flags, payload, port=0):
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, SEQUENCE, port) + payload


class Recorder:
    def __init__(self, directory, protocol):
        self.directory = directory
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, GET_STRICT_CHK, 1)

    def record(self, name, kind, payload, flags=DUMP):
        """Records the parts of the reply to a request and returns them."""
        self.socket.send(message(kind, REQUEST | flags, payload))
        parts = []
        while True:
            parts.append(self.socket.recv(BUFFER))
            last = list(messages(parts[-1]))[-1]
            if last[0] == ERROR:
                sys.exit(f"record.py: {name}: the kernel refuses: errno {-struct.unpack_from('=i', last[1])[0]}")
            if last[0] == DONE or not flags & DUMP:
                break
        self.write(name, parts)
        return parts

    def write(self, name, parts):
        with open(self.directory / name, "wb") as file:
            for part in parts:
                file.write(struct.pack("=I", len(part)) + part + b"\0" * (-len(part) % 4))


def messages(part):
    """The type and payload of each message of a part."""
    at = 0
    while at < len(part):
        length, kind = struct.unpack_from("=IH", part, at)
        yield kind, part[at + 16:at + length]
        at += (length + 3) & ~3


def family_of(part):
    """The number of the family that a reply of nlctrl describes."""
    _, payload = next(messages(part))
    at = 4
    while at < len(payload):
        length, kind = struct.unpack_from("=HH", payload, at)
        if kind == FAMILY_ID:
            return struct.unpack_from("=H", payload, at + 4)[0]
        at += (length + 3) & ~3
    sys.exit("record.py: nlctrl does not say the netdev family's number")


def page_pools(family, port, count):
    """The parts of a list of page pools, which a NIC with two NAPI instances a device would have."""
    parts, part = [], b""
    for i in range(count):
        pool = message(family, 2, struct.pack("=BBH", PAGE_POOL_GET, 1, 0) + b"".join((
            attribute(1, struct.pack("=I", i + 1)),
            attribute(2, struct.pack("=I", 2 + i // 2)),
            attribute(3, struct.pack("=I", 8193 + i)),
            attribute(4, struct.pack("=I", 64 * i)),
            attribute(5, struct.pack("=I" if i < 16384 else "=Q", 64 * 4096 * i)),
        )), port)
        if len(part) + len(pool) > PART:
            parts.append(part)
            part = b""
        part += pool
    done = message(DONE, 2, struct.pack("=i", 0), port)
    return [*parts, part, done]


def main():
    directory = pathlib.Path(sys.argv[1])
    generic = Recorder(directory, NETLINK_GENERIC)
    name = attribute(FAMILY_NAME, b"netdev\0")
    reply = generic.record("family", CONTROL, struct.pack("=BBH", GETFAMILY, 1, 0) + name, flags=0)
    family = family_of(reply[0])
    queues = generic.record("queues", family, struct.pack("=BBH", QUEUE_GET, 1, 0))
    first = (attribute(number, struct.pack("=I", value)) for number, value in (
        (QUEUE_ID, 0), (QUEUE_IFINDEX, socket.if_nametoindex("a0")), (QUEUE_TYPE, 0)))
    generic.record("queue", family, struct.pack("=BBH", QUEUE_GET, 1, 0) + b"".join(first), flags=0)
    generic.record("napis", family, struct.pack("=BBH", NAPI_GET, 1, 0))
    count = sum(kind == family for part in queues for kind, _ in messages(part))
    generic.write("page-pools", page_pools(family, generic.socket.getsockname()[0], count))
    route = Recorder(directory, NETLINK_ROUTE)
    route.record("links", GETLINK, bytes(16))
    route.record("routes", GETROUTE, bytes([socket.AF_INET]) + bytes(11))


main()
