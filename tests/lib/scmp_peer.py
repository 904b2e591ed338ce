# SPDX-License-Identifier: ISC
"""A peer of scmpd that sends octets as no client would, or reads strictly.

scmp_peer.py WHERE DEED [ARGUMENT...]; WHERE is a path or a port of loopback.

  cuts FILE          the same replies to FILE however it is cut: whole, octet by
                     octet, in two pieces at every place
  silent TEXT        after TEXT (C escapes) the server closes and has said
                     nothing but its greeting, if even that
  replies LINE...    sends the lines one after the other, and reads each reply
                     by the grammar; prints its first line
  lines N LENGTH     N lines of LENGTH octets, then QUIT: prints what came
  endless OCTETS     a line that does not end; ends when it was taken
  deaf LINE N        sends LINE up to N times, reading nothing, until no more is
                     taken; prints how many octets were
  burst N KIND       N connections, several at once; KIND: idle, half, line, rude
  hold N             opens N connections and prints how many were greeted +OK
"""
import re
import select
import socket
import struct
import sys

LIMIT = 60
IP_BIND_ADDRESS_NO_PORT = 24
STATUS = re.compile(
    r'(?:\+OK|-ERR)(?: \[(?P<code>[A-Z-]+(?:/[A-Z]+)?)(?: [^\]]+)?\])?(?: (?P<text>[^\]]+))?')
FIELD = re.compile(r'[a-z_]+=(?:"(?:[^"\\]|\\["\\])*"|[^ "\\=]+)')
CODES = set('''PREAUTH CHANGEPW GENERATED NEXT-LOGIN NOCHANGE AUTH PERM PERM/LOCAL
    NOTFOUND EXISTS CONFLICT LIMIT RANGE POLICY BANNED TLS UNKNOWN SYNTAX STATE
    TOOLONG TIMEOUT BUSY REFUSED SYS/TEMP SYS/PERM'''.split())
MANY = re.compile(
    r'(CAPA|HELP|USERS|STATUS|SESSIONS|METRICS|EVENTS|BANS|ALLOWS)\b'
    r'|(ROLES)(?! (ADD|SET|DEL)\b)|(POLICY|LIMITS|PROFILE)$'
    r'|(ALL_CONNEC|CURR_CONNEC|TRANSFORM) LIST', re.I)
TEXTS = re.compile(r'(CAPA|HELP|METRICS)\b', re.I)


def connect(where, source=None):
    if where.startswith('/'):
        s = socket.socket(socket.AF_UNIX)
    else:
        s = socket.socket()
        where = ('127.0.0.1', int(where))
        if source:
            s.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            s.bind((source, 0))
    s.settimeout(LIMIT)
    s.connect(where)
    return s


def all_of(s):
    came = b''
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            return came
        if not more:
            return came
        came += more


def fail(text):
    sys.exit(text)


def exchange(where, pieces):
    s = connect(where)
    for piece in pieces:
        s.sendall(piece)
    s.shutdown(socket.SHUT_WR)
    return all_of(s)


def cuts(where, name):
    with open(name, 'rb') as f:
        octets = f.read()
    whole = exchange(where, [octets])
    if whole.count(b'\n') < 5:
        fail('too little was answered')
    if exchange(where, [octets[i:i + 1] for i in range(len(octets))]) != whole:
        fail('octet by octet it is another answer')
    for i in range(1, len(octets)):
        if exchange(where, [octets[:i], octets[i:]]) != whole:
            fail(f'cut at {i} it is another answer')
    sys.stdout.write(whole.decode())


def silent(where, text):
    s = connect(where)
    s.sendall(text.encode('latin1').decode('unicode_escape').encode('latin1'))
    came = all_of(s)
    if not re.fullmatch(rb'(\+OK [^\r\n]*\r\n)?', came):
        fail(f'something was answered: {came!r}')


class Reader:
    def __init__(self, s):
        self.f = s.makefile('rb')

    def line(self):
        line = self.f.readline(8193)
        if not line.endswith(b'\r\n') or b'\r' in line[:-2]:
            fail(f'no line: {line!r}')
        text = line[:-2].decode()
        if any(ord(c) < 32 or ord(c) == 127 for c in text):
            fail(f'a control octet: {text!r}')
        return text

    def status(self):
        text = self.line()
        found = STATUS.fullmatch(text)
        if not found or (found['text'] or '').startswith('['):
            fail(f'not a reply: {text!r}')
        if found['code'] is not None and found['code'] not in CODES:
            fail(f'no such code: {text!r}')
        if text.startswith('-ERR') and found['code'] is None:
            fail(f'an error without a code: {text!r}')
        return text

    def rest(self, command):
        while True:
            line = self.line()
            if line == '.':
                return
            if line.startswith('.'):
                line = line[1:]
                if not line.startswith('.'):
                    fail(f'a dot too many: {line!r}')
            if TEXTS.match(command):
                continue
            end = 0
            while end < len(line):
                found = FIELD.match(line, end)
                if not found or line[found.end():found.end() + 1] not in ('', ' '):
                    fail(f'no record: {line!r}')
                end = found.end() + 1


def replies(where, *lines):
    s = connect(where)
    reader = Reader(s)
    reader.status()
    for line in lines:
        s.sendall(line.encode() + b'\r\n')
        first = reader.status()
        print(first)
        if first.startswith('+OK') and MANY.match(line):
            reader.rest(line)


def lines(where, n, length):
    s = connect(where)
    s.sendall((b'x' * (int(length) - 2) + b'\r\n') * int(n) + b'QUIT\r\n')
    sys.stdout.write(all_of(s).decode())


def endless(where, octets):
    s = connect(where)
    left = int(octets)
    while left > 0:
        left -= s.send(b'x' * min(left, 65536))
    s.shutdown(socket.SHUT_WR)
    all_of(s)


def is_taken(s, where):
    """More can be sent, or could be when others had been served in between."""
    for _ in range(3):
        if select.select([], [s], [], 0.2)[1]:
            return True
        with connect(where) as other:
            other.recv(512)
    return bool(select.select([], [s], [], 0)[1])


def deaf(where, line, n):
    s = connect(where)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.setblocking(False)
    octets, sent = (line.encode() + b'\r\n') * 100, 0
    for _ in range(int(n) // 100):
        if not is_taken(s, where):
            break
        try:
            sent += s.send(octets)
        except BlockingIOError:
            continue
    print(sent)


RUDE = struct.pack('ii', 1, 0)


def burst(where, n, kind):
    waiting = []
    for i in range(int(n)):
        try:
            # (What is left of so many is in nobody's way there.)
            s = connect(where, f'127.77.0.{1 + i % 200}')
            if kind == 'half':
                s.send(b'USER some')
            elif kind == 'line':
                s.send(b'NOOP\r\n' * 20)
            elif kind == 'rude':
                s.send(b'CAPA\r\nHELP\r\n')
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RUDE)
                s.close()
                continue
            waiting.append(s)
        except OSError:
            pass
        if len(waiting) >= 200:
            for s in waiting:
                s.close()
            waiting = []


def hold(where, n):
    held, greeted, told = [], 0, 0
    for _ in range(int(n)):
        s = connect(where)
        came = s.recv(512)
        greeted += came.startswith(b'+OK')
        told += came.startswith(b'-ERR [BUSY] ')
        held.append(s)
    print(greeted, told, flush=True)
    sys.stdin.read()


if __name__ == '__main__':
    {'cuts': cuts, 'silent': silent, 'replies': replies, 'lines': lines,
     'endless': endless, 'deaf': deaf, 'burst': burst,
     'hold': hold}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
