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

teardown_file() {
	container_down
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
	printf 'USER nobody\r\nPASS wrong\r\nQUIT\r\n' | outside timeout 20 \
		bash -c "exec 9<>/dev/tcp/$SERVER_ADDRESS/110; cat >&9; cat <&9" \
		>"$WORLD/heard"
	cat "$WORLD/heard"
	[ "$(grep -cvE '^(\+OK|-ERR)' "$WORLD/heard")" = 0 ]
	wait_for 30 journal_has 'pop3-session.*auth failed'
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
	wait_for 30 no_session
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
