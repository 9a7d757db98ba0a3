#!/usr/bin/env python3
"""Lets replay.c and ReplayBenchmark decode the same recordings and make the same requests in turns.

Called by the script decode, with its parameters in the environment. Compares what they decode, and prints the medians
and, if $REPORT is "targets", whether each target is met. Writes the nanoseconds of each turn to $RESULTS/turns.json.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
from statistics import median

from turns import Program

ENV = os.environ
RESULTS = pathlib.Path(ENV["RESULTS"])
KINDS = "queues", "napis", "page-pools", "links", "routes"
TARGET_KINDS = KINDS[:4]
THREADS = 16


def c(*arguments):
    return [f"{ENV['YNL']}/replay", *arguments]


def qlease(*arguments):
    return [f"{ENV['JAVA_HOME']}/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", ENV["CLASS_PATH"],
            "dev.qlease.bench.ReplayBenchmark", *arguments]


class Turns(Program):
    """A program that measures for as many milliseconds as a line says; Java programs also print bytes allocated."""

    BYTES = re.compile(r"^(\d+) bytes")

    def __init__(self, name, command):
        super().__init__(name, int(ENV["WARMUPS"]) if "/java" in command[0] else 1, *command)
        self.allocated = None

    def turn(self, *warm_up):
        print(ENV["MILLIS"], *warm_up, file=self.process.stdin)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        figure = self.FIGURE.search(line.rstrip())
        if not figure:
            sys.exit(f"decode.py: {self.name} ended early, with status {self.process.wait()}; see {self.name}.log")
        if allocated := self.BYTES.search(line):
            self.allocated = int(allocated[1])
        return float(figure[1])


def check(kind):
    """Fails unless both programs decode the same values; returns the number of records."""
    path = str(RESULTS / kind)
    texts = [subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
             for command in (c(kind, "print", path), qlease(kind, "print", path))]
    if texts[0] != texts[1] or not texts[0]:
        for number, pair in enumerate(zip(*texts)):
            if pair[0] != pair[1]:
                sys.exit(f"decode.py: {kind}, record {number}:\n  C:      {pair[0]}\n  qlease: {pair[1]}")
        sys.exit(f"decode.py: {kind}: C decodes {len(texts[0])} records, qlease {len(texts[1])}")
    return len(texts[0])


def measure(commands):
    """The turns of programs, by name."""
    programs = [Turns(name, command) for name, command in commands.items()]
    try:
        for program in programs:
            for _ in range(program.warmups):
                program.turn("warm-up")
        for _ in range(int(ENV["ROUNDS"])):
            for program in programs:
                program.times.append(program.turn())
        for program in programs:
            program.end()
    finally:
        for program in programs:
            program.process.kill()
    return {program.name: program for program in programs}


def ratio(a, b):
    return median(x / y for x, y in zip(a, b, strict=True))


def own(whole, calls):
    """What is left of a request without its system calls."""
    return [a - b for a, b in zip(whole, calls, strict=True)]


def decoding(kind, targets):
    path = str(RESULTS / kind)
    by = measure({"c": c(kind, "list", path), "list": qlease(kind, "list", path), "each": qlease(kind, "each", path)})
    times = {name: program.times for name, program in by.items()}
    ratios = ratio(times["list"], times["c"]), ratio(times["each"], times["c"])
    print(f"{kind:12} {median(times['c']):8.1f} {median(times['list']):8.1f} {median(times['each']):8.1f}"
          f" {ratios[0]:10.2f} {ratios[1]:10.2f} {by['list'].allocated:8}")
    if kind in TARGET_KINDS:
        targets += [(f"{kind}: decode a list as fast as C", ratios[0], 1),
                    (f"{kind}: decode one by one in 0.8 of C's time", ratios[1], 0.8)]
    return times


def requests(targets):
    index = ENV["IFINDEX"]
    by = measure({
        "ynl": c("request", "ynl"), "send-recv": c("request", "send-recv"),
        "sendto-recvmsg": c("request", "sendto-recvmsg"), "bare": qlease("request", "bare", index),
        "replay": qlease("request", "replay", index, str(RESULTS)), "qlease": qlease("request", "qlease", index)})
    times = {name: program.times for name, program in by.items()}
    ours, theirs = own(times["qlease"], times["sendto-recvmsg"]), own(times["ynl"], times["send-recv"])
    print(f"one request: C {median(times['ynl']):.0f} ns, of which system calls {median(times['send-recv']):.0f};"
          f" qlease {median(times['qlease']):.0f} ns, of which system calls {median(times['sendto-recvmsg']):.0f}")
    print(f"one request without its system calls: C {median(theirs):.0f} ns, qlease {median(ours):.0f} ns and"
          f" {by['qlease'].allocated} bytes")
    print(f"  of which calling C twice from Java {median(own(times['bare'], times['sendto-recvmsg'])):.0f} ns; the rest"
          f" {median(own(times['qlease'], times['bare'])):.0f} ns, and {median(times['replay']):.0f} ns with a recorded"
          " reply, without system calls")
    targets += [("a request's own time against C's", median(ours) / max(1, median(theirs)), 1.5),
                ("a request's own nanoseconds", median(ours), 300),
                ("bytes allocated for a request", by["qlease"].allocated, 256)]
    threads = {name: program.times for name, program in measure({
        "c-threads": c("request", "threads", str(THREADS)),
        "qlease-threads": qlease("request", "threads", index, str(THREADS))}).items()}
    rates = [1e9 / median(threads[name]) for name in ("c-threads", "qlease-threads")]
    print(f"{THREADS} threads: C with a socket each {rates[0]:,.0f} requests/s, qlease with one socket {rates[1]:,.0f}")
    targets.append((f"{THREADS} threads: C's rate against that of qlease",
                    ratio(threads["qlease-threads"], threads["c-threads"]), 1))
    return {**times, **threads}


def main():
    for kind in KINDS:
        print(f"{kind}: C and qlease decode the same {check(kind):,} records", flush=True)
    targets, turns = [], {}
    print(f"{'ns a record':12} {'C':>8} {'list':>8} {'each':>8} {'list / C':>10} {'each / C':>10} {'bytes':>8}")
    for kind in KINDS:
        turns[kind] = decoding(kind, targets)
        sys.stdout.flush()
    turns["request"] = requests(targets)
    (RESULTS / "turns.json").write_text(json.dumps(turns))
    for what, value, limit in targets if ENV["REPORT"] == "targets" else ():
        print(f"target: {what}: {value:.4g} (at most {limit}): {'met' if value <= limit else 'missed'}")


main()
