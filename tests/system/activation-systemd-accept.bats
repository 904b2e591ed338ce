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

teardown_file() {
	container_down
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
	printf 'USER nobody\r\nPASS wrong\r\nQUIT\r\n' | outside timeout 20 \
		bash -c "exec 9<>/dev/tcp/$SERVER_ADDRESS/110; cat >&9; cat <&9" \
		>"$WORLD/heard"
	cat "$WORLD/heard"
	[ "$(grep -cvE '^(\+OK|-ERR)' "$WORLD/heard")" = 0 ]
	wait_for 30 journal_has 'pop3-session.*auth failed'
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
	crowd 10000 198.51.100.1
	wait_for 240 crowd_is_there
	cat "$WORLD/crowd"
	[ "$(crowd_counts greeted)" = 100 ]
	ms=$(fresh_visit)
	echo "a fresh source waited $ms ms"
	[ "$ms" -lt 2000 ]
	crowd_leaves
	[ "$(inside systemctl is-active pop3.socket)" = active ]
	wait_for 30 no_instance
}

@test "900 sessions at once; the 901st hears which limit it is" {
	setting 'max_sessions = 900'
	crowd 901 198.51.100.1 240 16
	wait_for 240 crowd_is_there
	cat "$WORLD/crowd"
	[ "$(crowd_counts greeted)" = 900 ]
	[ "$(crowd_counts refused)" = 1 ]
	grep -E '^-ERR \[SYS/TEMP\] .*sessions' "$WORLD/crowd"
	crowd_leaves
	wait_for 30 journal_has max_sessions=900
	wait_for 60 fresh_visit
}
