#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# TOP: the header, the blank line, and so many lines of the body (RFC 1939 section 7).

load lib/common

setup() {
	begin
	mailbox alice
	printf 'H: 1\nI: 2\n\nb1\n.b2\nb3\n' | message alice 1600000001.M1.host
	printf 'H: 1\nonly: header\n' | message alice 1600000002.M2.host
	printf 'H: 1\n\n\n\nend' | message alice 1600000003.M3.host
}

# TOP's answer without the status line and the final dot's line, CRs as ^M.
top() {
	printf 'USER alice\r\nPASS secret\r\nTOP %s\r\nQUIT\r\n' "$*" |
		pop3 >"$WORLD/replies"
	tail -n +5 "$WORLD/replies" | head -n -2 | tr '\r' '^'
}

@test "no lines: header and blank line" {
	[ "$(top 1 0)" = $'H: 1^\nI: 2^\n^' ]
}

@test "some lines of the body, dots stuffed" {
	[ "$(top 1 2)" = $'H: 1^\nI: 2^\n^\nb1^\n..b2^' ]
}

@test "more lines than there are: the whole message" {
	[ "$(top 1 100)" = $'H: 1^\nI: 2^\n^\nb1^\n..b2^\nb3^' ]
}

@test "a count that no integer holds is the whole message" {
	[ "$(top 1 99999999999999999999999999)" = "$(top 1 3)" ]
}

@test "without a blank line all is header" {
	[ "$(top 2 0)" = $'H: 1^\nonly: header^' ]
}

@test "blank lines of the body count as lines" {
	[ "$(top 3 1)" = $'H: 1^\n^\n^' ]
}

@test "a last line without an end gets one" {
	[ "$(top 3 3)" = $'H: 1^\n^\n^\n^\nend^' ]
}

@test "TOP needs both numbers and nothing else" {
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: TOP 1
		S~ ^-ERR
		C: TOP
		S~ ^-ERR
		C: TOP 1 2 3
		S~ ^-ERR
		C: TOP 1 -1
		S~ ^-ERR
		C: TOP 1 +1
		S~ ^-ERR
		C: TOP 0 1
		S~ ^-ERR
		C: TOP 4 1
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "a count that no integer holds is still TOP in the log, and sets no flag" {
	printf 'USER alice\r\nPASS secret\r\nTOP 1 99999999999999999999999\r\nQUIT\r\n' |
		pop3 -o mark_seen=yes >/dev/null
	log_has 'top=1/[0-9]+, retr=0/0'
	[ -f "$WORLD/mail/alice/cur/1600000001.M1.host:2," ]
}
