#!/usr/bin/env python3
"""The queues of the netdev family, read with the kernel's own Python client (tools/net/ynl/pyynl).

usage: netdev_dump.py YNL SPEC dump|get WARMUPS WINDOWS IFINDEX

Prints what netdev_dump.c prints: the number of queues that one operation reads, then for each window of a second the
nanoseconds that an operation took in it. The client and its specification are loaded before.
"""

import sys
import time


def window(operation):
    start = end = time.monotonic_ns()
    done = 0
    while end - start < 1_000_000_000:
        operation()
        done += 1
        end = time.monotonic_ns()
    return (end - start) / done


def main():
    ynl_path, spec, mode, warmups, windows, ifindex = sys.argv[1:]
    sys.path.append(f"{ynl_path}/pyynl")
    from lib import YnlFamily  # the kernel's, so only now

    ynl = YnlFamily(spec, schema="")
    wanted = {"ifindex": int(ifindex), "type": "rx", "id": 0}
    operations = {"dump": lambda: ynl.dump("queue-get", {}), "get": lambda: [ynl.do("queue-get", wanted)]}
    operation = operations[mode]
    print(len(operation()))
    for _ in range(int(warmups)):
        window(operation)
    for _ in range(int(windows)):
        print(f"{window(operation):.1f}")


main()
