#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Load on a server of which much is killed, and that counts for itself.

load.py HOW PORT SERVER MAIL UID SOCKET KILLS RESTARTS -- SCMPD...

Workers hold sessions with the server on 127.0.0.1:PORT, each as a user of its
own (USERS; Maildirs below MAIL, whose owner is UID), until KILLS processes of
sessions were killed by kill -9, fronts and monitors by turns. SERVER is the
pid of the listening server (HOW: listening), or of whoever starts a process
for each connection (HOW: each; PORT is two of them then, with a comma between:
at the second one there is room for one session in all).

Meanwhile another thread reads the sums of scmpd, which is started as SCMPD...
with its socket at SOCKET, sees that none of them becomes less, and kills it
RESTARTS times, at whatever it does just then.

In the end each sum is compared with what the clients have sent, got and been
told. Prints one line, and what differs; exits 0 if nothing does. Needs root.

Who is killed has nothing left to count: see load_session.py, is_at_rest().
"""

import collections
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from load_session import LIMIT, TOO_LONG, Each, Listening, Session, wait_until

WORKERS = 6
USERS = ["user%d" % i for i in range(1, WORKERS + 1)]
KILLED, FEWEST, MOST = 0.8, 4, 12  # share of sessions; messages of a user


# --- the load


class Load:
    def __init__(self, argv):
        how, port, server, self.mail, uid, self.socket = argv[:6]
        self.kills, self.restarts = int(argv[6]), int(argv[7])
        self.scmpd, self.daemon = argv[9:], None
        self.port, self.last_port = map(int, (port + ",0").split(",")[:2])
        self.uid = int(uid)
        self.shape = {"listening": Listening, "each": Each}[how](int(server))
        self.killed = collections.Counter()
        self.lock = threading.Lock()
        self.delivered = 0
        self.faults = []

    def is_done(self):
        if self.faults:
            return True
        sessions = self.killed["front"] + self.killed["monitor"]
        restarts = self.killed["scmpd"]
        return sessions >= self.kills and restarts >= self.restarts

    def guarded(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as fault:  # of whatever kind: told at the end
            self.faults.append("%s: %r" % (work.__name__, fault))

    def deliver(self, user):
        box = "%s/%s" % (self.mail, user)
        if len(os.listdir(box + "/new") + os.listdir(box + "/cur")) > FEWEST:
            return
        for _ in range(MOST - FEWEST):
            with self.lock:
                self.delivered += 1
                name = "%d.L.host" % (1600000000 + self.delivered)
            lines = ["Subject: " + name, ""]
            for i in range(random.choice((0, 1, 20, 300, 3000))):
                lines.append("." * (i % 3) + "x" * random.randrange(100))
            with open("%s/tmp/%s" % (box, name), "w") as file:
                file.write("\n".join(lines) + "\n")
            os.chown(file.name, self.uid, self.uid)
            os.rename(file.name, "%s/new/%s" % (box, name))

    def work(self, user, count):
        roles = ("front", "monitor")
        turn = 0
        while not self.is_done():
            self.deliver(user)
            moments = self.one(Session(self, count), user)
            kill_at = random.randrange(5) if random.random() < KILLED else None
            for moment, session in enumerate(moments):
                if moment == kill_at:
                    role = roles[turn % 2]
                    turn += 1
                    session.kill(role)
                    with self.lock:
                        self.killed[role] += 1
                    break

    def one(self, session, user):
        """A session; stops where it may be killed."""
        yield session
        if random.random() < 0.5:
            session.ask("CAPA", "PASS secret", "USER nobody")
            session.wrong("STAT", "FROB", "", "APOP x")
            session.wrong(TOO_LONG)
        if random.random() < 0.3:
            session.ask("USER " + user, "PASS wrong")
        yield session
        if not session.ask("USER " + user, "PASS secret"):
            # Who had the maildrop was killed just now.
            session.quit()
            return
        yield session
        session.ask("STAT", "LIST", "UIDL", "CAPA", "NOOP")
        numbers = list(session.sizes)
        for n in random.sample(numbers, 2):
            session.ask("LIST %d" % n, "UIDL %d" % n)
            session.ask("RETR %d" % n, "TOP %d 3" % n)
        session.ask("RETR 99", "DELE 99", "TOP 99 0")
        session.wrong("USER x", "RETR", "LIST 1 2", "NOOP ")
        yield session
        session.ask("DELE 1", "RSET", "DELE 2", "DELE 2", "RETR 2", "STAT")
        if random.random() < 0.5:
            session.ask(*("RETR %d" % n for n in numbers if n != 2))
        yield session
        if random.random() < 0.4:
            session.break_off()
        else:
            session.quit()

    # --- scmpd

    def start_scmpd(self):
        self.daemon = subprocess.Popen(self.scmpd, stdin=subprocess.DEVNULL)
        wait_until(self.scmpd_answers, "scmpd")

    def scmpd_answers(self):
        if self.daemon.poll() is not None:
            raise RuntimeError("scmpd has ended")
        return self.says("NOOP")

    def kill_scmpd(self):
        self.daemon.kill()
        self.daemon.wait()

    def says(self, *commands, cut=False):
        """Its lines, if it was there to the end; cut: we go away at once."""
        octets = "".join(c + "\r\n" for c in commands + ("QUIT",)).encode()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(LIMIT)
            try:
                sock.connect(self.socket)
                sock.sendall(octets)
                if cut:
                    return None
                with sock.makefile("r", newline="\r\n") as lines:
                    said = [line.rstrip("\r\n") for line in lines]
            except OSError:
                return None
        return said if said and said[-1].startswith("+OK") else None

    def sums(self):
        """All that only grows, and the sessions that there are now."""
        said = self.says("METRICS")
        if not said or "# EOF" not in said:
            raise RuntimeError("no METRICS: %r" % said)
        gauges = re.findall(r"^# TYPE (\S+) gauge$", "\n".join(said), re.M)
        sums, now = {}, 0
        for line in said:
            name, _, value = line.rpartition(" ")
            family = name.partition("{")[0]
            if not line.startswith("pop3_"):
                continue
            if family == "pop3_sessions":
                now += int(value)
            elif family not in gauges:
                sums[name] = float(value)
        return sums, now

    def watch(self, last):
        while not self.is_done():
            sums, _ = self.sums()
            for name, value in last.items():
                is_now = sums.get(name, 0)
                if is_now < value:
                    raise RuntimeError("%s: %g, %g" % (name, value, is_now))
            last = sums
            if self.killed["scmpd"] < self.restarts:
                self.says("METRICS", "SESSIONS", "STATUS", cut=True)
                self.kill_scmpd()
                self.killed["scmpd"] += 1
                self.start_scmpd()
            else:
                time.sleep(0.1)  # often enough

    # --- the end

    def run(self):
        try:
            self.guarded(self.put_and_compare)
        finally:
            if self.daemon:
                self.kill_scmpd()
        return self.faults

    def put_and_compare(self):
        self.start_scmpd()
        self.wait_for_nobody()
        before, _ = self.sums()
        counts = [collections.Counter() for _ in USERS]
        tasks = [(self.work, *each) for each in zip(USERS, counts)]
        tasks.append((self.watch, before))
        threads = [
            threading.Thread(target=self.guarded, args=task) for task in tasks
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not self.faults:
            self.compare(before, counts)

    def wait_for_nobody(self):
        wait_until(lambda: self.sums()[1] == 0, "the end of all sessions")

    def find_the_dead(self, count):
        """Who meets a limit folds them; then there is room."""
        session = Session(self, count, self.last_port)
        if session.is_refused:
            return False
        session.quit()
        return True

    def compare(self, before, counts):
        self.wait_for_nobody()
        if self.last_port:
            wait_until(lambda: self.find_the_dead(counts[0]), "room", 0.1)
            self.wait_for_nobody()
        count = sum(counts, collections.Counter())
        after, _ = self.sums()
        for name in sorted(set(after) | set(count)):
            if name.endswith("_sum") or "_bucket{" in name:
                continue  # times
            here, there = count[name], after.get(name, 0) - before.get(name, 0)
            if here != there:
                self.faults.append("%s: %d, not %d" % (name, there, here))
        self.compare_commands(after)
        killed = sorted(self.killed.items())
        print("sessions", count["pop3_connections_total"], end=" killed ")
        print(*("%s %d" % kind for kind in killed), end=" all ")
        print(sum(self.killed.values()))

    def compare_commands(self, sums):
        """The older commands say the same."""
        sent = int(sums['pop3_octets_total{direction="sent"}'])
        received = int(sums['pop3_octets_total{direction="received"}'])
        connections = int(sums["pop3_connections_total"])
        said = self.says("BYTES_TRANS", "ALL_CONNEC", "STATUS")
        for wanted in (
            "+OK %d sent=%d received=%d" % (sent + received, sent, received),
            "+OK %d 0 " % connections,
            "connections=%d" % connections,
            "bytes_sent=%d" % sent,
            "bytes_received=%d" % received,
        ):
            if not any(line.startswith(wanted) for line in said):
                self.faults.append("nobody says " + wanted)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
faults = Load(sys.argv[1:]).run()
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
