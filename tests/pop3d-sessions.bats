#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# pop3d's sessions: several users, one session each, nothing of one for another.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
	MAILROOT=$WORLD/mail
}

# A user with a box as the older server had it: cur/ alone.
add_user() { # name password messages
	local i
	echo "$1:{PLAIN}$2:::::" >>"$MAILROOT/.users"
	mkdir -p "$MAILROOT/$1/cur"
	for ((i = 1; i <= $3; i++)); do
		printf 'To: %s\n\n%d\n' "$1" "$i" \
			>"$MAILROOT/$1/cur/$((1600000000 + i)).$1:2,"
	done
}

serve_two() {
	add_user alice wonder 2
	add_user bob builder 3
	serve_pop3d -d "$MAILROOT"
}

log_in() {
	connect
	ask "USER $1" +OK
	ask "PASS $2" +OK
}

@test "the welcome has the host's name, the log each connection, no password" {
	serve_two
	connect
	[[ $LINE == "+OK $(uname -n) POP3 server ready"* ]]
	ask QUIT +OK
	hang_up
	wait_for 30 log_has 'Disconnected: .*rip=127\.0\.0\.1'
	run -0 tell bob builder <<<'RETR 1'
	wait_for 30 log_has 'user=<bob>.*rip=127\.0\.0\.1'
	wait_for 30 log_has 'retr=1/.*out='
	run -0 tell bob sesame <<<STAT
	run ! grep -E 'builder|sesame' "$WORLD/log"
	[ ! -s "$WORLD/out" ]
}

@test "each user has a box of his own, and one session at a time" {
	serve_two
	log_in alice wonder
	local alice=$CLIENT
	ask STAT '+OK 2 '
	log_in bob builder
	ask STAT '+OK 3 '
	connect
	ask 'USER alice' +OK
	ask 'PASS wonder' '-ERR [IN-USE]'
	CLIENT=$alice
	ask 'RETR 1' +OK
	local text=
	until [ "$LINE" = . ]; do
		get
		text+=$LINE
	done
	[[ $text == *'To: alice'* ]]
	ask QUIT +OK
}

@test "USER after the login makes nobody another user" {
	serve_two
	log_in alice wonder
	ask 'USER bob' -ERR
	ask 'PASS builder' -ERR
	ask STAT '+OK 2 '
	ask 'DELE 1' +OK
	ask QUIT +OK
	[ "$(ls "$MAILROOT/alice/cur" | wc -l)" = 1 ]
	[ "$(ls "$MAILROOT/bob/cur" | wc -l)" = 3 ]
}

@test "names that would leave the mail root are nobody's" {
	serve_two
	local name
	for name in . .. ../mail/bob bob/../alice '' .users /etc 'bob/'; do
		connect
		put "USER $name"
		get
		put 'PASS builder'
		get
		[[ $LINE == -ERR* ]]
		hang_up
	done
	[ "$(ls -A "$MAILROOT" | sort)" = $'.pop3d\n.users\nalice\nbob' ]
}

@test "before the login mail commands are refused, QUIT ends without UPDATE" {
	serve_two
	connect
	local command
	for command in STAT LIST 'LIST 1' UIDL 'RETR 1' 'DELE 1' RSET NOOP; do
		ask "$command" -ERR
	done
	ask QUIT +OK
	run ! get
}

@test "the log tells what was sent, and a session without a login" {
	serve_two
	run -0 tell bob builder <<<'RETR 2'
	wait_for 30 log_has 'pop3\(bob\).*retr=1/[1-9].*out=[1-9]'
	connect
	hang_up
	wait_for 30 log_has 'no auth attempts'
}

@test "many commands in one segment are all answered" {
	serve_two
	run -0 tell bob builder < <(
		for ((i = 0; i < 3000; i++)); do
			echo NOOP
		done
		echo STAT
	)
	[ "$(grep -c '^+OK$' <<<"$output")" = 3000 ]
	[[ $output == *'+OK 3 '*'+OK bye' ]]
}

@test "octet by octet is as good as a line" {
	serve_two
	local text='UsEr bob\r\nPaSs builder\r\nsTaT\r\nlIsT 1\r\nquit\r\n' octets i
	printf -v octets %b "$text"
	connect
	for ((i = 0; i < ${#octets}; i++)); do
		printf %s "${octets:i:1}" >&"$CLIENT"
	done
	run -0 timeout 20 cat <&"$CLIENT"
	[[ $output == *'+OK 3 '*'+OK 1 '*'+OK bye'* ]]
}

@test "a message that contains the end of a message arrives whole" {
	add_user carol secret 0
	printf 'a\r\n.\r\nb\r\n..\r\n.c\0d\r\n' \
		>"$MAILROOT/carol/cur/1600000000.x:2,"
	serve_pop3d -d "$MAILROOT"
	need curl
	curl -sS -u carol:secret "pop3://127.0.0.1:$PORT/1" >"$WORLD/got"
	cmp "$WORLD/got" "$MAILROOT/carol/cur/1600000000.x:2,"
	run -0 tell carol secret <<<LIST
	[[ $output == *$'\n1 '"$(wc -c <"$WORLD/got")"$'\n'* ]]
}

@test "numbers stay with their messages, and marked ones cannot be read" {
	serve_two
	run -0 tell bob builder <<-'END'
		DELE 1
		LIST
		RETR 1
		LIST 1
		DELE 4
		DELE 0
		RSET
		LIST 1
	END
	[ "$(sed '1,3d; s/^-ERR.*/-ERR/' <<<"$output")" = "+OK marked to be deleted
+OK 2 messages, 28 octets
2 14
3 14
.
-ERR
-ERR
-ERR
-ERR
+OK
+OK 1 14
+OK bye" ]
}

@test "200 connections at once, and a silent one, keep nobody waiting" {
	serve_two
	local -a fds
	local fd i
	connect
	local silent=$CLIENT
	for ((i = 0; i < 200; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		fds+=("$fd")
	done
	run -0 tell bob builder <<<STAT
	[[ $output == *'+OK 3 '* ]]
	for fd in "${fds[@]}"; do
		CLIENT=$fd
		get
		ask QUIT +OK
		hang_up
	done
	CLIENT=$silent
	ask QUIT +OK
}

@test "long names and passwords are one -ERR each" {
	serve_two
	local long n
	connect
	for n in 200 256 1000 70000; do
		long=$(head -c "$n" /dev/zero | tr '\0' A)
		put "USER $long"
		get
		put "PASS $long"
		get
		[[ $LINE == -ERR* ]]
	done
	hang_up
	run -0 tell bob builder <<<STAT
	[[ $output == *'+OK 3 '* ]]
}

@test "SIGINT ends it cleanly" {
	serve_two
	log_in bob builder
	ask 'DELE 1' +OK
	interrupt
	[ "$STATUS" = 0 ]
	[ "$(ls "$MAILROOT/bob/cur" | wc -l)" = 3 ]
}

@test "as root it serves boxes of their owners" {
	need_root
	add_user alice wonder 1
	chown -R "$MAIL_UID:$MAIL_UID" "$MAILROOT"
	serve_pop3d -d "$MAILROOT"
	run -0 tell alice wonder <<<'RETR 1'
	[[ $output == *'To: alice'* ]]
	[ "$(stat -c %u "$MAILROOT/alice/pop3-session.index")" = "$MAIL_UID" ]
}
