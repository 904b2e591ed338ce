#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Settings that are changed while the server runs: they stand in the database,
# win over the configuration, and hold for the next connection or login.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/database
load lib/processes

# bats file_tags=server

setup() {
	need sqlite3
	begin
	DATABASE=$WORLD/users.db
	OPTIONS+=(-o "log=$WORLD/log")
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	scmp db init
	mailbox alice
	mails alice 2
}

sql() {
	bare sqlite3 -cmd '.timeout 5000' "$DATABASE" "$@"
}

set_live() { # NAME VALUE
	sql "INSERT INTO settings VALUES('$1','$2')
		ON CONFLICT(name) DO UPDATE SET value=excluded.value"
}

as_configured() { # NAME
	sql "DELETE FROM settings WHERE name='$1'"
}

first_line() {
	local line=
	{ read -r -t 20 line <"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null
	echo "${line%$'\r'}"
}

is_full() {
	[[ $(first_line) == "-ERR [SYS/TEMP] the server has as many sessions"* ]]
}

lets_in() {
	[[ $(first_line) == +OK* ]]
}

@test "max_sessions becomes less for the next connection, and what is configured comes back" {
	serve
	wait_for 20 nobody_is_in
	dial
	set_live max_sessions 1
	is_full
	log_has 'Refused: max_sessions=1 is reached'
	as_configured max_sessions
	lets_in
}

@test "max_sessions becomes more than the server was started with" {
	serve -o max_sessions=1
	wait_for 20 nobody_is_in
	dial
	is_full
	set_live max_sessions 3
	dial
	dial
	is_full
}

@test "max_sessions of processes for one connection changes, too" {
	handed "each 3"
	dial
	set_live max_sessions 1
	is_full
	set_live max_sessions 2
	lets_in
}

@test "a limit of sessions of a user holds for the next login, of who is connected already, too" {
	local first
	mkdir -p "$WORLD/mail/x"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/x"
	handed "each 3"
	enter alice
	first=$CONNECTION
	dial
	set_live max_sessions_per_user 1
	say 'USER alice' 'PASS secret'
	[[ $LINE == "-ERR [IN-USE] you have as many sessions as you may"* ]]
	hang_up
	CONNECTION=$first
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "failed logins end a connection after auth_tries as they are then" {
	serve -o auth_tries=5
	set_live auth_tries 1
	dial
	say 'USER alice' 'PASS wrong'
	[[ $LINE == "-ERR [AUTH] too many failed logins"* ]]
	is_over
}

# With what was configured the front would tell of life every 15 seconds.
@test "a shorter idle_timeout ends who is idle, and not who is not" {
	serve
	set_live idle_timeout 2
	outlives 2 alice
	is_over
	wait_for 20 log_has 'pop3\(alice\).*Disconnected: Inactivity'
}

@test "a session that has begun keeps its idle_timeout" {
	serve -o idle_timeout=3600
	enter alice
	set_live idle_timeout 1
	mailbox bob
	local alice=$CONNECTION
	enter bob
	is_over
	CONNECTION=$alice
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "another place of mail holds for the next login, in each shape" {
	mkdir -p "$WORLD/mail/elsewhere/alice"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/elsewhere"
	set_live maildir "$WORLD/mail/elsewhere/%u"
	serve
	enter alice
	say STAT
	[ "$LINE" = "+OK 0 0" ]
	say QUIT
	hang_up
	# a pipe
	printf '%s\r\n' 'USER alice' 'PASS secret' STAT QUIT | pop3 |
		grep '^+OK 0 0'
	as_configured maildir
	enter alice
	say STAT
	[[ $LINE == "+OK 2 "* ]]
}

@test "a value that cannot be is passed over, and told of once; the others hold" {
	set_live idle_timeout soon
	set_live maildir 'not/absolute'
	set_live max_sessions 1
	serve
	wait_for 20 nobody_is_in
	dial
	is_full
	is_full
	set_live login_timeout 50
	is_full
	[ "$(grep -c 'settings: .*passed over' "$WORLD/log")" = 1 ]
	hang_up
	wait_for 20 nobody_is_in
	enter alice
	say STAT
	[[ $LINE == "+OK 2 "* ]]
}

@test "what the log says changes with the next connection" {
	serve
	set_live log_level debug
	printf '%s\r\n' 'USER alice' 'PASS wrong' QUIT | timeout 20 \
		nc 127.0.0.1 "$PORT" >/dev/null
	wait_for 30 log_has 'password mismatch'
}

@test "--print-config and --explain show the values in force, and that they are scmp's" {
	set_live max_sessions 17
	set_live max_sessions_per_user 3
	command_line --print-config
	bare "${COMMAND[@]}" >"$WORLD/said"
	grep -E '^max_sessions = 17 +# scmp$' "$WORLD/said"
	command_line --explain alice
	bare "${COMMAND[@]}" >"$WORLD/said" || true
	cat "$WORLD/said" >&2
	grep -E '17.*scmp' "$WORLD/said"
}
