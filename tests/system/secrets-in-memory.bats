#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is left of a password in the memory of a session's processes: nothing.
# gdb dumps them whole, with what is marked as not to be dumped.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # $ in stored forms
load ../lib/common
load ../lib/processes
load ../lib/debugger
load ../lib/database

# bats file_tags=server,sandbox

readonly PASSWORD=xyzzy-PLUGH-7351

setup() {
	need_root
	need gdb perl
	begin
	mailbox alice "$PASSWORD"
	mailbox bob
	mails alice 2
}

# The process's memory, all of it, to $WORLD/dump.
dump() { # pid
	rm -f "$WORLD/dump"
	bare timeout -k 5 120 gdb -nx -q -batch -p "$1" \
		-ex 'set use-coredump-filter off' \
		-ex 'set dump-excluded-mappings on' \
		-ex "generate-core-file $WORLD/dump" \
		</dev/null >"$WORLD/gdb" 2>&1
	[ -s "$WORLD/dump" ] || { cat "$WORLD/gdb" >&2; false; }
}

# How often the text is in the dump.
found() { # text
	grep -aoF -e "$1" "$WORLD/dump" | wc -l
}

# The dump has what is in memory: the setting is in that of all of them.
knows_nothing_of() { # pid secret
	dump "$1"
	[ "$(found "$WORLD/mail/%u")" -gt 0 ]
	[ "$(found "$2")" = 0 ]
}

# The default store, with the same users.
in_database() {
	need sqlite3
	mkdir "$WORLD/database"
	DATABASE=$WORLD/database/users.db
	OPTIONS+=(-o "users=sqlite:$DATABASE")
	scmp db init
	user alice "$PASSWORD"
	user bob
}

log_in() {
	dial
	say 'USER alice' "PASS $PASSWORD"
	[[ $LINE == '+OK logged in'* ]]
}

nobody_knows() {
	serve
	log_in
	local monitor
	monitor=$(monitor alice)
	knows_nothing_of "$monitor" "$PASSWORD"
	[ "$(found alice)" -gt 0 ]
	knows_nothing_of "$(front "$monitor")" "$PASSWORD"
	knows_nothing_of "$(acceptor)" "$PASSWORD"
	knows_nothing_of "$(front_parent)" "$PASSWORD"
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "monitor, front, and those that make them know no password after the login" {
	nobody_knows
}

@test "the same with a database" {
	in_database
	nobody_knows
}

@test "a password is found where there is one: of who has not said PASS's line end" {
	serve
	dial
	say 'USER alice'
	printf 'PASS %s' "$PASSWORD" >&"$CONNECTION"
	local front
	front=$(connected | tail -n 1)
	wait_for 30 is_read_by "$front"
	dump "$front"
	[ "$(found "$PASSWORD")" -gt 0 ]
}

# What was sent has left the socket.
is_read_by() { # pid
	[ "$(ss -Htn state established "sport = :$PORT" | awk '{ n += $1 }
		END { print n + 0 }')" = 0 ] && [ -d "/proc/$1" ]
}

nobody_keeps_a_try() {
	serve
	dial
	say 'USER alice' "PASS not-$PASSWORD"
	[[ $LINE == '-ERR [AUTH]'* ]]
	local process
	for process in $(connected); do
		knows_nothing_of "$process" "$PASSWORD"
	done
	say 'USER bob' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	knows_nothing_of "$(monitor bob)" "$PASSWORD"
	knows_nothing_of "$(front "$(monitor bob)")" "$PASSWORD"
}

@test "nor a wrong one, nor that of somebody else who was tried" {
	nobody_keeps_a_try
}

@test "nor with a database" {
	in_database
	nobody_keeps_a_try
}

form_of() { # password
	perl -e 'print crypt($ARGV[0], "\$6\$saltySALT")' "$1"
}

nobody_knows_of() { # stored form
	local form=$1
	serve
	log_in
	local monitor
	monitor=$(monitor alice)
	knows_nothing_of "$monitor" "$PASSWORD"
	form=${form##*\$}
	# Neither its beginning nor its end, nor what is between.
	[ "$(found "${form::16}")" = 0 ]
	[ "$(found "${form:30:16}")" = 0 ]
	[ "$(found "${form: -16}")" = 0 ]
	knows_nothing_of "$(acceptor)" "${form::16}"
	[ "$(found "${form: -16}")" = 0 ]
	# It keeps what is usual, and nobody's salt.
	[ "$(found saltySALT)" = 0 ]
}

@test "nor anything of the hash" {
	local form
	form=$(form_of "$PASSWORD")
	sed -i "s|^alice:{PLAIN}[^:]*|alice:$form|" "$WORLD/users"
	nobody_knows_of "$form"
}

@test "nor anything of one in a database" {
	in_database
	local form
	form=$(form_of "$PASSWORD")
	sqlite3 "$DATABASE" \
		"UPDATE users SET password = '$form' WHERE name = 'alice'"
	nobody_knows_of "$form"
}

@test "one-connection shape: the same" {
	handed "each 1" -o "log=$WORLD/log"
	log_in
	local monitor
	monitor=$(monitor alice)
	knows_nothing_of "$monitor" "$PASSWORD"
	[ "$(found alice)" -gt 0 ]
	knows_nothing_of "$(front "$monitor")" "$PASSWORD"
}

@test "the processes cannot be dumped: no core, nor by others of their user" {
	serve
	log_in
	local pid
	for pid in $(monitor alice) $(front "$(monitor alice)") $(acceptor); do
		grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
		# The owner of /proc/PID is root where it is not dumpable.
		[ "$(stat -c %u "/proc/$pid/environ")" = 0 ]
	done
	fails as_uid "$MAIL_UID" head -c 1 "/proc/$(monitor alice)/environ"
	fails as_uid "$MAIL_UID" head -c 1 "/proc/$(monitor alice)/mem"
}
