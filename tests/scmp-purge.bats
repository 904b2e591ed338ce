#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Removing the mail of users who are deleted.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3
	scmp -q db init
	mailbox alice
	mails alice 3
	MAIL=$WORLD/mail/alice
	# The folder above has to be the owner's for the last step.
	as_mail_owner "$WORLD/mail"
}

@test "the mail stays when a user is deleted, and goes with purge" {
	adds alice
	scmp user del alice
	[ -d "$MAIL/new" ]
	scmp user purge alice --yes | grep -q '3 files'
	[ ! -e "$MAIL" ]
	exits 4 scmp user purge alice --yes
}

@test "purge asks first, and only yes is yes" {
	exits 3 person_answers '[y/N]' n -- user purge alice
	[ -d "$MAIL" ]
	exits 3 bare setsid -w "${SCMP[@]}" user purge alice </dev/null
	[ -d "$MAIL" ]
	person_answers "$MAIL? [y/N]" y -- user purge alice
	[ ! -e "$MAIL" ]
}

@test "the mail of a user who is not deleted stays, unless del --purge removes both" {
	adds alice
	exits 3 scmp user purge alice --yes
	[ -d "$MAIL" ]
	scmp user del alice --purge --yes
	exits 4 scmp user show alice
	[ ! -e "$MAIL" ]
}

@test "mail that another user has, too, stays" {
	adds alice
	adds bob --maildir "$MAIL"
	exits 3 scmp user del alice --purge --yes
	said 'user bob, too'
	scmp user show alice
	[ -d "$MAIL" ]
	scmp user change bob --maildir "$MAIL/.Archive"
	exits 3 scmp user del alice --purge --yes
	scmp user change bob --maildir "$WORLD/mail"
	exits 3 scmp user del alice --purge --yes
	said 'user bob, too'
	scmp user change bob --maildir "$MAIL-and-more"
	scmp user del alice --purge --yes
	[ ! -e "$MAIL" ]
}

@test "mail that another user reaches over a link stays" {
	local place
	SCMP+=(-o "mail_roots=$WORLD/mail,$WORLD/linked")
	ln -s mail "$WORLD/linked"
	ln -s alice "$WORLD/mail/bob"
	adds alice
	adds carol
	for place in "$WORLD/mail/bob" "$WORLD/linked/alice" \
		"$WORLD/linked/alice/.Archive" "$WORLD/linked"; do
		scmp -q user change carol --maildir "$place"
		exits 3 scmp user del alice --purge --yes
		said 'user carol, too'
		[ -d "$MAIL/new" ]
	done
	scmp -q user change carol --maildir ''
	exits 3 scmp user purge dora --maildir "$WORLD/linked/alice" --yes
	said 'user alice, too'
	# Who is only told where mail would be has none, whatever loops there.
	ln -s loop "$WORLD/mail/loop"
	scmp -q user change carol --maildir "$WORLD/mail/loop"
	scmp user del alice --purge --yes
	[ ! -e "$MAIL" ]
}

@test "so does mail that is bound to a place of another user" {
	need_root
	mkdir -p "$WORLD/mail/bound"
	adds alice
	adds bob --maildir "$WORLD/mail/bound/.Archive"
	# shellcheck disable=SC2016 # for that shell
	exits 3 bare unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 &&
		exec "$@"' - "$MAIL" "$WORLD/mail/bound" \
		"${SCMP[@]}" user del alice --purge --yes
	[ -d "$MAIL/new" ]
}

@test "mail stays where it cannot be seen whether it is somebody else's" {
	local without=()
	# Root sees everything.
	[ "$EUID" != 0 ] || without=(setpriv --bounding-set
		'-dac_override,-dac_read_search')
	mkdir -p "$WORLD/mail/hidden"
	chmod 0 "$WORLD/mail/hidden"
	adds alice
	adds bob --maildir "$WORLD/mail/hidden/bob"
	exits 3 bare "${without[@]}" "${SCMP[@]}" user del alice --purge --yes \
		2>"$WORLD/said"
	said 'whether .* user bob, too: Permission denied'
	[ -d "$MAIL/new" ]
	scmp -q user del bob
	scmp user del alice --purge --yes
}

@test "no link is followed, not to the Maildir, not in it, not on the way" {
	mkdir "$WORLD/mail/other"
	echo precious >"$WORLD/mail/other/file"
	ln -s "$WORLD/mail/other" "$MAIL/cur/link"
	ln -s "$WORLD/mail/other" "$WORLD/mail/bob"
	ln -s . "$WORLD/mail/way"
	as_mail_owner "$WORLD/mail"
	scmp user purge alice --yes
	exits 3 scmp user purge bob --yes
	exits 3 scmp user purge carol --maildir "$WORLD/mail/way/other" --yes
	[ -e "$WORLD/mail/other/file" ]
}

@test "nothing outside mail_roots is removed, and no root itself" {
	mkdir -p "$WORLD/elsewhere/new"
	as_mail_owner "$WORLD/elsewhere"
	exits 3 scmp user purge alice --maildir "$WORLD/elsewhere" --yes
	said 'mail_roots'
	exits 3 scmp user purge alice --maildir "$WORLD/mail" --yes
	exits 3 scmp user purge alice --maildir "$WORLD/mail/../elsewhere" --yes
	[ -d "$WORLD/elsewhere/new" ]
	[ -d "$MAIL/new" ]
	exits 3 scmp -o "mail_roots=$WORLD/mail,$MAIL" user purge alice --yes
	exits 3 scmp -o "mail_roots=$WORLD/mail,$MAIL/cur" user purge alice --yes
	[ -d "$MAIL/new" ]
}

@test "the mail of a session under way stays" {
	need flock
	exec 8<"$MAIL"
	flock 8
	exits 3 scmp user purge alice --yes
	said 'session'
	[ "$(find "$MAIL/new" -type f | wc -l)" = 3 ]
	exec 8<&-
	scmp user purge alice --yes
}

@test "where mail stays behind a user who is deleted with purge, the command that removes it is told" {
	need flock
	adds alice --gid "$(stat -c %g "$MAIL")"
	exec 8<"$MAIL"
	flock 8
	exits 3 scmp user del alice --purge --yes >"$WORLD/told"
	exec 8<&-
	exits 4 scmp user show alice
	grep -qF "The mail stays in $MAIL;" "$WORLD/told"
	PATH=$BUILD/bin:$PATH bare bash -c \
		"$(sed -n '$p' "$WORLD/told") --yes"
	[ ! -e "$MAIL" ]
}

@test "a user whose mail is outside mail_roots is not deleted with purge" {
	mkdir -p "$WORLD/elsewhere/new"
	as_mail_owner "$WORLD/elsewhere"
	adds alice --maildir "$WORLD/elsewhere"
	exits 3 scmp user del alice --purge --yes
	said 'is not beneath mail_roots'
	[ "$(field alice name)" = '"alice"' ]
	[ -d "$WORLD/elsewhere/new" ]
}

@test "what happens while the question is open counts" {
	local one="${SCMP[*]} -q user"
	adds alice
	adds bob
	exits 3 person_answers -m "$one change bob --maildir $MAIL" \
		'[y/N]' y -- user del alice --purge
	[ "$(field alice name)" = '"alice"' ]
	scmp -q user change bob --maildir ''
	exits 3 person_answers -m "$one change alice --maildir $MAIL.d" \
		'[y/N]' y -- user del alice --purge
	[ "$(field alice name)" = '"alice"' ]
	exits 4 person_answers -m "$one del alice" '[y/N]' y -- \
		user del alice --purge
	exits 3 person_answers -m "$one change bob --maildir $MAIL" \
		'[y/N]' y -- user purge alice
	[ -d "$MAIL/new" ]
	scmp -q user del bob
	person_answers '[y/N]' y -- user purge alice
	[ ! -e "$MAIL" ]
}

@test "it is done with the rights of the mail's owner" {
	need_root
	chown -R 54397 "$MAIL"
	exits 1 scmp user purge alice --yes
	said 'not all'
	[ -d "$MAIL/new" ]
	scmp user purge alice --uid 54397 --yes || true
	[ ! -e "$MAIL/new" ]
}

@test "root's mail and that of system accounts is never removed" {
	need_root
	exits 3 scmp user purge alice --uid 33 --yes
	said 'min_uid'
	[ -d "$MAIL/new" ]
}

@test "mail of a user of another store stays" {
	echo "alice:{PLAIN}other" >"$WORLD/others"
	SCMP+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/others")
	exits 3 scmp user purge alice --yes
	adds alice
	exits 3 scmp user del alice --purge --yes
	scmp -q user show alice >"$WORLD/shown"
	[ -d "$MAIL/new" ]
	echo "this is no row" >"$WORLD/others"
	exits 3 scmp user del alice --purge --yes
	rm "$WORLD/others"
	scmp -q user del alice --purge --yes
	[ ! -e "$MAIL" ]
}

@test "so does mail that a user of another store has by user=" {
	echo "bob:{PLAIN}other::::::user=alice" >"$WORLD/others"
	SCMP+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/others")
	exits 3 scmp user purge alice --yes
	said 'user bob in another store'
	[ -d "$MAIL/new" ]
	echo "bob:{PLAIN}other::::::user=carol" >"$WORLD/others"
	scmp user purge alice --yes
	[ ! -e "$MAIL/new" ]
}

# A trigger in the database: what a writer at the same time would do.
trigger() {
	python3 -c '
import sqlite3, sys
sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])' "$DATABASE" \
		"CREATE TRIGGER t $1 BEGIN SELECT RAISE($2); END"
}

@test "who cannot be deleted any more keeps the mail, and that is no success" {
	adds alice
	trigger 'BEFORE DELETE ON users' IGNORE
	exits 4 scmp user del alice --purge --yes
	said 'no such user'
	[ -d "$MAIL/new" ]
}

@test "who never got any mail can be deleted with purge as well" {
	adds bob
	scmp user del bob --purge --yes
	exits 4 scmp user show bob
}

@test "what is missing for purge is named, with a remedy that the command has" {
	adds alice
	exits 3 scmp -o 'maildir=/srv/%d/%n' user del alice --purge --yes
	said 'has none; set it with .user change alice --maildir. first'
	exits 3 scmp -o 'maildir=%h/M' user del alice --purge --yes
	said 'there is none; set it with .user change alice --home. first'
	scmp -q user del alice
	exits 3 scmp -o 'maildir=/srv/%d/%n' user purge alice --yes
	said 'has none; give --maildir'
	exits 3 scmp -o 'maildir=%h/M' user purge alice --yes
	said 'there is none; give --home'
	[ -d "$MAIL/new" ]
}

@test "where nobody knows whose the mail is, the uid is asked for" {
	need_root
	adds alice
	exits 3 scmp -o mail_user=no-such user del alice --purge --yes
	said 'no account no-such \(mail_user\); correct that, or set it with .user change alice --uid. first'
	scmp -q user change alice --uid "$MAIL_UID"
	scmp -q -o mail_user=no-such user del alice --purge --yes
	[ ! -e "$MAIL" ]
	exits 3 scmp -o mail_user=no-such user purge alice --yes
	said 'correct that, or give --uid'
}

@test "deleting a user tells the command that removes the mail" {
	local place="$WORLD/mail/it's 100%% of" owner
	owner=$(stat -c %u "$WORLD/mail")
	mkdir -p "$WORLD/mail/it's 100% of/alice/new"
	as_mail_owner "$WORLD/mail"
	adds alice --maildir "$place/%n" --uid "$owner"
	scmp user del alice >"$WORLD/told"
	grep -qF "stays in $WORLD/mail/it's 100% of/alice;" "$WORLD/told"
	PATH=$BUILD/bin:$PATH bare bash -c \
		"$(sed -n '$p' "$WORLD/told") --yes"
	[ ! -e "$WORLD/mail/it's 100% of/alice" ]
	[ -d "$MAIL/new" ]
}

@test "a purge that was told takes what a row, and the command line, said" {
	mkdir -p "$WORLD/home/M"
	printf '%s\n' "$PASSWORD" | scmp -q user add --password-fd 0 \
		--scheme SSHA512 --home "$WORLD/home" --gid 777 -- -bob
	scmp -o 'maildir=%h/M' -o 'new_mail=keep' user del -- -bob >"$WORLD/told"
	[ "$(sed -n '$p' "$WORLD/told")" = "  scmp --offline --config $WORLD/conf --set maildir=%h/M --set new_mail=keep user purge --home $WORLD/home --gid 777 -- -bob" ] ||
		{
			cat "$WORLD/told"
			return 1
		}
	adds carol
	scmp user del carol >"$WORLD/told"
	refute grep -q purge "$WORLD/told"
}

@test "the index in index_dir goes with the mail, and nothing else does" {
	SCMP+=(-o "index_dir=$WORLD/index/%u")
	mkdir "$WORLD/index"
	mailbox bob
	as_mail_owner "$WORLD/index"
	local user
	for user in alice bob; do
		printf 'USER %s\r\nPASS secret\r\nQUIT\r\n' "$user" |
			pop3 -o "index_dir=$WORLD/index/%u" >/dev/null
		: >"$WORLD/index/$user/pop3-session.index.tmp"
		as_mail_owner "$WORLD/index"
	done
	[ -s "$WORLD/index/alice/pop3-session.index" ]
	: >"$WORLD/index/bob/of-others"
	scmp user purge alice --yes
	[ ! -e "$WORLD/index/alice" ]
	adds bob
	scmp user del bob --purge --yes
	[ "$(ls -A "$WORLD/index/bob")" = of-others ]
}

@test "the index of mail that stays, stays" {
	SCMP+=(-o "index_dir=$WORLD/index/%u")
	mkdir -p "$WORLD/index/alice"
	: >"$WORLD/index/alice/pop3-session.index"
	as_mail_owner "$WORLD/index"
	exec 8<"$MAIL"
	flock 8
	exits 3 scmp user purge alice --yes
	[ -e "$WORLD/index/alice/pop3-session.index" ]
	exec 8<&-
	rm -r "$MAIL"
	exits 4 scmp user purge alice --yes
	[ ! -e "$WORLD/index/alice" ]
}

@test "what is mounted in a Maildir stays" {
	need_root
	mkdir "$MAIL/mounted" "$WORLD/elsewhere"
	echo precious >"$WORLD/elsewhere/file"
	as_mail_owner "$WORLD/mail" "$WORLD/elsewhere"
	# shellcheck disable=SC2016 # for that shell
	exits 1 bare unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 &&
		exec "$@" 2>&1' - "$WORLD/elsewhere" "$MAIL/mounted" \
		"${SCMP[@]}" user purge alice --yes >"$WORLD/told"
	grep -q 'mounted in it' "$WORLD/told"
	[ -e "$WORLD/elsewhere/file" ]
	[ ! -e "$MAIL/new" ]
}
