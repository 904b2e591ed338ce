#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Bans of networks and users, in force for the next connection. (The allow list
# is in tests/system/keep-out-networks.bats: on loopback nobody is shut out by
# one.)

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/database
load lib/processes

# bats file_tags=server

setup() {
	need python3
	begin
	DATABASE=$WORLD/users.db
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	scmp db init
	mailbox alice
	mailbox bob
}

is_let_in() {
	[[ $(line_of "$@") == +OK* ]]
}

line_of() { # [source]
	python3 - "$PORT" "${1:-127.0.0.1}" <<-'END'
		import socket, sys
		sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20,
		                                (sys.argv[2], 0))
		print(sock.makefile("rb").readline().decode().rstrip())
	END
}

BANNED='-ERR [SYS/PERM] connections from your network are not accepted here'

is_banned() {
	[ "$(line_of "$@")" = "$BANNED" ]
}

ban_and_unban() {
	enter alice
	scmp ban ip 127.0.0.0/30
	is_banned
	is_banned 127.0.0.2
	is_let_in 127.0.0.5
	wait_for 20 log_has 'Refused: a ban of 127\.0\.0\.0/30: rip=127\.0\.0\.1, lip=127\.0\.0\.1$'
	# who is in stays
	say STAT
	[ "$LINE" = "+OK 0 0" ]
	scmp unban ip 127.0.0.0/30
	is_let_in
}

@test "listening shape: a ban of a network is in force for the next connection, and ends as soon" {
	serve
	ban_and_unban
}

@test "one-connection shape: the same" {
	handed "each 3" -o "log=$WORLD/log"
	ban_and_unban
}

@test "trusted networks are banned, too" {
	serve -o trusted_networks=127.0.0.0/8
	scmp ban ip 127.0.0.1
	is_banned
}

# As the clock would: the database is not changed when it is over.
@test "a ban ends at its time, without a change of the database" {
	local end line
	handed "listen 1"
	scmp ban ip 127.0.0.1
	is_banned
	end=$((EPOCHSECONDS + 4))
	python3 - "$DATABASE" "$end" <<-'END'
		import sqlite3, sys
		with sqlite3.connect(sys.argv[1]) as db:
		    db.execute("UPDATE rules SET until = ?", (int(sys.argv[2]),))
	END
	line=$(line_of)
	# (Where we were too slow for that, nothing is shown.)
	[ "$line" = "$BANNED" ] || [ "$EPOCHSECONDS" -ge "$end" ]
	wait_for 30 is_let_in
	[ "$EPOCHSECONDS" -ge "$end" ]
}

banned_user() {
	scmp ban user alice
	dial
	say 'USER alice' 'PASS secret'
	[ "$LINE" = '-ERR [AUTH] wrong name or password' ]
	say 'USER bob' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	wait_for 20 log_has 'Kept out: a ban of this user: user=<alice>, rip=127\.0\.0\.1'
	scmp unban user alice
	enter alice
}

@test "listening shape: a banned user is answered like a wrong password" {
	serve
	banned_user
}

@test "one-connection shape: a banned user is, too" {
	handed "each 3" -o "log=$WORLD/log"
	banned_user
}

@test "a user is let in only from the networks of his row" {
	sed -i 's/^alice:.*/&:allow_nets=127.0.0.4\/30,192.0.2.1/' "$WORLD/users"
	echo '{PLAIN}secret' |
		scmp user add carl --hash-fd 0 --networks 127.0.0.6,::1
	mkdir -p "$WORLD/mail/carl"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/carl"
	serve
	local user
	for user in alice carl; do
		dial
		say "USER $user" 'PASS secret'
		[ "$LINE" = '-ERR [AUTH] wrong name or password' ]
		wait_for 20 log_has "Kept out: not from a network that this user's row allows: user=<$user>, rip=127\.0\.0\.1"
		[[ $(log_in_from 127.0.0.6 "$user") == *'+OK logged in'* ]]
	done
	[[ $(log_in_from 127.0.0.5 carl) == *'-ERR [AUTH]'* ]]
}

log_in_from() { # source user
	python3 - "$PORT" "$@" <<-'END'
		import socket, sys
		port, source, user = sys.argv[1:]
		sock = socket.create_connection(("127.0.0.1", int(port)), 20, (source, 0))
		lines = sock.makefile("rwb")
		lines.readline()
		for command in "USER " + user, "PASS secret":
		    lines.write(command.encode() + b"\r\n")
		    lines.flush()
		    print(lines.readline().decode().rstrip())
	END
}

@test "while somebody writes, what was known before stays in force, and nobody waits" {
	need_root
	need sqlite3 strace ss
	serve
	scmp ban ip 127.0.0.2
	is_banned 127.0.0.2
	hold "BEGIN EXCLUSIVE; DELETE FROM rules"
	touch "$DATABASE"
	is_banned 127.0.0.2
	is_let_in 127.0.0.3
	let_go
	is_banned 127.0.0.2
}

@test "rules that cannot be read are told once, and connections are served" {
	serve
	is_let_in
	echo junk >"$DATABASE"
	is_let_in
	is_let_in
	[ "$(grep -c 'bans and allows are not known' "$WORLD/log")" = 1 ]
}

@test "a server that starts while somebody writes waits for the rules before anybody comes in" {
	need sqlite3 strace
	hold "BEGIN EXCLUSIVE"
	PORT=$(free_port)
	command_line --listen "127.0.0.1:$PORT"
	# (-D: the server is the child, and strace its.)
	become strace -D -f -qq -o "$WORLD/start" \
		-e trace=openat,clock_nanosleep,accept4 "${COMMAND[@]}" \
		</dev/null >/dev/null 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 60 answers "$PORT"
	stop_server
	# The naps of whoever has opened the database.
	awk '/accept4/ { exit }
		/users\.db/ { pid = $1 }
		$1 == pid && /clock_nanosleep/ { naps++ }
		END { exit naps < 3 }' "$WORLD/start"
}

@test "where the door could not read the rules, the login keeps out whom they ban" {
	need socat sqlite3
	OPTIONS+=(-o "users=passwd-file:$WORLD/users,sqlite:$DATABASE")
	scmp ban ip 127.0.0.9
	hold "BEGIN EXCLUSIVE"
	serve
	door 127.0.0.9
	dial "$DOOR"
	let_go
	say 'USER alice' 'PASS secret'
	[ "$LINE" = '-ERR [AUTH] wrong name or password' ]
	wait_for 20 log_has 'Kept out: a ban of this address: user=<alice>, rip=127\.0\.0\.9'
	enter alice
}

# What a login reads of the database when the rules have changed meanwhile.
reads_for() { # user password
	dial
	local monitor
	monitor=$(connected | head -n 1)
	scmp ban user "nobody-$1"
	trace "$monitor" openat
	say "USER $1" "PASS $2"
	[ "$LINE" = '-ERR [AUTH] wrong name or password' ]
	hang_up
	end_helpers
	grep -c "$DATABASE\"" "$WORLD/trace"
}

@test "rules are read again for a name that nobody has, too: how long it takes tells nothing" {
	need_root
	need strace ss
	serve
	local known unknown
	known=$(reads_for alice wrong)
	unknown=$(reads_for zoe wrong)
	[ "$known" -ge 2 ]
	[ "$unknown" = "$known" ]
}

@test "a banned user is kept out, too, where it took a login to undo what a writer left" {
	need strace
	user carl
	serve
	scmp ban user alice
	die_in_mid_commit carl
	dial
	say 'USER alice' 'PASS secret'
	[ "$LINE" = '-ERR [AUTH] wrong name or password' ]
	refute is_hot
	wait_for 20 log_has 'Kept out: a ban of this user: user=<alice>'
	enter bob
}

@test "rules that mean nothing are named once with a remedy, and the others hold" {
	need sqlite3
	scmp ban ip 127.0.0.9
	sqlite3 "$DATABASE" "INSERT INTO rules(id, kind, effect, what) VALUES
		(7, 'ip', 'ban', 'example.org'), (8, 'net', 'ban', '127.0.0.8')"
	serve
	is_banned 127.0.0.9
	is_let_in 127.0.0.8
	scmp ban user bob
	is_banned 127.0.0.9
	log_has 'row 7: ban of example\.org: not an address or a network; .*DELETE FROM rules WHERE id=7'
	[ "$(grep -c 'row 7: ' "$WORLD/log")" = 1 ]
	[ "$(grep -c 'row 8: its kind is neither user nor ip' "$WORLD/log")" = 1 ]
}
