#!/usr/bin/env python3
"""Lets programs measure the same operation in turns, so that other load on the machine affects all of them alike.

usage: turns.py OPERATION PAIRS

Called by the script rounds, with its parameters in the environment. In its turn, each program repeats the operation for
a second and prints the time per operation; programs warm up one after the other before the rounds. Writes
$RESULTS/OPERATION-PAIRS.json, which report.py reads: the nanoseconds by program and turn, the number of queues that C
and Python read, and the bytes that one operation of qlease allocates.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

ENV = os.environ
HERE = pathlib.Path(__file__).parent
SECONDS_A_TURN = 60


class Program:
    """A program that takes a turn for each line that it reads, and prints the nanoseconds per operation on a line."""

    FIGURE = re.compile(r"([\d.]+)$")
    started = []

    def __init__(self, name, warmups, *command):
        self.name, self.warmups = name, warmups
        with open(pathlib.Path(ENV["RESULTS"]) / f"{name}.log", "a") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.times = []
        self.started.append(self)

    def find(self, pattern):
        """Returns the match in the next line that has one."""
        signal.alarm(SECONDS_A_TURN)
        for line in self.process.stdout:
            if match := pattern.search(line.rstrip()):
                signal.alarm(0)
                return float(match[1])
        sys.exit(f"turns.py: {self.name} ended early, with status {self.process.wait()}; see {self.name}.log")

    def turn(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.find(self.FIGURE)

    def end(self):
        self.process.stdin.close()
        if self.process.wait(SECONDS_A_TURN):
            sys.exit(f"turns.py: {self.name} failed with status {self.process.returncode}; see {self.name}.log")


class Jmh(Program):
    """A benchmark of NetdevBenchmark, which fails if it does not find this many queues; 0 for any number."""

    FIGURE = re.compile(r"^(?:# Warmup )?Iteration.*: ([\d.]+) .*ns/op$")
    ALLOCATED = re.compile(r"gc\.alloc\.rate\.norm .* avgt +(?:\d+ +)?([\d.]+)")

    def __init__(self, name, benchmark, queues):
        warmups, rounds = int(ENV["JVM_WARMUPS"]), ENV["ROUNDS"]
        # JMH refuses to run beside another JMH, although that is idle during this one's turn.
        super().__init__(
            name, warmups, f"{ENV['JAVA_HOME']}/bin/java", "--enable-native-access=ALL-UNNAMED", "-Djmh.ignoreLock=true",
            "-Duser.language=en", "-cp", ENV["CLASS_PATH"], "org.openjdk.jmh.Main",
            f"dev.qlease.bench.NetdevBenchmark.{benchmark}$", "-f", "0", "-w", "1", "-r", "1",
            "-wi", str(warmups), "-i", rounds, "-prof", "gc", "-foe", "true",
            "-p", "turns=true", "-p", f"queues={queues}", "-p", f"ifindex={ENV['IFINDEX']}")

    def end(self):
        self.allocated = self.find(self.ALLOCATED)
        signal.alarm(SECONDS_A_TURN)
        for _ in self.process.stdout:
            pass
        signal.alarm(0)
        super().end()


def programs(operation, with_python):
    """Starts the programs: C first, which determines how many queues the others must find."""
    warmups = int(ENV["WARMUPS"])
    c = Program("c", warmups, ENV["C_CLIENT"], operation, ENV["IFINDEX"])
    counts = {"c": int(c.find(c.FIGURE))}
    yield c, counts
    if operation == "dump":
        yield Jmh("qlease", "dump", counts["c"]), counts
        yield Jmh("each", "each", counts["c"]), counts
    else:
        yield Jmh("qlease", operation, 0), counts
    if with_python:
        client = HERE / "netdev_dump.py"
        ynl = f"{ENV['YNL']}/tools/net/ynl"
        python = Program("python", warmups, sys.executable, "-B", client, ynl, ENV["SPEC"], operation, ENV["IFINDEX"])
        counts["python"] = int(python.find(python.FIGURE))
        yield python, counts


def main():
    operation, pairs = sys.argv[1:]
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"turns.py: {operation} took longer than {SECONDS_A_TURN} s"))
    started, counts = Program.started, {}
    try:
        for program, counts in programs(operation, with_python=pairs == ENV["SIZES"].split()[0]):
            for _ in range(program.warmups):
                program.turn()
        for _ in range(int(ENV["ROUNDS"])):
            for program in started:
                program.times.append(program.turn())
        for program in started:
            program.end()
    finally:
        for program in started:
            program.process.kill()
    results = {
        "times": {program.name: program.times for program in started},
        "counts": counts,
        "allocated": {program.name: program.allocated for program in started if isinstance(program, Jmh)},
    }
    (pathlib.Path(ENV["RESULTS"]) / f"{operation}-{pairs}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
