#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

# Who waits for another writer of the database, or for the hashes of others,
# keeps nobody else waiting.

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	need python3
	begin_scmpd
	account chief --role admin
	account plain
}

teardown() {
	let_go || true
	end_scmpd
}

# A program of Python that says `held` when it has what others want; it has it
# until let_go.
holds() { # WORD...; the program is its standard input
	local program line
	program=$(cat)
	coproc HOLDER { bare python3 -c "$program"'
print("held", flush=True)
sys.stdin.readline()' "$@"; }
	read -r -t 60 -u "${HOLDER[0]}" line
	[ "$line" = held ]
}

let_go() {
	[ -n "${HOLDER_PID:-}" ] || return 0
	local pid=$HOLDER_PID
	echo >&"${HOLDER[1]}"
	wait "$pid" || true
}

holds_database() { # IMMEDIATE, EXCLUSIVE
	holds "$DATABASE" "$1" <<-'PYTHON'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1], isolation_level=None)
		db.execute("BEGIN " + sys.argv[2])
	PYTHON
}

# The only one, of the user that scmpd is.
holds_turn() {
	local owner=$EUID
	[ "$EUID" != 0 ] || owner=$SCMP_UID
	holds "$WORLD/run/turns" "$owner" <<-'PYTHON'
		import fcntl, os, struct, sys
		turns = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
		os.fchown(turns, int(sys.argv[2]), -1)
		fcntl.fcntl(turns, 37, struct.pack(  # F_OFD_SETLK
		    "hhlli4x", fcntl.F_WRLCK, 0, 0, 1, 0))
	PYTHON
}

# Somebody who is logged in over a connection of his own: its descriptor.
enters() { # NAME
	local i line
	exec {REPLY}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	printf 'USER %s\r\nPASS %s\r\n' "$1" "$PASSWORD" >&"$REPLY"
	for i in 1 2 3; do read -r -t 60 -u "$REPLY" line; done
	[[ $line == '+OK welcome'* ]]
}

reads() { # DESCRIPTOR: a line of it
	IFS= read -r -t 60 -u "$1" REPLY
	REPLY=${REPLY%$'\r'}
}

@test "many whose accounts cannot be read just now keep nobody waiting" {
	start_scmpd
	local -a all=()
	local i to
	for i in 1 2 3 4 5 6 7 8; do
		enters plain
		all+=("$REPLY")
	done
	holds_database EXCLUSIVE
	for to in "${all[@]}"; do
		printf 'WHOAMI\r\nCHANGE_PASSWORD a b\r\n' >&"$to"
	done
	# (Each of them could wait for seconds.)
	SAID=$(printf 'NOOP\r\nQUIT\r\n' |
		bare timeout 10 nc -N -U "$WORLD/scmp.sock")
	[[ $SAID == *'+OK still here'* ]]
	for to in "${all[@]}"; do
		reads "$to"
		[[ $REPLY == '+OK user=plain role=user '* ]]
		reads "$to"
		[[ $REPLY == '-ERR [BUSY] '* ]]
		exec {to}>&-
	done
}

@test "a command that another writer impedes is done when he has done" {
	start_scmpd
	holds_database IMMEDIATE
	local to line
	exec {to}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	reads "$to"
	printf 'USER chief\r\nPASS %s\r\n' "$PASSWORD" >&"$to"
	reads "$to"
	reads "$to"
	[ "$REPLY" = '+OK welcome' ]
	printf 'MAX_USERS 9\r\nMAX_USERS\r\n' >&"$to"
	local_says NOOP
	answers_are '+OK still here'
	let_go
	reads "$to"
	[[ $REPLY == '+OK 9 '* ]]
	reads "$to"
	[[ $REPLY == '+OK 9 '* ]]
	exec {to}>&-
	# Tried more than once, it is one command all the same.
	[ "$(grep -c 'verb=MAX_USERS' "$WORLD/scmpd.log")" = 1 ]
}

@test "a login that a writer impedes is made when he has done" {
	start_scmpd
	holds_database EXCLUSIVE
	local to
	exec {to}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	reads "$to"
	printf 'USER plain\r\nPASS %s\r\nWHOAMI\r\n' "$PASSWORD" >&"$to"
	reads "$to"
	local_says NOOP
	answers_are '+OK still here'
	let_go
	reads "$to"
	[ "$REPLY" = '+OK welcome' ]
	reads "$to"
	[[ $REPLY == '+OK user=plain role=user '* ]]
	exec {to}>&-
}

@test "the old password waits for its turn, and nobody waits for that" {
	start_scmpd -o auth_hashes=1 -o auth_hashes_wait=60
	# (Not cheap as those of other tests.)
	local_says "ADD_USER slow \"$PASSWORD\""
	enters slow
	local to=$REPLY i
	holds_turn
	printf 'CHANGE_PASSWORD "%s" "better horse"\r\nNOOP\r\n' \
		"$PASSWORD" >&"$to"
	for i in 1 2 3 4 5; do
		local_says NOOP NOOP
		answers_are '+OK still here' '+OK still here'
	done
	refute read -r -t 0 -u "$to"
	let_go
	reads "$to"
	[ "$REPLY" = '+OK password changed' ]
	reads "$to"
	[ "$REPLY" = '+OK still here' ]
	exec {to}>&-
}
