#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

# Time limits of SCMP, with a clock that runs fast for scmpd.

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account plain
}

teardown() { end_scmpd; }

# Starts it where an hour takes as many times less.
start_fast() { # TIMES OPTION...
	local times=$1
	shift
	FAST=$times LD_PRELOAD=$BUILD/tests/fast.so start_scmpd "$@"
}

opens() { # tcp | local; its descriptors are in FROM and TO
	if [ "$1" = tcp ]; then
		exec {FROM}<>"/dev/tcp/127.0.0.1/$SCMP_PORT" {TO}>&"$FROM"
	else
		coproc PEER { bare nc -N -U "$WORLD/scmp.sock"; }
		exec {FROM}<&"${PEER[0]}" {TO}>&"${PEER[1]}"
	fi
	reads '+OK*'
}

reads() { # PATTERN: that is the next line
	IFS= read -r -t 120 -u "$FROM" REPLY
	REPLY=${REPLY%$'\r'}
	# shellcheck disable=SC2053 # a pattern
	[[ $REPLY == $1 ]]
}

is_closed() {
	refute read -r -t 60 -u "$FROM"
	exec {FROM}<&- {TO}>&-
}

@test "who has not logged in within 30 seconds is told so, whatever else is said" {
	start_fast 20
	opens tcp
	printf 'NOOP\r\nUSER plain\r\n' >&"$TO"
	reads '+OK*'
	reads '+OK*'
	reads '-ERR [[]TIMEOUT] not logged in within 30 seconds'
	is_closed
}

@test "who is idle for ten minutes is told so" {
	start_fast 300
	opens local
	printf 'NOOP\r\n' >&"$TO"
	reads '+OK*'
	reads '-ERR [[]TIMEOUT] idle for 10 minutes'
	exec {FROM}<&- {TO}>&-
}

@test "who watches hears each minute that all is well, and is never idle" {
	start_fast 300
	opens local
	printf 'WATCH\r\n' >&"$TO"
	reads '+OK*'
	local i reply
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do reads '# alive'; done
	printf 'STOP\r\nNOOP\r\n' >&"$TO"
	reads .
	reads '+OK*'
	exec {FROM}<&- {TO}>&-
}

@test "a login that has to wait for its penalty has its time to log in all the same" {
	start_fast 20 -o penalty_free=0 -o penalty_delay=60
	local i reply
	for i in 1 2; do
		opens tcp
		printf 'USER nobody\r\nPASS 1\r\nPASS 2\r\nPASS 3\r\n' >&"$TO"
		for reply in '+OK*' '-ERR [[]AUTH]*' '-ERR [[]AUTH]*' \
			'-ERR [[]AUTH]*'; do
			reads "$reply"
		done
		is_closed
	done
	opens tcp
	printf 'USER plain\r\nPASS %s\r\n' "$PASSWORD" >&"$TO"
	reads '+OK*'
	reads '+OK welcome'
	exec {FROM}<&- {TO}>&-
}
