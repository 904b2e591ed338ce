#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Users in the database: adding, showing, changing, deleting; lists for people
# and for programs.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3 sqlite3
	scmp -q db init
}

@test "what is given for a user is what is shown" {
	adds alice --maildir '/var/vmail/%d/%n' --home /home/alice --uid 2000 \
		--gid 2001 --role operator --networks '192.0.2.7, local,2001:DB8::/32' \
		--max-sessions 3 --display-name 'Alice Ä' --comment 'a remark' \
		--must-change --disabled
	[ "$(scmp --json user show alice | sed 's/,"created.*//')" = \
		'{"name":"alice","role":"operator","enabled":false,"scheme":"SSHA512","apop_secret":false,"must_change":true,"maildir":"/var/vmail/%d/%n","home":"/home/alice","uid":2000,"gid":2001,"networks":["192.0.2.7/32","local","2001:db8::/32"],"max_sessions":3,"display_name":"Alice Ä","comment":"a remark"' ] ||
		{
			scmp --json user show alice
			return 1
		}
	refute grep -q "$PASSWORD" <(scmp user show alice)
}

@test "what cannot be a value is refused, and names the option" {
	local option
	for option in '--maildir mail/%u' '--maildir /x/%q' '--maildir /x//y' \
		'--maildir /x/./y' '--maildir /x/../%u' '--maildir %h/..' \
		'--home here' \
		'--uid 0' '--networks example.org' '--role king'; do
		# shellcheck disable=SC2086 # words
		refute adds alice $option
		said "${option%% *}"
	done
	exits 4 adds alice --role king
	said 'only user, viewer, operator, admin'
	for option in --maildir --home --display-name --comment; do
		exits 3 adds alice "$option" $'/a\nb'
		said "$option: has a control character"
	done
	exits 2 adds alice --uid minus
	exits 2 adds alice --male x
	exits 3 adds ../alice
	exits 3 adds .alice
	exits 4 scmp user show alice
}

@test "a name that is taken is refused before a password is asked for" {
	adds alice
	exits 5 bare setsid -w "${SCMP[@]}" user add alice </dev/null
	exits 5 scmp user change alice --rename alice
}

@test "change changes what is named and nothing else; an empty value is none" {
	adds alice --uid 2000 --comment old
	scmp user change alice --comment new --max-sessions 2
	[ "$(field alice comment)" = '"new"' ]
	[ "$(field alice uid)" = 2000 ]
	scmp user change alice --uid '' --comment ''
	[ "$(field alice uid)" = null ]
	[ "$(field alice comment)" = null ]
	[ "$(field alice max_sessions)" = 2 ]
	exits 2 scmp user change alice
	exits 4 scmp user change nobody --comment x
}

@test "who is renamed keeps the mail where it is" {
	adds alice
	scmp user change alice --rename bob
	exits 4 scmp user show alice
	[ "$(field bob maildir)" = "\"$WORLD/mail/alice\"" ]
}

@test "several names are done one after another, also behind one that fails" {
	adds alice
	adds bob
	exits 4 scmp user disable alice nobody bob
	[ "$(field bob enabled)" = false ]
	scmp user enable alice bob
	[ "$(field alice enabled)" = true ]
	scmp user del alice bob
	[ "$(scmp --json user list | tr -d '\n')" = '[]' ]
}

@test "what is changed for several names is one transaction" {
	need strace
	local one name when state
	calls() {
		ASAN_OPTIONS=detect_leaks=0 bare strace -f -qq \
			-o "$WORLD/strace" -e trace=fdatasync,fsync "$@"
	}
	for name in a b c; do adds "$name"; done
	calls "${SCMP[@]}" user change a --comment x
	one=$(wc -l <"$WORLD/strace")
	calls "${SCMP[@]}" user change a b c --comment y
	[ "$(wc -l <"$WORLD/strace")" = "$one" ]
	[ "$(field c comment)" = '"y"' ]
	# Killed at any moment of the commit, it was for all or for none.
	for ((when = 1; when <= one; when++)); do
		calls -e "inject=fdatasync,fsync:signal=KILL:when=$when" \
			"${SCMP[@]}" user disable a b c || true
		grep -q KILL "$WORLD/strace"
		state=$(scmp --json user list | grep -o '"enabled":[a-z]*' |
			sort -u)
		[ "$(wc -l <<<"$state")" = 1 ]
	done
}

@test "of several names nothing is done, and nothing told, where the disk is full" {
	need strace
	local fault state
	local -a plain=("${SCMP[@]}")
	for name in a b c; do adds "$name"; done
	# The first page that is kept for the way back, and the commit.
	for fault in pwrite64:error=ENOSPC fdatasync,fsync:error=EIO; do
		SCMP=(env ASAN_OPTIONS=detect_leaks=0 strace -f -qq
			-o "$WORLD/strace" -P "$DATABASE-journal"
			-e "inject=$fault:when=1" "${plain[@]}")
		exits 6 scmp user disable a b c >"$WORLD/told"
		grep -q INJECTED "$WORLD/strace"
		said 'nothing of this was done'
		[ ! -s "$WORLD/told" ]
		# A terminal shows each line at once.
		exits 6 person_answers -- user disable a b c >"$WORLD/told"
		grep -q 'nothing of this was done' "$WORLD/told"
		refute grep -q 'log in' "$WORLD/told"
		SCMP=("${plain[@]}")
		state=$(scmp --json user list | grep -o '"enabled":[a-z]*' |
			sort -u)
		[ "$state" = '"enabled":true' ]
	done
	scmp user disable a b c >"$WORLD/told"
	[ "$(wc -l <"$WORLD/told")" = 3 ]
}

@test "names are those that a login would look up" {
	cat >>"$WORLD/conf" <<-'CONF'
		username_case = lower
		default_domain = example.org
	CONF
	adds Alice
	[ "$(field ALICE@example.org name)" = '"alice@example.org"' ]
	scmp user del aLice
}

@test "a table has a header, aligned columns, and no more than the terminal is wide" {
	adds alice --display-name '漢字 is two wide' --uid 2000
	adds bob --display-name 'short' --uid 30000
	scmp user list >"$WORLD/table"
	[ "$(sed -n 1p "$WORLD/table")" = \
		'NAME   ROLE  ENABLED  SCHEME     UID  MAILDIR  DISPLAY NAME' ]
	[ "$(sed -n 2p "$WORLD/table")" = \
		'alice  user  yes      SSHA512   2000  -        漢字 is two wide' ]
	[ "$(sed -n 3p "$WORLD/table")" = \
		'bob    user  yes      SSHA512  30000  -        short' ]
	[ "$(scmp --no-header user list bob)" = \
		'bob  user  yes  SSHA512  30000  -  short' ]
	bare python3 "$REPOSITORY/tests/lib/answering.py" -w 57 -- \
		"${SCMP[@]}" user list >"$WORLD/table"
	# (The two wide letters take four columns.)
	[ "$(sed -n 2p "$WORLD/table")" = \
		'alice  user  yes      SSHA512   2000  -        漢字 is t…' ] ||
		{
			cat "$WORLD/table"
			return 1
		}
	bare python3 "$REPOSITORY/tests/lib/answering.py" -w 200 -- \
		"${SCMP[@]}" user list | grep -q '漢字 is two wide$'
	for table in 'pw schemes' 'policy list' 'role list'; do
		# shellcheck disable=SC2086 # words
		bare python3 "$REPOSITORY/tests/lib/answering.py" -w 80 -- \
			"${SCMP[@]}" $table | tr -d '\r' >"$WORLD/table"
		[ "$(LC_ALL=C.UTF-8 wc -L <"$WORLD/table")" -le 80 ]
		[ "$(wc -l <"$WORLD/table")" -gt 3 ]
	done
}

@test "control characters never reach the terminal" {
	adds alice
	sqlite3 "$DATABASE" "UPDATE users SET
		comment = 'red ' || char(27) || '[31m' || char(9) || 'and' ||
		char(10) || ' more'"
	scmp user show alice | grep -qF 'red \x1b[31m\x09and\x0a more'
	refute scmp user show $'x\e[31m'
	refute said $'\e'
}

@test "masks, parts and orders choose what is listed" {
	local name
	for name in carol alice bob dora@example.org; do
		adds "$name" --uid "$((2000 + ${#name}))"
	done
	scmp user change bob --role admin --disabled
	names() {
		scmp --no-header user list "$@" | awk '{printf "%s ", $1}'
	}
	[ "$(names)" = 'alice bob carol dora@example.org ' ]
	[ "$(names '*@*')" = 'dora@example.org ' ]
	[ "$(names '?ob')" = 'bob ' ]
	[ "$(names '*o*' 'bob')" = 'bob carol dora@example.org ' ]
	[ "$(names --offset 1 --limit 2)" = 'bob carol ' ]
	[ "$(names --sort -name --limit 2)" = 'dora@example.org carol ' ]
	[ "$(names --sort uid --offset 1 --limit 2)" = 'alice carol ' ]
	[ "$(names --disabled)" = 'bob ' ]
	[ "$(names --enabled --role user --limit 1)" = 'alice ' ]
	exits 2 scmp user list --sort shoesize
	exits 2 scmp user list --sort connected
	exits 2 scmp user list --limit -1
}

@test "a row that another program has spoilt hides none of the others" {
	adds alice
	adds bob
	adds carol
	sqlite3 "$DATABASE" "UPDATE users SET uid = 0 WHERE name = 'bob'"
	exits 6 scmp --no-header user list >"$WORLD/table"
	said 'user bob: the uid must be'
	[ "$(awk '{printf "%s ", $1}' "$WORLD/table")" = 'alice carol ' ]
	exits 6 scmp --json user list --sort -name >"$WORLD/list"
	python3 -c '
import json, sys
assert [u["name"] for u in json.load(sys.stdin)] == ["carol", "alice"]' \
		<"$WORLD/list"
	exits 3 scmp user export >"$WORLD/list"
	[ "$(wc -l <"$WORLD/list")" = 2 ]
}

@test "JSON is what a parser takes, whatever is in it" {
	adds 'quo"te'
	sqlite3 "$DATABASE" "UPDATE users SET
		comment = 'a\\b \"c\"' || char(10)"
	adds $'latin\xe9' --comment $'\xff'
	scmp --json user list | python3 -c '
import json, sys
users = json.load(sys.stdin)
assert [u["name"] for u in users] == ["latin\ufffd", "quo\"te"], users
assert users[1]["comment"] == "a\\b \"c\"\n", users
assert users[0]["maildir"] is None'
	scmp --json bans | python3 -c 'import json,sys; assert json.load(sys.stdin) == []'
	scmp --json role list | python3 -c 'import json,sys; json.load(sys.stdin)'
	scmp --json pw schemes | python3 -c 'import json,sys; json.load(sys.stdin)'
	scmp --json db check | python3 -c 'import json,sys; json.load(sys.stdin)'
}

@test "bans and allows are kept with end, reason and author" {
	scmp ban ip 192.0.2.77/24 --for 2h --reason guessing
	scmp ban user alice
	scmp allow ip 2001:DB8::1
	scmp --json bans | python3 -c '
import json, sys, time
bans = {b["what"]: b for b in json.load(sys.stdin)}
net = bans["192.0.2.0/24"]
assert 7000 < net["until"] - time.time() < 7300, net
assert net["reason"] == "guessing" and net["kind"] == "ip" and net["by"]
assert bans["alice"]["until"] is None'
	scmp allows | grep -q '2001:db8::1/128'
	scmp unban ip 192.0.2.0/24
	exits 4 scmp unban ip 192.0.2.0/24
	scmp unban user alice
	scmp unallow ip 2001:db8::1
	[ "$(scmp --json bans | tr -d '\n')" = '[]' ]
	exits 3 scmp ban ip example.org
	exits 2 scmp ban ip 192.0.2.1 --for ever
}

@test "roles are made of known rights, and those that somebody has stay" {
	scmp role set helpdesk users.read users.password
	adds alice --role helpdesk
	exits 3 scmp role del helpdesk
	scmp user change alice --role user
	scmp role del helpdesk
	exits 4 scmp role del helpdesk
	exits 3 scmp role set admin users.read
	exits 3 scmp role set helpdesk everything
	exits 3 scmp role set Help users.read
}

@test "help is told for all, for one kind, and for one command" {
	scmp --help | grep -q 'user import'
	scmp user --help | grep -q 'user purge'
	refute grep -q 'db init' <(scmp user --help)
	scmp user add --help | grep -q -- '--password-fd N'
	scmp user add --help | grep -qFx \
		'Usage: scmp [--offline] user add [OPTION]... NAME'
	refute grep -q 'user del' <(scmp user add --help)
	exits 2 scmp user add
	said 'wants NAME \(see scmp user add --help\)'
	exits 2 scmp
	exits 2 scmp user frobnicate
	exits 2 scmp frobnicate --help
	said 'frobnicate: there is no such command'
	exits 2 scmp user frobnicate --help
	exits 2 scmp usr list
	said 'did you mean user\?'
	exits 2 scmp user delete alice --help
	said 'did you mean user del\?'
	exits 2 scmp user list --generate
	scmp --version | grep -q '^scmp [0-9]'
}

@test "a word that has a list is that list alone; others tell their help" {
	local noun
	adds bob
	for noun in $(scmp --help | sed -n 's/^  \([a-z]*\) [a-z]*\( .*\|$\)/\1/p' |
		sort -u); do
		scmp "$noun" --help >"$WORLD/help" 2>&1
		if grep -q "^  $noun list" "$WORLD/help"; then
			scmp "$noun" list >"$WORLD/list"
			[ -s "$WORLD/list" ]
			scmp "$noun" | diff "$WORLD/list" -
			scmp "$noun" --json | json 'type(it) is list' |
				grep -qx true
		elif grep -q "^  $noun [a-z]" "$WORLD/help"; then
			exits 2 scmp "$noun"
			diff "$WORLD/help" "$WORLD/said"
		fi
		echo "$noun" >>"$WORLD/seen"
	done
	printf '%s\n' ban policy role user | comm -23 - "$WORLD/seen" | diff /dev/null -
}

@test "the option that is wrong is named, and no other word" {
	exits 2 scmp -qx user list
	said '^scmp: -x: there is no such option'
	exits 2 scmp -yqc
	said '^scmp: -c: wants a value'
	exits 2 scmp user list -pxyzzy
	said '^scmp: -p: there is no such option'
	refute said xyzzy
	exits 2 scmp --jsn
	said '^scmp: --jsn: .*did you mean --json\?'
	exits 2 scmp --no user list
	said '^scmp: --no: could be --no-header, --no-'
	exits 2 scmp --json=xyzzy user list
	said '^scmp: --json: takes no value'
	refute said xyzzy
}

@test "the environment changes nothing but the time zone and the author" {
	adds alice
	TZ=UTC-5 scmp user list --json | cmp - <(scmp --json user list)
	# Options stay options behind words.
	POSIXLY_CORRECT=1 COLUMNS=20 scmp user list --no-header |
		cmp - <(scmp --no-header user list)
	scmp ban user alice
	SUDO_USER=$'someone\e' scmp ban user bob
	scmp --json bans | python3 -c '
import json, sys
assert [b["by"] == "someone\\x1b" for b in json.load(sys.stdin)] == [False, True]'
	sqlite3 "$DATABASE" 'UPDATE users SET created = 0'
	TZ=UTC-5 scmp user show alice | grep -q '^created: *1970-01-01 05:00$'
}

@test "the manual has every command and option" {
	need mandoc
	local page=$BUILD/man/scmp.1
	[ -e "$page" ] || skip "the manual is not built"
	scmp --help | grep -oE -- '--[a-z-]+' | sort -u >"$WORLD/options"
	grep -q -- --quiet "$WORLD/options"
	while read -r option; do
		mandoc "$page" | col -b | grep -qF -- "$option"
	done <"$WORLD/options"
	mandoc "$page" | col -b | grep -q 'user import \[file\]'
	[ "$(mandoc "$page" | col -b | sed -n '/^EXIT STATUS/,/^EXAMPLES/p' |
		grep -cE '^[[:space:]]+[0-6][[:space:]]')" = 7 ]
}
