#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser's maildrop belongs to one session at a time, which alone frees it.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
	deliver_some 2
	serve_popser -c
}

# A session that is logged in, on $CLIENT.
log_in() {
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
}

is_refused() {
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' '-ERR [IN-USE]'
}

@test "B is logged in, A connects and drops: C is still refused" {
	log_in
	local b=$CLIENT
	connect
	hang_up
	connect
	ask 'USER bob' +OK
	hang_up
	connect
	ask QUIT +OK
	hang_up
	is_refused
	hang_up
	CLIENT=$b
	ask STAT '+OK 2 '
	ask QUIT +OK
}

@test "who was refused stays, tries again, and succeeds once the first is gone" {
	log_in
	local first=$CLIENT
	is_refused
	ask STAT -ERR
	local second=$CLIENT
	CLIENT=$first
	ask QUIT +OK
	CLIENT=$second
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask STAT '+OK 2 '
	ask QUIT +OK
}

@test "a client that vanishes frees it, removes nothing, and hurts nobody" {
	connect
	local other=$CLIENT
	log_in
	ask 'DELE 1' +OK
	ask 'DELE 2' +OK
	hang_up
	is_free() {
		tell <<<STAT | grep -q '^+OK 2 '
	}
	wait_for 30 is_free
	CLIENT=$other
	ask QUIT +OK
	[ "$(tree | wc -l)" = 2 ]
	[ "$(cut -f 4 "$LOG")" = $'N\nN' ]
}

@test "QUIT without its line end is not QUIT" {
	log_in
	ask 'DELE 1' +OK
	printf QUIT >&"$CLIENT"
	hang_up
	is_free() {
		tell <<<STAT | grep -q '^+OK 2 '
	}
	wait_for 30 is_free
}

@test "reconnecting after QUIT is never too early" {
	local i
	for ((i = 0; i < 50; i++)); do
		log_in
		ask QUIT +OK
		hang_up
	done
}

@test "killed processes of a session free it" {
	log_in
	local pid
	# The monitor is the one that holds a lock.
	pid=$(pgrep -P "$(pgrep -n -P "$SERVER")" | while read -r pid; do
		awk -v pid="$pid" '$2 == "FLOCK" && $5 == pid { print pid }' \
			/proc/locks
	done | uniq)
	kill -KILL "$pid"
	run ! get
	hang_up
	# The kernel may have closed its connection before its lock.
	is_free() {
		run -0 tell <<<STAT
		[[ $output == *'+OK 2 '* ]]
	}
	wait_for 30 is_free
}
