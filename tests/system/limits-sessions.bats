#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Admission: how many sessions there may be in all and of one network, counted
# through memory that all processes share, in each shape.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
	VISITORS=
}

teardown() {
	[ -z "$VISITORS" ] || visitors_leave
	finish
}

# One line at this address, from that one (any: -), and the end if refused.
line_at() { # [address [source]]
	python3 - "$PORT" "${1:-127.0.0.1}" "${2:--}" <<-'END'
		import socket, sys
		port, address, source = sys.argv[1:]
		source = None if source == "-" else (source, 0)
		sock = socket.create_connection((address, int(port)), 20, source)
		lines = sock.makefile("rb")
		print(lines.readline().decode().rstrip())
	END
}

FULL='-ERR [SYS/TEMP] the server has as many sessions as it may; try later'
NETWORK_FULL='-ERR [SYS/TEMP] your network has as many sessions as it may; try later'

is_let_in() {
	[[ $(line_at "$@") == +OK* ]]
}

# A crowd of one source, which stays; its report in $REPORT.
crowd() { # count source
	visit "$BUILD/tests/crowd" 127.0.0.1 "$PORT" "$@"
}

visit() { # program...
	rm -f "$WORLD/leave" "$WORLD/visitors"
	mkfifo "$WORLD/leave"
	become "$@" <"$WORLD/leave" >"$WORLD/visitors" 2>&1 &
	VISITORS=$!
	exec {LEAVE}>"$WORLD/leave"
	wait_for 400 visitors_are_there
	REPORT=$(cat "$WORLD/visitors")
}

visitors_are_there() {
	[ -s "$WORLD/visitors" ]
}

visitors_leave() {
	local pid=$VISITORS
	VISITORS=
	exec {LEAVE}>&-
	wait "$pid"
}

three_then_refused() {
	local -a held
	local i
	for i in 1 2 3; do
		dial
		held+=("$CONNECTION")
	done
	[ "$(line_at)" = "$FULL" ]
	wait_for 30 log_has 'Refused: max_sessions=3 is reached: rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
	for i in "${held[@]}"; do
		hang_up "$i"
	done
	wait_for 20 is_let_in
}

@test "listening shape: one more than max_sessions is told which limit it is; the log names the setting" {
	serve -o max_sessions=3
	wait_for 20 nobody_is_in
	three_then_refused
}

@test "one-connection shape: the same, counted by processes that only share run_dir" {
	handed "each 3" -o max_sessions=3 -o "log=$WORLD/log"
	three_then_refused
}

@test "two servers with one run_dir have one limit" {
	serve -o max_sessions=3
	wait_for 20 nobody_is_in
	local first=$SERVER port=$PORT
	dial
	dial
	handed "each 3" -o max_sessions=3 -o "log=$WORLD/log"
	dial
	[ "$(line_at)" = "$FULL" ]
	stop_server
	SERVER=$first PORT=$port
	[ "$(line_at)" = "$FULL" ]
}

@test "who is refused leaves nothing behind: the next session after an end is let in" {
	serve -o max_sessions=1
	wait_for 20 nobody_is_in
	enter alice
	local i
	for i in 1 2 3 4 5; do
		[ "$(line_at)" = "$FULL" ]
	done
	say QUIT
	is_over
	wait_for 20 is_let_in
}

@test "a network has its own limit; others are let in" {
	serve -o max_sessions_per_network=2 -o trusted_networks=
	wait_for 20 nobody_is_in
	dial
	dial
	[ "$(line_at 127.0.0.1 127.0.0.1)" = "$NETWORK_FULL" ]
	is_let_in 127.0.0.1 127.0.0.2
	is_let_in 127.0.0.1 127.0.1.1
	[ "$(line_at 127.0.0.1 127.0.0.1)" = "$NETWORK_FULL" ]
	wait_for 30 log_has \
		'Refused: max_sessions_per_network=2 is reached: rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
}

@test "the network's limit in the one-connection shape" {
	handed "each 3" -o max_sessions_per_network=2 -o trusted_networks= \
		-o "log=$WORLD/log"
	dial
	dial
	[ "$(line_at 127.0.0.1 127.0.0.1)" = "$NETWORK_FULL" ]
	is_let_in 127.0.0.1 127.0.0.2
}

@test "the network's limit is not for trusted networks" {
	serve -o max_sessions_per_network=1 -o trusted_networks=127.0.0.8/30
	wait_for 20 nobody_is_in
	dial
	[ "$(line_at 127.0.0.1 127.0.0.1)" = "$NETWORK_FULL" ]
	crowd 3 127.0.0.9
	[[ $REPORT == 'greeted 3 refused 0 '* ]]
}

@test "killed sessions free the limits: whoever finds one reached folds them" {
	serve -o max_sessions=4 -o max_sessions_per_network=2 -o trusted_networks=
	wait_for 20 nobody_is_in
	mailbox bob
	enter alice
	enter bob
	[ "$(line_at)" = "$NETWORK_FULL" ]
	# All that could count them down is gone.
	local pids pid
	pids=("$SERVER" "$(acceptor)" "$(monitor alice)" "$(monitor bob)")
	kill -KILL "${pids[@]}"
	for pid in "${pids[@]}"; do
		wait_for 30 gone "$pid"
	done
	serve -o max_sessions=4 -o max_sessions_per_network=2 -o trusted_networks=
	wait_for 30 nobody_is_in
	dial
	dial
	[ "$(line_at)" = "$NETWORK_FULL" ]
}

@test "killed processes of the one-connection shape free the limits" {
	handed "each 3" -o max_sessions=2 -o "log=$WORLD/log"
	mailbox bob
	enter alice
	enter bob
	[ "$(line_at)" = "$FULL" ]
	kill -KILL "$(monitor alice)"
	wait_for 30 is_let_in
	wait_for 30 is_let_in
}

# --- many ------------------------------------------------------------------

# As many users as are to log in, each with a Maildir of one message.
populate() { # count
	local i
	for ((i = 1; i <= $1; i++)); do
		echo "user$i:{PLAIN}secret:::::"
	done >>"$WORLD/users"
	eval "mkdir -p $WORLD/mail/user{1..$1}/{cur,new,tmp}"
	as_mail_owner "$WORLD/mail"
}

nine_hundred() {
	populate 900
	visit python3 "$REPOSITORY/tests/lib/visitors.py" hold "$PORT" 901
	head -n 5 <<<"$REPORT"
	[ "$(head -n 1 <<<"$REPORT")" = "in 900 refused 1" ]
	[ "$(tail -n 1 <<<"$REPORT")" = "$FULL" ]
	wait_for 30 log_has 'max_sessions=900 is reached'
	[ "$(grep -c 'Login: user=' "$WORLD/log")" = 900 ]
	visitors_leave
	wait_for 60 is_let_in
}

@test "listening shape: 900 sessions logged in at once; the 901st hears which limit it is" {
	serve -o max_sessions=900
	wait_for 20 nobody_is_in
	nine_hundred
}

@test "one-connection shape: 900 sessions logged in at once; the 901st hears which limit it is" {
	handed "each 3" -o max_sessions=900 -o "log=$WORLD/log"
	nine_hundred
}

@test "xinetd: 900 sessions logged in at once; the 901st hears which limit it is" {
	need_root
	need xinetd
	PORT=$(free_port)
	command_line -o max_sessions=900 -o "log=$WORLD/log"
	sed -e 's/disable.*/disable = no/' \
		-e "s|server\t.*|server = $PROGRAM|" \
		-e "s|server_args.*|server_args = ${COMMAND[*]:1}|" \
		-e 's/^\(\tlog_type\|flags\).*//' \
		-e "/^{/a type = UNLISTED\nport = $PORT\nbind = 127.0.0.1" \
		-e 's/instances.*/instances = 1200/' \
		-e 's/per_source.*/per_source = 1200/' \
		"$REPOSITORY/xinetd.d/pop3" >"$WORLD/xinetd.conf"
	become xinetd -dontfork -f "$WORLD/xinetd.conf" \
		-pidfile "$WORLD/xinetd.pid" </dev/null >>"$WORLD/said" 2>&1 &
	SERVER=$!
	wait_for 20 answers "$PORT"
	nine_hundred
}

# --- in a hurry ------------------------------------------------------------

in_a_hurry() { # count
	local i
	mailbox hurry
	for ((i = 1; i <= $1; i++)); do
		echo "text $i" >"$WORLD/mail/hurry/new/$((1600000000 + i)).M$i.host"
	done
	as_mail_owner "$WORLD/mail/hurry"
	python3 "$REPOSITORY/tests/lib/visitors.py" churn "$PORT" hurry "$1" \
		>"$WORLD/churned"
	head -n 5 "$WORLD/churned"
	[ "$(head -n 1 "$WORLD/churned")" = "sessions $1 deleted $1 in-use 0" ]
	[ "$(left hurry)" = 0 ]
}

@test "1000 sessions that each delete, QUIT and come again at once never meet [IN-USE]" {
	serve
	in_a_hurry 1000
}

@test "300 sessions in the one-connection shape never meet it either" {
	handed "each 3" -o "log=$WORLD/log"
	in_a_hurry 300
}
