#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server
#
# What peers can do to scmpd that mean no good, or have stopped to mean anything:
# it goes on for the others, and what it keeps of them is bounded.

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	need python3
	begin_scmpd
	account chief --role admin
	PEERS=()
}

teardown() {
	local pid
	for pid in "${PEERS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	end_scmpd
}

# N connections that are held until the test ends; what they were told is in
# $HELD: how many were greeted, how many told that it is busy.
holds() { # local|tcp N
	local where=$WORLD/scmp.sock
	[ "$1" = local ] || where=$SCMP_PORT
	rm -f "$WORLD/never"
	mkfifo "$WORLD/never"
	exec {KEEP}<>"$WORLD/never"
	become timeout -k 5 300 python3 "$REPOSITORY/tests/lib/scmp_peer.py" \
		"$where" hold "$2" <"$WORLD/never" >"$WORLD/held" &
	PEERS+=($!)
	wait_for 60 test -s "$WORLD/held"
	HELD=$(cat "$WORLD/held")
}

memory() { # VmRSS or VmHWM, in KiB
	sed -n "s/^$1:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$SCMPD/status"
}

descriptors() {
	ls "/proc/$SCMPD/fd" | wc -l
}

# Root, or the server's own user, sees its descriptors.
can_look() {
	[ -r "/proc/$SCMPD/fd" ] || skip 'cannot look into the server'
}

still_serves() {
	local_says WHOAMI
	answers_are '+OK user=- role=admin *'
	says chief WHOAMI
	answers_are '+OK user=chief role=admin *'
}

# All that were there are gone.
is_empty() {
	[ "$(descriptors)" -le "$1" ]
}

@test "over the bound a connection is told so, and root still finds a place" {
	need_root
	start_scmpd -o scmp_connections=20
	holds tcp 30
	[ "$HELD" = '12 18' ]
	SAID=$(bare timeout 60 nc 127.0.0.1 "$SCMP_PORT" </dev/null)
	[[ $SAID == '-ERR [BUSY] '* ]]
	chmod 0777 "$WORLD/scmp.sock"
	SAID=$(setpriv --reuid 777 --regid 777 --clear-groups \
		timeout 60 nc -U "$WORLD/scmp.sock" </dev/null)
	[[ $SAID == '-ERR [BUSY] '* ]]
	local_says WHOAMI
	answers_are '+OK user=- role=admin *'
	kill "${PEERS[0]}"
	wait "${PEERS[0]}" || true
	PEERS=()
	wait_for 60 says_welcome
}

says_welcome() {
	says chief WHOAMI
	[[ $SAID == *'+OK user=chief'* ]]
}

@test "root's places have a bound, too" {
	need_root
	start_scmpd -o scmp_connections=10
	holds local 15
	[ "$HELD" = '10 5' ]
}

@test "bursts of a hundred thousand connections leave it as it was" {
	start_scmpd
	can_look
	still_serves
	peer tcp burst 2000 line
	local fds peak kind
	wait_for 60 still_serves
	fds=$(descriptors)
	peak=$(memory VmHWM)
	for kind in idle half line rude; do
		peer tcp burst 15000 "$kind" &
		peer local burst 10000 "$kind"
		wait $!
	done
	wait_for 60 still_serves
	wait_for 60 is_empty "$fds"
	# What 64 connections may hold, and no more for a hundred thousand.
	[ "$(memory VmHWM)" -lt $((peak + 16 * 1024)) ]
}

@test "an endless line is swallowed and takes no memory" {
	start_scmpd
	can_look
	still_serves
	local before
	before=$(memory VmHWM)
	peer tcp endless 100000000
	peer local endless 100000000
	[ "$(memory VmHWM)" -lt $((before + 4096)) ]
	still_serves
}

@test "who asks without end and reads nothing is read no further" {
	start_scmpd
	can_look
	still_serves
	local before taken i
	before=$(memory VmHWM)
	# HELP is some 10 KB for 6 octets: a million of them would be 10 GB.
	for i in 1 2 3; do
		taken=$(peer local deaf HELP 1000000)
		[ "$taken" -lt 1000000 ]
		still_serves
	done
	[ "$(memory VmHWM)" -lt $((before + 8 * 1024)) ]
	still_serves
}

@test "a long list that nobody reads takes no memory, and others are served meanwhile" {
	start_scmpd
	can_look
	python3 - "$DATABASE" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.executemany("INSERT INTO users(name,password) VALUES(?,'!')",
		               [(f"user{i:06}",) for i in range(50000)])
		db.executemany("INSERT INTO rules(kind,effect,what,created,author,reason)"
		               " VALUES('user','ban',?,0,'x',?)",
		               [(f"user{i:06}", "r" * 200) for i in range(20000)])
		db.commit()
	END
	still_serves
	local before line
	before=$(memory VmHWM)
	for line in USERS BANS; do
		[ "$(peer local deaf "$line" 1000000)" -lt 1000000 ]
		still_serves
	done
	[ "$(memory VmHWM)" -lt $((before + 16 * 1024)) ]
	# Written to and changed all the while.
	local_says 'ADD_USER bob goodenough1' 'USERS' 'BANS'
	answers_are '+OK*'
	[ "$(grep -c '^user=' <<<"$SAID")" = 50002 ]
	[ "$(grep -c '^kind=' <<<"$SAID")" = 20000 ]
}

@test "hundreds of thousands of commands at once are answered one by one" {
	start_scmpd
	can_look
	still_serves
	local before
	before=$(memory VmHWM)
	{
		yes NOOP | head -n 300000
		echo QUIT
	} >"$WORLD/commands"
	bare timeout 300 nc -N -U "$WORLD/scmp.sock" <"$WORLD/commands" >"$WORLD/answers"
	[ "$(grep -c 'still here' "$WORLD/answers")" = 300000 ]
	[ "$(memory VmHWM)" -lt $((before + 8 * 1024)) ]
}

@test "a client that ends in the middle of anything leaves nothing behind" {
	start_scmpd
	can_look
	account plain
	still_serves
	local fds line
	fds=$(descriptors)
	for line in 'USER plain\r\nPASS wrong' 'USER plain\r\nPASS wrong\r\n' \
		'USERS\r\n' 'WATCH\r\n' 'HELP\r\nHELP\r\nHE'; do
		printf '%b' "$line" >"$WORLD/line"
		for where in local tcp; do
			python3 - "$WORLD/line" "$WORLD/scmp.sock" "$SCMP_PORT" "$where" <<-'END'
				import socket, struct, sys
				line = open(sys.argv[1], 'rb').read()
				for _ in range(30):
				    if sys.argv[4] == 'local':
				        s = socket.socket(socket.AF_UNIX)
				        s.connect(sys.argv[2])
				    else:
				        s = socket.socket()
				        s.connect(('127.0.0.1', int(sys.argv[3])))
				        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
				                     struct.pack('ii', 1, 0))
				    s.sendall(line)
				    s.close()
			END
		done
	done
	wait_for 120 is_empty "$fds"
	wait_for 60 still_serves
}

@test "a login that waits for a penalty goes with its connection" {
	start_scmpd -o penalty_free=0 -o penalty_delay=60
	can_look
	account plain
	local fds
	fds=$(descriptors)
	printf 'USER x\r\nPASS 1\r\n' | bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT" >/dev/null
	printf 'USER x\r\nPASS 2\r\n' | bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT" >/dev/null
	# Its reset ends it; nobody waits for the seconds that were left.
	python3 - "$SCMP_PORT" <<-'END'
		import socket, struct, sys
		held = []
		for _ in range(10):
		    s = socket.socket()
		    s.connect(('127.0.0.1', int(sys.argv[1])))
		    s.sendall(b'USER x\r\nPASS 3\r\n')
		    held.append(s)
		for s in held:
		    s.recv(512)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
		    s.close()
	END
	wait_for 30 is_empty "$fds"
	# Had they been waited for, each would have failed, too.
	[ "$(grep -c 'login failed: user=<x>' "$WORLD/scmpd.log")" = 2 ]
	local_says WHOAMI
	answers_are '+OK*'
}
