#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Users from other programs' files, and back.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3 sqlite3
	scmp -q db init
}

fits() { # name password
	printf '%s\n' "$2" | scmp -q pw check "$1" --password-fd 0
}

@test "a passwd-file of Dovecot is imported with all that it says" {
	cat >"$WORLD/file" <<-'FILE'
		# a comment

		alice:{PLAIN}staple:2000:2001:Alice A,room 1:/home/alice::userdb_mail=maildir:~/Mail allow_nets=192.0.2.0/24
		bob:{PLAIN}staple::::::nologin userdb_quota_rule=*:bytes=1G
		carol:{PLAIN}staple::::::allow_nets=local,192.0.2.1 user=bob
	FILE
	scmp user import "$WORLD/file" >"$WORLD/sum"
	grep -qx '3 added, 0 updated, 0 skipped, 0 refused.' "$WORLD/sum"
	said 'line 4 has the word userdb_quota_rule'
	[ "$(field alice uid)" = 2000 ]
	[ "$(field alice display_name)" = '"Alice A"' ]
	[ "$(field alice home)" = '"/home/alice"' ]
	[ "$(field alice maildir)" = '"%h/Mail"' ]
	[ "$(field alice networks)" = '["192.0.2.0/24"]' ]
	[ "$(field bob enabled)" = false ]
	fits carol staple
	[ "$(field carol networks)" = '["local", "192.0.2.1"]' ]
	[ "$(field carol maildir)" = "\"$WORLD/mail/bob\"" ]
}

@test "lines of /etc/shadow are imported; locked and expired ones are disabled" {
	need openssl
	local hash
	hash=$(openssl passwd -6 staple)
	cat >"$WORLD/shadow" <<-FILE
		root:*:19000:0:99999:7:::
		alice:$hash:19000:0:99999:7:::
		bob:!$hash:19000:0:99999:7:::
		carol:$hash:19000:0:99999:7::19001:
		dora:$hash:0:0:99999:7:::
		erin::19000:0:99999:7:::
		old:abJnggxhB/yWI:19000:0:99999:7:::
	FILE
	exits 3 scmp user import "$WORLD/shadow" >"$WORLD/sum"
	grep -q '^6 added, .* 1 refused' "$WORLD/sum"
	said 'line 1 \(user root\) is an account that nobody logs in to'
	fits alice staple
	[ "$(field bob enabled)" = false ]
	fits bob staple
	[ "$(field carol enabled)" = false ]
	[ "$(field dora must_change)" = true ]
	[ "$(field erin enabled)" = false ]
	[ "$(field old scheme)" != null ]
}

@test "popser's authfile becomes a user for APOP and for passwords" {
	printf 'username = alice\npassword = staple battery \n' >"$WORLD/auth"
	scmp user import "$WORLD/auth"
	fits alice 'staple battery '
	[ "$(field alice apop_secret)" = true ]
	printf 'username = bob\npassword\n' >"$WORLD/auth"
	exits 3 scmp user import --format authfile "$WORLD/auth"
	said 'line 2'
}

@test "what export writes, import makes again, from JSON and from a passwd-file" {
	adds alice --uid 2000 --gid 2001 --role admin --comment 'a "remark"' \
		--networks 192.0.2.0/24,::1 --max-sessions 4 --disabled
	printf 'apop\n' | scmp -q user passwd alice --secret-fd 0
	adds bob --home /home/bob --maildir '%h/Maildir' --display-name Bob
	scmp user export >"$WORLD/all.json"
	scmp user export --format passwd bob >"$WORLD/bob"
	scmp -q user del alice bob
	scmp user import "$WORLD/all.json"
	scmp user export | cmp - "$WORLD/all.json"
	scmp -q user del bob
	scmp user import - <"$WORLD/bob"
	scmp user export | cmp - "$WORLD/all.json"
}

@test "export tells what a passwd-file has no place for, and leaves out what it cannot write" {
	adds alice --comment remark
	adds 'with:colon'
	exits 3 scmp user export --format passwd >"$WORLD/file"
	said 'with:colon is left out'
	said 'passwd-files have no place'
	[ "$(cut -d: -f1 "$WORLD/file")" = alice ]
}

# A comment would be another user's line.
@test "what another program has put into a row cannot forge a passwd-file's line" {
	local column value fault
	adds alice
	while read -r column value fault; do
		sqlite3 "$DATABASE" "UPDATE users SET $column = '$value' ||
			char(10) || 'mallory:{PLAIN}x'"
		exits 3 scmp user export --format passwd >"$WORLD/file"
		said "alice is left out: $fault"
		[ ! -s "$WORLD/file" ]
		# As JSON it can be written, but not taken back.
		scmp user export >"$WORLD/list"
		[ "$(wc -l <"$WORLD/list")" = 1 ]
		exits 3 scmp user import --update "$WORLD/list"
		said "line 1 .user alice. is refused: the ${column/_/ }"
		sqlite3 "$DATABASE" "UPDATE users SET $column = NULL"
	done <<-'END'
		home /x the home
		display_name x the display name
		password {PLAIN}x the stored password
	END
	for column in comment maildir; do
		sqlite3 "$DATABASE" "UPDATE users SET
			$column = '/x' || char(10) || 'mallory:{PLAIN}x'"
		[ "$(scmp user export --format passwd | grep -c mallory)" = 0 ]
		scmp user change alice "--${column/_/-}" ''
	done
	scmp user export --format passwd >"$WORLD/file"
	[ "$(wc -l <"$WORLD/file")" = 1 ]
}

@test "who fits several masks is exported once" {
	local name
	for name in ab 'a[b' alice bob; do adds "$name"; done
	scmp user export 'a*' '*b' 'a[b' | grep -o '"name":"[^"]*"' >"$WORLD/list"
	[ "$(tr '\n' ' ' <"$WORLD/list")" = \
		'"name":"a[b" "name":"ab" "name":"alice" "name":"bob" ' ]
}

@test "each refused line is named with number and reason, the others are imported" {
	cat >"$WORLD/file" <<-'FILE'
		alice:{PLAIN}staple
		no fields
		bob:{ROT13}fgncyr
		carol:x:1000:1000
		dora:{PLAIN}staple:0
		al/ice:{PLAIN}staple
		alice:{PLAIN}again
	FILE
	exits 3 scmp user import --format passwd "$WORLD/file" >"$WORLD/sum"
	grep -qx '1 added, 0 updated, 0 skipped, 6 refused.' "$WORLD/sum"
	said ': line 2 must be'
	said ': line 3 \(user bob\) has a password that cannot be used'
	said ': line 4 \(user carol\) has its password in another file'
	said ': line 5 \(user dora\) must have a number'
	said ': line 6 \(user al/ice\) has a name that cannot be'
	said ': line 7 \(user alice\) is there already'
	refute said 'fgncyr|staple'
}

@test "--strict imports nothing if a line is refused, --dry-run nothing at all" {
	printf 'alice:{PLAIN}staple\nbad\n' >"$WORLD/file"
	exits 3 scmp user import --strict "$WORLD/file"
	exits 4 scmp user show alice
	sed -i 2d "$WORLD/file"
	scmp user import --dry-run "$WORLD/file" | grep -q '^Nothing was changed. Would be: 1 added'
	exits 4 scmp user show alice
	scmp user import --strict "$WORLD/file"
}

@test "users who are there are refused, updated or passed over" {
	adds alice --role admin --comment kept
	printf 'alice:{PLAIN}staple:2000\n' >"$WORLD/file"
	exits 3 scmp user import "$WORLD/file"
	scmp user import --skip "$WORLD/file" | grep -q '1 skipped'
	fits alice "$PASSWORD"
	scmp user import --update "$WORLD/file" | grep -q '1 updated'
	fits alice staple
	[ "$(field alice comment)" = '"kept"' ]
	[ "$(field alice role)" = '"admin"' ]
	[ "$(field alice uid)" = 2000 ]
	exits 2 scmp user import --update --skip "$WORLD/file"
}

@test "an update lets nobody in again, and takes nothing away that its line has no word of" {
	need openssl
	local hash json member
	hash=$(openssl passwd -6 staple)
	adds alice --disabled --networks 192.0.2.0/24 --uid 2000 --gid 2001 \
		--home /home/alice --maildir '%h/M' --display-name Alice \
		--must-change
	json=$(scmp --json user show alice)
	echo 'alice:{PLAIN}staple' >"$WORLD/file"
	scmp user import --update "$WORLD/file" >"$WORLD/sum"
	fits alice staple
	grep -q '^Of those updated, 1 were disabled, and stay so' "$WORLD/sum"
	echo "alice:$hash:19000:0:99999:7:::" >"$WORLD/file"
	scmp --json user import --update "$WORLD/file" >"$WORLD/sum"
	grep -q '"enabled":0,"left_disabled":1' "$WORLD/sum"
	for member in enabled must_change networks uid gid home maildir \
		display_name; do
		[ "$(field alice "$member")" = "$(json "it['$member']" \
			<<<"$json")" ]
	done
	# What it has words for is changed.
	scmp -q user enable alice
	echo 'alice:!{PLAIN}staple:3000:3001:A:/a::userdb_mail=maildir:/b allow_nets=::1' \
		>"$WORLD/file"
	scmp user import --update "$WORLD/file" >"$WORLD/sum"
	refute grep -q 'disabled' "$WORLD/sum"
	[ "$(field alice enabled)" = false ]
	[ "$(field alice networks)" = '["::1"]' ]
	[ "$(field alice uid)$(field alice gid)" = 30003001 ]
	[ "$(field alice home)$(field alice maildir)" = '"/a""/b"' ]
	[ "$(field alice display_name)" = '"A"' ]
	# JSON says it.
	printf '%s\n' '{"name":"alice","enabled":true,"networks":null}' \
		>"$WORLD/file"
	scmp user import --update "$WORLD/file" >"$WORLD/sum"
	grep -q '^Of those updated, 1 can log in again' "$WORLD/sum"
	[ "$(field alice enabled)" = true ]
	[ "$(field alice networks)" = '[]' ]
}

@test "another user's mail, and an account that has expired, are updated, too" {
	adds bob
	printf '%s\n' 'bob:{PLAIN}staple::::::user=alice' >"$WORLD/file"
	scmp -q user import --update "$WORLD/file"
	[ "$(field bob maildir)" = "\"$WORLD/mail/alice\"" ]
	printf '%s\n' 'bob:{PLAIN}staple::::::user=bob' >"$WORLD/file"
	scmp -q user import --update "$WORLD/file"
	[ "$(field bob maildir)" = "\"$WORLD/mail/alice\"" ]
	printf '%s\n' 'bob:!:0:0:99999:7::1:' | sed 's/!/abJnggxhB\/yWI/' \
		>"$WORLD/file"
	scmp -q user import --update "$WORLD/file"
	[ "$(field bob enabled)" = false ]
	[ "$(field bob must_change)" = true ]
}

@test "a row that is locked by a mark is exported and imported as it is" {
	local mark
	adds alice
	for mark in '!' '*' '!!'; do
		sqlite3 "$DATABASE" "UPDATE users SET password =
			'$mark' || ltrim(password, '!*')"
		scmp user export >"$WORLD/all.json"
		grep -qF "\"password\":\"$mark{SSHA512}" "$WORLD/all.json"
		scmp -q user del alice
		scmp user import "$WORLD/all.json"
		scmp user export | cmp - "$WORLD/all.json"
	done
	printf '%s\n' '{"name":"bob","password":"!"}' \
		'{"name":"carol","password":"!{ROT13}x"}' >"$WORLD/file"
	exits 3 scmp user import "$WORLD/file"
	said 'line 2 .user carol. has a password that cannot be used'
	[ "$(field bob name)" = '"bob"' ]
}

@test "JSON that is not a user is refused with its line" {
	cat >"$WORLD/file" <<-'FILE'
		{"name":"alice","password":"{PLAIN}staple"}
		{"name":"bob",
		{"name":"bob","shoesize":44}
		{"name":"bob","uid":"2000"}
		{"name":"bob","name":"carol"}
		{"password":"{PLAIN}staple"}
	FILE
	exits 3 scmp --json user import "$WORLD/file" >"$WORLD/sum"
	[ "$(cat "$WORLD/sum")" = \
		'{"added":1,"updated":0,"skipped":0,"refused":5,"changed":true,"enabled":0,"left_disabled":0}' ]
	said 'line 3 .user bob. has a member that users do not have'
}

@test "JSON with a role that there is not is refused, and those that there are told" {
	scmp -q role set helpdesk users.read
	printf '%s\n' '{"name":"alice","role":"helpdesk"}' \
		'{"name":"bob","role":"king"}' '{"name":"carol","role":""}' \
		>"$WORLD/file"
	exits 3 scmp user import "$WORLD/file"
	said 'line 2 .user bob. is refused: there is no role king .only user, viewer, operator, admin, helpdesk.'
	said 'line 3 .user carol. is refused: a role must have a name'
	[ "$(field alice role)" = '"helpdesk"' ]
	exits 4 scmp user show bob
}

@test "a line may have 16 KiB, and no more" {
	printf '{"name":"alice","comment":"x"%*s}\r\n' 16354 '' >"$WORLD/file"
	printf '{"name":"bob","comment":"x"%*s}\n' 16357 '' >>"$WORLD/file"
	printf '{"name":"carol"}' >>"$WORLD/file"
	exits 3 scmp user import "$WORLD/file"
	said 'line 2 is over 16 KiB'
	[ "$(scmp --no-header user list | awk '{printf "%s ", $1}')" = \
		'alice carol ' ]
}

@test "a long import tells how far it is where it is asked to, and only there" {
	local i
	for ((i = 0; i < 10000; i++)); do echo "user$i:{PLAIN}staple"; done \
		>"$WORLD/file"
	scmp user import "$WORLD/file"
	[ ! -s "$WORLD/said" ]
	scmp user import --skip --progress "$WORLD/file"
	said '^10000 lines, 100 %$'
	[ "$(scmp --no-header user list | wc -l)" = 10000 ]
}

@test "an import that is killed leaves the database as it was" {
	need strace
	local when
	adds alice
	printf '%s\n' 'bob:{PLAIN}staple' 'carol:{PLAIN}staple' >"$WORLD/file"
	# Of a commit the journal is written, then the database: in the end
	# there is something to undo.
	for when in 1 2 3 4; do
		ASAN_OPTIONS=detect_leaks=0 bare strace -f -qq \
			-o "$WORLD/strace" -e trace=fdatasync,fsync \
			-e "inject=fdatasync,fsync:signal=KILL:when=$when" \
			"${SCMP[@]}" user import "$WORLD/file" || true
		grep -q KILL "$WORLD/strace"
		[ -e "$DATABASE-journal" ]
		[ "$(scmp --no-header user list | awk '{print $1}')" = alice ]
	done
	scmp db check
	scmp user import "$WORLD/file"
}
