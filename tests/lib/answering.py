#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""answering.py [-w COLUMNS] [-m COMMAND] [PROMPT ANSWER]... -- COMMAND...: a
person at a terminal.

Runs COMMAND on a terminal of its own, types each ANSWER and a line end once
the terminal has shown PROMPT (behind what came before), and prints all that
the terminal has shown, with line ends as they are in files. The exit status is
the command's (what -m names is done by a shell meanwhile, before the first
answer); 99 if a prompt did not come in 20 seconds, the command did not end
in as many, or it ended by a signal.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

LIMIT = 20


class Terminal:
    def __init__(self, fd):
        self.fd = fd
        self.shown = b""
        self.ended = False

    def look(self):
        if not select.select([self.fd], [], [], 0.05)[0]:
            return
        try:
            self.shown += os.read(self.fd, 4096)
        except OSError:  # the other end is gone
            self.ended = True

    def wait(self, text, begin):
        """The place behind the text, or None."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            at = self.shown.find(text, begin)
            if at >= 0:
                return at + len(text)
            if self.ended:
                return None
            self.look()
        return None


def give_up(pid, terminal, why):
    show(terminal)
    print(f"answering: {why}", file=sys.stderr)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    sys.exit(99)


def show(terminal):
    sys.stdout.write(terminal.shown.decode(errors="replace").replace("\r\n", "\n"))
    sys.stdout.flush()


def main():
    words = sys.argv[1:]
    columns = 80
    meanwhile = None
    if words[0] == "-w":
        columns = int(words[1])
        words = words[2:]
    if words[0] == "-m":
        meanwhile = words[1]
        words = words[2:]
    at = words.index("--")
    answers, command = words[:at], words[at + 1 :]
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execvp(command[0], command)
    terminal = Terminal(fd)
    place = 0
    for prompt, answer in zip(answers[::2], answers[1::2]):
        place = terminal.wait(prompt.encode(), place)
        if place is None:
            give_up(pid, terminal, f"{prompt!r} did not come")
        if meanwhile:
            subprocess.run(meanwhile, shell=True, check=True)
            meanwhile = None
        os.write(fd, answer.encode() + b"\n")
    end = time.monotonic() + LIMIT
    while not terminal.ended:
        if time.monotonic() > end:
            give_up(pid, terminal, "no end")
        terminal.look()
    show(terminal)
    status = os.waitpid(pid, 0)[1]
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 99)


main()
