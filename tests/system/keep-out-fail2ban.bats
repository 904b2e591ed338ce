#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The real fail2ban with the filter and jail that are shipped, fed from the
# journal and from a syslog file of a Debian with a real systemd: whoever fails
# too often is banned by a firewall rule or in the server's own database, and
# let in again afterwards; nobody else is.

# shellcheck disable=SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/container

setup_file() {
	container_up
	inside systemctl start rsyslog
}

setup() {
	need fail2ban-server nft
	container_begin
	JAIL=$WORLD/fail2ban
	mkdir -p "$JAIL"
	cp -r /etc/fail2ban/. "$JAIL"
	rm -f "$JAIL"/jail.d/*
	# As an administrator would take them: from where make install puts them.
	cp -r "$CONTAINER_ROOT/usr/local/share/doc/pop3-session/fail2ban/." "$JAIL"
	outside nft flush ruleset
}

teardown() {
	[ -z "${FAIL2BAN:-}" ] || end_fail2ban
	[ -n "$BATS_TEST_COMPLETED" ] || cat "$WORLD/fail2ban.log" >&2
	show_journal
	inside systemctl stop pop3.socket pop3.service xinetd
}

client() {
	bare fail2ban-client -c "$JAIL" -s "$WORLD/f2b.sock" \
		-p "$WORLD/f2b.pid" "$@"
}

# $1: lines for the jail besides those that are shipped.
start_fail2ban() {
	printf '[pop3-session]\nmaxretry = 3\n%s\n' "$1" \
		>"$JAIL/jail.d/zz-test.conf"
	printf '[Definition]\ndbfile = :memory:\nallowipv6 = auto\n' \
		>"$JAIL/fail2ban.local"
	become fail2ban-server -f -c "$JAIL" -s "$WORLD/f2b.sock" \
		-p "$WORLD/f2b.pid" --logtarget "$WORLD/fail2ban.log" start \
		>"$WORLD/fail2ban.out" 2>&1 &
	FAIL2BAN=$!
	wait_for 60 jail_is_up
}

jail_is_up() {
	client status pop3-session >/dev/null 2>&1
}

end_fail2ban() {
	client stop >/dev/null 2>&1 || kill "$FAIL2BAN" || true
	wait "$FAIL2BAN" || true
}

is_banned() { # address
	client get pop3-session banip | grep -qwF "$1"
}

# The container's journal, and its firewall, as seen from here.
journal_of_container() {
	local root
	root=/proc/$(container leader)/root
	if inside test -d /var/log/journal; then
		echo "systemd[journalpath=$root/var/log/journal]"
	else
		echo "systemd[journalpath=$root/run/log/journal]"
	fi
}

firewall() {
	echo "nftables[type=multiport, nftables=\"nsenter --net=/proc/$(
		container leader)/ns/net nft\"]"
}

# A connection on which so many logins fail.
fails_from() { # address name...
	local source=$1
	shift
	outside python3 - "$SERVER_ADDRESS" "$source" "$@" <<-'END'
		import socket, sys
		server, source, *names = sys.argv[1:]
		sock = socket.create_connection((server, 110), 30, (source, 0))
		lines = sock.makefile("rwb")
		lines.readline()
		for name in names:
		    for command in "USER " + name, "PASS wrong":
		        lines.write(command.encode() + b"\r\n")
		        lines.flush()
		        answer = lines.readline()
		assert answer.startswith(b"-ERR [AUTH]"), answer
	END
}

fetches_from() { # address
	outside curl -sS -m 20 --interface "$1" -u alice:secret \
		"pop3://$SERVER_ADDRESS/" >/dev/null
}

is_shut_out() { # address
	! fetches_from "$1" 2>/dev/null
}

PRETENDS='x>, rip=198.51.100.99, lip=203.0.113.1, session=<aaaaaaaaaaaaaaaa>'

four_sources() {
	local i
	for i in 1 2 3 4 5; do
		fetches_from 198.51.100.20
	done
	for i in 1 2 3; do
		fails_from 198.51.100.66 "$PRETENDS"
	done
	fails_from 198.51.100.21 alice
	wait_for 60 is_banned 198.51.100.66
	fetches_from 198.51.100.20
	fetches_from 198.51.100.21
	refute is_banned 198.51.100.99
	refute is_banned 198.51.100.20
	refute is_banned 198.51.100.21
}

@test "from the journal: who fails is shut out by nftables, nobody else is; unbanned he gets in" {
	inside systemctl start pop3.socket
	start_fail2ban "backend = $(journal_of_container)
banaction = $(firewall)"
	four_sources
	wait_for 30 is_shut_out 198.51.100.66
	outside nft list ruleset | grep -q 198.51.100.66
	client set pop3-session unbanip 198.51.100.66
	fetches_from 198.51.100.66
}

@test "a ban ends by itself" {
	inside systemctl start pop3.socket
	start_fail2ban "backend = $(journal_of_container)
banaction = $(firewall)
bantime = 5"
	local i
	for i in 1 2 3; do
		fails_from 198.51.100.67 alice
	done
	wait_for 60 grep -q 'Ban 198.51.100.67' "$WORLD/fail2ban.log"
	wait_for 60 grep -q 'Unban 198.51.100.67' "$WORLD/fail2ban.log"
	fetches_from 198.51.100.67
}

@test "from a syslog file, to which the one-connection shape writes" {
	inside sed -i 's/disable.*/disable = no/' /etc/xinetd.d/pop3
	inside systemctl start xinetd
	wait_for 30 fetches_from 198.51.100.20
	wait_for 30 test -s "$CONTAINER_ROOT/var/log/mail.log"
	start_fail2ban "backend = polling
logpath = $CONTAINER_ROOT/var/log/mail.log
banaction = $(firewall)"
	four_sources
	wait_for 30 is_shut_out 198.51.100.66
}

@test "the shipped action bans in the server's database, and takes that back" {
	local database=$CONTAINER_ROOT/var/lib/pop3-session/users.db
	mkdir -p "${database%/*}"
	bare "$BUILD/bin/scmp" --offline --database "$database" --quiet db init
	sed -i 's|^users = .*|users = {"sqlite:/var/lib/pop3-session/users.db", "passwd-file:/etc/pop3-users"}|' \
		"$CONTAINER_ROOT/etc/pop3-session.conf"
	inside systemctl start pop3.socket
	start_fail2ban "backend = $(journal_of_container)
banaction = pop3-session[scmp=\"$BUILD/bin/scmp\", options=\"--database $database\"]"
	local i
	for i in 1 2 3; do
		fails_from 198.51.100.68 alice
	done
	wait_for 60 is_shut_out 198.51.100.68
	# The ban may have met a login that was already waiting; now the door.
	is_shut_out 198.51.100.68
	wait_for 30 journal_has 'Refused: a ban of 198\.51\.100\.68/32: rip=198\.51\.100\.68'
	client set pop3-session unbanip 198.51.100.68
	fetches_from 198.51.100.68
}
