#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Settings that are changed while the server runs: they stand in the database,
# win over the configuration, and hold for the next connection or login.

# shellcheck disable=SC2016,SC2030,SC2031,SC2153 # $ in stored forms; variables
# shellcheck disable=SC2034 # of the library
load lib/common
load lib/database
load lib/processes

# bats file_tags=server

setup() {
	need sqlite3
	begin
	DATABASE=$WORLD/db/users.db
	mkdir "$WORLD/db"
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

# --- each of them ---

# A case for each setting that can be changed: what it was when the server was
# started (start_with), then another value, and what is different for whoever
# comes next. None waits for time to pass but for an end that must come.

live_settings() {
	"$BUILD/bin/scmp" --complete --config /dev/null limits '' | cut -f1
	# which have commands of their own
	echo maildir
	echo log_level
}

# Nobody is trusted, so that all of them are for us, too.
start_with() {
	serve -o trusted_networks= -o plaintext_login=yes -o penalty_delay=0 \
		-o penalty_refuse=0 -o auth_tries=50 -o login_timeout=3600 "$@"
	wait_for 20 nobody_is_in
}

stop_and_forget() {
	end_helpers
	stop_server
	find "$WORLD/run" -mindepth 1 -delete
	sql 'DELETE FROM settings'
}

fail_logins() { # times
	local i
	dial
	for ((i = 0; i < $1; i++)); do
		say 'USER alice' 'PASS wrong'
	done
	[[ $LINE == '-ERR [AUTH]'* ]]
	hang_up
}

# In half the time that a wait of a minute would take.
is_answered() { # password pattern
	dial
	say 'USER alice'
	printf 'PASS %s\r\n' "$1" >&"$CONNECTION"
	IFS= read -r -t 30 -u "$CONNECTION" LINE
	# shellcheck disable=SC2053 # a pattern
	[[ $LINE == $2 ]]
	hang_up
}

# A stored form whose check needs a turn.
hash_password() {
	sed -i 's|^alice:[^:]*:|alice:$6$rounds=1000$saltstring$6NXfJcHAqOszRoqrAsiHaMLcALd/df4qk51Md4dEGLXrloQi6cyqUbtHDwWpZDzImbFkZCx2eWVTYIGoe1dJi1:|' \
		"$WORLD/users"
}

# Failures that would cost the next login a minute.
start_with_penalties() {
	start_with
	fail_logins 8
	stop_server
	start_with -o penalty_delay=60 -o penalty_free=0
}

changes_maildir() {
	mkdir -p "$WORLD/mail/elsewhere/alice"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/elsewhere"
	start_with
	set_live maildir "$WORLD/mail/elsewhere/%u"
	enter alice
	say STAT
	[ "$LINE" = "+OK 0 0" ]
	hang_up
}

changes_auth_tries() {
	start_with
	set_live auth_tries 2
	dial
	say 'USER alice' 'PASS wrong' 'USER alice' 'PASS wrong'
	[[ $LINE == "-ERR [AUTH] too many failed logins"* ]]
	hang_up
}

changes_auth_hashes() {
	hash_password
	start_with -o auth_hashes=3 -o auth_hashes_wait=0
	keep_turns 2
	is_answered abc '+OK logged in*'
	set_live auth_hashes 2
	is_answered abc '-ERR [[]SYS/TEMP]*'
}

changes_auth_hashes_wait() {
	hash_password
	start_with -o auth_hashes=2 -o auth_hashes_wait=60
	keep_turns 2
	set_live auth_hashes_wait 0
	is_answered abc '-ERR [[]SYS/TEMP]*'
}

changes_login_timeout() {
	start_with
	set_live login_timeout 1
	dial
	is_over
	hang_up
}

changes_idle_timeout() {
	start_with -o idle_timeout=3600
	set_live idle_timeout 1
	enter alice
	is_over
	hang_up
}

changes_max_sessions() {
	local first
	start_with
	dial
	first=$CONNECTION
	set_live max_sessions 1
	is_full
	hang_up "$first"
}

changes_max_sessions_per_network() {
	local first
	start_with
	dial
	first=$CONNECTION
	set_live max_sessions_per_network 1
	[[ $(first_line) == "-ERR [SYS/TEMP] your network has as many"* ]]
	hang_up "$first"
}

changes_max_sessions_per_user() {
	local first
	start_with
	enter alice
	first=$CONNECTION
	set_live max_sessions_per_user 1
	is_answered secret '-ERR [[]IN-USE] you have as many sessions as you may;*'
	hang_up "$first"
}

changes_max_sessions_per_user_and_network() {
	local first
	start_with
	enter alice
	first=$CONNECTION
	set_live max_sessions_per_user_and_network 1
	is_answered secret \
		'-ERR [[]IN-USE] you have as many sessions as you may from one*'
	hang_up "$first"
}

changes_penalty_free() {
	start_with_penalties
	set_live penalty_free 1000
	is_answered wrong '-ERR [[]AUTH]*'
}

changes_penalty_delay() {
	start_with_penalties
	set_live penalty_delay 0
	is_answered wrong '-ERR [[]AUTH]*'
}

changes_penalty_refuse() {
	start_with
	fail_logins 8
	set_live penalty_refuse 4
	[[ $(first_line) == "-ERR [SYS/TEMP] too many failed logins from"* ]]
}

changes_log_level() {
	start_with
	set_live log_level debug
	is_answered wrong '-ERR [[]AUTH]*'
	wait_for 30 log_has 'password mismatch'
}

# This one holds for who makes users.
changes_max_users() {
	local uid=$((23400 + FILE_INDEX))
	local -a identity=()
	start_with
	set_live max_users 1
	if [ "$EUID" = 0 ]; then
		identity=(-o "scmp_user=$uid:$uid")
		chown -R "$uid:$uid" "$WORLD/db"
	fi
	become "$BUILD/bin/scmpd" --config /dev/null "${OPTIONS[@]}" \
		"${identity[@]}" -o "scmp_listen=unix:$WORLD/scmp.sock" \
		</dev/null >/dev/null 2>>"$WORLD/log" &
	HELPERS+=($!)
	wait_for 20 test -S "$WORLD/scmp.sock"
	printf '%s\r\n' 'ADD_USER first goodenough1' 'ADD_USER second goodenough1' QUIT |
		bare timeout -k 5 60 nc -N -U "$WORLD/scmp.sock" >"$WORLD/said"
	cat "$WORLD/said" >&2
	grep -q '^+OK user added' "$WORLD/said"
	grep -q '^-ERR \[LIMIT' "$WORLD/said"
}

@test "each setting that can be changed is in force for whoever comes next" {
	local key users
	need nc
	users=$(<"$WORLD/users")
	live_settings | grep -qx idle_timeout
	for key in $(live_settings); do
		echo "# $key" >&2
		declare -F "changes_$key" >/dev/null || {
			echo "there is no case for $key" >&2
			return 1
		}
		"changes_$key"
		stop_and_forget
		echo "$users" >"$WORLD/users"
	done
}
