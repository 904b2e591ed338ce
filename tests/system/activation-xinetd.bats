#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# xinetd with the entry that is installed, but for disable = no.

load ../lib/common
load ../lib/container

setup_file() {
	container_up
	sed -i '/disable/s/yes/no/' "$CONTAINER_ROOT/etc/xinetd.d/pop3"
}

setup() {
	container_begin
	inside systemctl restart xinetd.service
	wait_for 30 fresh_visit
}

teardown() {
	show_journal
	inside systemctl stop xinetd.service
	inside pkill pop3-session || true
	wait_for 60 no_session
}

no_session() {
	! inside pgrep pop3-session >/dev/null
}

@test "mail below each mail root is fetched whole, and deleted" {
	serves_everyone
	wait_for 30 journal_has 'pop3-session.*Login: user=<alice>'
}

@test "nothing but POP3 goes to the client: messages are in the syslog" {
	speaks_nothing_but_pop3
}

@test "ten thousand connections of one source: a fresh one waits under 2 s" {
	stands_a_flood
	wait_for 30 no_session
}

@test "900 sessions at once; the 901st hears which limit it is" {
	has_room_for_900 16
}
