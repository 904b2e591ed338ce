#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The commands of docs/schema.md for backups of the users' database, as they
# stand there, in a container with the server as it is installed.

load ../lib/common
load ../lib/container
load ../lib/database

setup_file() {
	need sqlite3 setfacl
	container_up
	bring sqlite3
	# The database at its place by default, and no other users.
	sed -i '/^users/d' "$CONTAINER_ROOT/etc/pop3-session.conf"
}

setup() {
	container_begin
	DATABASE=$CONTAINER_ROOT/var/lib/pop3-session/users.db
	rm -rf "$DATABASE" "$CONTAINER_ROOT"/root/*
	scmp db init
	user alice secret --home /home/alice --uid 2001 --gid 2001
	deliver alice
	inside systemctl restart pop3.socket
}

teardown() {
	show_journal
	inside systemctl stop pop3.socket pop3.service
}

do_as_told() { # name
	part_of_page schema "$1" >"$CONTAINER_ROOT/root/$1.sh"
	inside bash -ux "/root/$1.sh" >&2
}

logs_in() { # user
	fetch_all "$1" | grep -q '^Subject: 1 for alice'
}

is_whole() {
	[ "$(inside stat -c '%a %U %G' /var/lib/pop3-session/users.db)" = \
		'660 root pop3-scmp' ]
	[ ! -e "$DATABASE-journal" ]
	inside scmp --offline --quiet db check
}

@test "a backup is made while the server runs, for its owner's eyes, and is sound" {
	logs_in alice
	do_as_told backup
	[ "$(inside stat -c '%a %U' /root/users.backup)" = '600 root' ]
	inside scmp --offline --database /root/users.backup db check
	refute do_as_told backup
}

@test "to go back undoes what came after the backup, and leaves the file whose it is" {
	do_as_told backup
	setfacl -m u:daemon:r "$DATABASE"
	scmp user del alice --yes
	user late
	refute logs_in alice
	do_as_told go-back
	logs_in alice
	refute scmp user show late
	is_whole
	getfacl -c "$DATABASE" | grep -q daemon:r--
}

@test "a damaged database is replaced, and no journal of it gets into the new one" {
	need strace
	do_as_told backup
	user bob
	die_in_mid_commit bob
	dd if=/dev/urandom of="$DATABASE" bs=4096 seek=1 count=9 conv=notrunc
	do_as_told replace
	is_whole
	logs_in alice
	refute scmp user show bob
	[ -e "$CONTAINER_ROOT/root/users.damaged/users.db-journal" ]
}

@test "so is one that is lost" {
	do_as_told backup
	rm "$DATABASE"
	refute logs_in alice
	do_as_told replace
	is_whole
	logs_in alice
}
