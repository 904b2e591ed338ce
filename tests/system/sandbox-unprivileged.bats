#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Started without any right: one uid, and the same two processes and sandbox.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # $TEXT is gdb's
load ../lib/common
load ../lib/processes
load ../lib/debugger

# bats file_tags=server,sandbox

setup() {
	need_root
	need gdb setpriv
	begin
	mailbox alice
	mails alice 2
	mailbox bob
	mails bob 1
	# The build may lie where only root comes.
	cp "$PROGRAM" "$WORLD/pop3-session"
	chown -R "$MAIL_UID:$MAIL_UID" "$WORLD"
	LIMITED=(setpriv --reuid "$MAIL_UID" --regid "$MAIL_UID" --clear-groups
		"$WORLD/pop3-session")
}

# In common.bash's place: the command of the user without rights.
command_line() {
	COMMAND=("${LIMITED[@]}" --config /dev/null "${OPTIONS[@]}" "$@")
}

session() {
	enter alice
	say 'DELE 1' QUIT
	[[ $LINE == +OK* ]]
	is_over
	[ "$(left alice)" = 1 ]
}

@test "a session, in each shape" {
	serve
	session
	stop_server
	mails alice 2
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	say 'DELE 1' QUIT
	[[ $LINE == +OK* ]]
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK logged in'
}

@test "every process has the one uid, no groups, no capability, a filter" {
	serve
	enter alice
	local monitor
	monitor=$(monitor alice)
	is_powerless "$monitor" "$MAIL_UID"
	is_powerless "$(front "$monitor")" "$MAIL_UID"
	is_powerless "$(front_parent)" "$MAIL_UID"
	is_powerless "$(acceptor)" "$MAIL_UID"
}

@test "the front of the same uid can open nothing, and reach no process" {
	serve
	enter alice
	dies_by_sigsys "$(front "$(monitor alice)")" /etc/passwd getpid \
		'openat -100 $TEXT 0'
	is_over
	wait_for 30 log_has 'killed for the system call openat'
	wait_for 20 can_enter
	enter alice
	dies_by_sigsys "$(front "$(monitor alice)")" x getpid "kill $SERVER 9"
	is_over
	kill -0 "$SERVER"
	[ "$(left alice)" = 2 ]
}

can_enter() {
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK logged in'
}

@test "the monitor opens no other Maildir of the same uid, and makes no socket" {
	serve
	enter alice
	as_uid "$MAIL_UID" test -r "$WORLD/mail/bob/new/1600000001.M1.host"
	call_in "$(monitor alice)" "$WORLD/mail/bob/new/1600000001.M1.host" \
		'openat -100 $TEXT 0 0'
	[ "${RESULTS[0]} ${ERRNOS[0]}" = "-1 13" ]
	dies_by_sigsys "$(monitor alice)" x getpid 'socket 2 1 0'
	is_over
	[ "$(left alice)" = 2 ]
}

# Landlock can tell processes apart since ABI 6 (Linux 6.12). Of an older one
# no more is asked than that --check says which it is.
@test "the monitor cannot signal processes of the same uid, where Landlock can" {
	local abi
	abi=$("$PROGRAM" --check 2>/dev/null |
		sed -n 's/.*Landlock ABI \([0-9]*\).*/\1/p' | head -n 1)
	serve
	enter alice
	call_in "$(monitor alice)" x "kill $SERVER 0" "kill $(acceptor) 0"
	if [ "$abi" -ge 6 ]; then
		[ "${RESULTS[*]} ${ERRNOS[*]}" = "-1 -1 1 1" ]
	else
		[ "${RESULTS[*]}" = "0 0" ]
	fi
	say QUIT
	[[ $LINE == +OK* ]]
}

@test "nobody of the same uid can look into a session" {
	serve
	enter alice
	local pid
	for pid in "$(monitor alice)" "$(front "$(monitor alice)")"; do
		fails as_uid "$MAIL_UID" ls "/proc/$pid/fd/"
		fails as_uid "$MAIL_UID" head -c 1 "/proc/$pid/environ"
	done
}

@test "a row with somebody else's uid is refused: it cannot be taken" {
	echo 'other:{PLAIN}secret:23456:::::' >>"$WORLD/users"
	serve
	dial
	say 'USER other' 'PASS secret'
	[[ $LINE == '-ERR [SYS/PERM]'* ]]
	wait_for 30 log_has "user other: the row's uid is not ours"
}

# As in a container: uid 0, with the right to nothing.
root_without_rights() {
	chown -R 0:0 "$WORLD"
	LIMITED=(setpriv --bounding-set=-all --inh-caps=-all --no-new-privs
		"$WORLD/pop3-session")
}

@test "uid 0 without any capability: the same, and its fronts cannot clone either" {
	root_without_rights
	serve
	enter alice
	local monitor front
	monitor=$(monitor alice)
	front=$(front "$monitor")
	is_powerless "$monitor" 0
	is_powerless "$front" 0
	dies_by_sigsys "$front" x getpid 'clone 0x8011 0 0 0 0'
	is_over
	wait_for 30 log_has 'killed for the system call clone'
	wait_for 20 can_enter
	session
}

@test "uid 0 without any capability: a front in the one-connection shape cannot clone" {
	root_without_rights
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	dies_by_sigsys "$(front "$(monitor alice)")" x getpid \
		'clone 0x8011 0 0 0 0'
	is_over
	wait_for 30 log_has 'killed for the system call clone'
}
