#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The watchdog: what idles is ended, silently and without UPDATE (RFC 1939 section 3).

load lib/common

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
}

teardown() {
	finish
}

left() {
	find "$WORLD"/mail/alice/{new,cur} -type f | wc -l
}

@test "a session without a complete command is closed without a word" {
	serve -o idle_timeout=1
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: DELE 1
		S~ ^\+OK
		S.
	END
	[ "$(left)" = 2 ]
	wait_for 5 log_has 'pop3\(alice\).*Disconnected: Inactivity'
}

@test "single octets do not count as a command" {
	serve -o idle_timeout=1
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\n' >&"$c"
	(while printf N >&"$c"; do sleep 0.1; done) 2>/dev/null &
	local octets=$!
	wait_for 15 log_has 'pop3\(alice\).*Disconnected: Inactivity'
	kill "$octets" 2>/dev/null || true
	exec {c}>&-
}

@test "a connection that does not log in is closed" {
	serve -o login_timeout=1
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: CAPA
		S*
		S.
	END
	wait_for 5 log_has 'Inactivity during login \(no auth attempts'
}

@test "a reader that stalls during RETR is closed" {
	head -c 60000000 /dev/zero | tr '\0' 'x' | message alice 1600000009.M9.host
	serve -o idle_timeout=1
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\nRETR 3\r\n' >&"$c"
	wait_for 20 log_has 'pop3\(alice\).*Disconnected: Inactivity'
	exec {c}>&-
}

@test "commands keep a session alive beyond its timeout" {
	serve -o idle_timeout=2
	exec {c}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\n' >&"$c"
	local line end=$((SECONDS + 5))
	for _ in 1 2 3; do read -r -t 20 -u "$c" line; done
	while [ "$SECONDS" -lt "$end" ]; do
		printf 'NOOP\r\n' >&"$c"
		read -r -t 20 -u "$c" line
		[[ $line == +OK* ]]
		sleep 0.3
	done
	exec {c}>&-
}
