#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

setup() {
	begin_scmpd
	account vera --role viewer
	account joe
	start_pretending
	start_scmpd
}

teardown() { end_scmpd; }

watch() {
	stays -U "$WORLD/scmp.sock"
	hears '+OK [[]PREAUTH]*'
	printf '%s\r\n' "$*" >&"$SAY"
	hears '+OK *'
}

@test "EVENTS lists what sessions did and what was done here, in order" {
	pretends event connect
	pretends event login joe
	local_says 'DISABLE_USER joe' 'BAN ip 203.0.113.7' 'LIMITS max_sessions 9' EVENTS
	answers_are '+OK*' '+OK*' '+OK*' '+OK 7 events' 'event=connect time=*.*' \
		'event=login time=* user=joe method=pass reason=ok' \
		'event=audit time=* user=root from=local verb=DISABLE_USER args=joe result=OK' \
		'event=audit * verb=BAN *' 'event=ban * args="IP 203.0.113.7" *' \
		'event=audit * verb=LIMITS *' 'event=config * verb=LIMITS *' .
}

@test "EVENTS lists the last n of the wanted types" {
	for name in a b c d; do
		pretends event login "$name"
		pretends event connect
	done
	local_says 'EVENTS 2 login' 'EVENTS login' 'EVENTS 0' 'EVENTS 3' \
		'EVENTS kick close'
	answers_are '+OK 2 events' '* user=c *' '* user=d *' . \
		'+OK 4 events' '* user=a *' '* user=b *' '* user=c *' '* user=d *' . \
		'+OK 0 events' . \
		'+OK 3 events' 'event=connect *' 'event=login * user=d *' \
		'event=connect *' . '+OK 0 events' .
}

@test "types of events that there are not are refused" {
	local_says 'EVENTS 5 sunrise' 'EVENTS sunrise' 'WATCH sunrise' 'EVENTS -1'
	answers_are '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *'
}

@test "EVENTS of a full ring are its latest" {
	pretends events 5000
	pretends event login joe
	local_says 'EVENTS 100000'
	[ "$(answer 1)" = '+OK 4096 events' ]
	[[ $(answer 4097) == 'event=login '* ]]
	[ "$(answer 4098)" = . ]
}

@test "no secret is in an event, and viewers alone may see any" {
	local_says 'ADD_USER bob hunter2hunter2' 'RESET_USER_PASSWORD bob' EVENTS
	[[ $(answer 2) =~ 'GENERATED '([A-Za-z0-9_-]+)] ]]
	[[ $SAID == *'verb=ADD_USER args="bob ***"'* ]]
	says vera EVENTS
	[[ $SAID == *'verb=RESET_USER_PASSWORD'* ]]
	[[ $SAID != *hunter2* && $SAID != *"${BASH_REMATCH[1]}"* ]]
	says joe EVENTS WATCH
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *'
}

@test "logins here are told of, good ones and bad ones" {
	says vera NOOP
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER joe' 'PASS wrong'
	local_says 'EVENTS audit'
	answers_are '+OK 2 events' \
		'event=audit * user=vera from=127.0.0.1 verb=PASS result=OK' \
		'event=audit * user=joe from=127.0.0.1 verb=PASS result=AUTH' .
}

@test "WATCH tells what happens, as it happens, until STOP" {
	pretends event login before
	watch WATCH
	pretends event login joe
	hears 'event=login time=* user=joe method=pass reason=ok'
	local_says 'KICK id=5' 'DISABLE_USER joe'
	hears 'event=audit * verb=KICK *'
	hears 'event=audit * verb=DISABLE_USER args=joe result=OK'
	printf 'NOOP\r\nRUBBISH\r\n\001\r\nSTATUS\r\nSTOP\r\nWHOAMI\r\n' >&"$SAY"
	hears .
	hears '+OK user=- role=admin from=local'
	pretends event login joe
	printf 'NOOP\r\n' >&"$SAY"
	hears '+OK *'
}

@test "WATCH tells of the wanted types only, to each who watches" {
	watch WATCH login kick
	pretends event connect
	pretends event login joe
	hears 'event=login * user=joe *'
	lines_to -U "$WORLD/scmp.sock" -- WATCH
	[[ $SAID == *'+OK watching'*$'\n.\n+OK bye' ]]
	pretends event connect
	pretends event login ann
	hears 'event=login * user=ann *'
}

@test "QUIT ends the stream, then the connection" {
	watch WATCH
	printf 'QUIT\r\n' >&"$SAY"
	hears .
	hears '+OK bye'
	STEP=end expect_end "$HEARD"
}

@test "WATCH can begin again, also before anything has written events" {
	rm -f "$WORLD/run/events"
	watch WATCH
	printf 'STOP\r\nWATCH\r\n' >&"$SAY"
	hears .
	hears '+OK *'
	local_says 'LOGLEVEL debug'
	hears 'event=audit * verb=LOGLEVEL *'
	hears 'event=config * verb=LOGLEVEL args=debug result=OK'
}

@test "who loses the right to watch is told no more" {
	stays 127.0.0.1 "$SCMP_PORT"
	hears '+OK *'
	printf '%s\r\n' 'USER vera' "PASS $PASSWORD" WATCH >&"$SAY"
	hears '+OK*'
	hears '+OK*'
	hears '+OK watching*'
	local_says 'ROLE vera user'
	hears 'event=audit * verb=ROLE *'
	hears .
	printf 'WHOAMI\r\n' >&"$SAY"
	hears '+OK user=vera role=user *'
}

# All of what it misses is counted: in the ring, that is overwritten, or since
# it does not read.
@test "a slow reader is told how many events it missed, and holds nobody up" {
	local total=0 told=0 missed=0
	watch WATCH connect
	for ((i = 0; i < 40; i++)); do
		pretends events 4000
		total=$((total + 4000))
		local_says NOOP
		answers_are '+OK*'
	done
	lost() {
		local_says 'METRICS scmp_events_dropped'
		[[ $SAID == *'dropped_total '[1-9]* ]]
	}
	wait_for 30 lost
	# (A shell takes a minute for so many lines.)
	read -r told missed < <(bare python3 -c '
import sys
told = missed = 0
while told + missed < int(sys.argv[1]):
    line = sys.stdin.readline()
    if line.startswith("event=dropped "):
        missed += int(line.split(" n=")[1])
    else:
        assert line.startswith("event=connect "), line
        told += 1
print(told, missed)' "$total" <&"$HEARD")
	[ "$((told + missed))" = "$total" ]
	[ "$missed" -gt 0 ]
	printf 'STOP\r\n' >&"$SAY"
	hears .
}
