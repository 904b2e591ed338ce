#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Failed logins: the first of a network are free, then it waits, longer and
# longer, and then it is not listened to; the penalty is shared by all processes
# and outlives the connection. Who is known in a network does not pay for
# others there.
#
# Nothing here measures time. A wait is seen as the system call that waits: the
# only ppoll(2) of a monitor that asks for no event.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes

# bats file_tags=server

setup() {
	need_root
	need strace socat ss
	begin
	mailbox alice
	OPTIONS+=(-o trusted_networks= -o auth_tries=50)
}

# $1 attempts that fail, on this connection.
fail_times() {
	local i
	for ((i = 0; i < $1; i++)); do
		say 'USER alice' 'PASS wrong'
		[[ $LINE == '-ERR [AUTH]'* ]]
	done
}

trace_connection() { # [source]
	trace "$(connected "$@" | head -n 1)" ppoll
}

@test "three failures are free; the fourth attempt waits a second, the fifth two" {
	serve
	dial
	trace_connection
	fail_times 3
	[ "$(waits)" = "" ]
	fail_times 1
	[ "$(waits)" = "1" ]
	fail_times 1
	[ "$(waits)" = "1 2" ]
}

@test "no refusal comes before its time, whoever it is of; who is let in does not wait" {
	serve
	local user
	for user in alice nobody ../x; do
		dial
		trace "$(connected | head -n 1)" clock_nanosleep
		say "USER $user" 'PASS wrong'
		[[ $LINE == '-ERR [AUTH]'* ]]
		end_helpers
		grep -q 'clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, ' \
			"$WORLD/trace"
		hang_up
		wait_for 30 nobody_is_in
	done
	dial
	trace "$(connected | head -n 1)" clock_nanosleep
	say 'USER alice' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	end_helpers
	fails grep -q clock_nanosleep "$WORLD/trace"
}

@test "the penalty is there for the next connection, in another process" {
	handed "each 3" -o "log=$WORLD/log"
	dial
	fail_times 2
	hang_up
	dial
	fail_times 1
	hang_up
	dial
	trace_connection
	fail_times 1
	[ "$(waits)" = "1" ]
}

@test "the penalty survives the server that it was earned from" {
	serve
	dial
	fail_times 3
	hang_up
	stop_server
	serve
	dial
	trace_connection
	fail_times 1
	[ "$(waits)" = "1" ]
}

@test "the right password waits as long; then its user is known in this network and waits no more" {
	mailbox bob
	serve
	dial
	fail_times 3
	hang_up
	dial
	trace_connection
	say 'USER bob' 'PASS secret'
	[[ $LINE == +OK* ]]
	[ "$(waits)" = "1" ]
	say QUIT
	end_helpers
	dial
	trace_connection
	say 'USER bob' 'PASS secret'
	[[ $LINE == +OK* ]]
	[ "$(waits)" = "" ]
	say QUIT
	end_helpers
	# who has failed still does, for bob's login has forgiven nothing
	dial
	trace_connection
	fail_times 1
	[ "$(waits)" = "1" ]
}

@test "one wrong password of a known user, and he waits as all others do" {
	serve -o penalty_delay=2
	enter alice
	say QUIT
	dial
	say 'USER nobody' 'PASS x' 'USER nobody' 'PASS x' 'USER nobody' 'PASS x'
	trace_connection
	fail_times 1
	[ "$(waits)" = "" ]
	fail_times 1
	[ "$(waits)" = "2" ]
	say 'USER alice' 'PASS secret'
	[[ $LINE == +OK* ]]
	[ "$(waits)" = "2 2" ]
}

@test "somebody's own account does not make up for guesses at others' passwords" {
	mailbox mallory
	serve -o penalty_delay=0 -o penalty_refuse=4
	local i
	for i in 1 2 3 4; do
		enter mallory
		say QUIT
		dial
		fail_times 1
		hang_up
	done
	# the door is open for mallory, not for what he tries
	dial
	say 'USER alice' 'PASS secret'
	[[ $LINE == '-ERR [SYS/TEMP] too many failed logins from your network;'* ]]
	is_over
	enter mallory
}

refused_at_the_door() {
	local line
	line=$(line_from 127.0.0.1)
	[ "$line" = '-ERR [SYS/TEMP] too many failed logins from your network; try later' ]
}

line_from() { # source
	socat -T 20 - "TCP:127.0.0.1:$PORT,bind=$1" </dev/null | tr -d '\r'
}

until_refused() {
	local i
	for i in 1 2 3 4; do
		dial
		fail_times 1
		hang_up
	done
	refused_at_the_door
	wait_for 30 log_has \
		'Refused: penalty_refuse=4 is reached: rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
	[[ $(line_from 127.0.0.2) == +OK* ]]
}

@test "a network that goes on failing is refused before any work; others are not" {
	serve -o penalty_delay=0 -o penalty_refuse=4
	until_refused
}

@test "the same in the one-connection shape, and over to a server that shares run_dir" {
	handed "each 3" -o "log=$WORLD/log" -o penalty_delay=0 -o penalty_refuse=4
	until_refused
	stop_server
	handed "listen 1" -o penalty_delay=0 -o penalty_refuse=4
	refused_at_the_door
}

@test "a connection that is already there is refused, too, and ends" {
	serve -o penalty_delay=0 -o penalty_refuse=4
	dial
	fail_times 4
	say 'USER alice' 'PASS secret'
	[[ $LINE == '-ERR [SYS/TEMP] too many failed logins from your network;'* ]]
	is_over
	wait_for 30 log_has 'Refused: penalty_refuse=4 is reached: user=<alice>, rip=127\.0\.0\.1'
	refute log_has 'Login: user=<alice>'
}

@test "a user who is known in a network gets in while all others are refused there" {
	mailbox bob
	serve -o penalty_delay=0 -o penalty_refuse=4
	enter alice
	say QUIT
	dial
	say 'USER bob' 'PASS x' 'USER bob' 'PASS x' 'USER bob' 'PASS x' 'USER bob' 'PASS x'
	[[ $LINE == '-ERR [AUTH]'* ]]
	enter alice
	say QUIT
	dial
	say 'USER bob' 'PASS secret'
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
}

@test "a user is never refused everywhere: failures elsewhere are not his" {
	serve -o penalty_delay=0 -o penalty_refuse=4
	door 127.0.0.6
	dial
	fail_times 4
	refused_at_the_door
	dial "$DOOR"
	say 'USER alice' 'PASS secret'
	[[ $LINE == +OK* ]]
}

@test "penalty_delay=0 and penalty_refuse=0 switch all of it off" {
	serve -o penalty_delay=0 -o penalty_refuse=0
	dial
	trace_connection
	fail_times 30
	[ "$(waits)" = "" ]
	say 'USER alice' 'PASS secret'
	[[ $LINE == +OK* ]]
}

@test "another network does not wait while the first one has to" {
	serve
	door 127.0.0.6
	dial
	local first=$CONNECTION monitor
	monitor=$(connected | head -n 1)
	fail_times 4
	dial "$DOOR"
	trace_connection 127.0.0.6
	fail_times 3
	[ "$(waits)" = "" ]
	hang_up
	wait_for 30 log_has 'auth failed, 3 attempts.*rip=127\.0\.0\.6'
	CONNECTION=$first
	trace "$monitor" ppoll
	fail_times 1
	[ "$(waits)" = "2" ]
}

@test "trusted networks never wait" {
	serve -o trusted_networks=127.0.0.4/30
	door 127.0.0.6
	dial "$DOOR"
	trace_connection 127.0.0.6
	fail_times 8
	[ "$(waits)" = "" ]
	hang_up
	wait_for 30 log_has 'auth failed, 8 attempts.*rip=127\.0\.0\.6'
}

@test "five failures end a connection; the log counts them" {
	serve -o auth_tries=5
	dial
	fail_times 4
	say 'USER alice' 'PASS wrong'
	[[ $LINE == '-ERR [AUTH] too many'* ]]
	is_over
	wait_for 30 log_has 'auth failed, 5 attempts in [0-9]+ secs\): user=<alice>.*rip=127\.0\.0\.1'
}

@test "an unknown user costs the network as much as a wrong password" {
	serve
	dial
	trace_connection
	say 'USER nobody1' 'PASS x' 'USER nobody2' 'PASS x' 'USER ../x' 'PASS x'
	[ "$(waits)" = "" ]
	say 'USER nobody3' 'PASS x'
	[[ $LINE == '-ERR [AUTH]'* ]]
	[ "$(waits)" = "1" ]
}

@test "without run_dir there are no penalties, and mail is served" {
	serve -o run_dir=/dev/null/none
	wait_for 30 log_has 'run_dir /dev/null/none.*not slowed down'
	dial
	trace_connection
	fail_times 6
	[ "$(waits)" = "" ]
	say 'USER alice' 'PASS secret'
	[[ $LINE == +OK* ]]
}
