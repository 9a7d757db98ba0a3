#!/usr/bin/env python3
"""Prints the results of ci/bench/versus.

usage: report.py RESULTS

Time and processor time are the best quartiles of the windows; leases and allocated bytes are medians.
"""

import pathlib
import sys
from statistics import median

from figures import quarter, table


# The leases that a JVM makes, as in the script "rounds", and those that count: with the first ones, Java's compilers
# share the only processor.
LEASES = 240
MEASURED = ((16, 30), (180, 240))


def windows(directory, subject, which):
    """Maps each case to its windows of (wall ns, CPU ns, bytes allocated), each per unit of work."""
    found = {}
    lines = [list(map(int, line.split())) for line in (directory / f"{subject}-{which}").read_text().splitlines()]
    for at, line in enumerate(lines):
        if subject == "lease":
            lease = at % LEASES + 1
            for first, last in MEASURED:
                if first <= lease <= last:
                    found.setdefault(f"{first}th to {last}th lease and first byte", []).append((line[0] * 1000, None, None))
        elif subject == "tx":
            chunk, wall, cpu, sends, _, allocated = line
            found.setdefault(f"send, {chunk >> 10} KiB", []).append((wall, cpu, allocated / sends))
        elif subject == "rx":
            wall, cpu, _, fragments, _, _, allocated = line
            found.setdefault("receive", []).append((wall, cpu, allocated / fragments))
        else:
            body, connections, requests, wall, cpu, allocated = line
            found.setdefault(f"Netty, {body >> 10} KiB, {connections} connections", []).append(
                (wall / requests, cpu / requests, allocated / requests))
    return found


def main():
    directory = pathlib.Path(sys.argv[1])
    rows = [("now / before", "windows", "throughput", "CPU time", "time", "allocated before", "allocated now")]
    for path in sorted(directory.glob("*-before")):
        subject = path.name.rpartition("-")[0]
        before, now = windows(directory, subject, "before"), windows(directory, subject, "now")
        for case, old in before.items():
            new = now[case]
            figure = median if subject == "lease" else quarter
            wall = figure(w[0] for w in new) / figure(w[0] for w in old)
            has_cpu = new[0][1] is not None
            rows.append((
                case,
                f"{len(old)} and {len(new)}",
                f"{1 / wall:.3f}",
                f"{quarter(w[1] for w in new) / quarter(w[1] for w in old):.3f}" if has_cpu else "-",
                f"{wall:.3f}",
                f"{median(w[2] for w in old):.3g} B" if has_cpu else "-",
                f"{median(w[2] for w in new):.3g} B" if has_cpu else "-",
            ))
    table(rows)


main()
