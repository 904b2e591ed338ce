#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# pop3d's command line, its defaults and its sample users.

load lib/common
load lib/older

setup() {
	begin_older
	MAILROOT=$WORLD/mail
}

pop3d() {
	bare timeout -k 5 60 "$WORLD/bin/pop3d" "$@" 2>"$WORLD/err"
}

# It fails with this on stderr, and nothing on stdout.
refuses() {
	local what=$1
	shift
	run pop3d "$@"
	[ "$status" != 0 ]
	[ "$status" != 124 ]
	[ -z "$output" ]
	grep -q -- "$what" "$WORLD/err" || {
		echo "for '$*' expected '$what', got: $(cat "$WORLD/err")" >&2
		return 1
	}
}

@test "a bad port, an unknown option, a stray word: usage on stderr, failure" {
	local port
	for port in 0 65536 x '' -1 1e3 99999999999999999999; do
		refuses 'option -p' -p "$port"
		grep -q ^Usage: "$WORLD/err"
		refuses 'option -P' -P "$port"
		grep -q ^Usage: "$WORLD/err"
	done
	for option in -x --what --samples; do
		refuses "unknown option $option" "$option"
		grep -q ^Usage: "$WORLD/err"
	done
	refuses 'word stray' stray
	for option in -p -P -d -t --sample; do
		refuses "option $option wants a value" "$option"
		grep -q ^Usage: "$WORLD/err"
	done
}

@test "-h tells" {
	run -0 pop3d -h
	[[ $output == *1110*9090*--sample* ]]
	[ ! -s "$WORLD/err" ]
}

@test "-t is refused as long as nothing can be transformed" {
	refuses transform -t wc --sample "$WORLD/sample"
	[ ! -e "$WORLD/sample" ]
}

@test "a mail root that is missing, or has no accounts, or damaged ones" {
	refuses "$WORLD/nowhere" -d "$WORLD/nowhere"
	refuses "$MAILROOT/.users" -d "$MAILROOT"
	echo 'no colon' >"$MAILROOT/.users"
	refuses 'line 1' -d "$MAILROOT"
	cd "$WORLD"
	refuses src/maildir
	refuses "$WORLD/sample" -d "$MAILROOT" --sample "$WORLD/sample"
}

# bats test_tags=server
@test "--sample makes three users with three messages each, and serves them" {
	serve_pop3d --sample "$WORLD/sample"
	local i
	for i in 1 2 3; do
		run -0 tell "user$i" "pass$i" <<<STAT
		[[ $output == *'+OK 3 '*'+OK bye'* ]]
	done
	run -0 tell user1 pass2 <<<STAT
	[[ $output != *'+OK 3 '* ]]
	# Their passwords are not to be read there, nor by others.
	run ! grep pass "$WORLD/sample/.users"
	[ "$(stat -c %a "$WORLD/sample/.users")" = 600 ]
}

# bats test_tags=server
@test "--sample leaves alone what is there already" {
	serve_pop3d --sample "$WORLD/sample"
	run -0 tell user2 pass2 <<<'DELE 1'
	interrupt
	[ "$STATUS" = 0 ]
	serve_pop3d --sample "$WORLD/sample"
	run -0 tell user2 pass2 <<<STAT
	[[ $output == *'+OK 2 '* ]]
	interrupt
	# It is a mail root as any other.
	serve_pop3d -d "$WORLD/sample"
	run -0 tell user2 pass2 <<<STAT
	[[ $output == *'+OK 2 '* ]]
}

# bats test_tags=server
@test "curl pop3://user1:pass1@localhost:PORT/1 answers, on IPv4 and IPv6" {
	need curl
	serve_pop3d --sample "$WORLD/sample"
	run -0 curl -sS "pop3://user1:pass1@localhost:$PORT/1"
	[[ $output == *'To: user1@example.org'* ]]
	run -0 curl -sS "pop3://user2:pass2@[::1]:$PORT6/2"
	[[ $output == *$'Here is one:\r\n.\r\n...'* ]]
	# Each has a port of its own.
	run ! curl -sS "pop3://user1:pass1@[::1]:$PORT/1"
	run ! curl -sS "pop3://user1:pass1@127.0.0.1:$PORT6/1"
}

# Ports 1110 and 9090 may be in use here, so nothing is bound: the command line
# is looked at by a server that is none.
@test "the ports are 1110 and 9090 by default" {
	printf '#!/bin/sh\necho "$@"\n' >"$WORLD/echo"
	chmod +x "$WORLD/echo"
	POP3_SESSION=$WORLD/echo run -0 pop3d --sample "$WORLD/sample"
	[[ $output == *'--listen 0.0.0.0:1110 --listen [::]:9090' ]]
}
