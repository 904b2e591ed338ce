#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Which database scmp works on, and what it does where there is none, or one
# that cannot be used.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3 sqlite3
}

@test "without --offline nothing is done, and the remedy is told" {
	exits 6 bare "$BUILD/bin/scmp" --config "$WORLD/conf" user list 2>"$WORLD/said"
	said '--offline'
}

@test "where there is no database, the remedy is told, and nothing is made" {
	exits 6 scmp user list
	said "no database $DATABASE; .*scmp --offline db init"
	exits 6 adds alice
	[ ! -e "$DATABASE" ]
}

@test "db init makes folder and database, once" {
	scmp db init
	[ "$(stat -c %a "$DATABASE")" = 600 ]
	[ "$(scmp --json user list | tr -d '\n')" = '[]' ]
	exits 5 scmp db init
}

@test "as root with a group pop3-scmp, members of it can use the database" {
	need_root
	need unshare
	# shellcheck disable=SC2016 # of that shell
	bare unshare -m sh -euc '
		cp /etc/group "$1/group"
		echo pop3-scmp:x:54399: >>"$1/group"
		mount --bind "$1/group" /etc/group
		"$2" --offline --database "$1/new/users.db" db init
	' - "$WORLD" "$BUILD/bin/scmp"
	[ "$(stat -c '%a %u %g' "$WORLD/new")" = '2770 0 54399' ]
	[ "$(stat -c '%a %u %g' "$WORLD/new/users.db")" = '660 0 54399' ]
	chmod a+x "$WORLD"
	bare setpriv --reuid 54398 --regid 54398 --groups 54399 \
		"$BUILD/bin/scmp" --offline --database "$WORLD/new/users.db" \
		user add alice --no-password
}

@test "--database comes before the configuration, also as a relative path" {
	cd "$WORLD"
	scmp --database other.db db init
	[ -e "$WORLD/other.db" ]
	[ ! -e "$DATABASE" ]
	scmp --database "sqlite:$WORLD/other.db" user list
}

@test "of several stores of the configuration the first database is taken" {
	scmp -o "users=passwd-file:/none,sqlite:$WORLD/b.db,sqlite:$WORLD/c.db" \
		db init
	[ -e "$WORLD/b.db" ]
	[ ! -e "$WORLD/c.db" ]
}

@test "without a store of the kind it is users.db in state_dir" {
	scmp -o users=passwd-file:/none -o "state_dir=$WORLD/state" db init
	[ -e "$WORLD/state/users.db" ]
}

@test "a configuration that is wrong is named, and nothing is done" {
	echo 'mark_seen = perhaps' >>"$WORLD/conf"
	exits 2 scmp db init
	said "conf:[0-9]+.*mark_seen"
}

@test "what is no database, damaged or newer is not touched" {
	mkdir "$WORLD/db"
	echo 'This is a letter, and not a database.' >"$DATABASE"
	exits 6 scmp user list
	said 'not a database'
	rm "$DATABASE"
	scmp db init
	sqlite3 "$DATABASE" 'PRAGMA user_version = 1000'
	exits 6 scmp user list
	exits 6 adds alice
}

@test "a database that another program keeps locked is told of, not waited for long" {
	scmp db init
	coproc LOCK { bare sqlite3 -batch "$DATABASE"; }
	echo "BEGIN EXCLUSIVE; SELECT 'locked';" >&"${LOCK[1]}"
	read -r _ <&"${LOCK[0]}"
	exits 6 adds alice
	said 'another process'
	echo .quit >&"${LOCK[1]}"
	wait "$LOCK_PID" || true
	adds alice
}

@test "a slow reader of a list keeps no writer waiting" {
	local i
	scmp db init
	for ((i = 0; i < 2000; i++)); do echo "user$i:{PLAIN}staple"; done |
		scmp -q user import -
	mkfifo "$WORLD/pipe"
	bare "${SCMP[@]}" --json user list >"$WORLD/pipe" &
	exec 8<"$WORLD/pipe"
	read -r _ <&8 # it has begun to write, and cannot go on
	adds alice
	[ "$(cat <&8 | grep -c '"name"')" = 2000 ]
	wait $!
}

@test "output that cannot be written is an error" {
	scmp db init
	exits 1 scmp user list >/dev/full
	exits 1 scmp user list --json >/dev/full
}

@test "db check tells that a database is sound, and finds a damaged one" {
	scmp db init
	adds alice
	scmp db check | grep -q 'users: *1$'
	[ "$(scmp -q db check)" = '' ]
	# An index that names what is not in its table.
	sqlite3 "$DATABASE" "PRAGMA writable_schema = ON;
		UPDATE sqlite_schema SET rootpage =
		(SELECT rootpage FROM sqlite_schema WHERE name = 'settings')
		WHERE name = 'rules'"
	exits 6 scmp db check
}

@test "db backup writes a copy that can be used, and over no file" {
	scmp db init
	adds alice
	scmp db backup "$WORLD/copy.db"
	[ "$(stat -c %a "$WORLD/copy.db")" = 600 ]
	scmp --database "$WORLD/copy.db" -q user show alice | grep -q alice
	exits 5 scmp db backup "$WORLD/copy.db"
	exits 1 scmp db backup "$WORLD/none/copy.db"
	local name
	cd "$WORLD"
	for name in :memory: 'file:copy?mode=memory'; do
		scmp db backup "$name"
		scmp --database "$WORLD/$name" -q user show alice | grep -q alice
		exits 5 scmp db backup "$name"
	done
	exits 1 scmp db backup ''
}

@test "db migrate tells the version" {
	scmp db init
	scmp db migrate | grep -q 'version 2'
}

@test "who is added can log in, and who is disabled or deleted cannot" {
	scmp db init
	adds alice
	mkdir "$WORLD/mail/alice"
	as_mail_owner "$WORLD/mail/alice"
	OPTIONS+=(-o "users=sqlite:$DATABASE")
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS correct horse
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
	END
	scmp user disable alice
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS correct horse
		S~ ^-ERR \[AUTH\]
		C: QUIT
		S~ ^\+OK
	END
}
