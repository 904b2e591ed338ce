#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""typing.py SHELL SET-UP TEXT: what a shell's completion makes of a text.

Starts SHELL (bash or zsh) on a terminal, runs SET-UP there, types TEXT and a
tabulator, and prints the line as it is then. Fails after 60 seconds.
"""

import os
import pty
import select
import sys
import tempfile
import time

LIMIT = 60

# Ctrl-X writes the line that is being typed to the file $LINE.
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set enable-bracketed-paste off';"
        """bind -x '"\\C-x": printf %s "$READLINE_LINE" >"$LINE"'""",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "unset zle_bracketed_paste; setopt no_beep;"
        'show() { printf %s "$BUFFER" >"$LINE"; }; zle -N show; bindkey "^X" show',
    ),
}


def type_in(fd, text):
    os.write(fd, text.encode())


def drain(fd, done, seen=b""):
    """Reads what the terminal shows until `done` says so of all of it."""
    end = time.monotonic() + LIMIT
    while not done(seen):
        if time.monotonic() > end:
            sys.exit(f"typing: waited in vain; the terminal shows {seen!r}")
        if select.select([fd], [], [], 0.05)[0]:
            try:
                seen += os.read(fd, 4096)
            except OSError:  # how a terminal says that its other end is gone
                sys.exit(f"typing: the shell ended; it showed {seen!r}")


def main():
    shell, set_up, text = sys.argv[1:]
    argv, own = SHELLS[shell]
    with tempfile.TemporaryDirectory() as folder:
        line = os.path.join(folder, "line")
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(LINE=line, PS1="$ ", TERM="dumb")
            os.execvp(argv[0], argv)
        # The word is put together by the shell, so that its echo is not it;
        # the prompt behind it says that keys are read one by one again.
        type_in(fd, f"{own}\n{set_up}\necho rea''dy\n")
        drain(fd, lambda seen: b"$ " in seen.partition(b"\nready")[2])
        type_in(fd, text + "\t\x18")
        drain(fd, lambda _: os.path.exists(line) and os.path.getsize(line))
        with open(line, encoding="utf-8") as f:
            print(f.read())
        os.kill(pid, 9)
        os.close(fd)
        os.waitpid(pid, 0)


main()
