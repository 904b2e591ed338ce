#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# QUIT is QUIT only with its line end; the end of input is not QUIT.

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 2
}

left() {
	find "$WORLD"/mail/alice/{new,cur} -type f | wc -l
}

@test "QUIT without its line end, then the end, is not QUIT" {
	printf 'USER alice\r\nPASS secret\r\nDELE 1\r\nQUIT' | pop3
	[ "$(left)" = 2 ]
}

@test "QUIT with CR but no LF is not QUIT" {
	printf 'USER alice\r\nPASS secret\r\nDELE 1\r\nQUIT\r' | pop3
	[ "$(left)" = 2 ]
}

@test "QUIT with its line end and then a half-close is QUIT" {
	dialogue <<-'END'
		S~ ^\+OK
		C= USER alice\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n
		C.
		S~ ^\+OK
		S~ ^\+OK
		S~ ^\+OK
		S~ ^\+OK
		S.
	END
	[ "$(left)" = 1 ]
}

@test "QUIT before login only ends the session" {
	dialogue <<-'END'
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
	[ "$(left)" = 2 ]
}

@test "commands behind QUIT are not run" {
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\nDELE 1\r\nQUIT\r\n' |
		pop3 >"$WORLD/replies"
	[ "$(wc -l <"$WORLD/replies")" = 4 ]
	[ "$(left)" = 2 ]
}

@test "the exit status is 0 for whatever the peer does" {
	printf 'USER alice\r\nPASS wrong\r\n' | pop3
	printf 'garbage' | pop3
	pop3 </dev/null
}
