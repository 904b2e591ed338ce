#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# TCP: peers that vanish are noticed, and each reply goes out at once.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes
load ../lib/netns

# bats file_tags=server

setup() {
	need_root
	need ip socat
	begin
	mailbox alice
	local i
	for ((i = 1; i <= 200; i++)); do
		printf 'Subject: number %d\n\nText.\n' "$i" \
			>"$WORLD/mail/alice/new/$((1600000000 + i)).M$i.host"
	done
	as_mail_owner "$WORLD/mail/alice"
}

options_of() { # pid [name=value]...
	python3 "$REPOSITORY/tests/lib/socket_of.py" "$@"
}

tuned() {
	local wanted='nodelay 1
keepalive 1
idle 120
interval 30
probes 4
timeout 240000'
	options_of "$1" >"$WORLD/options"
	diff "$WORLD/options" - <<<"$wanted"
}

@test "a connection has TCP_NODELAY, keep-alive and a time limit: a peer that is gone is noticed in 4 minutes" {
	serve
	enter alice
	tuned "$(monitor alice)"
	hang_up
	stop_server
	handed one
	enter alice
	tuned "$(monitor alice)"
	hang_up
	stop_server
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	tuned "$(monitor alice)"
}

@test "the kernel's keep-alive timer runs while a session idles" {
	need ss
	serve
	enter alice
	wait_for 20 keeps_alive
}

keeps_alive() {
	ss -Htno state established "sport = :$PORT" |
		grep -q 'timer:(keepalive,'
}

# From the other side of the cable, logged in; as `enter` otherwise.
enter_from_there() {
	DOOR=$(free_port)
	become socat "TCP-LISTEN:$DOOR,bind=127.0.0.1,reuseaddr" \
		"EXEC:ip netns exec $THERE socat STDIO TCP\\:192.0.2.1\\:110" \
		2>>"$WORLD/log" &
	HELPERS+=($!)
	wait_for 20 grep -qi "0100007F:$(printf %04X "$DOOR") 0*:0* 0A" \
		/proc/net/tcp
	dial "$DOOR"
	say 'USER alice' 'PASS secret'
	[[ $LINE == "+OK logged in"* ]]
}

can_enter() {
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK logged in'
}

# The values are made small from outside, so that nobody has to wait.
@test "a peer that vanishes while it idles: the session ends without UPDATE" {
	networks_up
	serve_here -o plaintext_login=yes
	enter_from_there
	say 'DELE 1'
	local monitor
	monitor=$(monitor alice)
	options_of "$monitor" idle=1 interval=1 probes=1 timeout=1000 \
		>"$WORLD/options"
	fails can_enter
	cable down
	wait_for 60 gone "$monitor"
	wait_for 30 log_has 'pop3\(alice\).*Disconnected: Connection closed.*del=0/200'
	[ "$(left alice)" = 200 ]
	can_enter
}

@test "a peer that vanishes while it is sent a message: the same" {
	head -c 30000000 /dev/zero | tr '\0' x |
		message alice 1700000000.M9.host
	networks_up
	serve_here -o plaintext_login=yes
	enter_from_there
	local monitor
	monitor=$(monitor alice)
	options_of "$monitor" timeout=1000 >"$WORLD/options"
	say 'DELE 1' 'RETR 201'
	[[ $LINE == +OK* ]]
	cable down
	wait_for 60 gone "$monitor"
	[ "$(left alice)" = 201 ]
	can_enter
}

# --- replies ---------------------------------------------------------------

segments() { # batch...
	python3 "$REPOSITORY/tests/lib/segments.py" "$PORT" "$@"
}

# The greeting, and each batch behind it, in one segment each.
one_segment_each() {
	segments "$@" >"$WORLD/segments"
	cat "$WORLD/segments"
	[ "$(grep -c '^segments 1 ' "$WORLD/segments")" = $(($# + 1)) ]
}

NOOPS=$(printf 'NOOP,%.0s' {1..19})NOOP

@test "each reply, of however many lines, is one segment" {
	serve
	one_segment_each CAPA 'USER alice' 'PASS secret' STAT LIST UIDL \
		'LIST 1' 'RETR 1' 'TOP 1 0' 'DELE 1' RSET NOOP QUIT
	stop_server
	handed "each 3" -o "log=$WORLD/log"
	one_segment_each CAPA 'USER alice' 'PASS secret' STAT LIST UIDL \
		'LIST 1' 'RETR 1' 'TOP 1 0' 'DELE 1' RSET NOOP QUIT
}

@test "the replies to commands that come together are one segment" {
	serve
	one_segment_each 'USER alice' 'PASS secret' "$NOOPS" \
		'STAT,LIST,UIDL,NOOP' 'DELE 1,DELE 2,RSET,STAT' 'NOOP,QUIT'
}

@test "a session in two segments: whoever sends all at once is not made to wait" {
	serve
	segments 'USER alice,PASS secret,STAT,QUIT' >"$WORLD/segments"
	cat "$WORLD/segments"
	sed -n 2p "$WORLD/segments" | grep -qE '^segments [12] '
}

@test "fifty small messages that are fetched together come in few segments" {
	serve
	segments 'USER alice' 'PASS secret' \
		"$(printf 'RETR %d,' {1..49})RETR 50" QUIT >"$WORLD/segments"
	cat "$WORLD/segments"
	sed -n 4p "$WORLD/segments" | grep -qE '^segments [1-9] '
}

@test "what is read at once is answered by one call (strace)" {
	need strace
	serve
	enter alice
	trace "$(front "$(monitor alice)")" read,sendmsg,write
	printf '%s\r\n' "${NOOPS//,/$'\r\n'}" >&"$CONNECTION"
	local i
	for ((i = 0; i < 20; i++)); do
		hear
		[[ $LINE == +OK* ]]
	done
	end_helpers
	cat "$WORLD/trace"
	local reads sends
	reads=$(grep -c 'read(.*NOOP' "$WORLD/trace")
	sends=$(grep -cE '(sendmsg|write)\(.*\+OK' "$WORLD/trace")
	[ "$reads" -ge 1 ]
	[ "$sends" -le "$reads" ]
}
