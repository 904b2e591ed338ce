#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	account plain
	start_scmpd
}

teardown() { end_scmpd; }

dies() {
	kill -KILL "$SCMPD"
	wait "$SCMPD" || true
	SCMPD=
}

settings() {
	local_says USERS BANS ALLOWS ROLES LIMITS POLICY MAX_USERS MAILDIR \
		'ROLE plain' LOGLEVEL
	# (Who was on last is remembered elsewhere.)
	# shellcheck disable=SC2001
	sed 's/ last_[a-z]*=[^ ]*//g' <<<"$SAID"
}

@test "whatever was set is as it was after kill -9, in force and with its source" {
	local before
	local_says 'ADD_USER bob goodenough1 role=viewer' 'DISABLE_USER bob' \
		'ROLES ADD desk users.read' 'ROLE plain desk' \
		'BAN user carl for=1d reason="a reason"' 'BAN ip 192.0.2.0/24' \
		'ALLOW ip 198.51.100.0/24' 'LIMITS max_sessions 77' \
		'LIMITS idle_timeout 120 force' 'POLICY min_length 12' \
		'MAX_USERS 3' "MAILDIR SET $WORLD/mail/%u/Maildir" 'LOGLEVEL debug'
	refute grep -q -- -ERR <<<"$SAID"
	before=$(settings)
	dies
	start_scmpd
	[ "$(settings)" = "$before" ]
	[[ $before == *'user=bob role=viewer enabled=no'* ]]
	[[ $before == *'user=plain role=desk '* ]]
	[[ $before == *'max_sessions=77 source=scmp'* ]]
	[[ $before == *'idle_timeout=120 source=scmp'* ]]
	[[ $before == *'min_length=12 source=scmp'* ]]
	local_says 'ADD_USER dora goodenough1' 'ADD_USER dora goodenough12'
	answers_are '-ERR [[]POLICY] *' '-ERR [[]LIMIT] *'
	says plain USERS STATUS
	answers_are '+OK*'
	[[ $SAID == *'-ERR [PERM]'* ]]
}

@test "a password that was changed is the one that is good after kill -9" {
	says plain 'CHANGE_PASSWORD "correct horse" "battery staple"'
	answers_are '+OK password changed'
	dies
	start_scmpd
	says plain NOOP
	[[ $SAID == *'-ERR [AUTH]'* ]]
	PASSWORD='battery staple'
	says plain NOOP
	answers_are '+OK still here'
}

# Users, one after the other, until the server is gone; who was told of is in
# $WORLD/added.
adds_until_the_end() {
	python3 - "$WORLD/scmp.sock" "$1" >>"$WORLD/added" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		f = s.makefile('rb')
		f.readline()
		try:
		    for i in range(100000):
		        name = f'{sys.argv[2]}x{i}'
		        s.sendall(f'ADD_USER {name} goodenough1 role=viewer\r\n'.encode())
		        line = f.readline()
		        if line.startswith(b'+OK'):
		            print(name, flush=True)
		        elif line:
		            sys.exit(f'{name}: {line}')
		        else:
		            break
		except OSError:
		    pass
	END
}

@test "killed under load it keeps what it said it had done, and nothing by halves" {
	need python3
	local round writer n=0
	: >"$WORLD/added"
	for round in 1 2 3 4 5 6; do
		adds_until_the_end "r$round" &
		writer=$!
		n=$((n + 3 + round))
		wait_for 120 has_added "$n"
		dies
		wait "$writer"
		n=$(wc -l <"$WORLD/added")
		start_scmpd
	done
	local_says 'USERS r*'
	sed -n 's/^user=\(r[^ ]*\) role=viewer enabled=yes .*/\1/p' <<<"$SAID" |
		sort >"$WORLD/there"
	# At each kill at most one was added that could not be told of.
	sort "$WORLD/added" | comm -23 - "$WORLD/there" >"$WORLD/lost"
	[ ! -s "$WORLD/lost" ]
	[ "$(wc -l <"$WORLD/there")" -le $((n + 6)) ]
	# All of them are whole.
	[ "$(grep -c '^user=r' <<<"$SAID")" = "$(wc -l <"$WORLD/there")" ]
	SAID=$(printf 'USER %s\r\nPASS goodenough1\r\nWHOAMI\r\n' "$(tail -n 1 "$WORLD/there")" |
		bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT")
	[[ $SAID == *role=viewer* ]]
	run python3 -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' "$DATABASE"
	[ "$output" = ok ]
}

has_added() {
	[ "$(wc -l <"$WORLD/added")" -ge "$1" ]
}

@test "killed in the middle of a change it leaves what was, and the next one mends it" {
	need strace
	[ "$EUID" = 0 ] || skip 'needs to trace a process of another user'
	local call when
	for call in pwrite64:1 pwrite64:2 fdatasync:1 fdatasync:2; do
		when=${call#*:} call=${call%:*}
		dies
		start_scmpd
		local_says 'MAX_USERS 50'
		# It dies at such a call of the change.
		become strace -qq -o /dev/null -p "$SCMPD" -e "trace=$call" \
			-e "inject=$call:signal=KILL:when=$when" 2>"$WORLD/traced" &
		HELPERS+=($!)
		wait_for 60 is_traced
		SAID=$(printf 'MAX_USERS 60\r\n' |
			bare timeout 60 nc -N -U "$WORLD/scmp.sock")
		wait_for 60 gone "$SCMPD"
		wait "$SCMPD" || true
		[[ $SAID != *'60 users'* ]]
		start_scmpd
		local_says MAX_USERS 'MAX_USERS 70' MAX_USERS
		[[ $(answer 1) == '+OK 50 '* || $(answer 1) == '+OK 60 '* ]]
		[[ $(answer 2) == '+OK 70 '* && $(answer 3) == '+OK 70 '* ]]
	done
}

is_traced() {
	grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$SCMPD/status"
}

@test "what half of it was never there: a role that cannot be given leaves no account" {
	local_says 'ADD_USER x goodenough1 role=none' 'ROLE x' \
		'ADD_USER x goodenough1 maildir=relative' 'ROLE x' \
		'ROLES ADD desk users.read no.right' 'ROLES desk'
	answers_are '-ERR [[]NOTFOUND] *' '-ERR [[]NOTFOUND] *' '-ERR [[]RANGE] *' \
		'-ERR [[]NOTFOUND] *' '-ERR [[]RANGE] *' '-ERR [[]NOTFOUND] *'
}

@test "a database that somebody else writes is BUSY, and nothing is changed" {
	need python3
	coproc HOLDER { bare python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()' "$DATABASE"; }
	local line
	read -r -t 60 -u "${HOLDER[0]}" line
	[ "$line" = held ]
	local_says 'MAX_USERS 9' MAX_USERS
	answers_are '-ERR [[]BUSY] *' '+OK 0 *'
	echo >&"${HOLDER[1]}"
	wait "$HOLDER_PID" || true
	local_says 'MAX_USERS 9'
	answers_are '+OK 9 *'
}
