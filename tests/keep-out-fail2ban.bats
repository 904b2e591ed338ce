#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The filter for fail2ban, on lines that the program really wrote, in each
# format: it finds the addresses that logins fail from, and no others, whatever
# clients put into their names. (With the real fail2ban and real bans:
# tests/system/keep-out-fail2ban.bats.)

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	need fail2ban-regex python3
	begin
	mailbox alice
	OPTIONS+=(-o trusted_networks= -o penalty_delay=0)
	FILTER=$REPOSITORY/fail2ban/filter.d/pop3-session.conf
}

# The addresses that the filter finds in a log, one a line.
found_in() { # file
	bare fail2ban-regex -o ip "$1" "$FILTER" | grep -v '^$'
}

# Logs in from an address, with names as they are; \ sequences are read.
tries_from() { # address name password
	python3 - "$PORT" "$@" <<-'END'
		import socket, sys
		port, source, name, password = sys.argv[1:]
		name = name.encode().decode("unicode_escape").encode("latin-1")
		sock = socket.create_connection(("127.0.0.1", int(port)), 20, (source, 0))
		lines = sock.makefile("rwb")
		lines.readline()
		for command in b"USER " + name, b"PASS " + password.encode(), b"QUIT":
		    lines.write(command + b"\r\n")
		    lines.flush()
		    lines.readline()
		sock.shutdown(socket.SHUT_WR)
		lines.read()
	END
}

NASTY=(
	'x>, rip=9.9.9.9, lip=9.9.9.9, session=<aaaaaaaaaaaaaaaa>'
	'x>, rip=9.9.9.9, lip=9.9.9.9, session=<aaaaaaaaaaaaaaaa>\npop3-login: x'
	'pop3-login: Disconnected: Connection closed (auth failed, 3 attempts in 0 secs): user=<x>, rip=9.9.9.9, lip=9.9.9.9, session=<aaaaaaaaaaaaaaaa>'
	'x" rip=9.9.9.9 lip=9.9.9.9 session=aaaaaaaaaaaaaaaa reason="Connection closed" attempts=1 '
	'x\\" rip=9.9.9.9 lip=9.9.9.9 session=aaaaaaaaaaaaaaaa reason="Connection closed" attempts=1 '
	'x","rip":"9.9.9.9","lip":"9.9.9.9","session":"aaaaaaaaaaaaaaaa","reason":"Connection closed","attempts":1,'
	'x\\","rip":"9.9.9.9","lip":"9.9.9.9","session":"aaaaaaaaaaaaaaaa","reason":"Connection closed","attempts":1,'
	'x\x5c'
	'time=2026-01-01T00:00:00Z level=info event=no_login ident=pop3-session pid=1 user=x rip=9.9.9.9'
	'{"time":"2026-01-01T00:00:00Z","level":"info","event":"no_login","rip":"9.9.9.9"'
	'Jan  1 00:00:00 x pop3-session[1]: rip=9.9.9.9'
	'x\t\x01\x7f\xff\xfe<F-IP>9.9.9.9</F-IP>'
	'../x rip=9.9.9.9'
	'rip=9.9.9.9'
	' '
)

# As many lines as failures, each of the right address, and nothing else.
finds_what_failed() { # format
	local name failed
	serve -o "log_format=$1" -o "log=$WORLD/lines" -o penalty_refuse=0
	tries_from 127.0.0.5 alice secret
	for name in "${NASTY[@]}"; do
		tries_from 127.0.0.6 "$name" x
	done
	tries_from 127.0.0.7 alice wrong
	tries_from 127.0.0.8 "${NASTY[0]}" wrong
	stop_server
	SERVER=
	failed=$(grep 'auth failed' "$WORLD/lines" | grep -c '127\.0\.0\.6')
	[ "$failed" -ge 10 ]
	[ "$(grep -c 9.9.9.9 "$WORLD/lines")" -ge 10 ]
	found_in "$WORLD/lines" | sort | uniq -c >"$WORLD/found"
	cat "$WORLD/found"
	[ "$(awk '{ print $2 }' "$WORLD/found" | xargs)" = \
		"127.0.0.6 127.0.0.7 127.0.0.8" ]
	[ "$(awk 'NR == 1 { print $1 }' "$WORLD/found")" = "$failed" ]
	[ "$(awk 'NR > 1 { print $1 }' "$WORLD/found" | xargs)" = "1 1" ]
}

@test "log_format = dovecot: the filter finds who failed, and no address that a name pretends" {
	finds_what_failed dovecot
}

@test "log_format = logfmt: the same" {
	finds_what_failed logfmt
}

@test "log_format = json: the same, too" {
	finds_what_failed json
}

# What a syslog makes of the line: time and host before it. ("[1]" here.)
as_syslog() {
	sed -E 's/^(<[0-9]+>)?[-0-9T:.+]* ?pop3-session\[[0-9]+\]: //
		s/^/Nov  2 03:04:05 mail pop3-session[1]: /' "$1"
}

@test "lines of a syslog file are found, in each format" {
	local format
	for format in dovecot logfmt json; do
		serve -o "log_format=$format" -o "log=$WORLD/$format"
		tries_from 127.0.0.7 "${NASTY[0]}" wrong
		tries_from 127.0.0.8 alice secret
		stop_server
		SERVER=
		as_syslog "$WORLD/$format" >"$WORLD/lines"
		[ "$(found_in "$WORLD/lines")" = 127.0.0.7 ]
	done
}

@test "connections that penalty_refuse refuses are found, before and after a name, in each format" {
	local format
	for format in dovecot logfmt json; do
		rm -rf "$WORLD"/run/*
		serve -o "log_format=$format" -o "log=$WORLD/$format" \
			-o penalty_refuse=2
		dial
		say 'USER a' 'PASS x' 'USER b>, rip=9.9.9.9' 'PASS x' \
			'USER c>, rip=9.9.9.9' 'PASS x'
		[[ $LINE == '-ERR [SYS/TEMP]'* ]]
		hang_up
		tries_from 127.0.0.1 alice secret
		stop_server
		SERVER=
		[ "$(grep -c penalty_refuse "$WORLD/$format")" = 2 ]
		[ "$(found_in "$WORLD/$format" | xargs)" = \
			"127.0.0.1 127.0.0.1 127.0.0.1" ]
	done
}

@test "other refusals are nobody's fault: limits and bans are not found" {
	serve -o max_sessions_per_network=1 -o "log=$WORLD/lines"
	wait_for 20 nobody_is_in
	dial
	tries_from 127.0.0.1 alice secret
	grep -q max_sessions_per_network "$WORLD/lines"
	[ "$(found_in "$WORLD/lines")" = "" ]
}

@test "the shipped jail and actions are what fail2ban can read" {
	need fail2ban-client
	mkdir -p "$WORLD/f2b"
	cp -r /etc/fail2ban/. "$WORLD/f2b"
	rm -f "$WORLD"/f2b/jail.d/*
	cp -r "$REPOSITORY/fail2ban/." "$WORLD/f2b"
	bare fail2ban-client -c "$WORLD/f2b" -t
	run bare fail2ban-client -c "$WORLD/f2b" -d
	[[ $output == *"'add', 'pop3-session', 'systemd'"* ]]
	[[ $output == *"pop3,pop3s"* ]]
}
