#!/usr/bin/env python3
"""usage: ci/completion.py DIST

Completes command lines in interactive bash and zsh, with files, devices and namespaces of odd names, by the scripts in DIST.
What the shell then runs is a program that notes its arguments: each name has to arrive as one argument, a file's as it
is and a device's as the command prints it, and none may have been run. Takes root, ip and both shells."""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

DIST = os.path.abspath(sys.argv[1])
NAMESPACE = f"qlease-completion-{os.getpid()}"
FILES = ["$(touch ran)", "`touch ran`", "my file.bin", "it's", 'say "x"', "semi;touch ran", "star*", "back\\slash", "-x", "&touch ran",
         "new\nline", "~", "#hash", "{a,b}", "$HOME", "(paren", "wow!", "a:b", "c=d", "é"]
ALTNAMES = ["$(id>ran-net)", "`id>ran-net`", "quo'te", "semi;id>ran-net", "dollar$HOME", "star*", "back\\slash", "a:b",
            "bytes\udcff"]


class Shell:
    """An interactive shell at a terminal of its own."""

    def __init__(self, shell, directory):
        self.directory = directory
        self.arguments = os.path.join(directory, "..", "arguments")
        environment = {"PATH": f"{directory}/../bin:{os.environ['PATH']}", "HOME": f"{directory}/../home", "TERM": "dumb",
                       "LC_ALL": "C.UTF-8", "JAVA_HOME": os.environ.get("JAVA_HOME", "")}
        command = ["bash", "--norc", "--noprofile"] if shell == "bash" else ["zsh", "-f"]
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, environment)
        self.say("PS1='> '; PS2='> '; unset HISTFILE")
        if shell == "bash":
            self.say("bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'")
            self.say(f". {DIST}/share/bash-completion/completions/qlease")
        else:
            self.say(f"fpath=({DIST}/share/zsh/site-functions $fpath); autoload -U compinit; compinit -u -D")
            self.say("unsetopt AUTO_MENU LIST_BEEP; zstyle ':completion:*' insert-tab false")
        self.say("echo re''ady")
        self.read_until("ready")

    def say(self, line):
        os.write(self.terminal, line.encode() + b"\r")

    def read_until(self, word=None, quiet=0.6, limit=30):
        text, end = "", time.monotonic() + limit
        while time.monotonic() < end:
            ready, _, _ = select.select([self.terminal], [], [], quiet)
            if ready:
                text += os.read(self.terminal, 65536).decode(errors="replace")
            elif word is None or word in text:
                return text
        raise AssertionError(f"no {word!r} in {text!r}")

    def complete(self, typed, pause=0.6):
        """Returns the arguments that arrive when TYPED, with a tab at its end, is completed and run."""
        if os.path.exists(self.arguments):
            os.remove(self.arguments)
        self.read_until()
        os.write(self.terminal, typed.encode() + b"\t")
        shown = self.read_until(quiet=pause)
        os.write(self.terminal, b"\r")
        end = time.monotonic() + 10
        while not os.path.exists(self.arguments):
            if time.monotonic() > end:
                os.write(self.terminal, b"\x03")
                return None, shown
            time.sleep(0.05)
        with open(self.arguments, "rb") as arrived:
            return arrived.read().decode().split("\0")[:-1], shown


def prepare(directory):
    for name in ("bin", "home", "files"):
        os.mkdir(os.path.join(directory, name))
    stub = os.path.join(directory, "bin", "qlease")
    with open(stub, "w") as script:
        # For names, it runs the real command; otherwise it records its arguments, in a file that appears complete.
        script.write(f"""#!/bin/sh
for argument; do [ "$argument" != completion ] || exec '{DIST}/bin/qlease' "$@"; done
printf '%s\\0' "$@" >'{directory}/next'
mv '{directory}/next' '{directory}/arguments'
""")
    os.chmod(stub, 0o755)
    for name in FILES:
        with open(os.path.join(directory, "files", name), "w"):
            pass
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    subprocess.run(["ip", "-n", NAMESPACE, "link", "add", "odd0", "type", "bridge"], check=True)
    for name in ALTNAMES:
        subprocess.run(["ip", "-n", NAMESPACE, "link", "property", "add", "dev", "odd0", "altname", name], check=True)


def printed(name):
    """NAME as the command prints and accepts it."""
    return name.replace("\\", "\\\\").replace("\udcff", "\\xff")


def beginnings(name):
    """The ways to type NAME with the quoting that shells offer."""
    first = re.match(r"\w+", name)
    if first:
        yield first.group()
        yield "'" + first.group()
        yield '"' + first.group()
    elif name[0] in "$`;&#({*~":
        yield "\\" + name[:1] + ("\\" + name[1] if name[1:2] in ("(",) else name[1:2])


def check(shell, failures, directory):
    files = os.path.join(directory, "files")
    terminal = Shell(shell, files)
    cases = []
    for name in FILES:
        for typed in beginnings(name):
            # Double quotes expand history, nothing can be quoted within single ones, and a line break ends the line.
            if not (typed[0] in "\"'" and (set(name) & set("!'\"\n") or typed[1:] == "")):
                cases.append(("send " + typed, ["send", name], 0.6))
    for name in ALTNAMES:
        for typed in beginnings(name):
            if not (typed[0] in "\"'" and set(name) & set("'")):
                cases.append((f"links -n {NAMESPACE} {typed}", ["links", "-n", NAMESPACE, printed(name)], 4))
    cases.append((f"links --netns={NAMESPACE[:-1]}", ["links", f"--netns={NAMESPACE}"], 0.6))
    cases.append(("send --memory udmabuf:h", ["send", "--memory", "udmabuf:huge"], 0.6))
    cases.append(("send --memory=udmabuf:h", ["send", "--memory=udmabuf:huge"], 0.6))
    for typed, expected, pause in cases:
        arrived, shown = terminal.complete("qlease " + typed, pause)
        if arrived != expected:
            failures.append(f"{shell}: qlease {typed}<TAB> gave {arrived}, not {expected}: {shown!r}")
    # A tab alone offers all names and runs none.
    for typed in ("send ", f"links -n {NAMESPACE} ", "lease show "):
        os.write(terminal.terminal, b"qlease " + typed.encode() + b"\t\t")
        terminal.read_until(quiet=4)
        os.write(terminal.terminal, b"\x03")
    os.close(terminal.terminal)
    for place in (files, directory, os.path.join(directory, "home")):
        failures.extend(f"{shell}: ran a name: {place}/{name}" for name in os.listdir(place) if name.startswith("ran"))


def main():
    failures = []
    for shell in ("bash", "zsh"):
        with tempfile.TemporaryDirectory() as directory:
            try:
                prepare(directory)
                check(shell, failures, directory)
            finally:
                subprocess.run(["ip", "netns", "delete", NAMESPACE], check=False)
    print("\n".join(failures) or "every name arrived as it is")
    sys.exit(1 if failures else 0)


main()
