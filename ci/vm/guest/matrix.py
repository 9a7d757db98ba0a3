#!/usr/bin/env python3
"""The guest's part of ci/matrix: tries each operation, and compares it with what qlease doctor says of it.

Prints a line "OPERATION<TAB>SAID<TAB>DONE" for each: "yes", or "no: " and the reason; DONE is "-" where there is no NIC
to try it with. Argument: the command.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time

QLEASE = sys.argv[1]
NIC, PORT, PEER, HERE, GUEST = "qnic0", 5201, "192.0.2.2", "192.0.2.1", "198.18.0.2"
QUEUE = 3
SECONDS = 60
PIECES = 16384
PAYLOAD = os.urandom(1 << 20)
FILES = {"sent": "/tmp/matrix.sent", "got": "/tmp/matrix.got"}


class Refused(Exception):
    """An operation failed; the message says why."""


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=2 * SECONDS, text=True)
    if done.returncode:
        raise Refused((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
    return done.stdout


def doctor(*device):
    """Returns the verdicts of qlease doctor, which fails where a requirement is missing."""
    done = subprocess.run([QLEASE, "doctor", "--json", *device], stdout=subprocess.PIPE, text=True, timeout=2 * SECONDS)
    return {finding["check"]: finding["verdict"] for finding in json.loads(done.stdout)}


def said(verdicts, checks):
    for check in checks:
        if verdicts.get(check) != "yes":
            return f"no: {check}"
    return "yes"


class Remote(threading.Thread):
    """Runs WORK in the namespace of the other port; join raises what it raised."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.result, self.failure = work, None, None
        self.start()

    def run(self):
        try:
            with open("/run/netns/remote", encoding="ascii") as netns:
                os.setns(netns.fileno(), os.CLONE_NEWNET)
            self.result = self.work()
        except OSError as failure:
            self.failure = failure

    def outcome(self):
        self.join(SECONDS)
        if self.is_alive():
            raise Refused("the other side did not end in time")
        if self.failure:
            raise Refused(f"the other side: {self.failure}")
        return self.result


def send(*options):
    """Sends device memory to the other port, and compares what arrives."""
    ready = threading.Event()

    def receive():
        with socket.create_server((PEER, PORT)) as server:
            server.settimeout(SECONDS)
            ready.set()
            connection = server.accept()[0]
            connection.settimeout(SECONDS)
            with connection, connection.makefile("rb") as stream:
                return stream.read()

    receiver = Remote(receive)
    ready.wait(SECONDS)
    try:
        run(QLEASE, "send", *options, "--timeout", "20", "--to", f"{PEER}:{PORT}", FILES["sent"])
    except Refused:
        Remote(lambda: socket.create_connection((PEER, PORT), 5).close()).join()
        receiver.join()
        raise
    if receiver.outcome() != PAYLOAD:
        raise Refused("other bytes arrived than were sent")


def receive(address, *options):
    """Receives from the other port into device memory, and compares what arrived."""
    command = [QLEASE, "receive", *options, "--timeout", "20", "--listen", f"{address}:{PORT}", "--out", FILES["got"]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as receiver:

        def connect():
            while receiver.poll() is None:
                try:
                    with socket.create_connection((address, PORT), SECONDS) as connection:
                        connection.sendall(PAYLOAD)
                        connection.shutdown(socket.SHUT_WR)
                        return connection.recv(1)
                except ConnectionRefusedError:
                    time.sleep(0.2)
            return None

        sender = Remote(connect)
        try:
            errors = receiver.communicate(timeout=2 * SECONDS)[1]
        except subprocess.TimeoutExpired as late:
            receiver.kill()
            raise Refused("qlease receive did not end in time") from late
        if receiver.returncode:
            raise Refused(errors.strip().splitlines()[-1])
    sender.outcome()
    with open(FILES["got"], "rb") as got:
        if got.read() != PAYLOAD:
            raise Refused("other bytes arrived than were sent")


def report(operation, verdict, work=None):
    """Tries an operation and prints its line; returns whether it worked."""
    outcome = "-"
    if work:
        try:
            work()
            outcome = "yes"
        except Refused as refused:
            outcome = "no: " + " ".join(str(refused).split())
    print(operation, verdict, outcome, sep="\t", flush=True)
    return outcome == "yes"


def through_a_lease(redirect, verdicts, nic):
    lease = ("queue-create lease", "netkit")

    def create():
        run("ip", "netns", "add", "container")
        run(QLEASE, "lease", "create", "--nic", NIC, "--netns", "container", "--address", f"{GUEST}/24",
            "--redirect", redirect)

    leased = report(f"lease by {redirect}", said(verdicts, lease), nic and create)
    guest = ("--netns", "container", "--dev", "nk0")
    tx = (*lease, "bind-tx", "netkit netmem_tx")
    # Before 7.2 the device that forwards drops packets that are not readable.
    rx = (*lease, "bind-rx", *(["netkit netmem_tx"] if redirect == "forward" else []))
    report(f"send by {redirect}", said(verdicts, tx), leased and (lambda: send(*guest)))
    report(f"receive by {redirect}", said(verdicts, rx), leased and (lambda: receive(GUEST, *guest)))
    if leased:
        for lease in json.loads(run(QLEASE, "lease", "list", "--json")):
            run(QLEASE, "lease", "delete", lease["lease"])
    subprocess.run(["ip", "netns", "del", "container"], stderr=subprocess.DEVNULL, check=False)


def at_the_nic(nic):
    """Tries what needs no lease, with queue QUEUE kept for the connection, as qlease asks for."""
    if nic:
        run("ethtool", "-G", NIC, "tcp-data-split", "on")
        run("ethtool", "-X", NIC, "equal", str(QUEUE))
        run("ethtool", "-N", NIC, "flow-type", "tcp4", "dst-port", str(PORT), "action", str(QUEUE))
        with open("/proc/sys/vm/nr_hugepages", "w", encoding="ascii") as pages:
            pages.write("64")
    verdicts = doctor(*([NIC] if nic else []))
    queue = ("--dev", NIC, "--queue", str(QUEUE))
    pieces = ("--rx-page-size", str(PIECES), "--memory", "udmabuf:huge")
    report("list queues", said(verdicts, ["queue-get"]), lambda: run(QLEASE, "queues", "--json"))
    report("send", said(verdicts, ["bind-tx", *(["device memory tx"] if nic else [])]),
           nic and (lambda: send("--dev", NIC)))
    rx = ["bind-rx", *(["device memory rx"] if nic else [])]
    report("receive", said(verdicts, rx), nic and (lambda: receive(HERE, *queue)))
    report("receive pieces", said(verdicts, [*rx, "bind-rx rx-page-size"]),
           nic and (lambda: receive(HERE, *queue, *pieces)))
    if nic:
        rules = run("ethtool", "-n", NIC)
        for line in rules.splitlines():
            if line.startswith("Filter:"):
                run("ethtool", "-N", NIC, "delete", line.split()[1])
        run("ethtool", "-X", NIC, "default")
    return verdicts


def main():
    nic = os.path.exists(f"/sys/class/net/{NIC}")
    with open(FILES["sent"], "wb") as sent:
        sent.write(PAYLOAD)
    verdicts = at_the_nic(nic)
    for redirect in ("bpf", "forward"):
        through_a_lease(redirect, verdicts, nic)


main()
