#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What becomes of mail, bans and index when a user is given another name, or
# another place.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3
	scmp -q db init
}

@test "the output of a rename says where the mail stays" {
	adds alice
	scmp user change alice --rename bob >"$WORLD/told"
	grep -qF "stays in $WORLD/mail/alice;" "$WORLD/told"
	exits 4 scmp user show alice
	[ "$(field bob maildir)" = "\"$WORLD/mail/alice\"" ]
}

@test "who is renamed finds the mail at the next login, also that of a template of one's own" {
	mkdir -p "$WORLD/mail/100%"
	as_mail_owner "$WORLD/mail"
	mailbox 100%/alice
	mails 100%/alice 2
	adds alice --maildir "$WORLD/mail/100%%/%n"
	scmp user change alice --rename bob
	dialogue -o "users=sqlite:$DATABASE" <<-END
		S~ ^\+OK
		C: USER bob
		S~ ^\+OK
		C: PASS $PASSWORD
		S~ ^\+OK
		C: STAT
		S~ ^\+OK 2
		C: QUIT
		S~ ^\+OK
	END
}

@test "the place from before is what is kept when a new home comes with the name" {
	adds alice --home "$WORLD/one" --maildir '%h/Maildir'
	scmp user change alice --rename bob >"$WORLD/told"
	refute grep -q stays "$WORLD/told"
	[ "$(field bob maildir)" = '"%h/Maildir"' ]
	scmp user change bob --rename carol --home "$WORLD/two"
	[ "$(field carol maildir)" = "\"$WORLD/one/Maildir\"" ]
	[ "$(field carol home)" = "\"$WORLD/two\"" ]
}

@test "who is added where mail is already is told of it, and whose it is" {
	adds alice
	scmp user add bob --no-password >"$WORLD/told"
	refute grep -q mail "$WORLD/told"
	mkdir -p "$WORLD/mail/alice" "$WORLD/mail/carol"
	scmp user add carol --no-password >"$WORLD/told"
	grep -qxF "There is mail in $WORLD/mail/carol already, which carol has now." \
		"$WORLD/told"
	[ ! -s "$WORLD/said" ]
	scmp -q user change alice --rename dora
	adds alice
	said "alice: the mail in $WORLD/mail/alice is that of user dora, too"
	ln -s alice "$WORLD/mail/erin"
	adds erin
	said 'user (dora|alice), too'
	# Nothing is told for a fact that could not be looked at.
	scmp user del erin
	mkdir -p "$WORLD/mail/gina"
	adds zed
	sqlite3 "$DATABASE" "UPDATE users SET uid = 0 WHERE name = 'zed'"
	scmp user add gina --no-password >"$WORLD/told"
	refute grep -q 'There is mail' "$WORLD/told"
	said "there is mail in $WORLD/mail/gina already, and whose it is besides gina cannot be seen: ."
	sqlite3 "$DATABASE" "DELETE FROM users WHERE name = 'zed'"
	# Who names the place knows it.
	adds frank --maildir "$WORLD/mail/alice"
	[ ! -s "$WORLD/said" ]
}

@test "mail that a change leaves behind is told" {
	mkdir -p "$WORLD/mail/alice"
	adds alice
	scmp user change alice --maildir "$WORLD/mail/%u.d" >"$WORLD/told"
	grep -qF "$WORLD/mail/alice is not moved; logins look in $WORLD/mail/alice.d" \
		"$WORLD/told"
	mkdir "$WORLD/mail/alice.d"
	scmp user change alice --rename bob --maildir '' >"$WORLD/told"
	grep -qF "$WORLD/mail/alice.d is not moved; logins look in $WORLD/mail/bob " \
		"$WORLD/told"
	[ "$(field bob maildir)" = null ]
	scmp user change bob --maildir "$WORLD/mail/x" >"$WORLD/told"
	refute grep -q moved "$WORLD/told"
}

@test "whoever is banned is so under a new name" {
	local name
	bans() {
		scmp --json bans | python3 -c '
import json, sys
for b in json.load(sys.stdin):
    print(b["what"], bool(b["until"]), b["reason"], end=" ")'
	}
	for name in alice bob; do
		adds "$name"
	done
	scmp ban ip 192.0.2.1 --reason address
	scmp ban user alice --reason spam
	scmp user change alice --rename carol >"$WORLD/told"
	grep -q 'ban of alice is that of carol' "$WORLD/told"
	[ "$(bans)" = '192.0.2.1/32 False address carol False spam ' ]
	# The longer one wins, whichever it is.
	scmp ban user dora --for 1h --reason short
	scmp user change carol --rename dora
	[ "$(bans)" = '192.0.2.1/32 False address dora False spam ' ]
	scmp ban user bob --for 1h --reason short
	scmp user del dora
	scmp user change bob --rename dora
	[ "$(bans)" = '192.0.2.1/32 False address dora False spam ' ]
	scmp user change dora --rename erin --comment x >"$WORLD/told"
	scmp unban user erin
	scmp ban user erin --for 1h --reason short
	scmp ban user frank --for 2h --reason longer
	scmp user change erin --rename frank
	[ "$(bans)" = '192.0.2.1/32 False address frank True longer ' ]
	scmp unban user frank
	scmp user change frank --rename gert >"$WORLD/told"
	refute grep -q ban "$WORLD/told"
}

@test "a rename whose bans cannot come along is none" {
	adds alice
	scmp ban user alice
	python3 -c '
import sqlite3, sys
sqlite3.connect(sys.argv[1]).executescript(
    "CREATE TRIGGER t BEFORE DELETE ON rules "
    "BEGIN SELECT RAISE(ABORT, \"no\"); END")' "$DATABASE"
	refute scmp user change alice --rename bob
	scmp -q user show alice >"$WORLD/told"
	exits 4 scmp user show bob
	scmp --no-header bans | grep -q alice
	refute grep -q bob <(scmp --no-header bans)
}

@test "who is renamed leaves no index in index_dir" {
	SCMP+=(-o "index_dir=$WORLD/index/%u")
	mkdir -p "$WORLD/index/"{alice,carol}
	: >"$WORLD/index/alice/pop3-session.index"
	: >"$WORLD/index/alice/pop3-session.index.tail"
	as_mail_owner "$WORLD/index"
	adds alice
	scmp user change alice --rename bob
	[ "$(ls "$WORLD/index")" = carol ]
	[ "$(field bob name)" = '"bob"' ]
}
