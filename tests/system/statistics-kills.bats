#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Nothing that is counted is lost, whatever is killed: sessions and scmpd by
# kill -9, two thousand times and more, under load that counts for itself
# (tests/lib/load.py). Sessions are killed while they wait for their clients:
# who is killed between a write and its counting may lose that one write, and
# nobody outside could tell. Kills at any instruction of what is shared are in
# tests/unit/test_statistics_kill.c and test_statistics_crowd.c.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes
load ../lib/scmp
load ../lib/scmpd
load ../lib/pretend

# bats file_tags=server

setup() {
	need_root
	need python3
	local i
	begin_scmpd
	share_run_dir
	OPTIONS+=(-o "users=passwd-file:$WORLD/users")
	for i in 1 2 3 4 5 6; do
		mailbox "user$i"
	done
}

teardown() { end_scmpd; }

under_load() { # HOW KILLS RESTARTS
	chown -R "$SCMP_UID:$SCMP_UID" "$WORLD/db"
	local status=0
	bare python3 "$REPOSITORY/tests/lib/load.py" "$1" "$PORT" "$SERVER" \
		"$WORLD/mail" "$MAIL_UID" "$WORLD/scmp.sock" "$2" "$3" -- \
		"$BUILD/bin/scmpd" --config "$WORLD/conf" \
		-o "scmp_listen=unix:$WORLD/scmp.sock" \
		-o "scmp_user=$SCMP_UID:$SCMP_UID" \
		-o "scmp_group=$SCMP_OPERATORS" \
		>"$WORLD/report" 2>>"$WORLD/scmpd.log" || status=$?
	sed 's/^/# /' "$WORLD/report" >&3
	cat "$WORLD/report"
	return "$status"
}

nothing_in_use() {
	[ "$("$BUILD/tests/run_dir" "$WORLD/run" places)" = \
		"admission 0 statistics 0" ]
}

@test "listening shape: 2000 sessions' processes killed, scmpd 100 times; sums are what the clients count" {
	serve
	under_load listening 2000 100
	wait_for 30 nothing_in_use
}

@test "one-connection shape: 500 killed, scmpd 30 times; sums are what the clients count" {
	# Whom nobody waits for is found dead by who finds no room.
	handed "each 3" -o "log=$WORLD/log" -o max_sessions=1
	HELPERS+=("$SERVER")
	local last=$PORT
	handed "each 3" -o "log=$WORLD/log"
	PORT+=,$last
	under_load each 500 30
	wait_for 30 nothing_in_use
}
