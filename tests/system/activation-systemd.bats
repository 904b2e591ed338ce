#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# pop3.socket with pop3.service, the listening shape, as `make install` puts
# them in place, under a real systemd.

load ../lib/common
load ../lib/container

setup() {
	container_begin
	inside systemctl restart pop3.socket
}

teardown() {
	show_journal
	inside systemctl stop pop3.socket pop3.service
}

@test "make install brings the users, the folders and the units" {
	inside id pop3-front
	inside id vmail
	[ "$(inside stat -c '%a %U' /run/pop3-session)" = '2751 root' ]
	inside systemctl cat pop3.socket pop3.service pop3@.service >/dev/null
	inside test -e /etc/xinetd.d/pop3
	inside test -e /usr/local/share/bash-completion/completions/pop3-session
	inside test -e /usr/local/share/zsh/site-functions/_pop3-session
}

@test "the first connection starts the service" {
	run inside systemctl is-active pop3.service
	[ "$output" = inactive ]
	fresh_visit
	[ "$(inside systemctl is-active pop3.service)" = active ]
}

@test "mail below each mail root is fetched whole, and deleted" {
	serves_everyone
}

@test "the whole sandbox is in force" {
	run inside /usr/local/sbin/pop3-session --check
	[ "$status" = 0 ]
	deliver alice
	fetch_all alice
	wait_for 30 journal_has 'pop3-session.*Login: user=<alice>'
	run journal -u pop3.service
	[[ $output != *[Ww]arning* ]]
}

@test "systemctl reload takes up a changed configuration, and serves on" {
	fresh_visit
	setting 'hostname = renamed.example'
	inside systemctl reload pop3.service
	renamed() {
		outside curl -sS --max-time 5 -v "$(pop3_url alice)" 2>&1 |
			grep -q 'renamed.example'
	}
	wait_for 30 renamed
}

@test "a server that was killed is there again for the next client" {
	fresh_visit
	inside systemctl kill --signal=KILL pop3.service
	deliver alice
	wait_for 30 fetch_all alice
}

@test "systemctl stop ends it with its sessions, and leaves nothing" {
	crowd 20
	wait_for 60 crowd_is_there
	[ "$(crowd_counts greeted)" = 20 ]
	inside systemctl stop pop3.socket pop3.service
	run inside pgrep pop3-session
	[ "$status" = 1 ]
	[ "$(inside systemctl show -P Result pop3.service)" = success ]
	crowd_leaves
}

@test "ten thousand connections of one source: a fresh one waits under 2 s" {
	stands_a_flood
	[ "$(inside systemctl is-active pop3.socket)" = active ]
}

@test "during the flood of one source, too" {
	crowd 10000 198.51.100.1
	while ! crowd_is_there; do
		fresh_within 2000
	done
	crowd_leaves
}

@test "900 sessions at once; the 901st hears which limit it is" {
	has_room_for_900
}

scmp() {
	bare "$BUILD/bin/scmp" --offline --quiet \
		--database "$CONTAINER_ROOT/var/lib/pop3-session/users.db" "$@"
}

fetches_as_erin() {
	outside curl -sS --max-time 20 "$(pop3_url erin 1)" |
		grep -q '^Subject: 1 for dave'
}

@test "users of the default database are served; what a dead writer left is undone" {
	need strace
	setting 'users += "sqlite:/var/lib/pop3-session/users.db"'
	scmp db init
	scmp user add erin --scheme PLAIN --no-policy --password-fd 0 \
		--home /srv/dave --uid 2004 --gid 2004 <<<secret
	deliver dave
	fetches_as_erin
	# The group's, also after the service has been started.
	[ "$(inside stat -c '%a %U %G' /var/lib/pop3-session)" = \
		'2770 root pop3-scmp' ]
	[ "$(inside stat -c '%a %U %G' /var/lib/pop3-session/users.db)" = \
		'660 root pop3-scmp' ]
	bare strace -f -qq -o /dev/null -e trace=unlink,unlinkat \
		-e inject=unlink,unlinkat:signal=KILL "$BUILD/bin/scmp" \
		--offline --database \
		"$CONTAINER_ROOT/var/lib/pop3-session/users.db" \
		user del erin --yes || true
	inside test -s /var/lib/pop3-session/users.db-journal
	fetches_as_erin
	inside test ! -e /var/lib/pop3-session/users.db-journal
	journal_has 'died in mid-commit; what it left has been undone'
}
