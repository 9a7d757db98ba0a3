#!/usr/bin/env python3
"""Prints the results of ci/bench/tx.

usage: report.py [--targets] RESULTS

A figure of sending is the best quartile of the windows; allocated bytes and figures of leases are medians. Fails if the
kernel copied device memory.
"""

import pathlib
import sys
from statistics import median

from figures import MIB, quarter, table, tell_of_targets

NAMES = {"c": "C, device memory", "qlease": "qlease, device memory", "nio": "java.nio, heap", "netty": "Netty epoll, heap"}


class Results:
    def __init__(self, directory):
        self.windows = {}  # (program, chunk) to [wall, cpu, sends, copied, allocated]
        self.leases = {}  # what to its milliseconds
        for path in sorted(filter(pathlib.Path.is_file, directory.iterdir())):
            program = path.name.rpartition("-")[0]
            lines = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
            if program in NAMES:
                for chunk, *window in lines:
                    self.windows.setdefault((program, chunk), []).append(window)
            elif program == "library":
                self.leases["library, first in its JVM"] = [lines[0][0] / 1000]
                self.leases["library, once warm"] = [us / 1000 for us, in lines[len(lines) // 2:]]
            elif program == "python":
                self.leases["NetDrvContEnv, in its process"] = [inside for _, inside in lines]
                self.leases["NetDrvContEnv, whole process"] = [whole for whole, _ in lines]
            elif program in ("command", "cold"):
                self.leases[f"lease create and send, {'start-up cache' if program == 'command' else 'no cache yet'}"] = [
                    ms for ms, in lines]

    def quarter(self, program, chunk, what):
        """Returns the lower quartile of time (what is 0), processor time (1) or sends (2)."""
        return quarter(window[what] for window in self.windows[program, chunk])

    def ratio(self, what, chunk):
        """Returns the ratio of qlease to C."""
        return self.quarter("qlease", chunk, what) / self.quarter("c", chunk, what)

    def allocated(self, program, chunk, sends):
        """Returns the bytes allocated per send, by sends if their number was not measured; None if it is not Java."""
        values = [window[4] / (window[2] or sends) for window in self.windows[program, chunk] if len(window) > 4]
        return median(values) if values else None

    def lease(self, what):
        return median(self.leases[what])


def sending(results, window_bytes):
    rows = [("", "chunk", "MiB/s", "CPU s/GiB", "calls", "bytes allocated a send")]
    for program, chunk in sorted(results.windows, key=lambda key: (key[1], list(NAMES).index(key[0]))):
        wall, cpu, sends = (results.quarter(program, chunk, what) for what in range(3))
        allocated = results.allocated(program, chunk, window_bytes / chunk)
        rows.append((
            NAMES[program],
            f"{chunk // 1024} KiB",
            f"{window_bytes / MIB / (wall / 1e9):.0f}",
            f"{cpu / 1e9 / window_bytes * (1 << 30):.2f}",
            str(sends or "-"),
            "-" if allocated is None else f"{allocated:.3g}",
        ))
    table(rows)
    print()


def targets(results):
    for chunk in 65536, MIB:
        size = f"{chunk // 1024} KiB chunks"
        yield f"throughput against C, {size}", 1 / results.ratio(0, chunk), 0.95, True
        yield f"processor time against C, {size}", results.ratio(1, chunk), 1.10, False
        yield f"bytes allocated a send, {size}", results.allocated("qlease", chunk, 0), 0, False
    inside = results.lease("NetDrvContEnv, in its process")
    whole = results.lease("NetDrvContEnv, whole process")
    yield "first byte by the library, once warm, of NetDrvContEnv's time", results.lease("library, once warm") / inside, 0.2, False
    yield "first byte by the library's first time", results.lease("library, first in its JVM") / inside, 0.2, False
    command = results.lease("lease create and send, start-up cache")
    yield "first byte by the commands, whole processes", command / whole, 0.2, False


def check(results):
    for (program, chunk), windows in results.windows.items():
        copied = sum(window[3] for window in windows)
        if copied:
            sys.exit(f"tx_report.py: {NAMES[program]}, {chunk} bytes a call: the kernel copied {copied} sends")


def main():
    directory = pathlib.Path(sys.argv[-1])
    results = Results(directory)
    check(results)
    sending(results, int((directory / "bytes").read_text()))
    table([("from nothing to a lease and its first byte", "ms"),
           *((what, f"{results.lease(what):.0f}") for what in results.leases)])
    if "--targets" in sys.argv:
        tell_of_targets(targets(results))


main()
