#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# How many passwords are checked at once is bounded for all processes together.

# shellcheck disable=SC2016,SC2030,SC2031,SC2153 # $ in stored forms; variables
# shellcheck disable=SC2034 # of the library
load lib/common
load lib/processes

# bats file_tags=server

HASH='$6$rounds=1000$saltstring$6NXfJcHAqOszRoqrAsiHaMLcALd/df4qk51Md4dEGLXrloQi6cyqUbtHDwWpZDzImbFkZCx2eWVTYIGoe1dJi1'

setup() {
	need python3
	begin
	OPTIONS+=(-o auth_tries=50)
	mailbox plain
	mailbox alice
	sed -i "s|^alice:.*|alice:$HASH:::::|" "$WORLD/users"
	OPTIONS+=(-o auth_hashes=2 -o auth_hashes_wait=1)
}

teardown() {
	hang_up 2>/dev/null || true
	finish
}

# A file that anybody could have made.
turns_of_others() {
	: >"$WORLD/run/turns"
	chmod 666 "$WORLD/run/turns"
}

log_counts() { # pattern number
	[ "$(grep -c "$1" "$WORLD/log")" = "$2" ]
}

# The answer to PASS, in $LINE.
tries() { # user password
	dial
	say "USER $1" "PASS $2"
	hang_up
}

@test "while all turns are taken a login is told to come later, whoever it is" {
	serve
	keep_turns 2
	tries alice abc
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	log_has 'user alice: 2 passwords are being checked .*auth_hashes'
	tries alice wrong
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	tries nobody wrong
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	tries ../x wrong
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
}

@test "one turn that is free is enough" {
	serve
	keep_turns 1
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	tries nobody wrong
	[[ $LINE == '-ERR [AUTH]'* ]]
}

@test "a killed process gives its turns back" {
	serve
	keep_turns 2
	tries alice abc
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	let_turns_go
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
}

@test "a login gives its turn back at once, not at the end of the session" {
	local open
	serve -o auth_hashes=1
	dial
	say 'USER alice' 'PASS wrong'
	[[ $LINE == '-ERR [AUTH]'* ]]
	open=$CONNECTION
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	hang_up "$open"
	dial
	say 'USER alice' 'PASS abc'
	[[ $LINE == '+OK logged in'* ]]
	open=$CONNECTION
	tries nobody wrong
	[[ $LINE == '-ERR [AUTH]'* ]]
	hang_up "$open"
}

@test "a user who is kept out needs a turn as all others do" {
	sed -i 's/^alice:.*/&:allow_nets=192.0.2.1/' "$WORLD/users"
	serve
	keep_turns 2
	tries alice abc
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	let_turns_go
	tries alice abc
	[[ $LINE == '-ERR [AUTH]'* ]]
	log_has 'Kept out: .*user=<alice>'
}

@test "a secret that is kept in clear needs no turn" {
	sed -i '/^alice/d' "$WORLD/users"
	serve
	keep_turns 2
	tries plain secret
	[[ $LINE == '+OK logged in'* ]]
	tries nobody secret
	[[ $LINE == '-ERR [AUTH]'* ]]
}

@test "in the one-connection shape the turns are the same" {
	handed "each 2" -o "log=$WORLD/log"
	keep_turns 2
	tries alice abc
	[[ $LINE == '-ERR [SYS/TEMP]'* ]]
	let_turns_go
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
}

@test "without run_dir mail is served all the same" {
	serve -o "run_dir=$WORLD/none/at/all"
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	log_has 'run_dir .*none/at/all'
	tries alice wrong
	[[ $LINE == '-ERR [AUTH]'* ]]
	[ "$(grep -c run_dir "$WORLD/log")" = 1 ]
}

@test "a file that others could have made is not used, with a word in the log" {
	turns_of_others
	serve
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	log_has 'the file turns cannot be used'
}

@test "that word is said once, not by every login" {
	turns_of_others
	serve
	tries alice abc
	tries nobody wrong
	[[ $LINE == '-ERR [AUTH]'* ]]
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	wait_for 20 log_counts 'Login: user=<alice>' 2
	log_counts 'the file turns cannot be used' 1
}

@test "that word is said once by processes of one connection each, too" {
	turns_of_others
	handed "each 3" -o "log=$WORLD/log"
	tries alice abc
	tries nobody wrong
	tries alice abc
	[[ $LINE == '+OK logged in'* ]]
	wait_for 20 log_counts 'Login: user=<alice>' 2
	log_counts 'the file turns cannot be used' 1
}
