#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What servers and sessions tell of in the file `events` of run_dir, and when
# they cannot. (Who reads it: scmpd-events.bats; the events of a usual session:
# statistics.bats; the file itself: tests/unit/test_events_ring.c.)

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
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

has_event() {
	run_dir events | grep -E -- "$1"
}

# Connections that are not let in: all of them at once, none waits for another.
knock() { # N
	local i fd
	for ((i = 0; i < $1; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		exec {fd}>&-
	done
}

@test "a flood of refusals does not overwrite what else happened, and is counted" {
	serve -o max_sessions=1
	wait_for 30 nobody_is_in
	enter alice
	knock 200
	hang_up
	wait_for 30 has_event '^close .*user=alice'
	has_event '^login .*user=alice'
	has_event '^refused .*reason=sessions'
	[ "$(run_dir events | grep -c '^refused .*more=0$')" -lt 150 ]
	wait_for 30 all_refusals_are_told
}

# Each visit ends a second, sooner or later.
all_refusals_are_told() {
	answers "$PORT" || true
	[ "$(run_dir events | awk '/^refused/ {
		sub(".*more=", ""); n += $0 + 0 ? $0 : 1 } END { print n + 0 }')" = \
		"$(run_dir counts | sed -n 's/^pop3_connections_refused sessions //p')" ]
}

new_generation() { # the old one
	local now
	now=$(acceptor) && [ "$now" != "$1" ] && answers "$PORT"
}

@test "a ring that is removed is made anew by a new generation" {
	local old
	serve
	old=$(acceptor)
	rm "$WORLD/run/events"
	enter alice
	wait_for 30 log_has 'the file events was removed, replaced or cut'
	wait_for 30 new_generation "$old"
	# It goes on as before, and nobody told of it twice.
	say STAT QUIT
	[[ $LINE == +OK* ]]
	[ "$(grep -c 'the file events was' "$WORLD/log")" = 1 ]
	wait_for 30 gone "$old"
	enter alice
	wait_for 30 has_event '^login .*user=alice'
}

@test "so is a ring that was cut" {
	local old
	serve
	old=$(acceptor)
	truncate -s 4096 "$WORLD/run/events"
	enter alice
	wait_for 30 new_generation "$old"
	say QUIT
	wait_for 30 gone "$old"
	enter alice
	wait_for 30 has_event '^login .*user=alice'
}

# So many more descriptors and no others can the acceptor have.
leave_descriptors() { # N
	local pid limit=0 free=$1
	pid=$(acceptor)
	while [ "$free" -gt 0 ] || [ -e "/proc/$pid/fd/$limit" ]; do
		[ -e "/proc/$pid/fd/$limit" ] || free=$((free - 1))
		limit=$((limit + 1))
	done
	prlimit --pid "$pid" --nofile="$limit"
}

@test "a connection that something is missing for is told like one that is not let in" {
	local fd
	need prlimit
	serve
	wait_for 30 nobody_is_in
	# For the connection and its place, and for no channel.
	leave_descriptors 2
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -t 30 -u "$fd" LINE
	[[ $LINE == "-ERR [SYS/TEMP] the server is short of resources"* ]]
	log_has 'Cannot serve a connection: new session: .*LimitNOFILE'
	has_event '^refused .*reason=unserved .*peer=1'
}

# What a session tells where nothing can be counted.
tells_without_statistics() { # how it ended, as far as that is known
	wait_for 30 has_event '^close'
	run_dir events | grep "$(run_dir events | grep -o 'id=[0-9]* user=alice' |
		head -n 1 | cut -d' ' -f1) " | cut -d' ' -f1,3,4 >"$WORLD/told"
	diff "$WORLD/told" - <<-END
		connect user=- reason=
		auth-failed user=alice reason=credentials
		login user=alice reason=ok
		close $1
	END
}

fails_once_and_enters() {
	dial
	say 'USER alice' 'PASS wrong' 'USER alice' 'PASS secret' QUIT
	[[ $LINE == +OK* ]]
	is_over
}

@test "without statistics a session's login, failed login and end are told all the same" {
	mkdir "$WORLD/run/stats"
	serve
	wait_for 30 nobody_is_in
	fails_once_and_enters
	wait_for 30 nobody_is_in
	tells_without_statistics 'user=- reason=unknown'
}

@test "so are those of a process for one connection" {
	mkdir "$WORLD/run/stats"
	handed "each 1"
	fails_once_and_enters
	wait_for 30 ended_with 0
	tells_without_statistics 'user=alice reason=logged_out'
}

@test "each file that cannot be used is named, with what is missing without it" {
	serve
	stop_server
	rm "$WORLD/run/events"
	mkdir "$WORLD/run/events"
	# The version, behind 8 octets.
	printf '\377' | dd of="$WORLD/run/stats" bs=1 seek=8 conv=notrunc
	: >"$WORLD/log"
	serve
	fails_once_and_enters
	log_has "run_dir $WORLD/run: the file events: Is a directory; nobody is told what happens \(remove the file, or set run_dir\)"
	log_has "the file stats: a newer version of this program has made it; there are no statistics \(stop that version, remove"
	[ "$(grep -c 'the file' "$WORLD/log")" = 2 ]
}

@test "a fault before a login is told, with the session and the words of the log" {
	serve
	rm -r "$WORLD/mail/alice"
	: >"$WORLD/mail/alice"
	dial
	say 'USER alice' 'PASS secret'
	[[ $LINE == -ERR* ]]
	log_has "user alice: Maildir $WORLD/mail/alice: Not a directory"
	has_event '^error id=[1-9].* user=user alice: Maildir .*peer=1'
}

@test "a session that ends by a fault of ours is told as one, who ends it himself is not" {
	serve
	enter alice
	kill -9 "$(monitor alice)"
	wait_for 30 has_event '^error id=[1-9].* user=user alice: the session ended: unknown .*peer=1'
	wait_for 30 nobody_is_in
	enter alice
	say QUIT
	wait_for 30 has_event '^close .*reason=logged_out'
	[ "$(run_dir events | grep -c '^error id=[1-9]')" = 1 ]
}

@test "a process for one connection tells of its faults up to its end" {
	handed "each 1"
	enter alice
	kill -9 "$(front "$(monitor alice)")"
	wait_for 30 has_event '^error id=[1-9].*the front was killed by signal 9'
	wait_for 30 has_event '^error id=[1-9].* user=user alice: the session ended: front_died'
}
