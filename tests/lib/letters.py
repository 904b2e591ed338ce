#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A mailbox that asks for care, and whether a client brought it home.

letters.py make FOLDER COUNT
    COUNT messages, at least 12, as files in FOLDER (a Maildir's new/).
letters.py compare FOLDER files|mbox PLACE [FIELD...]
    Is each message of FOLDER in PLACE, a folder of files or an mbox, once and
    octet for octet? Line ends are taken as LF, and there is one at the end of
    a message (in an mbox, as many as there may be); fields that clients add
    to the header are FIELD...; an mbox has ">From ". Prints what is wrong,
    exits 1 then.
"""

import os
import random
import re
import sys

LARGE = 5 * 1000 * 1000

random.seed(1939)


def header(number, *more):
    fields = (
        "Date: Mon, 14 Sep 2020 12:26:%02d +0000" % (number % 60),
        "From: Sender <sender@example.org>",
        "To: alice@example.net",
        "Subject: letter %d" % number,
        "Message-ID: <letter-%d@example.org>" % number,
    )
    return "\n".join(fields + more) + "\n\n"


def random_lines(octets, width):
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
    count = octets // (width + 1)
    return "".join(
        "".join(random.choices(letters, k=width)) + "\n" for _ in range(count)
    )


PARTS = """This is a message of several parts.

--part
Content-Type: text/plain; charset=us-ascii

The text.

--part
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="data.bin"

%s
--part--
"""

DOTS = ".\n..\n...\n.dot\n.\n\n.\nThe last line but one.\n.\n"

MIME = "MIME-Version: 1.0"


def letter(number):
    if number == 1:
        text = header(1) + "A plain text.\nIn two lines.\n"
    elif number == 2:
        kind = "Content-Type: multipart/mixed; boundary=part"
        text = header(2, MIME, kind) + PARTS % random_lines(3000, 72)
    elif number == 3:
        kind = "Content-Type: text/plain; charset=utf-8"
        how = "Content-Transfer-Encoding: 8bit"
        text = header(3, MIME, kind, how) + "Grüße, žluťoučký kůň, 日本語\n"
    elif number == 4:
        kind = "Content-Type: text/plain; charset=iso-8859-1"
        how = "Content-Transfer-Encoding: 8bit"
        latin = bytes(range(0xA0, 0x100))
        return header(4, MIME, kind, how).encode() + latin + b"\n"
    elif number == 5:
        text = header(5) + DOTS
    elif number == 6:
        text = header(6) + "No line end behind this"
    elif number == 7:
        kind = "Content-Type: text/plain; charset=us-ascii"
        text = header(7, MIME, kind) + random_lines(LARGE, 76)
    elif number == 8:
        text = (header(8) + "Stored with CRLF.\n.\nSo it is.\n").replace(
            "\n", "\r\n"
        )
    elif number == 9:
        text = header(9) + "One\nFrom here on\n\nFrom there on\n>From all\n"
    elif number == 10:
        text = header(10, "X-Folded: one\n two\n\tthree") + "Folded.\n"
    elif number == 11:
        text = header(11) + "x" * 990 + "\n" + "." + "y" * 980 + "\n"
    elif number == 12:
        text = header(12) + "\n\nBlank lines around.\n"
    else:
        text = header(number) + random_lines(number * 10, 60) + ".\n"
    return text.encode()


def make(folder, count):
    for number in range(1, count + 1):
        name = "%d.M%d.host" % (1600000000 + number, number)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(letter(number))


def contents(folder):
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as f:
                yield f.read()


def mbox(path):
    with open(path, "rb") as f:
        text = f.read().replace(b"\r\n", b"\n")
    for message in re.split(rb"(?:^|(?<=\n))From [^\n]*\n", text)[1:]:
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", message)


def normal(message, added):
    head, _, body = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    fields = [
        f for f in fields if f.split(b":")[0].lower() not in added
    ]
    if body and not body.endswith(b"\n"):
        body += b"\n"
    return b"\n".join(fields), body


def identity(message):
    found = re.search(rb"(?im)^Message-ID: *(<.*?>)", message)
    return found.group(1).decode() if found else "none"


def first_difference(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)
    at = min(len(a), len(b)) if at is None else at
    return "at %d of %d and %d: %r, not %r" % (
        at, len(a), len(b), b[at:at + 40], a[at:at + 40]
    )


def compare(folder, form, place, added):
    added = {field.lower().encode() for field in added}
    there = {}
    wrong = []
    for message in mbox(place) if form == "mbox" else contents(place):
        there.setdefault(identity(message), []).append(normal(message, added))
    for original in contents(folder):
        name = identity(original)
        copies = there.pop(name, [])
        if len(copies) != 1:
            wrong.append("%s: %d copies" % (name, len(copies)))
            continue
        # An mbox quotes what began with ">" already no more than once.
        for what, a, b in zip(
            ("header", "body"), normal(original, set()), copies[0]
        ):
            if form == "mbox":
                a = re.sub(rb"(?m)^>+(From )", rb"\1", a).rstrip(b"\n")
                b = re.sub(rb"(?m)^>+(From )", rb"\1", b).rstrip(b"\n")
            if a != b:
                wrong.append("%s: %s %s" % (name, what, first_difference(a, b)))
    wrong += ["%s: unknown" % name for name in there]
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


def main(argv):
    if argv[1] == "make":
        make(argv[2], int(argv[3]))
    elif argv[1] == "compare":
        sys.exit(compare(argv[2], argv[3], argv[4], argv[5:]))


main(sys.argv)
