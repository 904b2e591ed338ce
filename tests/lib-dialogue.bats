#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The tests' own tools: that they see what is wrong.

load lib/common

setup() {
	begin
	mailbox alice 'open sesame'
	printf 'Subject: one\n\nHello.\n.\n' | message alice 1600000001.M1.host
}

@test "a dialogue goes step by step and ends with the session" {
	dialogue <<-'END'
		S~ ^\+OK pop\.test .*<[a-z0-9.]+@pop\.test>$
		C: USER alice
		S~ ^\+OK
		C: PASS open sesame
		S: +OK logged in
		C= ST
		C= AT\r\nRETR 1\r\n
		S: +OK 1 27
		S~ ^\+OK
		S: Subject: one
		S*
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "a dialogue fails at a line that differs" {
	run dialogue <<-'END'
		S~ ^\+OK
		C: NOOP
		S: +OK
	END
	[ "$status" = 1 ]
	[[ $output == *"dialogue line 3: expected '+OK', got '-ERR"* ]]
}

@test "a dialogue fails where the session goes on instead of ending" {
	run dialogue <<-'END'
		S~ ^\+OK
		C: CAPA
		S.
	END
	[ "$status" = 1 ]
	[[ $output == *"expected the end"* ]]
}

@test "a dialogue fails where the session ends instead of going on" {
	run dialogue <<-'END'
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S: +OK
	END
	[ "$status" = 1 ]
	[[ $output == *"got the end"* ]]
}

# bats test_tags=server
@test "a server is started on a free port, serves, and ends with status 0" {
	serve
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS open sesame
		S: +OK logged in
		C: QUIT
		S~ ^\+OK
		S.
	END
	stop_server
	[ "$STATUS" = 0 ]
}

@test "an injected fault is shown to have happened" {
	need strace
	run inject unlinkat:error=EIO <<-'END'
		USER alice
		PASS open sesame
		DELE 1
		QUIT
	END
	fired
	[[ ${lines[-1]} == -ERR* ]]
	[ -n "$(ls "$WORLD/mail/alice/new" "$WORLD/mail/alice/cur")" ]
}
