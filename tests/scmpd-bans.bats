#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	account plain
	start_scmpd
}

teardown() { end_scmpd; }

# A connection over TCP that stays: its descriptor is $TO.
stays() { # [NAME]
	local line i
	exec {TO}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	read -r -t 60 -u "$TO" line
	[ $# = 1 ] || return 0
	printf 'USER %s\r\nPASS %s\r\n' "$1" "$PASSWORD" >&"$TO"
	for i in 1 2; do read -r -t 60 -u "$TO" line; done
	[[ $line == '+OK welcome'* ]]
}

is_closed() {
	refute grep -q . <(timeout 60 cat <&"$TO")
	exec {TO}>&-
}

@test "bans are listed with who, until when and why, and UNBAN wants one that is there" {
	local_says 'BAN user plain for=1h reason="two words"' 'BAN ip 192.0.2.0/24' \
		'BAN user nobody-yet' BANS 'UNBAN user plain' 'UNBAN user plain' \
		'UNBAN ip 192.0.2.0/25' 'UNBAN ip 192.0.2.0/24' BANS ALLOWS
	answers_are '+OK*' '+OK*' '+OK*' '+OK*' \
		'kind=ip what=192.0.2.0/24 until=never by=root reason=""' \
		'kind=user what=nobody-yet until=never by=root reason=""' \
		'kind=user what=plain until=[1-9]* by=root reason="two words"' . \
		'+OK*' '-ERR [[]NOTFOUND] *' '-ERR [[]NOTFOUND] *' '+OK*' '+OK*' \
		'kind=user what=nobody-yet *' . '+OK*' .
}

@test "what no ban can be is refused with its code" {
	local_says 'BAN' 'BAN user' 'BAN ip nonsense' 'BAN user .x' 'BAN group x' \
		'BAN user x for=0' 'BAN user x for=soon' 'BAN user x color=red' \
		'BAN user x for=1h for=2h' 'BAN user x y' BANS
	answers_are '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]RANGE] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *' '+OK*' .
}

@test "a banned network is turned away at the door, but for the Unix socket" {
	local_says 'BAN ip 127.0.0.0/8'
	answers_are '+OK*'
	SAID=$(bare timeout 60 nc 127.0.0.1 "$SCMP_PORT" </dev/null)
	[[ $SAID == '-ERR [BANNED] '* ]]
	local_says 'UNBAN ip 127.0.0.0/8'
	answers_are '+OK*'
	says chief WHOAMI
	answers_are '+OK user=chief*'
}

@test "RELOAD forgets no ban, also while somebody else writes the database" {
	need python3
	local line
	local_says 'BAN ip 127.0.0.0/8'
	SAID=$(bare timeout 60 nc 127.0.0.1 "$SCMP_PORT" </dev/null)
	[[ $SAID == '-ERR [BANNED] '* ]]
	coproc HOLDER { bare python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()' "$DATABASE"; }
	read -r -t 60 -u "${HOLDER[0]}" line
	[ "$line" = held ]
	local_says RELOAD
	answers_are '+OK*'
	SAID=$(bare timeout 60 nc 127.0.0.1 "$SCMP_PORT" </dev/null)
	echo >&"${HOLDER[1]}"
	wait "$HOLDER_PID" || true
	[[ $SAID == '-ERR [BANNED] '* ]]
	# What is changed later is in force as ever.
	local_says 'UNBAN ip 127.0.0.0/8'
	says chief WHOAMI
	answers_are '+OK user=chief*'
}

@test "a ban ends the connections of whom it is about at once" {
	stays plain
	local_says 'BAN user plain'
	is_closed
	stays chief
	local_says 'BAN ip 127.0.0.1'
	is_closed
}

@test "nobody bans himself, his network, or the last administrator" {
	says chief 'BAN user chief' 'BAN ip 127.0.0.1' 'BAN ip 127.0.0.0/8' \
		'BAN ip 0.0.0.0/0' 'BAN ip ::/0' BANS
	answers_are '-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *' \
		'-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *' '+OK*' '+OK*' \
		'kind=ip what=::/0 *' .
	local_says 'BAN user chief'
	answers_are '-ERR [[]CONFLICT] *'
}

@test "an allow list keeps others out, but not the machine itself" {
	local_says 'ALLOW ip 192.0.2.0/24' ALLOWS \
		'UNALLOW ip 192.0.2.1' 'UNALLOW ip 192.0.2.0/24' ALLOWS
	answers_are '+OK*' '+OK*' \
		'kind=ip what=192.0.2.0/24 until=never by=root reason=""' . \
		'-ERR [[]NOTFOUND] *' '+OK*' '+OK*' .
	local_says 'ALLOW ip 192.0.2.0/24'
	says chief WHOAMI
	answers_are '+OK user=chief*'
}

@test "a list of thousands of bans comes whole and in its order" {
	need python3
	python3 - "$DATABASE" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.executemany("INSERT INTO rules(kind,effect,what,created,author,reason)"
		               " VALUES(?,'ban',?,0,'x','')",
		               [("user", f"user{i:05}") for i in range(3000)] +
		               [("ip", f"10.0.{i // 256}.{i % 256}") for i in range(2000)])
		db.commit()
	END
	local_says BANS
	[ "$(grep -c '^kind=user what=user[0-9]* until=never' <<<"$SAID")" = 3000 ]
	[ "$(grep -c '^kind=ip what=10' <<<"$SAID")" = 2000 ]
	[ "$(grep '^kind=' <<<"$SAID" | LC_ALL=C sort -u | wc -l)" = 5000 ]
	[ "$(tail -n 1 <<<"$SAID")" = '+OK bye' ]
}

# Also where the damaged ones are as many as a piece of the list, and more.
@test "a damaged rule is passed over and named in the log, and hides no other" {
	need sqlite3
	local id
	local_says 'BAN user zoe'
	bare sqlite3 "$DATABASE" "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1
			FROM n WHERE i < 999)
		INSERT INTO rules(kind,effect,what,created,author,reason)
		SELECT 'user','ban','w' || i || char(0) || 'x',0,'','' FROM n;
		INSERT INTO rules(kind,effect,what,created,author,reason)
		VALUES('user','ban','aaron',0,'',''),
			('user','forbid','x',0,'','');"
	id=$(bare sqlite3 "$DATABASE" "SELECT id FROM rules WHERE effect='forbid'")
	local_says BANS ALLOWS
	answers_are '+OK*' 'kind=user what=aaron *' 'kind=user what=zoe *' . \
		'+OK*' .
	grep -q "BANS passes over the rule of id [0-9]*: what it is of" \
		"$WORLD/scmpd.log"
	[ "$(grep -c 'ALLOWS passes over the rule' "$WORLD/scmpd.log")" = 16 ]
	[ "$(grep -c 'ALLOWS passes over further rows' "$WORLD/scmpd.log")" = 1 ]
	bare sqlite3 "$DATABASE" "DELETE FROM rules WHERE instr(what, char(0))"
	local_says ALLOWS
	grep -q "ALLOWS passes over the rule of id $id: its effect" \
		"$WORLD/scmpd.log"
}
