#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

# What ends with time: logins that do not come, idle connections, watchers that
# take nothing. The clock of scmpd is put forward (tests/lib/clock.c).

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

setup() {
	begin_scmpd
	account vera --role viewer
	start_pretending
	AHEAD=0
	put_forward 0
}

starts() { # OPTION...
	LD_PRELOAD=$BUILD/tests/clock.so POP3_TEST_CLOCK=$WORLD/clock \
		start_scmpd "$@"
}

teardown() { end_scmpd; }

# That many seconds are over, and who was due by then has been seen to: before
# or while another connection gets its answers.
put_forward() { # seconds
	AHEAD=$((AHEAD + $1 * 1000))
	printf '%032d' "$AHEAD" 1<>"$WORLD/clock"
	[ "$1" = 0 ] || local_says NOOP
}

connects() {
	exec {HEARD}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	hears '+OK SCMP/2 *'
}

sends() {
	printf '%s\r\n' "$@" >&"$HEARD"
}

enters() { # user
	connects
	sends "USER $1" "PASS $PASSWORD"
	hears '+OK*'
	hears '+OK*'
}

# At once: it has been said when put_forward is over, and no real time is to
# bring it about.
is_told() { # pattern
	IFS= read -r -t 5 -u "$HEARD" LINE
	# shellcheck disable=SC2053 # a pattern
	[[ ${LINE%$'\r'} == $1 ]]
}

is_ended() {
	STEP="the end" expect_end "$HEARD"
}

@test "who has not logged in within 30 seconds is told so, whatever was said meanwhile" {
	starts
	connects
	put_forward 29
	sends NOOP 'USER vera'
	hears '+OK*'
	hears '+OK*'
	put_forward 2
	is_told '-ERR [[]TIMEOUT] not logged in within 30 seconds'
	is_ended
}

@test "who was idle for 10 minutes is told so, and each command begins them anew" {
	starts
	enters vera
	put_forward 599
	sends NOOP
	hears '+OK*'
	put_forward 599
	sends 'NO SUCH COMMAND'
	hears '-ERR [[]UNKNOWN]*'
	put_forward 599
	sends NOOP
	hears '+OK*'
	put_forward 601
	is_told '-ERR [[]TIMEOUT] idle for 10 minutes'
	is_ended
}

@test "who watches is told each minute that the server lives, for as long as it listens" {
	local i
	starts
	enters vera
	sends WATCH
	hears '+OK*'
	put_forward 59
	pretends event connect
	hears 'event=connect *'
	put_forward 2
	for ((i = 0; i < 15; i++)); do
		is_told '# alive'
		put_forward 61
	done
	is_told '# alive'
	# It was idle for long, and is not now.
	sends STOP
	hears .
	put_forward 599
	sends NOOP
	hears '+OK*'
}

@test "who watches and takes nothing for ten minutes is watched no more" {
	local i
	starts
	stays -U "$WORLD/scmp.sock"
	hears '+OK [[]PREAUTH]*'
	printf 'WATCH\r\n' >&"$SAY"
	hears '+OK*'
	loses() {
		pretends events 4000
		local_says 'METRICS scmp_events_dropped'
		[[ $SAID == *'dropped_total '[1-9]* ]]
	}
	wait_for 60 loses
	# The buffers on the way are full behind as many again.
	for ((i = 0; i < 20; i++)); do
		loses
	done
	is_there() {
		local_says 'METRICS scmp_connections'
		grep -qx 'scmp_connections_open 2' <<<"$SAID"
	}
	for ((i = 0; i < 9; i++)); do
		put_forward 61
		is_there
	done
	put_forward 61
	put_forward 61
	refute is_there
	# What was on the way is all that comes.
	timeout 60 cat <&"$HEARD" >"$WORLD/came"
	grep -q '^event=connect ' "$WORLD/came"
}

# Each of the first failures costs more than the one before; the sixth login
# has to wait longer than there is time to log in.
@test "a login that has to wait for its penalty has its time to log in all the same" {
	local i
	starts -o penalty_free=0 -o penalty_delay=60 -o trusted_networks=
	for i in 1 2 3 4 5; do
		connects
		sends 'USER nobody' 'PASS wrong'
		hears '+OK*'
		put_forward 17
		is_told '-ERR [[]AUTH]*'
		exec {HEARD}>&-
	done
	connects
	sends 'USER vera' "PASS $PASSWORD"
	hears '+OK*'
	put_forward 31
	refute read -r -t 0 -u "$HEARD"
	put_forward 30
	is_told '+OK*'
}
