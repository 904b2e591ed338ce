#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""segments.py PORT BATCH...

Says to the server, for each BATCH (commands apart by commas, sent at once),
in how many TCP segments its replies came: "segments N octets N" a line, the
first for the greeting. A batch ends with as many replies as it has commands;
LIST, UIDL, CAPA, RETR and TOP have several lines.
"""

import socket
import struct
import sys

DATA_SEGS_IN = 152  # offset in struct tcp_info (linux/tcp.h)
LINES = ("LIST", "UIDL", "CAPA", "RETR", "TOP")


class Client:
    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.lines = self.sock.makefile("rb")
        self.octets = self.segments = 0

    def line(self):
        line = self.lines.readline()
        self.octets += len(line)
        return line

    def reply(self, command):
        words = command.upper().split()
        several = words and words[0] in LINES and (
            len(words) > 1 if words[0] in ("RETR", "TOP") else len(words) == 1
        )
        if not self.line().startswith(b"+OK"):
            sys.exit("segments.py: %s failed" % command)
        while several and self.line() != b".\r\n":
            pass

    def report(self):
        info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        now = struct.unpack_from("=I", info, DATA_SEGS_IN)[0]
        print("segments", now - self.segments, "octets", self.octets)
        self.segments, self.octets = now, 0


def main(argv):
    client = Client(int(argv[1]))
    client.reply("")
    client.report()
    for batch in argv[2:]:
        commands = batch.split(",")
        client.sock.sendall("".join(c + "\r\n" for c in commands).encode())
        for command in commands:
            client.reply(command)
        client.report()


main(sys.argv)
