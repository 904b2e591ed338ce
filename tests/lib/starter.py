#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Starts a server as inetd or systemd would.

starter.py one COMMAND...       a listening socket as descriptor 0
starter.py listen N COMMAND...  N of them from descriptor 3 on, announced by
                                LISTEN_FDS and LISTEN_PID
starter.py each N COMMAND...    accepts by itself; each connection is
                                descriptor 0 to N - 1 of a fresh process

Sockets are on free ports of 127.0.0.1. Prints "port NUMBER" for each; in the
first two cases it then becomes the command, in the third it prints, for each
process that ends, "ended PID STATUS" (STATUS as a shell has it), and ends by
SIGTERM.
"""

import os
import selectors
import signal
import socket
import sys

FIRST, SPARE = 3, 100


def listener():
    sock = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print("port", sock.getsockname()[1], flush=True)
    return sock


def one(command):
    sock = listener()
    os.dup2(sock.fileno(), 0)
    os.execvp(command[0], command)


def listen(count, command):
    socks = [listener() for _ in range(count)]
    # Out of the way first, so that none is closed by another's dup2.
    for i, sock in enumerate(socks):
        os.dup2(sock.fileno(), SPARE + i)
    for i in range(count):
        os.dup2(SPARE + i, FIRST + i)
    os.closerange(FIRST + count, SPARE + count)
    os.environ["LISTEN_FDS"] = str(count)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.execvp(command[0], command)


def start(sock, count, command):
    pid = os.fork()
    if pid == 0:
        for fd in range(count):
            os.dup2(sock.fileno(), fd)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvp(command[0], command)
    sock.close()


def reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        print("ended", pid, code if code >= 0 else 128 - code, flush=True)


def each(count, command):
    sock = listener()
    sock.setblocking(False)
    woken, wake = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ready = selectors.DefaultSelector()
    ready.register(sock, selectors.EVENT_READ)
    ready.register(woken, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is woken:
                woken.recv(4096)
                reap()
                continue
            try:
                client, _ = sock.accept()
            except BlockingIOError:
                continue
            start(client, count, command)


def main(argv):
    if argv[1] == "one":
        one(argv[2:])
    elif argv[1] == "listen":
        listen(int(argv[2]), argv[3:])
    elif argv[1] == "each":
        each(int(argv[2]), argv[3:])
    sys.exit("starter.py: one, listen or each?")


main(sys.argv)
