#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Limits, the place of mail, the log's level and the number of users, set in the
# database itself: told and refused as through scmpd, and in force.
#
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account alice
	account bob
}

teardown() { end_scmpd; }

offline() {
	SCMP=("$BUILD/bin/scmp" --offline --config "$WORLD/conf")
}

# What the server goes by.
in_force() { # KEY
	"$BUILD/bin/pop3-session" --config "$WORLD/conf" --print-config |
		sed -n "s/^$1 = //p"
}

@test "limits are shown and set without a daemon, and are in force" {
	[ "$(scmp --json limits max_sessions_per_user | json 'it["source"]')" = \
		'"default"' ]
	scmp limits max_sessions_per_user 7 |
		grep -qx 'max_sessions_per_user is 7 now.'
	scmp limits MAX_SESSIONS_PER_USER 7 |
		grep -qx 'max_sessions_per_user is as it was.'
	[ "$(scmp limits max_sessions_per_user)" = 7 ]
	[ "$(scmp --json limits max_sessions_per_user)" = \
		'{"name":"max_sessions_per_user","value":"7","source":"scmp"}' ]
	scmp limits | grep -qE '^max_sessions_per_user +7 +scmp$'
	in_force max_sessions_per_user | grep -q '^7 .*scmp'
	scmp limits max_sessions_per_user default |
		grep -qx 'max_sessions_per_user is by default again.'
	in_force max_sessions_per_user >"$WORLD/after"
	[ -s "$WORLD/after" ]
	refute grep -q scmp "$WORLD/after"
	[ "$(scmp --json limits login_timeout | json 'it["source"]')" = '"default"' ]
}

@test "what cannot be is refused as scmpd does, and nothing is changed" {
	scmp --json limits >"$WORLD/before"
	exits 4 scmp limits no_such_limit
	exits 4 scmp limits maildir
	exits 3 scmp limits max_sessions many
	said '^scmp: limits: max_sessions is .*, or default'
	exits 3 scmp limits idle_timeout 60
	said 'RFC 1939 wants at least 600 seconds; with --force'
	exits 2 scmp limits idle_timeout --force
	exits 3 scmp loglevel loud
	exits 3 scmp user max 1
	said 'there are 2 users'
	exits 3 scmp user max many
	exits 3 scmp maildir 'no/path'
	scmp --json limits | diff "$WORLD/before" -
	[ "$(scmp --json loglevel | json 'it["source"]')" = '"default"' ]
	scmp limits idle_timeout 60 --force
	[ "$(scmp limits idle_timeout)" = 60 ]
}

@test "the place of mail, the level of the log and the number of users are, too" {
	[ "$(scmp --json maildir | json 'it["source"]')" = '"file"' ]
	scmp maildir "$WORLD/mail/elsewhere/" |
		grep -qxF "maildir is $WORLD/mail/elsewhere/%u now."
	[ "$(scmp maildir)" = "$WORLD/mail/elsewhere/%u" ]
	in_force maildir | grep -qF "$WORLD/mail/elsewhere/%u"
	scmp maildir default
	[ "$(scmp maildir)" = "$WORLD/mail/%u" ]
	scmp loglevel debug | grep -qx 'log_level is debug now.'
	[ "$(scmp loglevel)" = debug ]
	scmp user max 2 | grep -qx 'max_users is 2 now.'
	[ "$(scmp --json user max)" = '{"max_users":2}' ]
	[ "$(scmp user max)" = '2 users at most' ]
}

@test "scmpd and the database tell the same, whoever has set it" {
	scmp limits login_timeout 77
	scmp loglevel debug
	scmp user max 9
	scmp --json limits >"$WORLD/offline"
	start_scmpd
	online
	scmp --json limits | diff "$WORLD/offline" -
	[ "$(scmp limits login_timeout)" = 77 ]
	[ "$(scmp loglevel)" = debug ]
	[ "$(scmp --json user max)" = '{"max_users":9}' ]
	# While it runs.
	offline
	scmp limits login_timeout 78
	online
	[ "$(scmp limits login_timeout)" = 78 ]
	scmp limits login_timeout default
	offline
	[ "$(scmp --json limits login_timeout | json 'it["source"]')" = '"default"' ]
}
