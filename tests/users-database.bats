#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The store sqlite:PATH: who is let in from a database, and what is answered
# while somebody writes it, after a writer died, and when it is broken.

# shellcheck disable=SC2030,SC2031 # variables of the library
load lib/common
load lib/database
load lib/processes

setup() {
	begin
	need sqlite3
	mkdir "$WORLD/database"
	DATABASE=$WORLD/database/users.db
	OPTIONS+=(-o "users=sqlite:$DATABASE")
	scmp db init
	user alice
	maildir alice
	mails alice 2
}

maildir() {
	mkdir -p "$WORLD/mail/$1"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/$1"
}

# What a client is told who logs in as that.
answer_to() {
	printf 'USER %s\r\nPASS %s\r\nQUIT\r\n' "$1" "${2:-secret}" | pop3 |
		tr -d '\r' | sed -n 3p
}

@test "only a user of the database with the right password comes in" {
	user bob other
	scmp user disable bob
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS wrong
		S: -ERR [AUTH] wrong name or password
		C: USER nobody-by-this-name
		S~ ^\+OK
		C: PASS secret
		S: -ERR [AUTH] wrong name or password
		C: USER Alice
		S~ ^\+OK
		C: PASS secret
		S: -ERR [AUTH] wrong name or password
		C: USER bob
		S~ ^\+OK
		C: PASS other
		S: -ERR [AUTH] wrong name or password
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: STAT
		S~ ^\+OK 2 
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "names are data: quotes and patterns find nobody" {
	[[ $(answer_to "' OR '1'='1") == "-ERR [AUTH]"* ]]
	[[ $(answer_to '%') == "-ERR [AUTH]"* ]]
	[[ $(answer_to '*') == "-ERR [AUTH]"* ]]
	user "o'neill%"
	maildir "o'neill%"
	[[ $(answer_to "o'neill%") == "+OK"* ]]
}

@test "a row's Maildir and owner are the ones that are served" {
	mkdir -p "$WORLD/mail/elsewhere/carol"
	user carol secret --home "$WORLD/mail/elsewhere/carol" \
		--maildir %h/Mail
	[ "$EUID" != 0 ] || scmp user change carol --uid 23456 --gid 23457
	[ "$EUID" != 0 ] || chown 23456:23457 "$WORLD/mail/elsewhere/carol"
	[[ $(answer_to carol) == "+OK"* ]]
	[ -d "$WORLD/mail/elsewhere/carol/Mail/new" ]
	[ "$EUID" != 0 ] ||
		[ "$(stat -c %u:%g "$WORLD/mail/elsewhere/carol/Mail")" = 23456:23457 ]
}

# bats test_tags=server
@test "a change is in force for the next login, of a server as well" {
	serve
	user bob
	maildir bob
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER bob
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: QUIT
		S~ ^\+OK
		S.
	END
	scmp user disable bob
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER bob
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[AUTH\]
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "while somebody writes but does not commit, logins go on" {
	hold "BEGIN IMMEDIATE; UPDATE users SET password = 'x'"
	[[ $(answer_to alice) == "+OK"* ]]
}

@test "a database that stays locked is [SYS/TEMP] and never [AUTH], whoever asks" {
	hold "BEGIN EXCLUSIVE"
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[SYS/TEMP\]
		C: USER nobody
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[SYS/TEMP\]
		C: QUIT
		S~ ^\+OK
		S.
	END
	log_has "users: sqlite:$DATABASE: is being written by another process"
	let_go
	[[ $(answer_to alice) == "+OK"* ]]
}

@test "a broken file is [SYS/PERM], and the log says what is to be done" {
	cp "$DATABASE" "$WORLD/kept"
	dd if=/dev/urandom of="$DATABASE" bs=4096 seek=1 count=9 conv=notrunc \
		2>>"$WORLD/log"
	[[ $(answer_to alice) == "-ERR [SYS/PERM]"* ]]
	log_has "users: sqlite:$DATABASE: damaged; restore it from a backup"
	echo 'alice:{PLAIN}secret' >"$DATABASE"
	[[ $(answer_to alice) == "-ERR [SYS/PERM]"* ]]
	log_has "users: sqlite:$DATABASE: not a database"
	cp "$WORLD/kept" "$DATABASE"
	[[ $(answer_to alice) == "+OK"* ]]
}

# Its commits change another file: nobody would see them, bans among them.
@test "a database that another program puts into write-ahead mode is [SYS/PERM], and told of" {
	hold "PRAGMA journal_mode = WAL; INSERT INTO rules(kind, effect, what)
		VALUES ('user', 'ban', 'alice')"
	[[ $(answer_to alice) == "-ERR [SYS/PERM]"* ]]
	log_has "users: sqlite:$DATABASE: another program has set journal_mode = WAL"
	refute pop3 --check >"$WORLD/check"
	grep -q "sqlite:$DATABASE: another program has set.*PRAGMA journal_mode = DELETE" \
		"$WORLD/check"
	let_go
	sqlite3 "$DATABASE" 'PRAGMA journal_mode = DELETE' >"$WORLD/mode"
	[[ $(answer_to alice) == "+OK"* ]]
}

# bats test_tags=server
@test "the same in a server that was there before: nobody is let in past a ban" {
	serve
	[[ $(ask_server alice) == "+OK"* ]]
	hold "PRAGMA journal_mode = WAL; INSERT INTO rules(kind, effect, what)
		VALUES ('user', 'ban', 'alice')"
	[[ $(ask_server alice) == "-ERR [SYS/PERM]"* ]]
	log_has 'bans and allows are not known, or as they were: .*journal_mode = WAL'
	let_go
	# Whatever scmp writes brings it back.
	user bob
	[[ $(ask_server alice) == "-ERR [AUTH]"* ]]
}

@test "a file that is not there is [SYS/PERM], and the log says how to make it" {
	rm "$DATABASE"
	[[ $(answer_to alice) == "-ERR [SYS/PERM]"* ]]
	log_has 'there is no such file; .*scmp --offline db init.*user add'
	refute pop3 --check >"$WORLD/check"
	grep -q "sqlite:$DATABASE: there is no such file" "$WORLD/check"
	scmp db init
	user alice
	[[ $(answer_to alice) == "+OK"* ]]
}

@test "a schema that is newer than the program is [SYS/PERM]" {
	sqlite3 "$DATABASE" 'PRAGMA user_version = 99'
	[[ $(answer_to alice) == "-ERR [SYS/PERM]"* ]]
	log_has 'schema is newer than this program; install'
}

@test "a damaged row is [SYS/PERM] for that user only" {
	user bob
	sqlite3 "$DATABASE" "UPDATE users SET networks = 'here' WHERE name = 'bob'"
	[[ $(answer_to bob) == "-ERR [SYS/PERM]"* ]]
	log_has 'user bob: networks must be'
	# Who guesses learns nothing of it.
	[[ $(answer_to bob wrong) == "-ERR [AUTH]"* ]]
	log_has 'auth failed, 1 attempts'
	sqlite3 "$DATABASE" "UPDATE users SET enabled = 0 WHERE name = 'bob'"
	[[ $(answer_to bob) == "-ERR [AUTH]"* ]]
	[[ $(answer_to alice) == "+OK"* ]]
	refute pop3 --check >"$WORLD/check"
	grep -q 'user bob: networks must be' "$WORLD/check"
}

@test "the first store that knows a name decides" {
	echo 'alice:{PLAIN}other:::::' >"$WORLD/users"
	echo 'dora:{PLAIN}secret:::::' >>"$WORLD/users"
	maildir dora
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	[[ $(answer_to alice secret) == "+OK"* ]]
	[[ $(answer_to alice other) == "-ERR [AUTH]"* ]]
	[[ $(answer_to dora) == "+OK"* ]]
	OPTIONS+=(-o "users=passwd-file:$WORLD/users,sqlite:$DATABASE")
	[[ $(answer_to alice secret) == "-ERR [AUTH]"* ]]
	[[ $(answer_to alice other) == "+OK"* ]]
	# A later store is not asked while an earlier one cannot say.
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	echo broken >"$DATABASE"
	[[ $(answer_to dora) == "-ERR [SYS/PERM]"* ]]
}

@test "what a writer left that died in mid-commit is undone by the next login" {
	need strace
	die_in_mid_commit alice
	[[ $(answer_to alice) == "+OK"* ]]
	log_has 'a writer died in mid-commit; what it left has been undone'
	[ ! -e "$DATABASE-journal" ]
	[ "$(sqlite3 "$DATABASE" 'PRAGMA integrity_check')" = ok ]
}

# bats test_tags=server
@test "the same in a server that listens" {
	need strace
	serve
	die_in_mid_commit alice
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: QUIT
		S~ ^\+OK
		S.
	END
	[ ! -e "$DATABASE-journal" ]
}

# bats test_tags=server
@test "as root with the rights of the file's owner, which root's monitor has not" {
	need_root
	need strace setpriv
	chown -R 23456:23456 "$WORLD/database"
	chmod 0700 "$WORLD/database"
	serve
	for shape in answer_to ask_server; do
		die_in_mid_commit alice setpriv --reuid 23456 --regid 23456 \
			--clear-groups
		[ "$(stat -c %u "$DATABASE-journal")" = 23456 ]
		[[ $($shape alice) == "+OK"* ]]
		[ ! -e "$DATABASE-journal" ]
	done
}

ask_server() {
	printf 'USER %s\r\nPASS secret\r\nQUIT\r\n' "$1" |
		timeout 30 socat -t 30 - "TCP:127.0.0.1:$PORT" |
		tr -d '\r' | sed -n 3p
}

@test "whoever may read it but not write answers [SYS/TEMP] until somebody does" {
	need_root
	need strace setpriv
	die_in_mid_commit alice
	chmod 0755 "$WORLD/database"
	chmod 0644 "$DATABASE" "$DATABASE-journal"
	cp "$PROGRAM" "$WORLD/pop3-session"
	chown -R "$MAIL_UID" "$WORLD/mail" "$WORLD/run"
	PROGRAM=$WORLD/pop3-session
	as_nobody() {
		command_line
		printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' |
			bare setpriv --reuid "$MAIL_UID" --regid "$MAIL_UID" \
				--clear-groups "${COMMAND[@]}" 2>>"$WORLD/log" |
			tr -d '\r' | sed -n 3p
	}
	[[ $(as_nobody) == "-ERR [SYS/TEMP]"* ]]
	log_has 'open it once with the right to write it, as with scmp'
	is_hot
	scmp user show alice >/dev/null
	[[ $(as_nobody) == "+OK"* ]]
}

# Each read takes so long that three of them are over the time for a search.
slow_reads() {
	local monitor
	need strace
	serve
	dial
	read -r monitor _ < <(connected)
	trace "$monitor" "$1" -e "inject=$1:delay_enter=3000000"
	say 'USER alice' 'PASS secret'
	[[ $LINE == "-ERR [SYS/TEMP]"* ]]
	end_helpers
	say 'USER alice' 'PASS secret'
	[[ $LINE == "+OK"* ]]
}

# bats test_tags=server
@test "a database that is read too slowly is [SYS/TEMP]" {
	slow_reads pread64
	log_has "sqlite:$DATABASE: cannot be read or written: reading it takes too"
}

# bats test_tags=server
@test "so is a passwd-file" {
	local i
	for ((i = 0; i < 3000; i++)); do
		echo "somebody$i:{PLAIN}secret:::::"
	done >"$WORLD/users"
	echo 'alice:{PLAIN}secret:::::' >>"$WORLD/users"
	OPTIONS+=(-o "users=passwd-file:$WORLD/users")
	slow_reads read
	log_has "passwd-file:$WORLD/users: cannot be read: reading it takes too"
}

# Where nobody has set `users`: the place that a package or `make install` uses.
by_default() {
	local option
	local -a kept=()
	if [ -e /var/lib/pop3-session ]; then
		need_root
		need unshare
		cat >"$WORLD/elsewhere" <<-END
			#!/bin/sh
			exec unshare -m sh -c 'mount -t tmpfs none /var/lib &&
				exec "\$0" "\$@"' "$PROGRAM" "\$@"
		END
		chmod +x "$WORLD/elsewhere"
		PROGRAM=$WORLD/elsewhere
	fi
	for option in "${OPTIONS[@]}"; do
		case $option in
		users=*) unset 'kept[-1]' ;;
		*) kept+=("$option") ;;
		esac
	done
	OPTIONS=("${kept[@]}")
}

# bats test_tags=server
@test "without a database at the default's place a server starts, and says what to do" {
	by_default
	serve
	log_has 'sqlite:/var/lib/pop3-session/users.db: .*scmp --offline db init'
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[SYS/PERM\]
		C: QUIT
		S~ ^\+OK
		S.
	END
	refute pop3 --check >"$WORLD/check"
	grep -q 'users.db: there is no such file; make it' "$WORLD/check"
}

@test "without one a pipe is whoever runs it; a database that was named must be there" {
	by_default
	printf 'STAT\r\nQUIT\r\n' | pop3 --user alice | grep -q '^+OK 2 '
	rm "$DATABASE"
	printf 'STAT\r\nQUIT\r\n' |
		pop3 --user alice -o "users=sqlite:$DATABASE" >"$WORLD/replies"
	grep -q '^-ERR \[SYS/PERM\]' "$WORLD/replies"
	refute grep -q '^+OK 2 ' "$WORLD/replies"
}
