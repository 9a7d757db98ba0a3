#!/usr/bin/env python3
"""Reads the queues of the netdev family with the kernel's own Python client (tools/net/ynl/pyynl).

usage: netdev_dump.py YNL SPEC dump|get IFINDEX

Prints the same as netdev_dump.c: the number of queues that one operation reads, then for each line of standard input
the nanoseconds per operation during a second. The client and its specification are loaded before.
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
    ynl_path, spec, mode, ifindex = sys.argv[1:]
    sys.path.append(f"{ynl_path}/pyynl")
    from lib import YnlFamily  # the kernel's, so only now

    ynl = YnlFamily(spec, schema="")
    wanted = {"ifindex": int(ifindex), "type": "rx", "id": 0}
    operations = {"dump": lambda: ynl.dump("queue-get", {}), "get": lambda: [ynl.do("queue-get", wanted)]}
    operation = operations[mode]
    print(len(operation()), flush=True)
    for _ in sys.stdin:
        print(f"{window(operation):.1f}", flush=True)


main()
