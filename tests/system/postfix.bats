#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The real Postfix delivers by the database that we serve from, as
# docs/schema.md says, in a network of its own: with Debian's master.cf, where
# what talks with strangers is in a chroot.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # the $ is for the shell inside
load ../lib/common
load ../lib/database
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
	HERE_NOT_THERE="s|/etc/postfix/|$POSTFIX/etc/|g
		s|/var/lib/pop3-session|$WORLD/state|g"
	OPTIONS+=(-o "users=sqlite:$DATABASE" -o "maildir=$WORLD/mail/%u/Maildir"
		-o plaintext_login=yes)
	chown "$MAIL_UID:$MAIL_UID" "$WORLD/mail"
	scmp db init
	sqlite3 "$DATABASE" "INSERT INTO settings
		VALUES('maildir', '$WORLD/mail/%u/Maildir')"
	user alice@example.org
	user bob@example.org secret --home "$WORLD/mail/home-of-bob" \
		--maildir %h/Mail --uid 23456 --gid 23457
	install -d -o 23456 -g 23457 "$WORLD/mail/home-of-bob"
	install -d -o "$MAIL_UID" -g "$MAIL_UID" "$WORLD/mail/alice@example.org"
	start_postfix
}

teardown() {
	end_helpers
	[ ! -d "${POSTFIX:-}" ] || stop_postfix
	networks_down
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null || true
	[ -n "$BATS_TEST_COMPLETED" ] || {
		show_log
		cat "$POSTFIX/log" >&2
	}
}

# The lines for a site's configuration are the page's own; what is about here,
# where nothing of the machine is to be touched, stands in front of them.
start_postfix() {
	mkdir -p "$POSTFIX"/{etc,queue,data}
	chown postfix "$POSTFIX/data"
	: >"$POSTFIX/log"
	cp "$(postconf -dh meta_directory)/master.cf.proto" \
		"$POSTFIX/etc/master.cf"
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
		service_throttle_time = 1s
	END
	part_of_page schema main.cf >>"$POSTFIX/etc/main.cf"
	for map in mailboxes uids gids; do
		part_of_page schema "pop3-$map.cf" >"$POSTFIX/etc/pop3-$map.cf"
	done
	sed -i "s|static:999|static:$MAIL_UID|" "$POSTFIX/etc/main.cf"
	sed -i "$HERE_NOT_THERE" "$POSTFIX"/etc/*.cf
	commands_of_page access
	chmod o= "$WORLD/state"
	# What Debian makes the chroot of, before each start.
	MAIL_CONFIG=$POSTFIX/etc bare /usr/lib/postfix/configure-instance.sh \
		>>"$POSTFIX/log" 2>&1
	bare ip netns exec "$HERE" postfix -c "$POSTFIX/etc" start \
		>>"$POSTFIX/log" 2>&1
	wait_for 30 smtp_answers
}

# The page's own commands, as they are but for the places.
commands_of_page() { # name
	part_of_page schema "$1" | sed "$HERE_NOT_THERE" >"$WORLD/$1.sh"
	MAIL_CONFIG=$POSTFIX/etc bare bash -euo pipefail "$WORLD/$1.sh" \
		>>"$WORLD/log" 2>&1
}

smtp_answers() {
	within "$HERE" bash -c 'exec 3<>/dev/tcp/127.0.0.1/25 &&
		read -r -t 5 line <&3 && [[ $line == 220* ]]' 2>/dev/null
}

stop_postfix() {
	bare ip netns exec "$HERE" postfix -c "$POSTFIX/etc" stop \
		>>"$POSTFIX/log" 2>&1 || true
}

# send TO SUBJECT: by SMTP, as mail comes from elsewhere: what cannot be taken
# now is tried again, what is refused is not.
send() {
	within "$HERE" python3 - "$@" <<-'END'
		import smtplib, sys, time
		to, subject = sys.argv[1:]
		def once():
		    with smtplib.SMTP("127.0.0.1", 25, timeout=30) as smtp:
		        smtp.sendmail("ada@example.net", [to],
		                      f"From: ada@example.net\nTo: {to}\n"
		                      f"Subject: {subject}\n\nHello.\n.\nBye.\n")
		def temporary(error):
		    if isinstance(error, smtplib.SMTPRecipientsRefused):
		        return all(code < 500 for code, _ in error.recipients.values())
		    return getattr(error, "smtp_code", 400) < 500
		end = time.monotonic() + 60
		while True:
		    try:
		        sys.exit(once())
		    except (smtplib.SMTPException, OSError) as error:
		        if not temporary(error) or time.monotonic() > end:
		            raise
		        time.sleep(0.2)
	END
}

has_mail() { # folder below mail [how many]
	[ "$(find "$WORLD/mail/$1/new" -type f 2>/dev/null | wc -l)" = "${2:-1}" ]
}

postfix_said() {
	grep -qE -- "$1" "$POSTFIX/log"
}

nobody_was_refused() {
	refute postfix_said 'status=bounced|reject: | 5[0-9][0-9] 5\.'
}

@test "mail that Postfix delivers is what we serve, and belongs to the row's owner" {
	send alice@example.org first
	send bob@example.org second
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
	hold "BEGIN EXCLUSIVE"
	send alice@example.org soon &
	wait_for 30 postfix_said 'database is locked'
	let_go
	wait $!
	wait_for 30 has_mail alice@example.org/Maildir
	nobody_was_refused
}

@test "while a journal is hot mail waits, until a login has undone what was left" {
	need strace
	serve_here
	die_in_mid_commit alice@example.org
	send alice@example.org asked &
	# This one is taken without asking, as mail of the machine's own is.
	printf 'Subject: taken\n\nHello.\n' |
		bare sendmail -C "$POSTFIX/etc" alice@example.org
	wait_for 30 postfix_said 'postfix/proxymap.* fatal: '
	wait_for 30 postfix_said 'postfix/virtual.* fatal: '
	is_hot
	talk_from "$THERE" 192.0.2.1 <<-'END'
		S~ ^\+OK
		C: USER bob@example.org
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: QUIT
		S~ ^\+OK
		S.
	END
	wait $!
	flushed() {
		bare postqueue -c "$POSTFIX/etc" -f
		has_mail alice@example.org/Maildir 2
	}
	wait_for 30 flushed
	nobody_was_refused
}

@test "who talks with strangers has the database not open, who looks it up not to write" {
	send alice@example.org first
	wait_for 30 has_mail alice@example.org/Maildir
	local pid fd
	: >"$WORLD/open"
	for pid in $(ip netns pids "$HERE"); do
		for fd in "/proc/$pid/fd"/*; do
			[ "$(readlink "$fd")" = "$DATABASE" ] || continue
			echo "$(<"/proc/$pid/comm") $(awk '/^flags/ {
				print substr($2, length($2)) }' \
				"/proc/$pid/fdinfo/${fd##*/}")"
		done
	done | sort -u >"$WORLD/open"
	diff "$WORLD/open" - <<-'END'
		proxymap 0
		virtual 0
	END
}

@test "Postfix can be given a copy of the names and places, and no passwords" {
	commands_of_page copy
	[ "$(postmap -c "$POSTFIX/etc" -q alice@example.org \
		"hash:$POSTFIX/etc/pop3-mailboxes")" = \
		"$(scmp_maildir alice@example.org)" ]
	refute grep -q secret "$POSTFIX/etc/pop3-mailboxes"
}

scmp_maildir() {
	sqlite3 "$DATABASE" "SELECT maildir FROM mailboxes WHERE name = '$1'"
}
