#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Failed logins: the first of a network are free, then it waits, longer and
# longer; the penalty is shared by all processes and outlives the connection.
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

teardown() {
	end_helpers
	finish
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

@test "the right password waits as long, and then forgives" {
	serve
	dial
	fail_times 3
	hang_up
	dial
	trace_connection
	say 'USER alice' 'PASS secret'
	[[ $LINE == +OK* ]]
	[ "$(waits)" = "1" ]
	say QUIT
	end_helpers
	dial
	trace_connection
	fail_times 1
	[ "$(waits)" = "" ]
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
