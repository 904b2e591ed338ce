#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A server's end and its reload: SIGTERM, SIGINT, SIGHUP, and what the service
# manager is told (sd_notify).

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
}

BIG=20000000

# A session in the middle of a RETR that its client does not read yet: the
# message is larger than what the socket's buffers hold.
begin_retr() {
	head -c "$BIG" /dev/zero | tr '\0' 'x' | message alice 1600000009.M9.host
	enter alice
	say 'RETR 3'
	[[ $LINE == +OK* ]]
}

# The rest of it: the message, its line end, the dot; then nothing.
rest_is_whole() {
	[ "$(timeout 60 cat <&"$CONNECTION" | wc -c)" = $((BIG + 2 + 3)) ]
}

is_free() {
	! (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

# It ends by itself; another signal would cut short what it still does.
ends() {
	STATUS=0
	wait "$SERVER" || STATUS=$?
	SERVER=
	[ "$STATUS" = 0 ]
}

# The second server of the same port, in the first one's place.
serve_again() {
	command_line --listen "127.0.0.1:$PORT"
	become "${COMMAND[@]}" </dev/null >/dev/null 2>>"$WORLD/log" &
	SERVER=$!
	has_come_up
}

@test "SIGTERM: the port is free at once, the reply under way comes whole, exit status 0" {
	local first
	serve
	begin_retr
	first=$SERVER
	kill -TERM "$first"
	wait_for 20 is_free
	serve_again
	kill -0 "$first"
	rest_is_whole
	STATUS=0
	wait "$first" || STATUS=$?
	[ "$STATUS" = 0 ]
	wait_for 30 log_has 'pop3\(alice\).*Server shutting down.*retr=1/20000002'
	[ "$(left alice)" = 3 ]
}

@test "SIGINT is as SIGTERM" {
	serve
	enter alice
	kill -INT "$SERVER"
	is_over
	ends
}

@test "SIGTERM closes sessions that wait for a command, without UPDATE" {
	serve
	enter alice
	say 'DELE 1'
	kill -TERM "$SERVER"
	is_over
	ends
	[ "$(left alice)" = 2 ]
	wait_for 30 log_has 'pop3\(alice\).*Server shutting down.*del=0/2'
}

@test "SIGTERM closes connections that have not logged in" {
	serve
	dial
	kill -TERM "$SERVER"
	is_over
	ends
}

@test "a second SIGTERM ends all at once, whatever is under way" {
	local monitor front
	serve
	begin_retr
	monitor=$(monitor alice)
	front=$(front "$monitor")
	kill -TERM "$SERVER"
	wait_for 20 is_free
	kill -0 "$SERVER"
	kill -0 "$front"
	kill -TERM "$SERVER"
	ends
	wait_for 30 gone "$monitor"
	wait_for 30 gone "$front"
	[ "$(left alice)" = 3 ]
}

@test "a server without sessions ends with status 0, and leaves no process" {
	local acceptor parent
	serve
	acceptor=$(acceptor)
	parent=$(front_parent)
	stop_server
	[ "$STATUS" = 0 ]
	wait_for 30 gone "$acceptor"
	wait_for 30 gone "$parent"
}

configure() {
	printf 'greeting = %s\n' "$1" >"$WORLD/conf"
}

greets() {
	local line
	{ read -r -t 5 line <"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null
	[[ $line == "+OK $1 "* ]]
}

@test "SIGHUP: new sessions have the changed configuration, old ones go on and finish" {
	configure first
	serve --config "$WORLD/conf"
	greets first
	enter alice
	say 'DELE 1'
	configure second
	kill -HUP "$SERVER"
	wait_for 20 greets second
	generations 2
	say NOOP 'DELE 2' QUIT
	[[ $LINE == +OK* ]]
	is_over
	[ "$(left alice)" = 0 ]
	wait_for 20 generations 1
	greets second
}

@test "SIGHUP with a broken configuration: said in the log, and the old one serves on" {
	configure first
	serve --config "$WORLD/conf"
	echo 'no_such_key = 1' >>"$WORLD/conf"
	kill -HUP "$SERVER"
	wait_for 20 log_has "$WORLD/conf:2.*no_such_key"
	wait_for 20 generations 1
	greets first
	configure third
	kill -HUP "$SERVER"
	wait_for 20 greets third
}

@test "a generation that asks for another is heard, though one that is starting fails" {
	local old fd
	configure first
	serve --config "$WORLD/conf"
	old=$(acceptor)
	mkfifo "$WORLD/slow"
	ln -f "$WORLD/slow" "$WORLD/conf"
	kill -HUP "$SERVER"
	# It is open when the new one has begun to read it.
	exec {fd}>"$WORLD/slow"
	rm "$WORLD/run/stats"
	greets first
	wait_for 30 log_has 'the file stats was removed'
	rm "$WORLD/conf"
	configure second
	echo 'no_such_key = 1' >&"$fd"
	exec {fd}>&-
	wait_for 20 log_has "$WORLD/conf:.*no_such_key"
	wait_for 20 greets second
	wait_for 20 gone "$old"
}

@test "connections that wait while a generation takes over are served" {
	configure first
	serve --config "$WORLD/conf"
	local i
	for i in 1 2 3 4 5; do
		kill -HUP "$SERVER"
		dial
		say QUIT
		[[ $LINE == +OK* ]]
		is_over
	done
}

# --- sd_notify -------------------------------------------------------------

# Datagrams to $WORLD/notify, one a line of $WORLD/notified, newlines as |.
listen_for_notices() {
	need python3
	become python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", "|"), flush=True)
' "$WORLD/notify" >"$WORLD/notified" </dev/null &
	HELPERS+=($!)
	wait_for 20 notified '^listening$'
	export NOTIFY_SOCKET=$WORLD/notify
}

notified() {
	grep -qE -- "$1" "$WORLD/notified"
}

times_notified() {
	[ "$(grep -cE -- "$1" "$WORLD/notified")" = "$2" ]
}

@test "sd_notify: READY once sessions are accepted, STOPPING at SIGTERM" {
	listen_for_notices
	serve
	wait_for 30 notified '^READY=1'
	fails notified STOPPING
	stop_server
	wait_for 30 notified '^STOPPING=1'
	times_notified '^READY=1' 1
	[ "$(tail -n 1 "$WORLD/notified")" = STOPPING=1 ]
}

@test "sd_notify: RELOADING with the monotonic time, then READY" {
	listen_for_notices
	serve
	wait_for 30 notified '^READY=1'
	kill -HUP "$SERVER"
	wait_for 30 times_notified '^READY=1' 2
	[ "$(grep -c '^RELOADING=1|MONOTONIC_USEC=[0-9]*$' "$WORLD/notified")" = 1 ]
	grep -A 1 RELOADING "$WORLD/notified" | grep -q '^READY=1'
}

@test "sd_notify: a reload that fails is over, too: READY, since the old one serves" {
	listen_for_notices
	configure first
	serve --config "$WORLD/conf"
	wait_for 30 notified '^READY=1'
	echo 'no_such_key = 1' >>"$WORLD/conf"
	kill -HUP "$SERVER"
	wait_for 20 times_notified '^READY=1' 2
	greets first
}

@test "sd_notify: an abstract socket's name" {
	need socat
	become socat -u "ABSTRACT-RECVFROM:$WORLD/abstract,fork" \
		"OPEN:$WORLD/notified,creat,append" &
	NOTIFIED=$!
	wait_for 30 grep -q "@$WORLD/abstract" /proc/net/unix
	NOTIFY_SOCKET=@$WORLD/abstract serve
	wait_for 30 notified '^READY=1'
}

@test "a first start that fails is never READY" {
	listen_for_notices
	command_line --listen "127.0.0.1:$(free_port)" -o users=nonsense:x
	start_and_wait "${COMMAND[@]}"
	[ "$STATUS" = 78 ]
	fails notified READY
}
