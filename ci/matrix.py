#!/usr/bin/env python3
"""Makes the table of ci/matrix from the results of each kernel, and prints it or writes it into a page.

Each file of results has lines "OPERATION<TAB>SAID<TAB>DONE" as ci/vm/guest/matrix.py prints them, and lies in a folder
named like the kernel. Exits with 1 if what qlease doctor said differs from what happened.
"""

import argparse
import datetime
import re
import sys
from pathlib import Path

PAGE = """# Kernels

What works with which kernel, tried by `ci/matrix` in the test machine with unmodified kernels of Debian and the
emulated NIC. Each operation is also compared with what `qlease doctor` says of it; where the two differ, the table says
so. "-" was not tried: the emulated NIC requires Linux 6.16, and what goes through a lease requires a lease.
"""


def key(release):
    """Sorts releases by their version."""
    return [int(number) for number in re.findall(r"\d+", release)]


def read(file):
    """Returns {operation: (said, done)} of one kernel."""
    lines = [line.rstrip("\n").split("\t") for line in file.open(encoding="utf-8")]
    return {operation: (said, done) for operation, said, done in lines}


def differs(said, done):
    return done != "-" and (said == "yes") != (done == "yes")


def cell(said, done):
    shown = done.split(":")[0]
    if differs(said, done):
        shown += f" (doctor: {said.split(':')[0]})"
    return shown


def section(flavour, results, today):
    """Returns the section about the kernels of one flavour."""
    releases = sorted(results, key=key, reverse=True)
    operations = list(dict.fromkeys(operation for release in releases for operation in results[release]))
    lines = [f"## {flavour}", "", f"Tried on {today}.", "",
             "| kernel | " + " | ".join(operations) + " |",
             "|---" * (len(operations) + 1) + "|"]
    for release in releases:
        cells = [cell(*results[release].get(operation, ("", "-"))) for operation in operations]
        lines.append(f"| {release.split('+')[0]} | " + " | ".join(cells) + " |")
    reasons = {}
    for release in releases:
        for operation, (_, done) in results[release].items():
            if done.startswith("no: "):
                reasons.setdefault((operation, done[4:]), []).append(release.split("+")[0])
    if reasons:
        lines += ["", "What qlease said where it refused or failed:", "",
                  "| operation | kernels | message |", "|---|---|---|"]
        for (operation, reason), where in reasons.items():
            message = reason.replace("|", "\\|").replace("`", "'")
            lines.append(f"| {operation} | {', '.join(where)} | `{message}` |")
    return "\n".join(lines) + "\n"


def merge(page, flavour, text):
    """Returns the page with the section about the flavour replaced or added."""
    sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    kept = [old for old in sections if not old.startswith(f"## {flavour}\n")]
    return PAGE + "\n" + "\n".join(sorted(part.strip() + "\n" for part in [*kept, text]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the page")
    parser.add_argument("--failed", type=int, default=0, help="how many kernels could not be tried to the end")
    parser.add_argument("flavour")
    parser.add_argument("results", nargs="+", type=Path)
    options = parser.parse_args()
    results = {file.parent.name: read(file) for file in options.results}
    text = section(options.flavour, results, datetime.date.today())
    print(text)
    if options.write:
        old = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
        options.write.write_text(merge(old, options.flavour, text), encoding="utf-8")
    tried = [pair for result in results.values() for pair in result.values() if pair[1] != "-"]
    wrong = sum(differs(*pair) for pair in tried) + options.failed
    print(f"matrix: {len(tried) - wrong + options.failed} passed, {wrong} failed")
    sys.exit(1 if wrong or not tried else 0)


main()
