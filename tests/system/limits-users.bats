#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# How many sessions one user may have, in all and from one network. A
# connection counts for a user from when it has given the right password,
# whether it then gets the maildrop or is told that it is in use.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mailbox bob
	OPTIONS+=(-o trusted_networks= -o plaintext_login=yes)
}

tries() { # user
	dial "${2:-$PORT}"
	say "USER $1" 'PASS secret'
}

IN_USE='-ERR [IN-USE] maildrop is locked'
FULL='-ERR [IN-USE] you have as many sessions as you may; try later'
NETWORK_FULL='-ERR [IN-USE] you have as many sessions as you may from one network; try later'

two_of_alice() {
	local first second
	enter alice
	first=$CONNECTION
	tries alice
	second=$CONNECTION
	[[ $LINE == '-ERR [IN-USE]'* && $LINE != "$FULL" ]]
	tries alice
	[ "$LINE" = "$FULL" ]
	wait_for 30 log_has \
		'Refused: max_sessions_per_user=2 is reached: user=<alice>, rip=127\.0\.0\.1, lip=127\.0\.0\.1, session=<'
	# with the right password only: no hint for others
	say 'USER alice' 'PASS wrong'
	[[ $LINE == '-ERR [AUTH]'* ]]
	# and the connection is still good for somebody else
	say 'USER bob' 'PASS secret'
	[[ $LINE == +OK* ]]
	hang_up "$second"
	wait_for 30 tries_in_vain_for_the_lock
	CONNECTION=$first
	say QUIT
}

tries_in_vain_for_the_lock() {
	tries alice
	[[ $LINE == '-ERR [IN-USE]'* && $LINE != "$FULL" ]]
}

@test "listening shape: one more than max_sessions_per_user hears of it; the log names the setting" {
	serve -o max_sessions_per_user=2
	two_of_alice
}

@test "one-connection shape: the same" {
	handed "each 3" -o max_sessions_per_user=2 -o "log=$WORLD/log"
	two_of_alice
}

@test "sessions that were killed do not count" {
	need_root
	serve -o max_sessions_per_user=1
	enter alice
	tries alice
	[ "$LINE" = "$FULL" ]
	kill -KILL "$(monitor alice)"
	wait_for 30 enters alice
}

enters() {
	tries "$1"
	[[ $LINE == '+OK logged in'* ]]
}

@test "a user's limit from one network leaves another network to him" {
	need socat
	serve -o max_sessions_per_user_and_network=1
	door 127.0.0.6
	tries alice "$DOOR"
	tries alice
	[[ $LINE == '-ERR [IN-USE]'* ]]
	tries alice
	[ "$LINE" = "$NETWORK_FULL" ]
	wait_for 30 log_has \
		'Refused: max_sessions_per_user_and_network=1 is reached: user=<alice>, rip=127\.0\.0\.1'
	tries bob
	[[ $LINE == +OK* ]]
}

# Holds as many connections as $1, each of alice; the last reply in $LINE.
alice_times() {
	local i
	for ((i = 0; i < $1; i++)); do
		tries alice
	done
}

@test "unlimited_networks have no limits by network, but the user's own and penalties" {
	need socat
	serve -o max_sessions_per_network=3 -o max_sessions_per_user=3 \
		-o max_sessions_per_user_and_network=1 -o penalty_delay=0 \
		-o penalty_refuse=2 -o unlimited_networks=127.0.0.0/29
	alice_times 3
	[[ $LINE == '-ERR [IN-USE]'* && $LINE != "$NETWORK_FULL" ]]
	tries alice
	[ "$LINE" = "$FULL" ]
	tries bob
	[[ $LINE == +OK* ]]
	door 127.0.0.6
	dial "$DOOR"
	say 'USER bob' 'PASS x' 'USER bob' 'PASS x' 'USER bob' 'PASS secret'
	[[ $LINE == '-ERR [SYS/TEMP] too many failed logins'* ]]
	door 127.0.0.10
	tries alice "$DOOR"
	[ "$LINE" = "$FULL" ]
}

@test "the limit of a user's row wins, whether it is more or less" {
	local user database=$WORLD/users.db
	scmp() {
		bare "$BUILD/bin/scmp" --offline --database "$database" --quiet "$@"
	}
	scmp db init
	for user in few:1 many:5 none:0; do
		echo '{PLAIN}secret' | scmp user add "${user%:*}" --hash-fd 0 \
			--max-sessions "${user#*:}"
		mkdir -p "$WORLD/mail/${user%:*}"/{cur,new,tmp}
	done
	as_mail_owner "$WORLD/mail"
	serve -o "users=sqlite:$database" -o max_sessions_per_user=3
	tries few
	tries few
	[ "$LINE" = "$FULL" ]
	wait_for 30 log_has "Refused: max_sessions of the user's row=1 is reached: user=<few>"
	for user in many none; do
		local i
		for ((i = 0; i < 5; i++)); do
			tries "$user"
		done
		[[ $LINE == '-ERR [IN-USE]'* && $LINE != "$FULL" ]]
	done
	tries many
	[ "$LINE" = "$FULL" ]
}

@test "max_sessions_per_user=0 is no limit" {
	serve -o max_sessions_per_user_and_network=0
	alice_times 25
	[[ $LINE == '-ERR [IN-USE]'* && $LINE != "$FULL" ]]
	refute log_has Refused:
}
