#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	start_scmpd
}

teardown() { end_scmpd; }

@test "names of limits and of rules for passwords are taken in any case" {
	local_says 'LIMITS MAX_SESSIONS 77' 'LIMITS Max_Sessions' \
		'POLICY MIN_LENGTH 12' 'POLICY Min_Length' 'POLICY MIN_LENGTH default' \
		'POLICY min_length'
	answers_are '+OK max_sessions' '+OK 77 source=scmp' '+OK min_length' \
		'+OK 12 source=scmp' '+OK min_length' '+OK 8 source=default'
}

# Two wrong passwords of a stranger, and what the second is answered.
guess_twice() {
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER x' 'PASS 1'
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER x' 'PASS 2'
	HEAD_LINES=2
}

refuse_after() { # HOW_MANY
	local name
	for name in "penalty_refuse=$1" penalty_delay=0 penalty_free=0; do
		bare sqlite3 -cmd '.timeout 20000' "$DATABASE" "INSERT INTO settings
			VALUES('${name%=*}','${name#*=}') ON CONFLICT(name)
			DO UPDATE SET value=excluded.value"
	done
}

@test "what the database says of penalties holds for this server without being asked about" {
	need sqlite3
	guess_twice
	answers_are '-ERR [[]AUTH] wrong name or password'
	refuse_after 1
	guess_twice
	answers_are '-ERR [[]AUTH] too many failed logins*'
	refuse_after 0
	guess_twice
	answers_are '-ERR [[]AUTH] wrong name or password'
}

@test "what could not be stored is not in force either" {
	need python3
	local line
	local_says 'LIMITS penalty_delay 0' 'LIMITS penalty_free 0' \
		'LIMITS penalty_refuse 0'
	# A reader, which lets a writer begin, but not commit.
	coproc HOLDER { bare python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
db.execute("SELECT count(*) FROM users").fetchall()
print("held", flush=True)
sys.stdin.readline()' "$DATABASE"; }
	read -r -t 60 -u "${HOLDER[0]}" line
	[ "$line" = held ]
	local_says 'LIMITS penalty_refuse 1' 'LIMITS penalty_refuse'
	answers_are '-ERR [[]BUSY] *' '+OK 0 source=scmp'
	local_says 'LIMITS penalty_refuse 1'
	answers_are '-ERR [[]BUSY] *'
	guess_twice
	answers_are '-ERR [[]AUTH] wrong name or password'
	echo >&"${HOLDER[1]}"
	wait "$HOLDER_PID" || true
	local_says 'LIMITS penalty_refuse 1' 'LIMITS penalty_refuse'
	answers_are '+OK penalty_refuse' '+OK 1 source=scmp'
	guess_twice
	answers_are '-ERR [[]AUTH] too many failed logins*'
}

@test "each setting goes back to what is configured by the word default" {
	echo 'max_users = 30' >>"$WORLD/conf"
	echo 'log_level = debug' >>"$WORLD/conf"
	local_says RELOAD 'LOGLEVEL error' 'LOGLEVEL default' LOGLEVEL \
		'LOGLEVEL default' 'LIMITS max_sessions 7' \
		'LIMITS max_sessions default' 'LIMITS max_sessions default' \
		'LIMITS max_sessions' 'MAILDIR SET /x' 'MAILDIR SET default' MAILDIR \
		'LIMITS max_users' 'LIMITS max_users 5' 'MAX_USERS'
	answers_are '+OK*' '+OK error' '+OK debug' '+OK debug source=file' \
		'+OK [[]NOCHANGE] debug' '+OK max_sessions' '+OK max_sessions' \
		'+OK [[]NOCHANGE] max_sessions' '+OK 1000 source=default' \
		'+OK [[]NEXT-LOGIN] *' '+OK [[]NEXT-LOGIN] *' \
		"+OK $WORLD/mail/%u source=file" '-ERR [[]NOTFOUND] *' \
		'-ERR [[]NOTFOUND] *' '+OK 30 users at most; 1 now'
}

@test "a setting that is tried and refused is as it was" {
	local_says 'LIMITS idle_timeout 900' 'LIMITS idle_timeout 60' \
		'LIMITS idle_timeout' 'LIMITS idle_timeout never' \
		'MAX_USERS 99999999999' 'MAX_USERS' 'MAX_USERS 1' 'MAX_USERS 1'
	account second
	local_says 'MAX_USERS 1' 'MAX_USERS'
	answers_are '-ERR [[]RANGE] there are 2 users' '+OK 1 users at most; 2 now'
}
