#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Connections that are not let in: what their clients read, and what is left of
# them. (Which limits there are: tests/system/limits-*.)

# shellcheck disable=SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	need python3
	HOLDER=
}

teardown() {
	[ -z "$HOLDER" ] || let_go
	finish
}

readonly FULL='-ERR [SYS/TEMP] the server has as many sessions as it may; try later'

eager() { # read|hold tries
	become python3 "$REPOSITORY/tests/lib/eager.py" "$1" "$PORT" "$2" "$FULL"
}

# Eager clients that stay, when all of them have read their line.
hold() { # tries
	mkfifo "$WORLD/holds"
	eager hold "$1" <"$WORLD/holds" >"$WORLD/held" &
	HOLDER=$!
	exec {LET_GO}>"$WORLD/holds"
	wait_for 20 grep -q ready "$WORLD/held"
}

let_go() {
	exec {LET_GO}>&-
	wait "$HOLDER"
	HOLDER=
}

descriptors() { # pid
	ls "/proc/$1/fd" | wc -l
}

fewer_descriptors() { # pid number
	[ "$(descriptors "$1")" -lt "$2" ]
}

full_server() {
	serve -o max_sessions=1 "$@"
	wait_for 20 nobody_is_in
	dial
}

@test "clients that send before they read get the line that refuses them, and no reset" {
	full_server
	(eager read 500)
	log_has 'Refused: max_sessions=1 is reached: rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
}

@test "one-connection shape: they get it, too" {
	handed "each 3" -o max_sessions=1 -o "log=$WORLD/log"
	dial
	(eager read 20)
}

@test "refused connections that stay open cost few descriptors, and these not for long" {
	full_server
	local acceptor before
	acceptor=$(acceptor)
	before=$(descriptors "$acceptor")
	hold 200
	# 32 of them at most; the others are closed already.
	[ "$(descriptors "$acceptor")" -le $((before + 32)) ]
	wait_for 20 fewer_descriptors "$acceptor" $((before + 1))
	let_go
}

@test "a session does not inherit refused connections" {
	full_server
	local acceptor monitors
	acceptor=$(acceptor)
	hang_up
	wait_for 20 nobody_is_in
	enter alice
	local alone
	alone=$(descriptors "$(monitor alice)")
	hold 20
	hang_up
	wait_for 20 nobody_is_in
	enter alice
	[ "$(descriptors "$(monitor alice)")" = "$alone" ]
	let_go
}

@test "a refusal has the same fields in every format" {
	full_server -o log_format=logfmt
	(eager read 1)
	log_has '(^| )event=refused .*rip=127\.0\.0\.1 lip=127\.0\.0\.1 setting=max_sessions limit=1'
	stop_server
	full_server -o log_format=json
	(eager read 1)
	log_has '"event":"refused".*"rip":"127\.0\.0\.1","lip":"127\.0\.0\.1","setting":"max_sessions","limit":1'
}

@test "a password refused without encryption is told by the line of the connection" {
	serve -o plaintext_login=no
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^-ERR
		C: PASS secret
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
	END
	wait_for 30 log_has 'pop3-login: Disconnected: Logged out \(tried to use disallowed plaintext auth\): user=<>, rip=127\.0\.0\.1, lip=127\.0\.0\.1, session=<[0-9a-f]{16}>$'
	stop_server
	serve -o plaintext_login=no -o log_format=json
	printf 'USER alice\r\n' >"/dev/tcp/127.0.0.1/$PORT"
	wait_for 30 log_has '"event":"no_login".*"rip":"127\.0\.0\.1","lip":"127\.0\.0\.1","session":"[0-9a-f]{16}".*"cleartext":1,"setting":"plaintext_login"'
}

@test "a login that waits for a penalty is told, with who and for how long" {
	serve -o trusted_networks= -o auth_tries=9
	local i
	dial
	for i in 1 2 3 4; do
		say 'USER alice' 'PASS wrong'
	done
	log_has 'pop3-login: Delayed: .* trusted_networks: rip=127\.0\.0\.1, lip=127\.0\.0\.1, session=<[0-9a-f]{16}>, delay_ms=1000$'
}

# Nothing limits root's processes, so somebody else serves, with an id of his
# own.
@test "where a process cannot be made, the client and the log are told" {
	need_root
	need setpriv prlimit
	cp "$PROGRAM" "$WORLD/server"
	chown -R 54399 "$WORLD"
	cat >"$WORLD/unprivileged" <<-END
		#!/bin/sh
		exec setpriv --reuid=54399 --regid=54399 --clear-groups \
			"$WORLD/server" "\$@"
	END
	chmod 755 "$WORLD/unprivileged"
	PROGRAM=$WORLD/unprivileged
	serve
	wait_for 20 nobody_is_in
	setpriv --reuid=54399 --regid=54399 --clear-groups \
		prlimit --nproc=1:1 --pid "$(acceptor)"
	run timeout 20 cat <"/dev/tcp/127.0.0.1/$PORT"
	[[ $output == '-ERR [SYS/TEMP] the server is short of resources'* ]]
	log_has 'pop3-login: Error: Cannot serve a connection: new session: Resource temporarily unavailable \(see TasksMax\): rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
}
