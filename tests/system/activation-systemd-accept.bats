#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# pop3.socket with Accept=yes, a pop3@.service for each connection, as the
# drop-in that is installed makes it, under a real systemd.

load ../lib/common
load ../lib/container

setup_file() {
	container_up
	drop_in=$CONTAINER_ROOT/etc/systemd/system/pop3.socket.d/accept.conf
	install -D -m 644 \
		"$CONTAINER_ROOT/usr/local/share/doc/pop3-session/pop3-accept.conf" \
		"$drop_in"
	inside systemctl daemon-reload
}

setup() {
	container_begin
	wait_for 30 no_instance
	inside systemctl restart pop3.socket
}

teardown() {
	show_journal
	inside systemctl stop pop3.socket 'pop3@*.service'
	rm -f "$CONTAINER_ROOT/etc/systemd/system/pop3.socket.d/test.conf"
	inside systemctl daemon-reload
}

instances() {
	inside systemctl list-units --all --plain --no-legend 'pop3@*'
}

no_instance() {
	[ -z "$(instances)" ]
}

@test "mail below each mail root is fetched whole, and deleted" {
	serves_everyone
	wait_for 30 journal_has 'pop3-session.*Login: user=<dave>'
	run journal --unit 'pop3*'
	[[ $output != *[Ww]arning* ]]
}

@test "nothing but POP3 goes to the client: messages are in the journal" {
	speaks_nothing_but_pop3
}

@test "a session that was killed leaves no failed unit behind" {
	crowd 3 198.51.100.1
	wait_for 60 crowd_is_there
	[ "$(instances | wc -l)" = 3 ]
	inside systemctl kill --signal=KILL 'pop3@*.service'
	wait_for 30 no_instance
	run inside systemctl --failed --plain --no-legend
	[ -z "$output" ]
	crowd_leaves
}

@test "ten thousand connections of one source: a fresh one waits under 2 s" {
	stands_a_flood
	[ "$(inside systemctl is-active pop3.socket)" = active ]
	wait_for 30 no_instance
}

@test "900 sessions at once; the 901st hears which limit it is" {
	has_room_for_900 16
}
