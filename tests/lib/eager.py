#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""eager.py read PORT TRIES LINE | eager.py hold PORT TRIES LINE

Clients that send commands before they read anything, one after the other.

read: each must get LINE and then the end of the connection, not a reset.
hold: each must get LINE, and keeps its connection open until standard input
      ends; when all are there, "ready" is printed.
"""

import socket
import sys

LIMIT = 60
COMMANDS = b"CAPA\r\n" * 40


def read_all(client):
    seen = b""
    while True:
        piece = client.recv(4096)
        if not piece:
            return seen
        seen += piece


def main():
    mode, port, tries, line = sys.argv[1:]
    held = []
    for number in range(int(tries)):
        client = socket.create_connection(("127.0.0.1", int(port)), LIMIT)
        try:
            client.sendall(COMMANDS)
            seen = read_all(client)
        except ConnectionError as error:
            sys.exit(f"eager: try {number}: {error}")
        if seen != line.encode() + b"\r\n":
            sys.exit(f"eager: try {number}: got {seen!r}")
        if mode == "read":
            client.close()
        else:
            held.append(client)
    if mode == "hold":
        print("ready", flush=True)
        sys.stdin.read()


main()
