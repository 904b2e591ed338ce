#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Lines that are no commands: one -ERR each, no effect, no end of memory.

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 1
}

replies() {
	pop3 | tr -d '\r' | awk '{printf "%s ", $1}'
}

@test "an empty line is an error" {
	[ "$(printf '\r\nQUIT\r\n' | replies)" = "+OK -ERR +OK " ]
}

@test "a line with NUL is one malformed line" {
	[ "$(printf 'QU\000IT\r\nNOOP\000\r\nQUIT\r\n' | replies)" = \
		"+OK -ERR -ERR +OK " ]
}

@test "a bare CR does not end a line" {
	[ "$(printf 'NOOP\rQUIT\r\nQUIT\r\n' | replies)" = "+OK -ERR +OK " ]
}

@test "a line over 255 octets is one error and its tail is never run" {
	local long
	long=$(head -c 300 /dev/zero | tr '\0' 'x')
	[ "$(printf 'NOOP %sQUIT\r\nCAPAX\r\nQUIT\r\n' "$long" | replies)" = \
		"+OK -ERR -ERR +OK " ]
}

@test "a line of 255 octets with its end is still read, one of 256 is not" {
	local name
	name=$(head -c 248 /dev/zero | tr '\0' 'n') # USER and its space, CRLF: 7
	[ "$(printf 'USER %s\r\nQUIT\r\n' "$name" | replies)" = "+OK +OK +OK " ]
	[ "$(printf 'USER %sn\r\nQUIT\r\n' "$name" | replies)" = "+OK -ERR +OK " ]
}

# bats test_tags=limits
@test "an endless line costs no memory and gets one answer" {
	[ "$( (head -c 200000000 /dev/zero | tr '\0' 'a'; printf '\r\nQUIT\r\n') |
		(ulimit -v 400000; replies))" = "+OK -ERR +OK " ]
}

@test "lines that end with LF alone are read" {
	[ "$(printf 'CAPA\nQUIT\n' | pop3 | tail -n 1 | cut -c1-3)" = +OK ]
}

@test "keywords in any case" {
	[ "$(printf 'uSeR alice\r\npass secret\r\nnoop\r\nquit\r\n' | replies)" = \
		"+OK +OK +OK +OK +OK " ]
}

@test "arguments where none belong are errors" {
	[ "$(printf '%s\r\n' 'USER alice' 'PASS secret' 'STAT 1' 'NOOP x' 'RSET 1' \
		'QUIT now' 'CAPA x' 'STAT ' QUIT | replies)" = \
		"+OK +OK +OK -ERR -ERR -ERR -ERR -ERR -ERR +OK " ]
}

@test "commands of the other state are errors" {
	[ "$(printf '%s\r\n' NOOP RSET STAT LIST 'RETR 1' 'DELE 1' 'TOP 1 1' UIDL \
		'USER alice' 'PASS secret' 'USER alice' 'PASS secret' \
		'APOP alice 0123456789abcdef0123456789abcdef' QUIT | replies)" = \
		"+OK -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR +OK +OK -ERR -ERR -ERR +OK " ]
}

@test "a few dozen errors in a row end the session" {
	run pop3 < <(yes XYZZY | head -n 500 | sed 's/$/\r/')
	[ "$status" = 0 ]
	[ "${#lines[@]}" -lt 50 ]
	[[ ${lines[-1]} == *"too many errors"* ]]
}

@test "a good command in between starts the count of errors anew" {
	local i
	for ((i = 0; i < 40; i++)); do
		printf 'XYZZY\r\nXYZZY\r\nCAPA\r\n'
	done >"$WORLD/commands"
	printf 'QUIT\r\n' >>"$WORLD/commands"
	run pop3 <"$WORLD/commands"
	[[ ${lines[-1]} == +OK* ]]
	[ "$(grep -c -- -ERR <<<"$output")" = 80 ]
}

@test "the last of too many errors gets one answer, too" {
	run pop3 < <(yes 'STAT x' | head -n 500 | sed 's/$/\r/')
	[ "$(grep -c '^-ERR' <<<"$output")" = 30 ]
	[ "$(grep -c '^-ERR too many' <<<"$output")" = 1 ]
}
