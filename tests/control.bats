#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What sessions and servers do when they are asked to, through run_dir: end,
# let nobody in, log more or less. (Who may ask: scmpd-*.bats.)

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes
load lib/run_dir

# bats file_tags=server

setup() {
	begin
	OPTIONS+=(-o "log=$WORLD/log")
	mailbox alice
	mails alice 3
}

# First in the list.
large_message() {
	{
		echo 'Subject: large'
		echo
		head -c 30000000 /dev/zero | tr '\0' 'x' | fold -w 70
		echo
	} | message alice 1500000000.M0.host
}

is_counted() {
	[ "$(count pop3_sessions_ended kicked)" = "$1" ]
}

@test "an idle session that is asked to end is closed without a reply and without UPDATE" {
	serve
	enter alice
	say 'DELE 1'
	[ "$(run_dir end alice gracefully)" = 1 ]
	is_over
	[ "$(left alice)" = 3 ]
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Kicked .*del=0/3.*in=33'
	wait_for 30 is_counted 1
	run_dir events | grep '^close .*user=alice reason=kicked'
}

@test "so is a session of a process for one connection, in a few seconds" {
	handed "each 3"
	enter alice
	say 'DELE 1'
	[ "$(run_dir end alice gracefully)" = 1 ]
	is_over
	[ "$(left alice)" = 3 ]
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Kicked .*del=0/3'
	wait_for 30 is_counted 1
}

@test "QUIT behind the request deletes nothing and is not answered" {
	handed "each 3"
	enter alice
	say 'DELE 1' 'DELE 2'
	run_dir end alice gracefully
	# The process asks as soon as its front does.
	printf 'QUIT\r\n' >&"$CONNECTION"
	is_over
	[ "$(left alice)" = 3 ]
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Kicked .*del=0/3'
	[ "$(count pop3_messages deleted)" = 0 ]
}

@test "QUIT behind the request deletes nothing in a server either" {
	local monitor
	serve
	enter alice
	say 'DELE 1' 'DELE 2'
	monitor=$(monitor alice)
	# The request is there before QUIT is, however fast the two are.
	kill -STOP "$monitor"
	run_dir end alice gracefully
	wait_for 30 is_asked "$monitor"
	printf 'QUIT\r\n' >&"$CONNECTION"
	kill -CONT "$monitor"
	is_over
	[ "$(left alice)" = 3 ]
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Kicked .*del=0/3'
}

# It has a signal to read: SIGUSR1 or SIGUSR2.
is_asked() {
	local pending
	pending=$(sed -n 's/^ShdPnd:\t//p' "/proc/$1/status")
	((0x$pending & 0xa00))
}

@test "a login behind the request is not carried out" {
	handed "each 3"
	dial
	say 'USER alice'
	run_dir end - gracefully
	printf 'PASS secret\r\n' >&"$CONNECTION"
	is_over
	refute log_has 'Login: user'
	wait_for 30 is_counted 1
}

@test "a command under way is answered whole before a graceful end" {
	local monitor
	large_message
	serve
	enter alice
	printf 'RETR 1\r\nDELE 1\r\nQUIT\r\n' >&"$CONNECTION"
	hear
	monitor=$(monitor alice)
	kill -STOP "$monitor"
	run_dir end alice gracefully
	wait_for 30 is_asked "$monitor"
	kill -CONT "$monitor"
	wait_for 30 fails is_asked "$monitor"
	timeout 60 cat <&"$CONNECTION" >"$WORLD/got"
	[ "$(tail -c 5 "$WORLD/got" | od -An -c | tr -d ' ')" = '\r\n.\r\n' ]
	[ "$(left alice)" = 4 ]
	wait_for 30 log_has 'pop3\(alice\).*Kicked .*retr=1/3.*del=0/4'
}

@test "a session that is to end now is cut in the middle of a reply" {
	large_message
	serve
	enter alice
	printf 'RETR 1\r\nDELE 1\r\nQUIT\r\n' >&"$CONNECTION"
	hear
	[ "$(run_dir end alice now)" = 1 ]
	wait_for 30 is_counted 1
	timeout 60 cat <&"$CONNECTION" >"$WORLD/got" || true
	[ "$(wc -c <"$WORLD/got")" -lt 30000000 ]
	[ "$(left alice)" = 4 ]
	log_has 'pop3\(alice\).*Disconnected: Kicked'
}

@test "a process for one connection ends now when it is to" {
	handed "each 3"
	enter alice
	say 'DELE 1'
	[ "$(run_dir end alice now)" = 1 ]
	is_over
	[ "$(left alice)" = 3 ]
	wait_for 30 is_counted 1
}

@test "others' sessions stay, and so does the place's next session" {
	mailbox bob
	mails bob 1
	serve
	enter alice
	local alice=$CONNECTION
	enter bob
	run_dir end bob now
	is_over
	wait_for 30 is_counted 1
	enter bob
	CONNECTION=$alice
	say NOOP
	[[ $LINE == +OK* ]]
	[ "$(run_dir sessions | wc -l)" = 2 ]
	is_counted 1
}

refused() {
	local line
	{ read -r -t 5 line <"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null
	[[ $line == "-ERR [SYS/TEMP] the server takes no new sessions now"* ]]
}

@test "a server that is drained lets nobody in, serves whom it has, and says so" {
	serve
	enter alice
	run_dir drain yes
	wait_for 10 refused
	say 'DELE 1' QUIT
	[[ $LINE == +OK* ]]
	[ "$(left alice)" = 2 ]
	[ "$(count pop3_connections_refused draining)" = 1 ]
	log_has 'Refused: the server is drained'
	run_dir drain no
	wait_for 10 answers "$PORT"
}

@test "what the file asks for that replaces another is heard, after as many changes too" {
	serve
	run_dir drain yes
	wait_for 10 refused
	rm "$WORLD/run/control"
	run_dir drain no
	wait_for 10 answers "$PORT"
	rm "$WORLD/run/control"
	run_dir drain yes
	wait_for 10 refused
}

@test "a process for one connection lets nobody in while the server is drained" {
	handed "each 3"
	dial
	run_dir drain yes
	refused
	[ "$(count pop3_connections_refused draining)" = 1 ]
	run_dir drain no
	answers "$PORT"
}

@test "the log says more for new sessions when it is to, and then again less" {
	serve
	run_dir log debug
	wait_for 30 fails_and_is_told
	run_dir log error
	wait_for 30 enters_unseen
	run_dir log -
	wait_for 30 enters_and_is_told
}

# It hears of that with the next connection, but ten times a second at most.
fails_and_is_told() {
	printf '%s\r\n' 'USER alice' 'PASS wrong' QUIT |
		timeout 20 nc 127.0.0.1 "$PORT" >/dev/null
	log_has 'password mismatch'
}

enters() {
	: >"$WORLD/log"
	enter alice
	say QUIT
	hang_up
	wait_for 30 nobody_is_in
}

enters_unseen() {
	enters
	fails log_has 'Login: user=<alice>'
}

enters_and_is_told() {
	enters
	log_has 'Login: user=<alice>'
}

@test "--explain says that the server is drained" {
	serve
	command_line --explain alice
	bare "${COMMAND[@]}" >"$WORLD/said"
	run_dir drain yes
	STATUS=0
	bare "${COMMAND[@]}" >"$WORLD/said" || STATUS=$?
	[ "$STATUS" = 1 ]
	grep -q 'the server lets nobody in' "$WORLD/said"
	grep -qF -- '-ERR [SYS/TEMP] the server takes no new sessions' \
		"$WORLD/said"
}
