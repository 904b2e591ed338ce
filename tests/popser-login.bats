#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser's greeting and logins: APOP without -c, USER and PASS with it.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
}

apop() { # stamp secret
	printf %s "$1$2" | md5sum | cut -d ' ' -f 1
}

stamp() {
	[[ $LINE =~ ^'+OK POP3 server ready '(<[A-Za-z0-9.]+@[A-Za-z0-9.]+>)$ ]] &&
		STAMP=${BASH_REMATCH[1]}
}

@test "the greeting is +OK POP3 server ready and a stamp" {
	serve_popser
	connect
	stamp
	ask QUIT +OK
}

@test "a thousand greetings, a thousand stamps" {
	serve_popser
	local i
	for ((i = 0; i < 1000; i++)); do
		connect
		stamp
		echo "$STAMP"
		hang_up
	done >"$WORLD/stamps"
	[ "$(sort -u "$WORLD/stamps" | wc -l)" = 1000 ]
}

@test "200 connections at once each get a greeting of their own" {
	serve_popser
	local i fd
	local -a fds
	for ((i = 0; i < 200; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		fds+=("$fd")
	done
	# The last one first, and each goes on to be served.
	for ((i = 199; i >= 0; i--)); do
		CLIENT=${fds[i]}
		get
		stamp
		echo "$STAMP" >>"$WORLD/stamps"
	done
	[ "$(sort -u "$WORLD/stamps" | wc -l)" = 200 ]
	for fd in "${fds[@]}"; do
		CLIENT=$fd
		ask QUIT '+OK'
		hang_up
	done
}

@test "without -c: APOP logs in, USER and PASS do not" {
	deliver_some 1
	serve_popser
	connect
	stamp
	ask 'USER bob' -ERR
	ask 'PASS a  b ' -ERR
	ask "APOP bob $(apop "$STAMP" 'a  b')" -ERR
	ask "APOP Bob $(apop "$STAMP" 'a  b ')" -ERR
	ask "apop bob $(apop "$STAMP" 'a  b ')" +OK
	ask STAT '+OK 1 '
	ask QUIT +OK
}

@test "with -c: USER and PASS log in, APOP does not, and none is offered" {
	deliver_some 1
	serve_popser -c
	connect
	[ "$LINE" = '+OK POP3 server ready' ]
	ask "APOP bob $(apop '' 'a  b ')" -ERR
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask STAT '+OK 1 '
	ask QUIT +OK
}

@test "USER tells nothing; names are case-sensitive, the secret is verbatim" {
	serve_popser -c
	connect
	ask 'USER nobody' +OK
	ask 'PASS a  b ' '-ERR [AUTH]'
	ask 'user BOB' +OK
	ask 'pass a  b ' '-ERR [AUTH]'
	ask 'UsEr bob' +OK
	ask 'PASS a b ' '-ERR [AUTH]'
	ask 'USER bob' +OK
	ask 'PASS a  b' '-ERR [AUTH]'
	ask 'USER bob' +OK
	ask 'pAsS a  b ' +OK
	ask QUIT +OK
}

@test "failed logins from this machine cost no time" {
	serve_popser -c
	local begun=$SECONDS i j
	for i in 1 2 3 4; do
		connect
		for j in 1 2 3; do
			ask 'USER bob' +OK
			ask 'PASS wrong' '-ERR [AUTH]'
		done
		hang_up
	done
	# Off this machine these twelve would take minutes.
	((SECONDS - begun < 60))
}

@test "mail commands before the login are refused, QUIT just ends" {
	deliver_some 1
	serve_popser -c
	connect
	local command
	for command in STAT LIST 'RETR 1' 'DELE 1' NOOP RSET UIDL 'TOP 1 0'; do
		ask "$command" -ERR
	done
	ask QUIT +OK
	run ! get
	[ "$(tree)" = ./new/1600000001.M1.host ]
	[ ! -e "$LOG" ]
}

@test "USER in the middle of a session is refused and changes nothing" {
	deliver_some 2
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask 'USER other' -ERR
	ask 'PASS a  b ' -ERR
	ask STAT '+OK 2 '
	ask QUIT +OK
}

@test "long arguments and lines are one -ERR each and the server lives" {
	serve_popser -c
	local n long
	connect
	for n in 100 247 248 249 250 255 256 600 5000 100000; do
		long=$(head -c "$n" /dev/zero | tr '\0' A)
		ask "USER $long" "$([ "$n" -le 248 ] && echo + || echo -ERR)"
		ask "$long" -ERR
	done
	hang_up
	run -0 tell </dev/null
	[[ $output == *"+OK bye"* ]]
}

@test "all in one segment and octet by octet give the same answers" {
	deliver_some 3
	serve_popser -c
	local session='USER bob\r\nPASS a  b \r\nSTAT\r\nLIST 2\r\nRETR 3\r\nDELE 1\r\nLIST\r\nRSET\r\nUIDL\r\nNOOP\r\nQUIT\r\n'
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
	printf %b "$session" >&"$CLIENT"
	timeout 20 cat <&"$CLIENT" >"$WORLD/whole"
	hang_up
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
	local octets i
	printf -v octets %b "$session"
	for ((i = 0; i < ${#octets}; i++)); do
		printf %s "${octets:i:1}" >&"$CLIENT"
	done
	timeout 20 cat <&"$CLIENT" >"$WORLD/single"
	hang_up
	cmp "$WORLD/whole" "$WORLD/single"
	grep -q '^+OK bye' "$WORLD/whole"
}

@test "curl reads mail with either method" {
	need curl
	printf 'Subject: x\n\n.\nend' | deliver 1600000001.a.b
	serve_popser -c
	run -0 curl -sS -u 'bob:a  b ' "pop3://127.0.0.1:$PORT/1"
	[ "$output" = $'Subject: x\r\n\r\n.\r\nend\r' ]
	interrupt
	serve_popser
	run -0 curl -sS -u 'bob:a  b ' "pop3://127.0.0.1:$PORT/1"
	[ "$output" = $'Subject: x\r\n\r\n.\r\nend\r' ]
}

@test "where no stamp can be made, the client gets one -ERR and the end" {
	need strace
	OPTIONS=(-o "users=authfile:$AUTH" -o "maildir=$MAILDIR"
		-o auth_methods=apop -o "run_dir=$WORLD/run" -o log=stderr)
	run -0 inject getrandom:error=EIO </dev/null
	[[ $output =~ ^'-ERR [SYS/TEMP] '[^$'\n']*$'\r'$ ]]
	log_has 'no APOP timestamp can be made'
	fired
}
