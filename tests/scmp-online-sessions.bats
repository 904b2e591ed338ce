#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What scmp shows of a server at work, through scmpd: sessions, status, events;
# and SCMP itself, typed.
#
# bats file_tags=server

load lib/common
load lib/processes
load lib/scmp
load lib/scmpd

setup() {
	need python3
	begin_scmpd
	account boss --role admin
	account alice
	account bob
	# What sessions share is scmpd's group's to read.
	[ "$EUID" != 0 ] || chgrp "$SCMP_UID" "$WORLD/run"
	chmod 2750 "$WORLD/run"
	start_scmpd
	online
}

teardown() { end_scmpd; }

# A POP3 server, and sessions of alice (twice) and bob. What they say next goes
# to $CONNECTION.
three_sessions() {
	local name
	PASSWORD_OF=$PASSWORD
	mkdir -p "$WORLD/mail/"{alice,bob}/{cur,new,tmp}
	as_mail_owner "$WORLD/mail"
	serve -o "mail_user=$MAIL_UID:$MAIL_UID"
	wait_for 20 nobody_is_in
	dial
	ALICE=$CONNECTION
	say 'USER alice' "PASS $PASSWORD_OF"
	[[ $LINE == +OK* ]]
	dial
	BEFORE_LOGIN=$CONNECTION
	dial
	say 'USER bob' "PASS $PASSWORD_OF"
	[[ $LINE == +OK* ]]
	BOB=$CONNECTION
}

there_are() { # sessions [option...]
	local n=$1
	shift
	[ "$(scmp --json sessions "$@" | json 'len(it)')" = "$n" ]
}

closed() { # descriptor
	CONNECTION=$1
	is_over
}

# --- sessions ---

@test "sessions are listed, chosen, sorted, and ended" {
	three_sessions
	there_are 3
	there_are 1 --user 'al*'
	there_are 2 --state transaction
	there_are 3 --ip 127.0.0.0/8
	there_are 0 --ip 192.0.2.0/24
	there_are 2 --limit 2
	[ "$(scmp --json sessions --sort -user | json 'it[0]["user"]')" = '"bob"' ]
	[ "$(scmp --json sessions --user bob | json \
		'(it[0]["tls"], it[0]["cmd"], it[0]["in"] > 10, it[0]["port"] > 0)')" = \
		'[false, "PASS", true, true]' ]
	[ "$(scmp --json sessions --state authorization | json 'it[0]["user"]')" = \
		null ]
	scmp sessions | head -n 1 | grep -q '^ *ID  USER .*CMD$'
	scmp --no-header sessions --user bob | grep -q 'bob .*transaction'
	exits 2 scmp sessions --sort color
	exits 2 scmp sessions --state asleep
	exits 3 scmp sessions --ip nowhere

	scmp kick user alice | grep -qx '1 session told to close.'
	closed "$ALICE"
	scmp kick id "$(scmp --json sessions --state authorization |
		json 'it[0]["id"]')" --now
	closed "$BEFORE_LOGIN"
	[ -z "$(scmp -q kick ip 127.0.0.1)" ]
	closed "$BOB"
	wait_for 20 there_are 0
	scmp kick user alice | grep -qx '0 sessions told to close.'
	exits 3 scmp kick id none
	stop_server
}

@test "status is one object, with numbers, and with sources of settings" {
	three_sessions
	scmp --json status >"$WORLD/out"
	[ "$(json '(it["connections_open"], it["logins"], it["draining"])' \
		<"$WORLD/out")" = '[3, 2, false]' ]
	[ "$(json 'it["sources"]["idle_timeout"]' <"$WORLD/out")" = '"default"' ]
	scmp limits idle_timeout 700
	scmp status | grep -qx 'idle_timeout: *700 (scmp)'
	scmp status | grep -qE '^started: +20[0-9]{2}-[0-9]{2}-[0-9]{2} '
	stop_server
}

@test "metrics, drain and reload" {
	scmp metrics >"$WORLD/out"
	[ "$(tail -n 1 "$WORLD/out")" = '# EOF' ]
	scmp metrics pop3_logins >"$WORLD/out"
	grep '^pop3_logins' "$WORLD/out"
	refute grep -v '^# \|^pop3_logins' "$WORLD/out"
	exits 2 scmp --json metrics
	[ "$(scmp drain)" = off ]
	scmp drain on >/dev/null
	[ "$(scmp --json drain | json 'it["value"]')" = '"on"' ]
	scmp -q drain off
	[ "$(scmp drain)" = off ]
	exits 3 scmp drain perhaps
	scmp reload >/dev/null
}

# --- events ---

@test "events are listed, the last ones, of all or some types" {
	scmp ban ip 192.0.2.0/24
	scmp unban ip 192.0.2.0/24
	scmp loglevel debug
	scmp events | grep -qE '^20[0-9-]{8} [0-9:]{8}  (ban|audit) '
	[ "$(scmp --json events 1 audit | json '(len(it), it[0]["event"])')" = \
		'[1, "audit"]' ]
	[ "$(scmp --json events audit | json 'type(it[0]["time"]).__name__')" = \
		'"float"' ]
	[ "$(scmp --json events dropped | json it)" = '[]' ]
	exits 3 scmp events 5 weather
}

# What happens again and again until it is seen.
ban_is_seen() {
	scmp -q ban ip 192.0.2.7
	grep -q "$1" "$WORLD/seen"
}

@test "watch shows what happens until it is interrupted" {
	become "${SCMP[@]}" watch ban audit >"$WORLD/seen" 2>"$WORLD/error" &
	local pid=$! status=0
	HELPERS+=("$pid")
	wait_for 20 ban_is_seen '  audit .*192.0.2.7'
	refute grep -v '  audit  \|  ban  ' "$WORLD/seen"
	kill -INT "$pid"
	wait "$pid" || status=$?
	[ "$status" = 0 ]
	[ ! -s "$WORLD/error" ]

	become "${SCMP[@]}" --json watch audit >"$WORLD/seen" 2>"$WORLD/error" &
	pid=$!
	HELPERS+=("$pid")
	wait_for 20 ban_is_seen '"verb":"BAN"'
	head -n 1 "$WORLD/seen" | json 'it["event"]' | grep -qx '"audit"'
	# It ends when scmpd does, and says so.
	stop_scmpd
	wait "$pid" || status=$?
	[ "$status" = 6 ]
	grep -q 'scmpd has closed the connection' "$WORLD/error"
}

@test "watch ends with whoever reads it" {
	become "${SCMP[@]}" watch > >(head -n 1 >"$WORLD/seen") &
	local pid=$!
	HELPERS+=("$pid")
	watcher_is_gone() {
		scmp -q ban ip 192.0.2.7
		gone "$pid"
	}
	wait_for 20 watcher_is_gone
	exits 3 scmp watch weather
}

# --- top ---

@test "top shows status and sessions until q is typed" {
	three_sessions
	bare python3 "$REPOSITORY/tests/lib/answering.py" -w 100 \
		'transaction' ' ' 'transaction' 'q' -- "${SCMP[@]}" top \
		>"$WORLD/shown"
	grep -q 'connections_open' "$WORLD/shown"
	grep -q 'USER .*STATE' "$WORLD/shown"
	grep -q 'bob .*transaction' "$WORLD/shown"
	# The screen is as it was before.
	grep -q $'\e\\[?1049l' "$WORLD/shown"
	exits 2 scmp top </dev/null
	said 'wants a terminal'
	exits 2 scmp --json top
	stop_server
}

@test "what keeps top from going on is said behind its screen" {
	printf '#!/bin/sh\nkill -TERM %s\n' "$SCMPD" >"$WORLD/end"
	chmod 755 "$WORLD/end"
	local status=0
	bare python3 "$REPOSITORY/tests/lib/answering.py" -w 100 \
		-m "$WORLD/end" connections_open ' ' -- "${SCMP[@]}" top \
		--interval 1 >"$WORLD/shown" || status=$?
	[ "$status" = 6 ]
	sed -n '/\x1b\[?1049l/,$p' "$WORLD/shown" |
		grep -q 'scmp: top: .*scmp.sock: '
	[ "$(grep -c $'\e\\[?1049l' "$WORLD/shown")" = 1 ]
}

# --- raw ---

@test "raw sends lines as they are, and prints what comes" {
	printf 'NOOP\r\nWHOAMI\n\nROLES user' | scmp raw >"$WORLD/out"
	cat >"$WORLD/wanted" <<-END
		+OK still here
		+OK user=- role=admin from=local
		+OK roles and their rights
		role=user fixed=yes rights=""
		.
	END
	diff "$WORLD/wanted" "$WORLD/out"
	exits 4 scmp raw >"$WORLD/out" <<<$'ROLE nobody\nBAN IP nowhere\nNOOP'
	[ "$(tail -n 1 "$WORLD/out")" = '+OK still here' ]
	scmp raw >"$WORLD/out" <<<$'QUIT\nNOOP'
	[ "$(cat "$WORLD/out")" = '+OK bye' ]
	{
		head -c 2000 /dev/zero | tr '\0' x
		echo
		echo NOOP
	} >"$WORLD/in"
	exits 3 scmp raw <"$WORLD/in" >"$WORLD/out"
	grep -q 'still here' "$WORLD/out"
	# What a line may have with the end that is sent, and one octet more.
	length() {
		printf 'HELP %s\nNOOP\n' "$(head -c $(($1 - 5)) /dev/zero |
			tr '\0' x)"
	}
	length 1022 >"$WORLD/in"
	exits 4 scmp raw <"$WORLD/in" >"$WORLD/out"
	grep -q '^-ERR \[NOTFOUND\]' "$WORLD/out"
	length 1023 >"$WORLD/in"
	exits 3 scmp raw <"$WORLD/in" >"$WORLD/out"
	said 'a line is over 1024 octets with its end'
	[ "$(cat "$WORLD/out")" = '+OK still here' ]
	# Over TCP whoever speaks logs in.
	online --server "127.0.0.1:$SCMP_PORT"
	printf 'USER boss\nPASS %s\nWHOAMI\n' "$PASSWORD" | scmp raw |
		grep -q 'user=boss'
}

@test "raw fails where scmpd has gone meanwhile" {
	mkfifo "$WORLD/in"
	become "${SCMP[@]}" raw <"$WORLD/in" >"$WORLD/seen" 2>"$WORLD/said" &
	local pid=$! in status=0
	HELPERS+=("$pid")
	exec {in}>"$WORLD/in"
	echo NOOP >&"$in"
	wait_for 20 grep -q 'still here' "$WORLD/seen"
	stop_scmpd
	echo NOOP >&"$in"
	exec {in}>&-
	wait "$pid" || status=$?
	[ "$status" = 6 ]
	said 'scmp.sock: '
}

@test "raw shows a stream, which STOP and QUIT end" {
	printf 'WATCH\nSTOP\nNOOP\n' | scmp raw >"$WORLD/out"
	printf '%s\n' '+OK watching; STOP ends it' . '+OK still here' |
		diff - "$WORLD/out"
	printf 'WATCH\nQUIT\n' | scmp raw >"$WORLD/out"
	printf '%s\n' '+OK watching; STOP ends it' . '+OK bye' |
		diff - "$WORLD/out"
	mkfifo "$WORLD/in"
	become "${SCMP[@]}" raw <"$WORLD/in" >"$WORLD/seen" &
	local pid=$! in status=0
	HELPERS+=("$pid")
	exec {in}>"$WORLD/in"
	echo 'WATCH audit' >&"$in"
	wait_for 20 ban_is_seen 'event=audit'
	# The end of input is not the end of the stream.
	exec {in}>&-
	: >"$WORLD/seen"
	wait_for 20 ban_is_seen 'event=audit'
	kill -INT "$pid"
	wait "$pid" || status=$?
	[ "$status" = 0 ]
	[ "$(tail -n 1 "$WORLD/seen")" = . ]
}

@test "raw on a terminal has history and completes verbs" {
	person_answers 'scmp> ' $'WHO\t' 'user=- ' NOOP 'still here' $'\e[A\e[A' \
		'user=- ' QUIT -- raw >"$WORLD/shown"
	[ "$(grep -c 'role=admin' "$WORLD/shown")" = 2 ]
	grep -q 'bye' "$WORLD/shown"
}

@test "raw asks for a password without showing it, and keeps none" {
	online --server "127.0.0.1:$SCMP_PORT"
	person_answers 'scmp> ' 'USER boss' 'now the password' PASS 'Password: ' \
		"$PASSWORD" '+OK welcome' 'ADD_USER eve xyzzy-PLUGH' \
		'user added' $'\e[A' 'scmp> ' QUIT -- raw >"$WORLD/shown"
	refute grep -q "$PASSWORD" "$WORLD/shown"
	# Once typed, and not again by the arrow.
	[ "$(grep -c 'xyzzy-PLUGH' "$WORLD/shown")" = 1 ]
}
