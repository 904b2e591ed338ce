#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# In a terminal, and the command line.

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 2
}

# pop3-session with nothing but what the test gives.
plain() {
	bare timeout 60 "$PROGRAM" --config /dev/null "$@"
}

# bats test_tags=sandbox
@test "a Maildir is read with no configuration, user store or login" {
	printf 'STAT\r\nQUIT\r\n' | plain -o "maildir=$WORLD/mail/alice" \
		-o "mail_roots=$WORLD" >"$WORLD/replies"
	[[ $(head -n 1 "$WORLD/replies") == "+OK logged in"* ]]
	[[ $(sed -n 2p "$WORLD/replies") == "+OK 2 "* ]]
}

@test "--user begins logged in" {
	printf 'STAT\r\nQUIT\r\n' | pop3 --user alice >"$WORLD/replies"
	[[ $(sed -n 2p "$WORLD/replies") == "+OK 2 "* ]]
}

@test "--user for somebody whom the store does not know is refused" {
	printf 'STAT\r\nQUIT\r\n' | pop3 --user bob >"$WORLD/replies"
	[[ $(head -n 1 "$WORLD/replies") == -ERR* ]]
	refute grep -q '^+OK 2' "$WORLD/replies"
}

@test "on a terminal lines end as they are typed" {
	need script
	command_line --user alice
	printf 'STAT\nQUIT\n' | bare timeout 60 script -qec "${COMMAND[*]@Q}" /dev/null |
		tr -d '\r' >"$WORLD/screen"
	grep -q '^+OK 2 ' "$WORLD/screen"
	grep -q '^+OK bye' "$WORLD/screen"
}

@test "--transcript shows both directions, and no password" {
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n' |
		pop3 --transcript >/dev/null
	grep -q '^C: USER alice' "$WORLD/log"
	grep -q '^C: PASS \*\*\*' "$WORLD/log"
	grep -q '^S: Subject: number 1' "$WORLD/log"
	refute grep -q 'secret' "$WORLD/log"
}

@test "--help and --version print on stdout and succeed" {
	run "$PROGRAM" --help
	[ "$status" = 0 ]
	[[ $output == "Usage: pop3-session"* ]]
	run "$PROGRAM" --version
	[ "$status" = 0 ]
	[[ $output == "pop3-session "* ]]
}

@test "an unknown option, a stray word and a missing value are errors that name them" {
	run "$PROGRAM" --frobnicate
	[ "$status" = 2 ]
	[[ $output == *--frobnicate* ]]
	run "$PROGRAM" stray
	[ "$status" = 2 ]
	[[ $output == *stray* ]]
	run "$PROGRAM" --config
	[ "$status" = 2 ]
}

@test "a bad key, value or file is an error that says where" {
	run plain -o frobnicate=1
	[ "$status" = 78 ]
	[[ $output == *frobnicate* ]]
	run plain -o idle_timeout=soon
	[ "$status" = 78 ]
	[[ $output == *idle_timeout* ]]
	printf 'idle_timeout = 600\nfrobnicate = 1\n' >"$WORLD/conf"
	run "$PROGRAM" --config "$WORLD/conf"
	[ "$status" = 78 ]
	[[ $output == *"$WORLD/conf"*2* ]]
	run "$PROGRAM" --config "$WORLD/missing"
	[ "$status" = 78 ]
	[[ $output == *"$WORLD/missing"* ]]
}

@test "--print-config tells every key, its value and where that comes from" {
	printf 'idle_timeout = 700\n' >"$WORLD/conf"
	run "$PROGRAM" --config "$WORLD/conf" -o max_sessions=7 --print-config
	[ "$status" = 0 ]
	[[ $output == *"idle_timeout = 700"*"$WORLD/conf"* ]]
	[[ $output == *"max_sessions = 7"* ]]
	[[ $output == *"front_user"* ]]
}

@test "--check looks at configuration and users, and fails where something is wrong" {
	command_line --check
	run "${COMMAND[@]}"
	[ "$status" = 0 ]
	[[ $output == *"seccomp"* ]]
	echo 'broken:{PLAIN}x:uid::::' >>"$WORLD/users"
	run "${COMMAND[@]}"
	[ "$status" = 1 ]
	[[ $output == *WRONG*"$WORLD/users"* ]]
}

@test "--user and sandbox=off are refused where the network is" {
	run plain --user alice --listen 127.0.0.1:0
	[ "$status" = 78 ]
	run plain -o sandbox=off --listen 127.0.0.1:0
	[ "$status" = 78 ]
}

@test "an address that cannot be listened on is an error that names it" {
	run plain --listen 192.0.2.1:1110
	[ "$status" = 1 ]
	[[ $output == *192.0.2.1* ]]
	run plain --listen nonsense
	[ "$status" = 1 ]
	[[ $output == *nonsense* ]]
}

@test "after a refused --user no command is run" {
	printf 'STAT\r\nCAPA\r\n' | pop3 --user bob >"$WORLD/replies"
	[ "$(wc -l <"$WORLD/replies")" = 1 ]
}
