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

teardown() {
	finish
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
	exits 3 answers '[y/N]' n -- user purge alice
	[ -d "$MAIL" ]
	exits 3 bare setsid -w "${SCMP[@]}" user purge alice </dev/null
	[ -d "$MAIL" ]
	answers "$MAIL? [y/N]" y -- user purge alice
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
	said "user bob's, too"
	scmp user show alice
	[ -d "$MAIL" ]
	scmp user change bob --maildir "$MAIL/.Archive"
	exits 3 scmp user del alice --purge --yes
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
