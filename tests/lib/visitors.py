#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Many clients of one server.

visitors.py hold PORT COUNT
    COUNT sessions, one after another, logged in as user1, user2 ...; they stay
    until standard input ends. Prints "in N refused N", then each refusal.
visitors.py churn PORT USER COUNT
    COUNT sessions of one user, each as soon as the one before it has the
    answer to QUIT: DELE 1 and QUIT, all in one segment. Prints "sessions N
    deleted N in-use N", then each answer that was not expected.
"""

import socket
import sys

LIMIT = 60  # seconds for any one answer


def dial(port):
    sock = socket.create_connection(("127.0.0.1", port), LIMIT)
    return sock, sock.makefile("rb")


def ask(sock, *commands):
    sock.sendall("".join(c + "\r\n" for c in commands).encode())


def answers(lines, count):
    return [lines.readline().decode().rstrip("\r\n") for _ in range(count)]


def login(user):
    return "USER " + user, "PASS secret"


def hold(port, count):
    inside, refused = [], []
    for i in range(1, count + 1):
        sock, lines = dial(port)
        greeting = answers(lines, 1)[0]
        if not greeting.startswith("+OK"):
            refused.append(greeting)
            continue
        ask(sock, *login("user%d" % i))
        last = answers(lines, 2)[1]
        if last.startswith("+OK"):
            inside.append((sock, lines))
        else:
            refused.append(last)
    print("in", len(inside), "refused", len(refused))
    print("\n".join(refused), flush=True)
    sys.stdin.read()


def churn(port, user, count):
    deleted = in_use = 0
    others = []
    for _ in range(count):
        sock, lines = dial(port)
        ask(sock, *login(user), "DELE 1", "QUIT")
        said = answers(lines, 5)
        sock.close()
        if all(line.startswith("+OK") for line in said):
            deleted += 1
        elif any("[IN-USE]" in line for line in said):
            in_use += 1
        else:
            others.append(" | ".join(said))
    print("sessions", count, "deleted", deleted, "in-use", in_use)
    print("\n".join(others))


def main(argv):
    if argv[1] == "hold":
        hold(int(argv[2]), int(argv[3]))
    elif argv[1] == "churn":
        churn(int(argv[2]), argv[3], int(argv[4]))
    else:
        sys.exit("visitors.py: hold or churn?")


main(sys.argv)
