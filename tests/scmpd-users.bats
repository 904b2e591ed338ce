#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	need sqlite3
	begin_scmpd
	start_scmpd
}

teardown() { end_scmpd; }

# Users a0, a1, ... whose rows have a NUL where none can be, or, with another
# text, none.
many() { # LETTER HOW_MANY TEXT
	bare sqlite3 "$DATABASE" "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1
			FROM n WHERE i < $2 - 1)
		INSERT INTO users(name,password,maildir,role,enabled,created,changed)
		SELECT '$1' || i,'',$3,'user',1,0,0 FROM n"
}

# Also where the damaged ones are as many as a piece of the list, and more.
@test "a damaged row is passed over and named in the log, and hides no other" {
	many a 1 NULL
	many b 700 "'/x' || char(0) || 'y'"
	many c 300 NULL
	many d 1 "'relative'"
	many e 1 NULL
	local_says USERS
	[ "$(grep -c '^user=c[0-9]* ' <<<"$SAID")" = 300 ]
	[ "$(grep '^user=' <<<"$SAID" | sort -u | wc -l)" = 302 ]
	[[ $SAID == *$'\nuser=e0 '*$'\n.\n+OK bye' ]]
	grep -q 'USERS passes over .*: user b0: maildir' "$WORLD/scmpd.log"
	grep -q 'USERS passes over further rows' "$WORLD/scmpd.log"
	[ "$(grep -c 'USERS passes over' "$WORLD/scmpd.log")" = 17 ]
	local_says 'USERS offset=1 limit=2' 'USERS b*' 'USERS ??' \
		'USERS offset=701 limit=1'
	answers_are '+OK*' 'user=c0 *' 'user=c1 *' . '+OK*' . '+OK*' \
		'user=a0 *' 'user=c0 *' '*' '*' '*' '*' '*' '*' '*' '*' '*' \
		'user=e0 *' . '+OK*' 'user=c0 *' .
	grep -q 'USERS passes over .*: user d0: the Maildir' "$WORLD/scmpd.log"
}

@test "USERS limit=0 is no limit, as in SESSIONS" {
	many a 300 NULL
	local_says 'USERS limit=0' 'USERS limit=00 offset=299'
	[ "$(grep -c '^user=a' <<<"$SAID")" = 301 ]
}

@test "who is in no database is not listed, and that is said" {
	many a 1 NULL
	local_says USERS MAX_USERS
	answers_are '+OK users' 'user=a0 *' . '+OK 0 users at most; 1 now; 0 is no limit'
	stop_scmpd
	echo 'fred:{PLAIN}secret:::::' >"$WORLD/users"
	start_scmpd -o "users=sqlite:$DATABASE,passwd-file:$WORLD/users"
	local_says USERS MAX_USERS
	answers_are '+OK users of the database; those of other stores are not *' \
		'user=a0 *' . '+OK 0 users at most; 1 now; *; those of other stores *'
}
