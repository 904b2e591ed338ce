#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Processes of a server that are killed: nothing is lost or removed, what can
# go on goes on, and a new generation takes over.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 6
	serve
}

serves() {
	answers "$PORT"
}

# Another acceptor than this one is the newest, and it serves.
replaced() {
	local now
	now=$(acceptor) && [ "$now" != "$1" ] && serves
}

can_enter() {
	printf 'USER %s\r\nPASS secret\r\nQUIT\r\n' "$1" | pop3 |
		grep -q '^+OK logged in'
}

@test "a front is killed: the session ends without UPDATE, a new generation takes over" {
	local old monitor front
	old=$(acceptor)
	enter alice
	say 'DELE 1'
	monitor=$(monitor alice)
	front=$(front "$monitor")
	kill -SEGV "$front"
	is_over
	wait_for 30 gone "$monitor"
	wait_for 30 log_has "a front \(pid $front\) was killed by signal 11"
	wait_for 30 log_has 'pop3\(alice\).*Front process died.*del=0/6'
	[ "$(left alice)" = 6 ]
	wait_for 20 replaced "$old"
	wait_for 20 gone "$old"
	can_enter alice
}

@test "after a front was killed other sessions of its generation go on" {
	local old
	old=$(acceptor)
	mailbox bob
	mails bob 2
	wait_for 20 nobody_is_in
	enter bob
	say 'DELE 1'
	local bob=$CONNECTION other
	BOBS_FRONT=$(front "$(monitor bob)")
	dial
	other=$(not_of_bob)
	kill -SEGV "$other"
	is_over
	wait_for 20 replaced "$old"
	kill -0 "$old"
	CONNECTION=$bob
	say NOOP QUIT
	[[ $LINE == +OK* ]]
	is_over
	[ "$(left bob)" = 1 ]
	wait_for 20 gone "$old"
}

# A process of the other session.
not_of_bob() {
	local monitor pid
	monitor=$(monitor bob)
	for pid in $(pgrep -P "$(acceptor)"); do
		[ "$pid" = "$monitor" ] || [ "$pid" = "$(front_parent)" ] ||
			[ "$pid" = "$BOBS_FRONT" ] || echo "$pid"
	done | head -n 1
}

@test "a monitor is killed: the session ends without UPDATE, a new generation takes over" {
	local old monitor front
	old=$(acceptor)
	enter alice
	say 'DELE 1'
	monitor=$(monitor alice)
	front=$(front "$monitor")
	kill -SEGV "$monitor"
	is_over
	wait_for 30 gone "$front"
	wait_for 30 log_has "a monitor \(pid $monitor\) was killed by signal 11"
	[ "$(left alice)" = 6 ]
	wait_for 20 replaced "$old"
	can_enter alice
}

@test "the acceptor is killed: the master starts another; its sessions go on to their end" {
	local old monitor front
	old=$(acceptor)
	enter alice
	say 'DELE 1'
	monitor=$(monitor alice)
	front=$(front "$monitor")
	kill -KILL "$old"
	wait_for 20 replaced "$old"
	say NOOP 'DELE 2' QUIT
	[[ $LINE == +OK* ]]
	is_over
	wait_for 30 gone "$monitor"
	wait_for 30 gone "$front"
	[ "$(left alice)" = 4 ]
}

@test "the acceptor is killed while the configuration is broken: tried again until it is mended" {
	echo 'greeting = mended' >"$WORLD/conf"
	stop_server
	serve --config "$WORLD/conf"
	echo 'no_such_key = 1' >>"$WORLD/conf"
	kill -KILL "$(acceptor)"
	wait_for 20 log_has 'no_such_key'
	echo 'greeting = mended' >"$WORLD/conf"
	wait_for 20 serves
}

@test "the front parent is killed: its sessions go on, a new generation takes over" {
	local old monitor
	old=$(acceptor)
	enter alice
	say 'DELE 1'
	monitor=$(monitor alice)
	kill -KILL "$(front_parent)"
	wait_for 20 replaced "$old"
	wait_for 30 log_has 'the parent of the fronts ended'
	say NOOP 'DELE 2' QUIT
	[[ $LINE == +OK* ]]
	is_over
	[ "$(left alice)" = 4 ]
	wait_for 20 gone "$monitor"
	wait_for 20 gone "$old"
}

@test "an acceptor without a front parent waits for its sessions; it does not spin" {
	need_root
	need strace
	local old i
	old=$(acceptor)
	enter alice
	kill -KILL "$(front_parent)"
	wait_for 20 replaced "$old"
	trace "$old" ppoll
	for i in 1 2 3 4 5 6 7 8 9 10; do
		say NOOP
	done
	[ "$(grep -c ppoll "$WORLD/trace")" -le 3 ]
	say QUIT
	wait_for 20 gone "$old"
}

@test "the front parent is killed again and again: connections are served" {
	local round old
	for round in 1 2 3; do
		old=$(acceptor)
		kill -KILL "$(front_parent)"
		wait_for 20 replaced "$old"
		can_enter_here
	done
}

can_enter_here() {
	enter alice
	say QUIT
	is_over
}

@test "the master is killed: nobody new comes in, sessions go on to their end" {
	local acceptor parent
	acceptor=$(acceptor)
	parent=$(front_parent)
	enter alice
	say 'DELE 1'
	kill -KILL "$SERVER"
	wait_for 20 is_closed
	say NOOP 'DELE 2' QUIT
	[[ $LINE == +OK* ]]
	is_over
	[ "$(left alice)" = 4 ]
	wait_for 20 gone "$acceptor"
	wait_for 20 gone "$parent"
}

is_closed() {
	! (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

@test "places of killed processes are free again: the limit holds, and no less" {
	stop_server
	serve -o max_sessions=2
	local round
	for round in 1 2 3; do
		mailbox "user$round"
		wait_for 30 enters "user$round"
		kill -KILL "$(monitor "user$round")"
		is_over
	done
	wait_for 30 enters alice
	local alice=$CONNECTION
	wait_for 20 dials
	# Both places are taken now.
	exec {third}<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -t 20 -u "$third" line
	[[ $line == '-ERR [SYS/TEMP]'* ]]
	CONNECTION=$alice
	say QUIT
}

dials() {
	(dial) 2>/dev/null && dial
}

# --- at any moment ---------------------------------------------------------

# Ten messages; the session is to delete 2, 5 and 9, and QUIT.
refill() {
	local i
	rm -f "$WORLD"/mail/alice/{new,cur}/*
	for ((i = 1; i <= 10; i++)); do
		if ((i % 2)); then
			echo "text $i" >"$WORLD/mail/alice/new/16000000$((i + 10)).M$i.host"
		else
			echo "text $i" >"$WORLD/mail/alice/cur/16000000$((i + 10)).M$i.host:2,S"
		fi
	done
	as_mail_owner "$WORLD/mail/alice"
}

# How many of these messages are there, each once and whole.
there() {
	local i n=0
	local -a file
	for i; do
		mapfile -t file < <(compgen -G "$WORLD/mail/alice/*/*.M$i.host*")
		[ "${#file[@]}" -le 1 ] || {
			echo "message $i is there ${#file[@]} times" >&2
			return 1
		}
		[ "${#file[@]}" = 0 ] || grep -qx "text $i" "${file[0]}" || {
			echo "message $i is not what it was" >&2
			return 1
		}
		n=$((n + ${#file[@]}))
	done
	echo "$n"
}

enters() {
	{ enter "${1:-alice}"; } 2>/dev/null || { hang_up && false; }
}

# A session whose commands are sent at once, of which half $1 is killed after
# $2 lines of answers (which there must be). $ANSWERED: was QUIT, with +OK?
killed_session() { # monitor|front answers command...
	local who=$1 answers=$2 victim i
	shift 2
	refill
	wait_for 20 enters
	victim=$(monitor alice)
	[ "$who" = monitor ] || victim=$(front "$victim")
	kill -0 "$victim"
	ANSWERED=
	printf '%s\r\n' "$@" >&"$CONNECTION"
	for ((i = 0; i < answers; i++)); do
		hear || break
		[[ $LINE != "+OK bye"* ]] || ANSWERED=yes
	done
	kill -KILL "$victim" 2>/dev/null || true
	until is_over; do
		[[ $LINE != "+OK bye"* ]] || ANSWERED=yes
		[ -n "$LINE" ] || return # neither a line nor the end
	done 2>/dev/null
	hang_up
}

KEPT=(1 3 4 6 7 8 10)

before_quit() { # rounds
	local round who
	for ((round = 0; round < $1; round++)); do
		who=monitor
		((round % 2)) || who=front
		killed_session "$who" $((RANDOM % 11)) 'DELE 2' 'RETR 1' \
			'DELE 5' 'RETR 3' 'DELE 9' NOOP
		wait_for 20 can_enter alice
		[ "$(there 1 2 3 4 5 6 7 8 9 10)" = 10 ]
	done
}

# In each fifth round QUIT has been answered when the kill comes.
around_quit() { # rounds
	local round who answered=0
	for ((round = 0; round < $1; round++)); do
		who=monitor
		((round % 2)) || who=front
		killed_session "$who" $((round % 5)) 'DELE 2' 'DELE 5' \
			'DELE 9' QUIT
		wait_for 20 can_enter alice
		[ "$(there "${KEPT[@]}")" = 7 ]
		if [ -n "$ANSWERED" ]; then
			answered=$((answered + 1))
			[ "$(there 2 5 9)" = 0 ]
		fi
	done
	echo "QUIT was answered in $answered of $round rounds"
	[ "$answered" -ge $(($1 / 5)) ]
}

@test "either half killed at any moment before QUIT: nothing is removed" {
	before_quit 20
}

@test "either half killed at any moment around QUIT: what was kept is there; after +OK the rest is gone" {
	around_quit 30
}

@test "the same in the one-connection shape" {
	stop_server
	handed "each 3" -o "log=$WORLD/log"
	before_quit 10
	around_quit 20
}
