#!/usr/bin/env python3
"""Prints the results of ci/bench/rx.

usage: report.py [--targets] RESULTS

A figure is the best quartile of the windows; allocated bytes are medians. Fails if data arrived in ordinary memory.
"""

import pathlib
import sys
from statistics import median

from figures import MIB, quarter, table, tell_of_targets

NAMES = {"c": "C", "qlease": "qlease"}
WALL, CPU, RECEIVES, FRAGMENTS, RELEASES, LINEAR, ALLOCATED = range(7)


def windows_of(directory):
    windows = {}
    for path in sorted(directory.glob("*-*")):
        lines = path.read_text().splitlines()
        windows.setdefault(path.name.rpartition("-")[0], []).extend([int(word) for word in line.split()] for line in lines)
    return windows


def check(windows):
    for program in NAMES:
        linear = sum(window[LINEAR] for window in windows[program])
        if linear:
            sys.exit(f"rx_report.py: {NAMES[program]}: {linear} bytes came in ordinary memory")


def ratio(windows, what):
    """Returns the ratio of qlease to C."""
    return quarter(w[what] for w in windows["qlease"]) / quarter(w[what] for w in windows["c"])


def allocated(windows):
    return median(w[ALLOCATED] / w[FRAGMENTS] for w in windows["qlease"])


def receiving(windows, window_bytes):
    rows = [("", "MiB/s", "CPU s/GiB", "bytes a fragment", "fragments a call", "tokens a call", "bytes allocated a fragment")]
    for program, name in NAMES.items():
        mine = windows[program]
        wall, cpu = (quarter(w[what] for w in mine) for what in (WALL, CPU))
        rows.append((
            name,
            f"{window_bytes / MIB / (wall / 1e9):.0f}",
            f"{cpu / 1e9 / window_bytes * (1 << 30):.2f}",
            f"{median(window_bytes / w[FRAGMENTS] for w in mine):.0f}",
            f"{median(w[FRAGMENTS] / w[RECEIVES] for w in mine):.1f}",
            f"{median(w[FRAGMENTS] / w[RELEASES] for w in mine):.1f}",
            f"{allocated(windows):.3g}" if program == "qlease" else "-",
        ))
    table(rows)


def main():
    directory = pathlib.Path(sys.argv[-1])
    windows = windows_of(directory)
    check(windows)
    receiving(windows, int((directory / "bytes").read_text()))
    if "--targets" in sys.argv:
        tell_of_targets([
            ("throughput against C", 1 / ratio(windows, WALL), 0.95, True),
            ("processor time against C", ratio(windows, CPU), 1.05, False),
            ("bytes allocated a fragment", allocated(windows), 0, False),
        ])


main()
