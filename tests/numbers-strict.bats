#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Numbers are decimal digits and nothing else.

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 2
}

# Every number-taking command refuses this text in place of a number.
refused() {
	local verb
	for verb in LIST UIDL RETR DELE; do
		printf 'USER alice\r\nPASS secret\r\n%s %s\r\nSTAT\r\n' \
			"$verb" "$1" | pop3 >"$WORLD/replies"
		[[ $(sed -n 4p "$WORLD/replies") == -ERR* ]]
		[[ $(sed -n 5p "$WORLD/replies") == "+OK 2 "* ]]
	done
}

@test "a sign is refused" {
	refused -1
	refused +1
}

@test "a number behind two spaces, or with a space behind it, is refused" {
	refused ' 1'
	refused '1 '
}

@test "text behind a number is refused" {
	refused 1x
	refused 1.0
	refused '1 2'
}

@test "zero and numbers beyond the last are refused" {
	refused 0
	refused 3
}

@test "a number that wraps around an integer is refused" {
	refused 4294967297
	refused 18446744073709551617
	refused 99999999999999999999999999999999999999
}

@test "hexadecimal and other digits are refused" {
	refused 0x1
	refused '١'
}

@test "leading zeros mean nothing" {
	printf 'USER alice\r\nPASS secret\r\nLIST 0002\r\n' | pop3 >"$WORLD/replies"
	[[ $(sed -n 4p "$WORLD/replies") == "+OK 2 "* ]]
}
