#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The real Postfix delivers by the database that we serve from, as
# docs/schema.md says, in a network of its own.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # the $ is for the shell inside
load ../lib/common
load ../lib/processes
load ../lib/netns

# bats file_tags=server

setup() {
	need_root
	need ip setfacl postfix postconf sqlite3 python3 socat
	[ -e /usr/lib/postfix/postfix-sqlite.so ] ||
		skip "postfix-sqlite is missing"
	begin
	networks_up
	POSTFIX=$WORLD/postfix
	DATABASE=$WORLD/state/users.db
	OPTIONS+=(-o "users=sqlite:$DATABASE" -o "maildir=$WORLD/mail/%u/Maildir"
		-o plaintext_login=yes)
	chown "$MAIL_UID:$MAIL_UID" "$WORLD/mail"
	scmp db init
	sqlite3 "$DATABASE" "INSERT INTO settings
		VALUES('maildir', '$WORLD/mail/%u/Maildir')"
	user alice@example.org
	user bob@example.org --home "$WORLD/mail/home-of-bob" --maildir %h/Mail \
		--uid 23456 --gid 23457
	install -d -o 23456 -g 23457 "$WORLD/mail/home-of-bob"
	install -d -o "$MAIL_UID" -g "$MAIL_UID" "$WORLD/mail/alice@example.org"
	start_postfix
}

teardown() {
	[ ! -d "${POSTFIX:-}" ] || stop_postfix
	networks_down
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null || true
	[ -n "$BATS_TEST_COMPLETED" ] || {
		show_log
		cat "$POSTFIX/log" >&2
	}
}

scmp() {
	bare "$BUILD/bin/scmp" --offline --database "$DATABASE" --quiet "$@"
}

user() {
	scmp user add "$1" --no-policy --password-fd 0 "${@:2}" <<<secret
}

# The lines for a site's configuration are the page's own; what is about here,
# where nothing of the machine is to be touched, stands in front of them.
start_postfix() {
	local page=$REPOSITORY/docs/schema.md
	mkdir -p "$POSTFIX"/{etc,queue,data}
	chown postfix "$POSTFIX/data"
	: >"$POSTFIX/log"
	cp "$(postconf -dh meta_directory)/master.cf.proto" \
		"$POSTFIX/etc/master.cf"
	# No chroot, as a folder of the test has nothing to make one of.
	sed -i -E 's/^(([^ #]+ +){4})y /\1n /' "$POSTFIX/etc/master.cf"
	cat >"$POSTFIX/etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $POSTFIX/queue
		data_directory = $POSTFIX/data
		maillog_file = $POSTFIX/log
		maillog_file_prefixes = $WORLD
		inet_interfaces = loopback-only
		inet_protocols = ipv4
		myhostname = mx.example.org
		mydestination =
		alias_maps =
		alias_database =
		smtpd_recipient_restrictions = reject_unauth_destination
	END
	part_of_page main.cf >>"$POSTFIX/etc/main.cf"
	for map in mailboxes uids gids; do
		part_of_page "pop3-$map.cf" >"$POSTFIX/etc/pop3-$map.cf"
	done
	sed -i "s|/etc/postfix/|$POSTFIX/etc/|g
		s|/var/lib/pop3-session/users.db|$DATABASE|
		s|static:999|static:$MAIL_UID|" "$POSTFIX"/etc/*.cf
	setfacl -m u:postfix:x "$WORLD/state"
	setfacl -m u:postfix:r "$DATABASE"
	chmod o= "$WORLD/state"
	bare ip netns exec "$HERE" postfix -c "$POSTFIX/etc" start \
		>>"$POSTFIX/log" 2>&1
	wait_for 30 smtp_answers
}

# The lines of the page between ```NAME and ```.
part_of_page() {
	sed -n "/^\`\`\`.* $1\$/,/^\`\`\`\$/p" "$REPOSITORY/docs/schema.md" |
		grep -v '^```' | grep .
}

smtp_answers() {
	within "$HERE" bash -c 'exec 3<>/dev/tcp/127.0.0.1/25 &&
		read -r -t 5 line <&3 && [[ $line == 220* ]]' 2>/dev/null
}

stop_postfix() {
	bare ip netns exec "$HERE" postfix -c "$POSTFIX/etc" stop \
		>>"$POSTFIX/log" 2>&1 || true
}

# send TO SUBJECT: by SMTP, as mail comes from elsewhere.
send() {
	within "$HERE" python3 - "$@" <<-'END'
		import smtplib, sys
		to, subject = sys.argv[1:]
		with smtplib.SMTP("127.0.0.1", 25, timeout=30) as smtp:
		    smtp.sendmail("ada@example.net", [to],
		                  f"From: ada@example.net\nTo: {to}\n"
		                  f"Subject: {subject}\n\nHello.\n.\nBye.\n")
	END
}

@test "mail that Postfix delivers is what we serve, and belongs to the row's owner" {
	send alice@example.org first
	send bob@example.org second
	has_mail() { compgen -G "$WORLD/mail/$1/new/*" >/dev/null; }
	wait_for 30 has_mail alice@example.org/Maildir
	wait_for 30 has_mail home-of-bob/Mail
	[ "$(stat -c %u:%g "$WORLD"/mail/alice@example.org/Maildir/new/*)" = \
		"$MAIL_UID:$MAIL_UID" ]
	[ "$(stat -c %u:%g "$WORLD"/mail/home-of-bob/Mail/new/*)" = 23456:23457 ]
	serve_here
	talk_from "$THERE" 192.0.2.1 <<-'END'
		S~ ^\+OK
		C: USER alice@example.org
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: STAT
		S~ ^\+OK 1 
		C: RETR 1
		S~ ^\+OK
		S*
		C: DELE 1
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
	refute has_mail alice@example.org/Maildir
	talk_from "$THERE" 192.0.2.1 <<-'END'
		S~ ^\+OK
		C: USER bob@example.org
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: TOP 1 0
		S~ ^\+OK
		S*
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "who is not in the database is refused by Postfix, from the next mail on who is deleted" {
	refute send nobody@example.org lost 2>"$WORLD/refused"
	grep -q 'User unknown' "$WORLD/refused"
	send bob@example.org kept
	scmp user del bob@example.org --yes
	refute send bob@example.org late 2>"$WORLD/refused"
	grep -q 'User unknown' "$WORLD/refused"
}

@test "while somebody writes the database mail waits, and is not lost" {
	hold_database() {
		mkfifo "$WORLD/to" "$WORLD/from"
		become sqlite3 -bail "$DATABASE" <"$WORLD/to" >"$WORLD/from" &
		WRITER=$!
		exec {HOLD}>"$WORLD/to"
		printf 'BEGIN EXCLUSIVE;\n.print held\n' >&"$HOLD"
		[ "$(timeout 20 head -n 1 "$WORLD/from")" = held ]
	}
	hold_database
	refute send alice@example.org soon 2>"$WORLD/refused"
	# Postfix gives up that connection: the sender comes again, as after 451.
	grep -qE 'SMTPServerDisconnected|\(4[0-9][0-9],' "$WORLD/refused"
	exec {HOLD}>&-
	wait "$WRITER" || true
	send alice@example.org soon
	has_mail() { compgen -G "$WORLD/mail/$1/new/*" >/dev/null; }
	wait_for 30 has_mail alice@example.org/Maildir
}
