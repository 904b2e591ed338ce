#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Statistics of sessions: what is in run_dir is what clients have seen, however
# sessions are started and however they end. (Who looks at it: scmpd-*.bats;
# the file itself: tests/unit/test_statistics*.c.)

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # expanded by another shell
load lib/common
load lib/processes
load lib/run_dir

# bats file_tags=server

setup() {
	begin
	OPTIONS+=(-o "log=$WORLD/log")
	mailbox alice
	mails alice 3
}

# All sessions are over, and were counted.
all_counted() {
	run_dir sessions >"$WORLD/sessions" && [ ! -s "$WORLD/sessions" ]
}

# The same, for a server: the visits of serve are over, too.
settle() {
	wait_for 30 all_counted
	run_dir counts >"$WORLD/before"
}

# By how much a number has grown since then.
grown() { # NAME [LABEL...]
	local before
	before=$(sed -n "s/^$* //p" "$WORLD/before")
	echo $(($(count "$@") - ${before:-0}))
}

# A client that says what is on standard input at once, and listens to the end:
# what it has sent and got, in octets, in $SENT and $GOT.
client() {
	local fd
	cat >"$WORLD/sent"
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	cat "$WORLD/sent" >&"$fd"
	timeout 30 cat <&"$fd" >"$WORLD/got"
	exec {fd}>&-
	SENT=$(wc -c <"$WORLD/sent")
	GOT=$(wc -c <"$WORLD/got")
}

a_session() {
	printf '%s\r\n' CAPA 'USER alice' 'PASS wrong' 'USER alice' \
		'PASS secret' STAT LIST 'RETR 1' 'RETR 2' 'RETR 9' 'TOP 3 0' \
		'NO SUCH' '' 'DELE 1' 'DELE 2' 'DELE 2' UIDL QUIT
}

is_counted() {
	wait_for 30 all_counted
	[ "$(grown pop3_connections)" = 1 ]
	[ "$(grown pop3_sessions_ended logged_out)" = 1 ]
	[ "$(grown pop3_session_duration_seconds)" = 1 ]
	[ "$(grown pop3_logins pass ok)" = 1 ]
	[ "$(grown pop3_logins pass credentials)" = 1 ]
	[ "$(grown pop3_login_duration_seconds)" = 2 ]
	[ "$(grown pop3_commands USER ok)" = 2 ]
	[ "$(grown pop3_commands PASS err)" = 1 ]
	[ "$(grown pop3_commands PASS ok)" = 1 ]
	[ "$(grown pop3_commands RETR ok)" = 2 ]
	[ "$(grown pop3_commands RETR err)" = 1 ]
	[ "$(grown pop3_commands TOP ok)" = 1 ]
	[ "$(grown pop3_commands DELE ok)" = 2 ]
	[ "$(grown pop3_commands DELE err)" = 1 ]
	[ "$(grown pop3_commands other err)" = 2 ]
	[ "$(grown pop3_commands QUIT ok)" = 1 ]
	[ "$(grown pop3_command_errors)" = 2 ]
	[ "$(grown pop3_command_duration_seconds)" = 18 ]
	[ "$(grown pop3_messages retrieved)" = 2 ]
	[ "$(grown pop3_messages topped)" = 1 ]
	[ "$(grown pop3_messages deleted)" = 2 ]
	[ "$(grown pop3_message_octets deleted)" = \
		"$(grown pop3_message_octets retrieved)" ]
	[ "$(grown pop3_octets received)" = "$SENT" ]
	[ "$(grown pop3_octets sent)" = "$GOT" ]
	[ "$(grown pop3_statistics_suspect)" = 0 ]
}

@test "a server counts a session's logins, commands, messages and octets as its client does" {
	serve
	settle
	client < <(a_session)
	is_counted
}

@test "so does a server that is handed its listening socket" {
	handed "listen 1"
	client < <(printf 'QUIT\r\n')
	settle
	client < <(a_session)
	is_counted
}

@test "so does a process for one connection (inetd, xinetd, systemd's Accept=yes)" {
	handed "each 3"
	client < <(printf 'QUIT\r\n')
	settle
	client < <(a_session)
	is_counted
}

@test "a session is seen while it lasts: user, state, commands, marks" {
	serve
	settle
	enter alice
	say 'RETR 1' && until [ "$LINE" = . ]; do hear; done
	say 'DELE 1' 'DELE 2'
	[[ $(run_dir sessions) == *" user=alice state=transaction verb=DELE "*" retr=1 marks=2 peer=1 suspect=0" ]]
	[[ $(run_dir sessions) == *"pid=$(monitor alice) "* ]]
	say RSET
	[[ $(run_dir sessions) == *" verb=RSET "*" marks=0 "* ]]
	hang_up
	wait_for 30 all_counted
	[ "$(grown pop3_sessions_ended hung_up)" = 1 ]
}

@test "what happens is told: connect, failed and successful login, close" {
	serve
	settle
	client < <(a_session)
	wait_for 30 all_counted
	run_dir events | tail -n 4 | cut -d' ' -f1,3,4 >"$WORLD/events"
	diff "$WORLD/events" - <<-'END'
		connect user=- reason=
		auth-failed user=alice reason=credentials
		login user=alice reason=ok
		close user=alice reason=logged_out
	END
	run_dir events | tail -n 1 | grep " in=$SENT out=$GOT "
}

# What an open session of alice has said and heard by now.
half_a_session() {
	enter alice
	say STAT 'RETR 1' && until [ "$LINE" = . ]; do hear; done
	say NOOP NOOP
}

half_is_counted() {
	wait_for 30 all_counted
	[ "$(grown pop3_connections)" = 1 ]
	[ "$(grown pop3_logins pass ok)" = 1 ]
	[ "$(grown pop3_commands NOOP ok)" = 2 ]
	[ "$(grown pop3_commands RETR ok)" = 1 ]
	[ "$(grown pop3_messages retrieved)" = 1 ]
	# USER, PASS, STAT, RETR, NOOP and NOOP
	[ "$(grown pop3_octets received)" = $((12 + 13 + 6 + 8 + 6 + 6)) ]
}

@test "nothing is lost of a session whose monitor is killed" {
	serve
	settle
	half_a_session
	kill -9 "$(monitor alice)"
	half_is_counted
	[ "$(grown pop3_sessions_ended unknown)" = 1 ]
}

@test "nothing is lost of a session whose front is killed" {
	serve
	settle
	half_a_session
	kill -9 "$(front "$(monitor alice)")"
	half_is_counted
	[ "$(grown pop3_sessions_ended front_died)" = 1 ]
}

@test "nothing is lost of a process for one connection that is killed" {
	handed "each 3"
	client < <(printf 'QUIT\r\n')
	settle
	half_a_session
	kill -9 "$(monitor alice)"
	wait_for 30 ended_with 137
	half_is_counted
}

@test "nothing is lost when the acceptor is killed, nor while its sessions live on" {
	local old
	serve
	settle
	old=$(acceptor)
	half_a_session
	kill -9 "$old"
	say NOOP
	[[ $(run_dir sessions) == *"user=alice"* ]]
	hang_up
	wait_for 30 all_counted
	[ "$(grown pop3_commands NOOP ok)" = 3 ]
	[ "$(grown pop3_messages retrieved)" = 1 ]
}

@test "who is not let in is counted by the reason" {
	serve -o max_sessions=1
	settle
	dial
	client </dev/null
	[[ $(cat "$WORLD/got") == "-ERR [SYS/TEMP]"* ]]
	[ "$(grown pop3_connections_refused sessions)" = 1 ]
	[ "$(grown pop3_connections)" = 1 ]
	run_dir events | tail -n 1 | grep '^refused .*reason=sessions'
}

@test "a process for one connection counts whom it does not let in" {
	handed "each 3" -o max_sessions=1
	dial
	run_dir counts >"$WORLD/before"
	client </dev/null
	[[ $(cat "$WORLD/got") == "-ERR [SYS/TEMP]"* ]]
	[ "$(grown pop3_connections_refused sessions)" = 1 ]
}

# So many descriptors that the connection and its mark of life have one each,
# and the channel has none.
leave_no_channel() { # PID
	local fd last=0
	for fd in "/proc/$1/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -le "$last" ] || last=$fd
	done
	prlimit --pid "$1" --nofile=$((last + 4)):
}

@test "a connection for which there is no descriptor left is refused, and no session" {
	need prlimit
	serve
	settle
	leave_no_channel "$(acceptor)"
	client </dev/null
	[[ $(cat "$WORLD/got") == "-ERR [SYS/TEMP]"* ]]
	prlimit --pid "$(acceptor)" --nofile=1024:
	log_has 'Cannot serve a connection: new session: '
	client < <(printf 'QUIT\r\n')
	wait_for 30 all_counted
	[ "$(grown pop3_connections_refused unserved)" = 1 ]
	[ "$(grown pop3_connections)" = 1 ]
	[ "$(grown pop3_sessions_ended unknown)" = 0 ]
}

@test "nor is it one in a process for one connection" {
	need prlimit
	local most
	handed "each 3"
	client < <(printf 'QUIT\r\n')
	settle
	: >"$WORLD/log"
	# From too few for anything on, until one is served.
	for most in {8..40}; do
		prlimit --pid "$SERVER" --nofile="$most:"
		client < <(printf 'QUIT\r\n') 2>/dev/null || true
		! grep -q '^+OK bye' "$WORLD/got" || break
	done
	wait_for 30 all_counted
	log_has 'Cannot serve a connection: socketpair: '
	[ "$(grown pop3_connections_refused unserved)" -ge 1 ]
	[ "$(grown pop3_connections)" = \
		"$(grep -c 'pop3-login: Disconnected: ' "$WORLD/log")" ]
}

@test "a maildrop in use and a session that is idle too long are counted" {
	serve -o idle_timeout=1 -o login_timeout=1
	settle
	enter alice
	client < <(printf '%s\r\n' 'USER alice' 'PASS secret' QUIT)
	[ "$(grown pop3_lock_conflicts)" = 1 ]
	[ "$(grown pop3_logins pass in_use)" = 1 ]
	is_over
	wait_for 30 all_counted
	[ "$(grown pop3_timeouts idle)" = 1 ]
	dial
	is_over
	wait_for 30 all_counted
	[ "$(grown pop3_timeouts login)" = 1 ]
}

new_generation() { # the old one
	local now
	now=$(acceptor) && [ "$now" != "$1" ] && answers "$PORT"
}

@test "a file that is cut ends no session; a new generation begins another one" {
	local old
	serve
	settle
	old=$(acceptor)
	enter alice
	truncate -s 0 "$WORLD/run/stats"
	say STAT
	[ "$LINE" = "+OK 3 $(cat "$WORLD"/mail/alice/*/* | sed 's/$/\r/' | wc -c)" ]
	client < <(echo QUIT)
	wait_for 30 log_has 'the file stats was removed, replaced or cut'
	wait_for 30 new_generation "$old"
	say 'DELE 1' QUIT
	[[ $LINE == +OK* ]]
	[ "$(left alice)" = 2 ]
	[ "$(grep -c 'the file stats was' "$WORLD/log")" = 1 ]
	wait_for 30 gone "$old"
	settle
	client < <(printf '%s\r\n' NOOP QUIT)
	wait_for 30 all_counted
	[ "$(grown pop3_commands QUIT ok)" = 1 ]
}

@test "a file that is cut under a process for one connection ends no session" {
	handed "each 3"
	enter alice
	truncate -s 0 "$WORLD/run/stats"
	say 'DELE 1' STAT QUIT
	[[ $LINE == +OK* ]]
	wait_for 30 ended_with 0
	[ "$(left alice)" = 2 ]
	client < <(printf '%s\r\n' NOOP QUIT)
	wait_for 30 all_counted
	[ "$(count pop3_commands QUIT ok)" = 1 ]
}

@test "a file that is removed is made anew by a new generation" {
	local old
	serve
	old=$(acceptor)
	rm "$WORLD/run/stats"
	client < <(printf 'QUIT\r\n')
	grep -q '^+OK bye' "$WORLD/got"
	wait_for 30 new_generation "$old"
	settle
	client < <(printf 'QUIT\r\n')
	wait_for 30 all_counted
	[ "$(grown pop3_connections)" = 1 ]
}

@test "where run_dir is full mail is served without statistics" {
	need_root
	need unshare
	command_line </dev/null
	become unshare -m sh -c 'mount -t tmpfs -o size=300k,mode=0750 none "$1/run" &&
		shift && exec "$@"' - "$WORLD" \
		python3 "$REPOSITORY/tests/lib/starter.py" each 3 \
		"${COMMAND[@]}" </dev/null >"$WORLD/started" 2>&1 &
	SERVER=$!
	wait_for 30 grep -q '^port ' "$WORLD/started"
	PORT=$(sed -n 's/^port //p' "$WORLD/started")
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: QUIT
		S: +OK bye
		S.
	END
	log_has 'run_dir .*No space left'
}
