#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser as a process: silent, many clients at once, ended by SIGINT.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
}

log_in() {
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
}

@test "serving prints nothing, on standard output or standard error" {
	deliver_some 2
	serve_popser -c
	run -0 tell <<<'DELE 1'
	connect
	ask nonsense -ERR
	hang_up
	log_in
	hang_up
	interrupt
	[ "$STATUS" = 0 ]
	[ ! -s "$WORLD/out" ]
	[ ! -s "$WORLD/err" ]
}

@test "SIGINT: exit 0, state consistent, and the port is free at once" {
	deliver_some 2
	serve_popser -c
	log_in
	ask 'DELE 1' +OK
	interrupt
	[ "$STATUS" = 0 ]
	run ! get
	hang_up
	[ "$(tree | wc -l)" = 2 ]
	[ "$(cut -f 4 "$LOG")" = $'N\nN' ]
	local port=$PORT
	become "$WORLD/bin/popser" -c -a "$AUTH" -p "$port" -d "$MAILDIR" \
		</dev/null >"$WORLD/out" 2>"$WORLD/err" &
	SERVER=$!
	wait_for 30 up_or_gone
	run -0 tell <<<STAT
	[[ $output == *'+OK 2 '* ]]
	[ ! -s "$WORLD/err" ]
}

@test "SIGINT is heard however popser was started" {
	# Background jobs of a shell begin with SIGINT ignored.
	serve_popser
	interrupt
	[ "$STATUS" = 0 ]
	PORT=$(free_port)
	become env --default-signal=INT "$WORLD/bin/popser" -a "$AUTH" \
		-p "$PORT" -d "$MAILDIR" </dev/null >/dev/null 2>&1 &
	SERVER=$!
	wait_for 30 answers "$PORT"
	interrupt
	[ "$STATUS" = 0 ]
}

@test "no process of popser but the first keeps standard output or error open" {
	mkfifo "$WORLD/fifo"
	PORT=$(free_port)
	cat "$WORLD/fifo" >"$WORLD/said" &
	local reader=$!
	become "$WORLD/bin/popser" -c -a "$AUTH" -p "$PORT" -d "$MAILDIR" \
		</dev/null >"$WORLD/fifo" 2>&1 &
	SERVER=$!
	wait_for 30 answers "$PORT"
	log_in
	# Even if the first one dies, and a session goes on.
	kill -KILL "$SERVER"
	wait_for 30 gone "$reader"
	ask NOOP +OK
	hang_up
	[ ! -s "$WORLD/said" ]
	SERVER=
}

@test "a client that is slow, silent or gone does not stop others" {
	deliver_some 1
	head -c 8000000 /dev/zero | tr '\0' x | deliver 1700000000.large
	serve_popser -c
	connect
	local silent=$CLIENT
	log_in
	put 'RETR 2' # of which nothing is read
	local slow=$CLIENT
	connect
	hang_up
	connect
	ask QUIT +OK
	hang_up
	CLIENT=$silent
	ask 'USER bob' +OK
	ask 'PASS a  b ' '-ERR [IN-USE]'
	ask QUIT +OK
	exec {slow}>&-
	is_free() {
		tell <<<STAT | grep -q '^+OK 2 '
	}
	wait_for 30 is_free
}

@test "installed, it finds its server and keeps popser.log beside itself" {
	local place=$WORLD/usr
	mkdir -p "$place/bin" "$place/sbin"
	cp "$PROGRAM" "$place/sbin"
	cp "$REPOSITORY/scripts/popser" "$place/bin"
	unset POP3_SESSION
	deliver_some 1
	PATH=$place/bin:$PATH serve_older "$WORLD/out" "$WORLD/err" popser \
		-c -a "$AUTH" -p @PORT -d "$MAILDIR"
	run -0 tell <<<STAT
	[ -s "$place/bin/popser.log" ]
	[[ $(readlink "/proc/$SERVER/exe") == "$place/sbin/pop3-session" ]]
}

@test "invoked through a link, popser.log lies beside the link" {
	mkdir "$WORLD/links"
	ln -s "$WORLD/bin/popser" "$WORLD/links/popser"
	deliver_some 1
	serve_older "$WORLD/out" "$WORLD/err" "$WORLD/links/popser" \
		-c -a "$AUTH" -p @PORT -d "$MAILDIR"
	run -0 tell <<<STAT
	[ -s "$WORLD/links/popser.log" ]
	[ ! -e "$LOG" ]
}

@test "no configuration file is read; ten minutes of silence, no other limits" {
	serve_popser -c
	local options
	options=$(tr '\0' ' ' <"/proc/$SERVER/cmdline")
	[[ $options == *' --config /dev/null '* ]]
	[[ $options == *' idle_timeout=600 '* ]]
	[[ $options == *' login_timeout=600 '* ]]
	[[ $options == *' max_sessions_per_network=0 '* ]]
}

@test "as root it serves another user's Maildir, and the files stay his" {
	need_root
	deliver_some 2
	chown -R "$MAIL_UID:$MAIL_UID" "$MAILDIR"
	chmod 0700 "$MAILDIR" "$MAILDIR"/*
	# The program's folder is root's: only root can write popser.log.
	serve_popser -c
	run -0 tell <<<'DELE 1'
	[ "$(stat -c %u "$MAILDIR"/cur/*)" = "$MAIL_UID" ]
	[ "$(stat -c %u "$LOG")" = 0 ]
	interrupt
	popser -r
	[ "$(stat -c %u "$MAILDIR"/new/*)" = "$MAIL_UID" ]
	# It is his: then nothing is done with root's rights.
	chown -R "$MAIL_UID:$MAIL_UID" "$WORLD/bin"
	serve_popser -c
	run -0 tell <<<STAT
	[ "$(stat -c %u "$LOG")" = "$MAIL_UID" ]
	interrupt
	popser -r
	[ "$(tree)" = ./new/1600000002.M2.host ]
}
