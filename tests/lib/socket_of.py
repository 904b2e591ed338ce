#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The TCP connection of another process, seen from within. Needs root.

socket_of.py PID               prints its options, "name value" a line
socket_of.py PID name=value... sets some first

The connection is PID's first TCP socket that has a peer.
"""

import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438  # the same on each machine that has it
libc = ctypes.CDLL(None, use_errno=True)

OPTIONS = {
    "nodelay": (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    "keepalive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "idle": (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    "interval": (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    "probes": (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    "timeout": (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
}


def take(pidfd, fd):
    copy = libc.syscall(PIDFD_GETFD, pidfd, fd, 0)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return copy


def connection(pid):
    pidfd = os.pidfd_open(pid)
    for fd in sorted(int(f) for f in os.listdir("/proc/%d/fd" % pid)):
        if not os.readlink("/proc/%d/fd/%d" % (pid, fd)).startswith("socket:"):
            continue
        sock = socket.socket(fileno=take(pidfd, fd))
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            try:
                sock.getpeername()
                return sock
            except OSError:
                pass
    sys.exit("socket_of.py: %d has no connection" % pid)


def main(argv):
    sock = connection(int(argv[1]))
    for assignment in argv[2:]:
        name, value = assignment.split("=")
        sock.setsockopt(*OPTIONS[name], int(value))
    for name, option in OPTIONS.items():
        print(name, sock.getsockopt(*option))


main(sys.argv)
