#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# scripts/quickstart: a running server with mail in it, and nothing left of it
# after Ctrl-C. (That it installs what is missing is not tried here.)
# bats file_tags=server

bats_require_minimum_version 1.5.0
load lib/common

# What it builds is its own: a copy, in which nothing or little is to be done.
setup_file() {
	mkdir "$BATS_FILE_TMPDIR/build"
	cp -a "$BUILD"/{bin,flags,gen,lib,man,obj} "$BATS_FILE_TMPDIR/build"
	export BUILD=$BATS_FILE_TMPDIR/build
}

setup() {
	begin
	need curl
	[ -z "$("$REPOSITORY/scripts/packages" missing build)" ] ||
		skip "packages are missing"
	QUICKSTART=
}

teardown() {
	[ -z "$QUICKSTART" ] || kill -KILL -- "-$QUICKSTART" 2>/dev/null || true
	finish
}

# As a terminal would start it: a process group of its own.
start_quickstart() {
	PORT=$(free_port)
	export PORT
	become env --default-signal=INT setsid \
		"$REPOSITORY/scripts/quickstart" "$WORLD/data" \
		</dev/null >"$WORLD/printed" 2>>"$WORLD/log" &
	QUICKSTART=$!
	wait_for 300 answers "$PORT"
}

@test "it prints what to type, and that reads the messages" {
	start_quickstart
	cat "$WORLD/printed"
	url=$(grep -oE 'pop3://[^ ]+/1' "$WORLD/printed")
	nth=0
	cp -r "$WORLD/data/mail/alice/new" "$WORLD/copy"
	for file in "$WORLD"/copy/*; do
		nth=$((nth + 1))
		curl -sS --max-time 20 "${url%1}$nth" >"$WORLD/got"
		sed 's/$/\r/' "$file" | cmp - "$WORLD/got"
	done
	[ "$nth" = 4 ]
}

@test "what it prints shows who is there, and adds a user" {
	start_quickstart
	conf=$WORLD/data/pop3-session.conf
	grep -qF "scmp --config $conf sessions" "$WORLD/printed"
	ask() {
		"$BUILD/bin/scmp" --config "$conf" "$@"
	}
	wait_for 20 ask whoami
	exec {session}<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t 10 -u "$session" line
	printf 'USER alice\r\nPASS wonderland\r\n' >&"$session"
	sees_alice() {
		ask sessions | grep alice
	}
	wait_for 20 sees_alice
	echo builder-of-things | ask user add bob --password-fd 0
	curl -sS --max-time 20 -u bob:builder-of-things "pop3://127.0.0.1:$PORT/"
}

@test "Ctrl-C ends it, and nothing goes on running" {
	start_quickstart
	exec {session}<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t 10 -u "$session" line
	[[ $line == +OK* ]]
	kill -INT -- "-$QUICKSTART"
	wait_for 30 gone "$QUICKSTART"
	QUICKSTART=
	nobody_left() { ! pgrep -f -- "--config $WORLD/data/" >/dev/null; }
	wait_for 30 nobody_left
	run ! answers "$PORT"
}

@test "where Landlock is blocked it says so, and serves with what there is" {
	need strace
	mkdir "$WORLD/bin"
	# The program, and only it, under a kernel that has no Landlock.
	printf '#!/bin/sh\nexec strace -f -o /dev/null %s "%s" "$@"\n' \
		'-e inject=landlock_create_ruleset:error=EOPNOTSUPP' \
		"$PROGRAM" >"$WORLD/bin/pop3-session"
	chmod +x "$WORLD/bin/pop3-session"
	POP3_PROGRAM=$WORLD/bin/pop3-session
	export POP3_PROGRAM
	start_quickstart
	grep -q 'best-effort' "$WORLD/printed"
	url=$(grep -oE 'pop3://[^ ]+/1' "$WORLD/printed")
	curl -sS --max-time 20 "$url" | grep -q '^Subject: Welcome'
}

@test "a folder that is not its own is left alone" {
	mkdir "$WORLD/data"
	echo precious >"$WORLD/data/file"
	run "$REPOSITORY/scripts/quickstart" "$WORLD/data"
	[ "$status" = 1 ]
	[[ $output == *"was not made by me"* ]]
	[ "$(cat "$WORLD/data/file")" = precious ]
}
