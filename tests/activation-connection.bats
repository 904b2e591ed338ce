#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A connected socket as descriptor 0: what inetd, xinetd and systemd
# (Accept=yes) hand over, where standard error may be the client's socket, too.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
	OPTIONS+=(-o "log=$WORLD/log")
}

session() {
	talk_to "$PORT" <<-'END'
		S~ ^\+OK pop\.test
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: RETR 1
		S~ ^\+OK
		S*
		C: DELE 1
		S~ ^\+OK
		C: NONSENSE
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}

# What a client sees that says this (if anything), to the end.
seen_by_client() {
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%s' "$*" >&"$fd"
	timeout 20 cat <&"$fd"
	exec {fd}>&-
}

@test "a session on descriptors 0 to 2 (inetd): replies alone reach the client" {
	handed "each 3" -o log_level=debug
	session
	[ "$(left alice)" = 1 ]
	wait_for 30 ended_with 0
	wait_for 30 log_has 'pop3\(alice\).*Logged out.*del=1/2'
}

@test "a session on descriptors 0 and 1 alone (systemd's StandardInput=socket)" {
	handed "each 2" -o log_level=debug
	session
	[ "$(left alice)" = 1 ]
	wait_for 30 ended_with 0
}

@test "a session on descriptor 0 alone" {
	handed "each 1"
	session
	[ "$(left alice)" = 1 ]
	wait_for 30 ended_with 0
}

@test "through socat: the connection is a socket of the local kind" {
	need socat
	PORT=$(free_port)
	command_line
	printf '#!/bin/sh\nexec %s\n' "${COMMAND[*]@Q}" >"$WORLD/program"
	chmod +x "$WORLD/program"
	become socat "TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork" \
		"EXEC:$WORLD/program,stderr" 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 20 answers "$PORT"
	session
	[ "$(left alice)" = 1 ]
	wait_for 30 log_has 'Login: user=<alice>.*rip=local'
}

@test "the log never goes to the client's socket, whatever the configuration says" {
	handed "each 3" -o log=stderr -o log_level=debug
	seen_by_client $'QUIT\r\n' >"$WORLD/seen"
	[ "$(wc -l <"$WORLD/seen")" = 2 ]
	[ "$(grep -c '^+OK' "$WORLD/seen")" = 2 ]
	session
}

# One -ERR line, the end, exit status 0: inetd must not think of a fault.
one_error_line() {
	seen_by_client >"$WORLD/seen"
	cat "$WORLD/seen"
	[ "$(wc -l <"$WORLD/seen")" = 1 ]
	grep -qE $'^-ERR \\[SYS/PERM\\] [^/]*\r$' "$WORLD/seen"
	wait_for 30 ended_with 0
}

@test "an unknown key: one -ERR line, which tells nothing of the file; exit status 0" {
	echo 'no_such_key = 1' >"$WORLD/conf"
	handed "each 3" --config "$WORLD/conf"
	one_error_line
}

@test "a configuration that is missing: one -ERR line; exit status 0" {
	handed "each 3" --config "$WORLD/missing"
	one_error_line
}

@test "a bad value by -o: one -ERR line; exit status 0" {
	handed "each 3" -o max_sessions=many
	one_error_line
}

@test "an unknown option on the command line: one -ERR line; exit status 0" {
	handed "each 3" --no-such-option
	one_error_line
}

@test "a user store that is none: one -ERR line; exit status 0" {
	handed "each 3" -o users=nonsense:x
	one_error_line
}

@test "--transcript and --user are refused where there is a network" {
	handed "each 3" --transcript
	one_error_line
	stop_server
	handed "each 3" --user alice
	one_error_line
}

@test "a log that cannot be opened: the session is served, and says nothing of it" {
	handed "each 3" -o "log=$WORLD/missing/log"
	session
}

@test "a client that is gone before the program starts: exit status 0" {
	handed "each 3"
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	exec {fd}>&-
	wait_for 30 ended_with 0
}

@test "SIGTERM ends the session after the command under way, with status 0" {
	handed "each 3"
	head -c 20000000 /dev/zero | tr '\0' 'x' | message alice 1600000009.M9.host
	enter alice
	say 'RETR 3'
	local monitor
	monitor=$(monitor alice)
	kill -TERM "$monitor"
	wait_for 30 has_taken_signal "$monitor"
	[ "$(timeout 60 cat <&"$CONNECTION" | wc -c)" = $((20000000 + 5)) ]
	wait_for 30 ended_with 0
	[ "$(left alice)" = 3 ]
}

# SIGTERM is no longer pending: it was read from the signal descriptor.
has_taken_signal() {
	! grep -qE '^(SigPnd|ShdPnd):.*4...$' "/proc/$1/status" ||
		[ ! -e "/proc/$1" ]
}

@test "the front is killed: nothing is removed, the log names the signal, status 0" {
	handed "each 3"
	enter alice
	say 'DELE 1'
	local monitor
	monitor=$(monitor alice)
	kill -KILL "$(front "$monitor")"
	is_over
	wait_for 30 ended_with 0
	wait_for 30 log_has 'the front was killed by signal 9'
	wait_for 30 log_has 'pop3\(alice\).*Front process died.*del=0/2'
	[ "$(left alice)" = 2 ]
}

@test "the monitor is killed: nothing is removed, the client sees the end" {
	handed "each 3"
	enter alice
	say 'DELE 1'
	local monitor front
	monitor=$(monitor alice)
	front=$(front "$monitor")
	kill -KILL "$monitor"
	is_over
	wait_for 30 gone "$front"
	[ "$(left alice)" = 2 ]
}
