# SPDX-License-Identifier: ISC
"""A session by a client that counts for itself, and kills (for load.py)."""

import array
import fcntl
import os
import random
import re
import signal
import socket
import struct
import termios
import time

LIMIT = 60  # seconds for whatever is waited for
ENDED = {"front": "front_died", "monitor": "unknown"}
TOO_LONG = "NOOP " + "x" * 3000
VERBS = (
    "USER PASS APOP QUIT STAT LIST RETR DELE NOOP RSET TOP UIDL CAPA".split()
)
SOCK_DIAG, BY_FAMILY, TCP = 4, 20, socket.IPPROTO_TCP
COMMANDS = 'pop3_commands_total{verb="%s",result="%s"}'


def wait_until(condition, what, often=0.001):
    end = time.monotonic() + LIMIT
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise RuntimeError("waited in vain: " + what)
        time.sleep(often)


# --- the processes of a session


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


def server_side(port, client_port):
    """The inode of the server's end, and the octets it has not read yet.

    inet_diag (sock_diag(7)) is asked for this one connection.
    """
    here = socket.inet_aton("127.0.0.1") + bytes(12)
    request = struct.pack("=IHHII", 72, BY_FAMILY, 1, 0, 0)
    request += struct.pack("=BBHI", socket.AF_INET, TCP, 0, 0xFFFFFFFF)
    request += struct.pack("!HH", port, client_port) + here + here
    request += struct.pack("=I", 0) + b"\xff" * 8
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as diag:
        diag.sendto(request, (0, 0))
        answer = diag.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] != BY_FAMILY:
        raise RuntimeError("no such connection")
    unread, _, _, inode = struct.unpack_from("=IIII", answer, 16 + 4 + 48 + 4)
    return inode, unread


def holds(pid, inode):
    folder = "/proc/%d/fd/" % pid
    try:
        links = [os.readlink(folder + fd) for fd in os.listdir(folder)]
        return "socket:[%d]" % inode in links
    except OSError:
        return False


def uid_of(pid):
    try:
        with open("/proc/%d/status" % pid) as file:
            return re.search(r"^Uid:\t(\d+)", file.read(), re.M).group(1)
    except OSError:
        return None


class Listening:
    """Fronts and monitors are children of the acceptor."""

    def __init__(self, server):
        self.acceptor = children(server)[-1]
        self.parent = children(self.acceptor)[0]  # who makes the fronts

    def find(self, role, inode):
        for pid in children(self.acceptor):
            is_front = uid_of(pid) == uid_of(self.parent)
            if is_front != (role == "front") or pid == self.parent:
                continue
            if holds(pid, inode):
                return pid
        return None


class Each:
    def __init__(self, server):
        self.server = server

    def find(self, role, inode):
        for monitor in children(self.server):
            try:
                fronts = children(monitor)
            except OSError:
                continue
            for front in fronts:
                if holds(front, inode):
                    return front if role == "front" else monitor
        return None


def sleeps(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


# --- a client


class Session:
    """A connection, and in `count` what it should have changed."""

    def __init__(self, load, count, port=None):
        self.load, self.count = load, count
        self.have = bytearray()
        address = "127.0.0.1", port or load.port
        self.sock = socket.create_connection(address, LIMIT)
        self.port = self.sock.getsockname()[1]
        self.sizes = {}
        self.marked = set()
        greeting = self.line()
        self.is_refused = b"as many sessions as it may" in greeting
        if self.is_refused:  # by the door, which counts no octets
            count['pop3_octets_total{direction="sent"}'] -= len(greeting)
            count['pop3_connections_refused_total{reason="sessions"}'] += 1
            self.sock.close()
            return
        if not greeting.startswith(b"+OK"):
            raise RuntimeError("no greeting: %r" % greeting)
        count["pop3_connections_total"] += 1

    def more(self):
        some = self.sock.recv(65536)
        self.count['pop3_octets_total{direction="sent"}'] += len(some)
        self.have += some
        return some

    def upto(self, mark, begin=0):
        while True:
            at = self.have.find(mark, begin)
            if at >= 0:
                break
            begin = max(begin, len(self.have) - len(mark))
            if not self.more():
                raise RuntimeError("the server has closed: %r" % self.have)
        taken = bytes(self.have[: at + len(mark)])
        del self.have[: at + len(mark)]
        return taken

    def line(self):
        return self.upto(b"\r\n")

    def text(self):
        """What comes before the line of a dot, and its octets unstuffed."""
        self.have[:0] = b"\r\n"
        lines = self.upto(b"\r\n.\r\n")[:-3]
        return lines[2:], len(lines) - 2 - lines.count(b"\r\n.")

    def send(self, octets):
        self.sock.sendall(octets)
        self.count['pop3_octets_total{direction="received"}'] += len(octets)

    def ask(self, *commands):
        """Commands in one segment, each a line; whether the last succeeded."""
        self.send("".join(c + "\r\n" for c in commands).encode())
        for command in commands:
            good = self.answer(command)
        return good

    def answer(self, command):
        verb, _, argument = command.partition(" ")
        reply = self.line()
        good = reply.startswith(b"+OK")
        if good:
            self.has_done(verb, argument)
        if verb == "PASS":
            self.has_tried_to_log_in(reply)
        if verb not in VERBS or command == TOO_LONG:
            verb = "other"
        self.count[COMMANDS % (verb, "ok" if good else "err")] += 1
        self.count["pop3_command_duration_seconds_count"] += 1
        return good

    def has_done(self, verb, argument):
        if verb in ("RETR", "TOP"):
            self.got_message(verb, argument)
        elif verb == "LIST" and not argument:
            rows = [row.split() for row in self.text()[0].splitlines()]
            self.sizes = {int(number): int(size) for number, size in rows}
        elif verb == "CAPA" or (verb == "UIDL" and not argument):
            self.text()
        elif verb == "DELE":
            self.marked.add(int(argument))
        elif verb == "RSET":
            self.marked.clear()

    def got_message(self, verb, argument):
        octets = self.text()[1]
        action = "retrieved" if verb == "RETR" else "topped"
        if verb == "RETR" and octets != self.sizes[int(argument)]:
            raise RuntimeError("RETR %s has %d octets" % (argument, octets))
        self.count_messages(action, 1, octets)

    def count_messages(self, action, number, octets):
        self.count['pop3_messages_total{action="%s"}' % action] += number
        self.count['pop3_message_octets_total{action="%s"}' % action] += octets

    def has_tried_to_log_in(self, reply):
        if reply.startswith(b"+OK"):
            result = "ok"
        elif b"[IN-USE]" in reply:
            result = "in_use"
            self.count["pop3_lock_conflicts_total"] += 1
        elif b"[AUTH]" in reply:
            result = "credentials"
        else:
            return  # no attempt: there was no USER
        login = 'pop3_logins_total{method="pass",result="%s"}' % result
        self.count[login] += 1
        self.count["pop3_login_duration_seconds_count"] += 1

    def wrong(self, *lines):
        """Lines that are no valid command here."""
        for line in lines:
            if self.ask(line):
                raise RuntimeError("taken as valid: " + line[:40])
            self.count["pop3_command_errors_total"] += 1

    # --- how it ends

    def over(self, how):
        self.count['pop3_sessions_ended_total{reason="%s"}' % how] += 1
        self.count["pop3_session_duration_seconds_count"] += 1
        while self.sock.fileno() >= 0 and self.more():
            pass
        if self.have:
            raise RuntimeError("said at the end: %r" % self.have)
        self.sock.close()

    def quit(self):
        if not self.ask("QUIT"):
            raise RuntimeError("QUIT failed")
        octets = sum(self.sizes[number] for number in self.marked)
        self.count_messages("deleted", len(self.marked), octets)
        self.over("logged_out")

    def break_off(self):
        """With or without half a line, by FIN or by RST."""
        if random.random() < 0.5:
            self.send(b"RETR ")
        if random.random() < 0.5:
            self.sock.shutdown(socket.SHUT_WR)
        else:
            # After that what was not read would be lost.
            wait_until(self.is_at_rest(self.process("front")), "a reader")
            linger = struct.pack("ii", 1, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.sock.close()
        self.over("hung_up")

    def process(self, role):
        def find():
            inode, _ = server_side(self.load.port, self.port)
            return self.load.shape.find(role, inode)

        return wait_until(find, "a " + role)

    def is_at_rest(self, *processes):
        """Have they done all that there is to do?

        Everything that we have sent is with the server's kernel, and was read
        from there. Then the front was woken, and sleeps again: it does that
        in its wait for the client only, since there is nothing that it could
        want of its monitor, and it has counted what it has read and written
        before. (Other waits are not of state S.) The same goes for a monitor,
        which counts before it answers its front.
        """

        def look():
            queued = array.array("i", [0])
            fcntl.ioctl(self.sock, termios.TIOCOUTQ, queued)
            if queued[0] or server_side(self.load.port, self.port)[1]:
                return False
            return all(sleeps(pid) for pid in processes)

        return look

    def kill(self, role):
        if random.random() < 0.3:
            self.send(b"TOP 1")
        front, victim = self.process("front"), self.process(role)
        handle = os.pidfd_open(victim)
        if victim != self.process(role):
            raise RuntimeError("a %s has become another" % role)
        wait_until(self.is_at_rest(front, victim), "a session at rest")
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
        self.over(ENDED[role])
