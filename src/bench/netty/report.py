#!/usr/bin/env python3
"""Prints the results of ci/bench/netty: medians of the windows, and how qlease's channel compares.

usage: report.py RESULTS
"""

import pathlib
import sys
from statistics import median

NAMES = {"devmem": "qlease, device memory", "epoll": "Netty epoll", "io_uring": "Netty io_uring"}
GIB = 1 << 30


def read(directory):
    """(transport, body, connections) to (requests a second, CPU seconds a GiB, bytes a request)."""
    windows = {}
    for transport in NAMES:
        for line in (directory / transport).read_text().splitlines():
            body, connections, requests, wall, cpu, allocated = map(int, line.split())
            windows.setdefault((transport, body, connections), []).append(
                (requests * 1e9 / wall, cpu / 1e9 / (requests * body / GIB), allocated / requests))
    return {key: tuple(map(median, zip(*values))) for key, values in windows.items()}


def main():
    figures = read(pathlib.Path(sys.argv[1]))
    cases = sorted({key[1:] for key in figures})
    print("| body, connections | transport | requests/s | CPU s/GiB | allocated B/request |")
    print("|---|---|---|---|---|")
    for body, connections in cases:
        for transport, name in NAMES.items():
            rate, cpu, allocated = figures[transport, body, connections]
            print(f"| {body >> 10} KiB, {connections} | {name} | {rate:.1f} | {cpu:.2f} | {allocated:.0f} |")
    print()
    for body, connections in cases:
        ours = figures["devmem", body, connections]
        for transport in ("epoll", "io_uring"):
            rate, cpu, allocated = figures[transport, body, connections]
            print(f"{body >> 10} KiB, {connections}: to {NAMES[transport]}: requests {ours[0] / rate:.2f}, "
                  f"CPU {ours[1] / cpu:.2f}, allocation {ours[2]:.0f} to {allocated:.0f} B")


main()
