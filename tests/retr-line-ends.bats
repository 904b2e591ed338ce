#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# RETR: line ends and dots on the wire (RFC 1939 section 3), exact to the octet.

load lib/common

setup() {
	begin
	mailbox alice
}

# The octets that RETR 1 sends for the message on standard input, between the
# status line and the final dot's line, and the size that LIST told.
wire() {
	message alice 1600000001.M1.host
	printf 'USER alice\r\nPASS secret\r\nLIST 1\r\nRETR 1\r\nQUIT\r\n' |
		pop3 >"$WORLD/replies"
	# Four replies stand before the message; QUIT's behind it.
	tail -n +6 "$WORLD/replies" | head -n -1 >"$WORLD/wire"
}

# The size that LIST told. (wire runs in a subshell, so no variable does.)
listed() {
	sed -n 's/^+OK 1 \([0-9]*\)\r$/\1/p' "$WORLD/replies"
}

# What came is exactly $1 (printf's escapes), and LIST told $2 octets.
expect_wire() {
	printf '%b' "$1" >"$WORLD/expected"
	cmp "$WORLD/expected" "$WORLD/wire"
	[ "$(listed)" = "$2" ]
}

@test "a dot at the very first octet of a message is stuffed" {
	printf '.first\nx\n' | wire
	expect_wire '..first\r\nx\r\n.\r\n' 11
}

@test "a dot after a bare LF and after CRLF is stuffed" {
	printf 'a\n.b\r\n.c\n' | wire
	expect_wire 'a\r\n..b\r\n..c\r\n.\r\n' 11
}

@test "a line of one dot does not end the message" {
	printf 'a\n.\nb\n' | wire
	expect_wire 'a\r\n..\r\nb\r\n.\r\n' 9
}

@test "a dot after a bare CR is not stuffed" {
	printf 'a\r.b\n' | wire
	expect_wire 'a\r.b\r\n.\r\n' 6
}

@test "a bare CR in the middle of a line passes and its LF still becomes CRLF" {
	printf 'a\rb\nc\n' | wire
	expect_wire 'a\rb\r\nc\r\n.\r\n' 8
}

@test "a message that ends with CR gets a line end of its own" {
	printf 'a\r' | wire
	expect_wire 'a\r\r\n.\r\n' 4
}

@test "a missing last line end is added" {
	printf 'a\nb' | wire
	expect_wire 'a\r\nb\r\n.\r\n' 6
}

@test "CRLF is not doubled" {
	printf 'a\r\n\r\nb\r\n' | wire
	expect_wire 'a\r\n\r\nb\r\n.\r\n' 8
}

@test "CR CR LF keeps its first CR" {
	printf 'a\r\r\nb\n' | wire
	expect_wire 'a\r\r\nb\r\n.\r\n' 7
}

@test "an empty file is a message of no octets" {
	printf '' | wire
	expect_wire '.\r\n' 0
}

@test "8-bit octets pass unchanged" {
	printf 'gr\374\337e \303\244\n' | wire
	expect_wire 'gr\374\337e \303\244\r\n.\r\n' 10
}

@test "NUL octets pass unchanged" {
	printf 'a\000b\n' | wire
	expect_wire 'a\000b\r\n.\r\n' 5
}

# Reads are 65,536 octets each: what matters is put at that border.
border() { # text; its second octet is the first of the second read
	head -c 65535 /dev/zero | tr '\0' 'x' >"$WORLD/head"
	{ cat "$WORLD/head"; printf '%b' "$1"; } | wire
}

expect_border() { # printf's escapes behind the x's; size
	{ cat "$WORLD/head"; printf '%b' "$1"; } >"$WORLD/expected"
	cmp "$WORLD/expected" "$WORLD/wire"
	[ "$(listed)" = "$2" ]
}

@test "a CR before a read border and an LF behind it stay one CRLF" {
	border '\r\nb\n'
	expect_border '\r\nb\r\n.\r\n' 65540
}

@test "an LF before a read border and a dot behind it: the dot is stuffed" {
	border '\n.b\n'
	expect_border '\r\n..b\r\n.\r\n' 65541
}

@test "a bare CR as the last octet of a read passes once" {
	border '\rb\n'
	expect_border '\rb\r\n.\r\n' 65539
}

@test "a file that ends with the read border ends cleanly" {
	border '\n'
	expect_border '\r\n.\r\n' 65537
}
