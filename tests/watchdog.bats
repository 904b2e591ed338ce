#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The watchdog: what idles is ended, silently and without UPDATE (RFC 1939 section 3).

load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
}

@test "a session without a complete command is closed without a word" {
	serve -o idle_timeout=1
	talk_to "$PORT" <<-'END'
		C= USER alice\r\nPASS secret\r\nDELE 1\r\n
		S~ ^\+OK
		S~ ^\+OK
		S~ ^\+OK
		S~ ^\+OK
		S.
	END
	[ "$(left alice)" = 2 ]
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Inactivity'
}

@test "single octets do not count as a command" {
	serve -o idle_timeout=1
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\n' >&"$c"
	(while printf N >&"$c"; do sleep 0.1; done) 2>/dev/null &
	local octets=$!
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Inactivity'
	kill "$octets" 2>/dev/null || true
	exec {c}>&-
}

@test "a connection that does not log in is closed" {
	serve -o login_timeout=1
	talk_to "$PORT" <<-'END'
		C: CAPA
		S~ ^\+OK
		S*
		S.
	END
	wait_for 30 log_has 'Inactivity during login \(no auth attempts'
}

@test "a reader that stalls during RETR is closed" {
	head -c 60000000 /dev/zero | tr '\0' 'x' | message alice 1600000009.M9.host
	serve -o idle_timeout=1
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\nRETR 3\r\n' >&"$c"
	wait_for 20 log_has 'pop3\(alice\).*Disconnected: Inactivity'
	exec {c}>&-
}

# Its last word is taken all the same, however fast it goes.
@test "a front that is gone before it can be told: inactivity, and its figures" {
	need strace
	cat >"$WORLD/slow" <<-END
		#!/bin/sh
		exec strace -f -qq -o /dev/null -e trace=shutdown \\
			-e inject=shutdown:delay_exit=500000 "$PROGRAM" "\$@"
	END
	chmod +x "$WORLD/slow"
	head -c 60000000 /dev/zero | tr '\0' 'x' | message alice 1600000009.M9.host
	PROGRAM=$WORLD/slow handed "each 3" -o idle_timeout=1 -o "log=$WORLD/log"
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nRETR 3\r\n' >&"$c"
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Inactivity.*retr=[12]/'
	exec {c}>&-
}

@test "commands keep a session alive beyond its timeout" {
	serve -o idle_timeout=2
	outlives 2 alice
}
