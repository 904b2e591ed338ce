# SPDX-License-Identifier: ISC
"""memory_of.py PID TEXT...: fails if the process has one of these texts in its
memory; it must have something of its own there, or nothing was looked at."""
import sys

pid, texts = sys.argv[1], [t.encode() for t in sys.argv[2:]]
found, octets = set(), 0
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
    for line in maps:
        place, rights = line.split()[:2]
        if not rights.startswith("rw") or "[v" in line:
            continue
        begin, end = (int(x, 16) for x in place.split("-"))
        try:
            mem.seek(begin)
            held = mem.read(end - begin)
        except OSError:
            continue
        octets += len(held)
        found |= {t for t in texts if t in held}
if not octets:
    sys.exit("nothing of the memory could be read")
for text in found:
    print("still there:", text.decode(), file=sys.stderr)
sys.exit(bool(found))
