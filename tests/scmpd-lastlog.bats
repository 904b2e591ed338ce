#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Who logged in last, when and from where: kept in state_dir, in which others
# than root may write.

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

# bats file_tags=server

setup() {
	need nc
	begin_scmpd
	account joe
	share_run_dir
	STATE=$WORLD/kept
	mkdir "$STATE"
	chmod 0755 "$WORLD"
}

teardown() { end_scmpd; }

gives_to_scmpd() {
	[ "$EUID" != 0 ] || chown -h "$SCMP_UID:$SCMP_UID" "$@"
}

last_of_joe() {
	local_says 'USERS joe'
	answer 2 | grep -oE 'last_login=[^ ]* last_ip=[^ ]*'
}

@test "it is known again after a restart, and who has logged in meanwhile" {
	echo '1700000000 192.0.2.9 joe' >"$STATE/logins"
	gives_to_scmpd "$STATE" "$STATE/logins"
	start_scmpd -o "state_dir=$STATE"
	[ "$(last_of_joe)" = 'last_login=1700000000 last_ip=192.0.2.9' ]
	refute grep -q "$STATE" "$WORLD/scmpd.log"
	serve
	bare curl -sS "pop3://127.0.0.1:$PORT/" -u "joe:$PASSWORD" >/dev/null
	is_later() {
		[[ $(last_of_joe) == *last_ip=127.0.0.1 ]]
	}
	wait_for 20 is_later
	stop_scmpd
	grep -qE '^[0-9]+ 127\.0\.0\.1 joe$' "$STATE/logins"
	start_scmpd -o "state_dir=$STATE"
	is_later
}

@test "it is read with no more rights than it is written with" {
	need_root
	echo '1700000000 192.0.2.9 joe' >"$STATE/logins"
	chmod 0600 "$STATE/logins"
	gives_to_scmpd "$STATE"
	start_scmpd -o "state_dir=$STATE"
	[ "$(last_of_joe)" = 'last_login=- last_ip=-' ]
	grep -q "$STATE/logins: Permission denied" "$WORLD/scmpd.log"
}

@test "what is there in its place holds up no start, and is not followed" {
	mkfifo "$STATE/logins"
	gives_to_scmpd "$STATE" "$STATE/logins"
	start_scmpd -o "state_dir=$STATE"
	[ "$(last_of_joe)" = 'last_login=- last_ip=-' ]
	stop_scmpd
	rm -f "$STATE/logins"
	echo '1700000000 192.0.2.9 joe' >"$STATE/other"
	ln -s other "$STATE/logins"
	gives_to_scmpd "$STATE" "$STATE"/*
	start_scmpd -o "state_dir=$STATE"
	[ "$(last_of_joe)" = 'last_login=- last_ip=-' ]
	grep -q "$STATE/logins: Too many levels" "$WORLD/scmpd.log"
}
