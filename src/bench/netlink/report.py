#!/usr/bin/env python3
"""Prints the results of ci/bench/netlink.

usage: report.py [--targets] RESULTS

A figure is the median of a program's turns, a ratio the median of the ratios in each round of turns. Fails if the
programs did not read the same queues.
"""

import json
import pathlib
import re
import sys
from statistics import median


class Results:
    def __init__(self, directory):
        self.times = {}  # (operation, pairs, program) to the nanoseconds of its turns
        self.counts = {}  # (operation, pairs) to the numbers of queues that programs read
        self.allocated = {}  # (operation, pairs) to bytes that one operation of qlease allocates
        self.lists = {}  # pairs to program to what it lists
        for path in sorted(directory.iterdir()):
            if turns := re.fullmatch(r"(dump|get)-(\d+)\.json", path.name):
                self.read_turns(turns[1], int(turns[2]), json.loads(path.read_text()))
            elif process := re.fullmatch(r"process-(\d+)-(\w+)", path.name):
                self.times["process", int(process[1]), process[2]] = [float(line) for line in path.read_text().split()]
            elif listing := re.fullmatch(r"(\w+)-(\d+)\.json", path.name):
                queues = [(q["ifindex"], q["type"], q["id"], q.get("napi-id")) for q in json.loads(path.read_text())]
                self.lists.setdefault(int(listing[2]), {})[listing[1]] = sorted(queues)

    def read_turns(self, operation, pairs, turns):
        self.counts[operation, pairs] = set(turns["counts"].values())
        for program, times in turns["times"].items():
            # qlease has two ways of doing what C does in one.
            key = ("each", pairs, "qlease") if program == "each" else (operation, pairs, program)
            self.times[key] = times
            if program in turns["allocated"]:
                self.allocated[key[:2]] = turns["allocated"][program]
        if "each" in turns["times"]:
            self.times["each", pairs, "c"] = turns["times"]["c"]

    def time(self, *key):
        return median(self.times[key]) if key in self.times else None

    def ratio(self, operation, pairs, program, other):
        rounds = self.times.get((operation, pairs, program)), self.times.get((operation, pairs, other))
        return None if None in rounds else median(a / b for a, b in zip(*rounds, strict=True))


def duration(ns):
    if ns is None:
        return "-"
    for unit, size in ("ms", 1e6), ("us", 1e3):
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns / size:.0f} {unit}"
    return f"{ns:.0f} ns"


def number(value, pattern="{:.2f}"):
    return "-" if value is None else pattern.format(value)


NAMES = {
    "dump": "list all queues",
    "each": "read them one by one",
    "get": "ask for one queue",
    "process": "whole process, JSON",
}


def table(results):
    rows = [("", "veth pairs", "C", "qlease", "Python", "qlease / C", "Python / qlease", "bytes allocated")]
    for operation, pairs in dict.fromkeys(key[:2] for key in sorted(results.times)):
        memory = results.allocated.get((operation, pairs))
        rows.append((
            NAMES[operation],
            f"{pairs:,}",
            *(duration(results.time(operation, pairs, program)) for program in ("c", "qlease", "python")),
            number(results.ratio(operation, pairs, "qlease", "c")),
            number(results.ratio(operation, pairs, "python", "qlease"), "{:.1f}"),
            number(memory, "{:,.0f}"),
        ))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]))


def targets(results):
    sizes = sorted(pairs for operation, pairs, program in results.times if (operation, program) == ("dump", "qlease"))
    least, most = sizes[0], sizes[-1]
    growth = {p: results.time("dump", most, p) / results.time("dump", least, p) * least / most for p in ("c", "qlease")}
    yield "list all queues at least as fast as in C", results.ratio("dump", least, "qlease", "c"), 1
    yield "read all queues one by one at least as fast as C lists them", results.ratio("each", least, "qlease", "c"), 1
    yield "list all queues in a tenth of Python's time", results.ratio("dump", least, "qlease", "python"), 0.1
    yield f"time for a queue with {most:,} pairs against {least:,} (C: {growth['c']:.2f})", growth["qlease"], 1.25
    yield "ask for one queue within 1.5 times C's time", results.ratio("get", least, "qlease", "c"), 1.5
    yield "bytes allocated for it below 1 KiB", results.allocated["get", least], 1023
    for pairs in 1, least:
        what = f"whole process in half of Python's time, {pairs:,} pairs"
        yield what, results.ratio("process", pairs, "qlease", "python"), 0.5


def check(results):
    for (operation, pairs), counts in results.counts.items():
        if len(counts) != 1:
            sys.exit(f"report.py: {operation} with {pairs} pairs: the programs read {counts} queues")
    for pairs, lists in results.lists.items():
        for program, queues in lists.items():
            if queues != lists["c"]:
                sys.exit(f"report.py: with {pairs} pairs {program} lists other queues than C")


def main():
    results = Results(pathlib.Path(sys.argv[-1]))
    check(results)
    table(results)
    for what, value, limit in targets(results) if "--targets" in sys.argv else ():
        verdict = "not measured" if value is None else "met" if value <= limit else "missed"
        print(f"target: {what}: {number(value, '{:.4g}')} (at most {limit}): {verdict}")


main()
