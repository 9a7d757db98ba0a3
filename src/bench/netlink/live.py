#!/usr/bin/env python3
"""Lets live.c, LiveBenchmark and ip read the same tables, and receive the same notifications, in turns.

Called by the script live, with its parameters in the environment. Prints medians; a ratio is the median of the ratios
of all rounds. Writes the nanoseconds of each turn to $RESULTS/turns.json.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
from statistics import median

from turns import Program

ENV = os.environ
MILLIS = ENV["MILLIS"]
# Bytes of the receive queue of subscribers, which the kernel doubles.
RECEIVE_QUEUE = 1 << 20
CHANGED_ROUTES = 4096
# Changes per second at which the subscribers are tried; 0 for as many as the kernel takes.
RATES = [int(rate) for rate in ENV["RATES"].split()]


def c(*arguments):
    return [f"{ENV['YNL']}/live", *arguments]


def qlease(*arguments):
    return [f"{ENV['JAVA_HOME']}/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", ENV["CLASS_PATH"],
            "dev.qlease.bench.LiveBenchmark", *arguments]


class Live(Program):
    """A program whose lines say what it measured in the given milliseconds."""

    def __init__(self, name, command):
        super().__init__(name, int(ENV["WARMUPS"]) if "/java" in command[0] else 1, *command)
        self.line, self.lines, self.kib = "", [], 0

    def start_turn(self, *more):
        print(MILLIS, *more, file=self.process.stdin)
        self.process.stdin.flush()

    def finish_turn(self):
        self.line = self.process.stdout.readline().rstrip()
        figure = self.FIGURE.search(self.line)
        if not figure:
            sys.exit(f"live.py: {self.name} ended early, with status {self.process.wait()}; see {self.name}.log")
        return float(figure[1])

    def turn(self, *warm_up):
        self.start_turn(*warm_up)
        return self.finish_turn()

    def number(self, unit):
        found = re.search(rf"(\d+) {unit}", self.line)
        return int(found[1]) if found else None

    def end(self):
        self.process.stdin.close()
        self.kib = int(self.process.stdout.readline().split()[0])
        super().end()

    @property
    def allocated(self):
        return self.number("bytes")


class Ip:
    """A process of ip for each turn, which also prints what it reads."""

    allocated = None

    def __init__(self, *arguments):
        self.name, self.warmups, self.times, self.kib = "ip", 1, [], 0
        self.command = ["ip", "-j", *arguments]

    def turn(self, *_):
        start = time.monotonic_ns()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            sys.exit(f"live.py: {' '.join(self.command)}: status {status}")
        # This also counts what this process had when it started ip.
        self.kib = max(self.kib, used.ru_maxrss)
        return time.monotonic_ns() - start

    def count(self):
        return len(json.loads(subprocess.run(self.command, stdout=subprocess.PIPE, check=True).stdout))

    def end(self):
        pass


def ratio(a, b):
    return median(x / y for x, y in zip(a, b, strict=True))


def table(kind, *ip_arguments):
    """Reads one table by all programs; prints the milliseconds per list, the memory of each, and bytes per record."""
    ip = Ip(*ip_arguments)
    records = ip.count()
    programs = [Live("c", c(kind)), Live("list", qlease(kind, "list")), Live("each", qlease(kind, "each")), ip]
    for program in programs:
        for _ in range(program.warmups):
            program.turn("warm-up")
    for _ in range(int(ENV["ROUNDS"])):
        for program in programs:
            program.times.append(program.turn())
    print(f"{f'{records:,} {kind}':16} {'ms':>8} {'/ C':>6} {'MiB':>6} {'bytes allocated per record':>28}")
    for program in programs:
        if program.allocated is not None or program.name == "c":
            if program.number("records") != records:
                sys.exit(f"live.py: ip lists {records} {kind}, {program.name}: {program.line}")
        allocated = "" if program.allocated is None else f"{program.allocated / records:,.0f}"
        program.end()
        print(f"{program.name:16} {median(program.times) / 1e6:8.1f} {ratio(program.times, programs[0].times):6.2f}"
              f" {program.kib / 1024:6.0f} {allocated:>28}", flush=True)
    return {program.name: program.times for program in programs}


def events():
    """Receives the notifications of routes that another program changes, at growing rates."""
    writer = Live("writer", c("write", str(CHANGED_ROUTES)))
    readers = [Live("C", c("events", str(RECEIVE_QUEUE))), Live("qlease", qlease("events", str(RECEIVE_QUEUE)))]

    def turn(reader, rate, *warm_up):
        reader.start_turn(*warm_up)
        writer.start_turn(rate)
        change = writer.finish_turn()
        used = reader.finish_turn()
        return 1e9 / change, reader.number("events") * 1000 / int(MILLIS), reader.number("losses"), used

    for reader in readers:
        for _ in range(reader.warmups):
            turn(reader, RATES[-1], "warm-up")
    rounds = [{(reader.name, rate): turn(reader, rate) for rate in RATES for reader in readers}
              for _ in range(int(ENV["ROUNDS"]))]
    for program in [*readers, writer]:
        program.end()
    print(f"{'notifications':16} {'changes/s':>10} {'received/s':>10} {'turns without loss':>20} {'CPU ns each':>12}")
    for reader, rate in rounds[0]:
        turns = [each[reader, rate] for each in rounds]
        change, received, _, used = (median(column) for column in zip(*turns))
        without = f"{sum(losses == 0 for _, _, losses, _ in turns)} of {len(turns)}"
        print(f"{reader:16} {change:10,.0f} {received:10,.0f} {without:>20} {used:12,.0f}")
    return [[[reader, rate, *values] for (reader, rate), values in each.items()] for each in rounds]


def main():
    try:
        turns = {
            "routes": table("routes", "-6", "route", "show", "table", "all"),
            "links": table("links", "-s", "-s", "-d", "link", "show"),
            "events": events(),
        }
    finally:
        for program in Program.started:
            program.process.kill()
    (pathlib.Path(ENV["RESULTS"]) / "turns.json").write_text(json.dumps(turns))


main()
