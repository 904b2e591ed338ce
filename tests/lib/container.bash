# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests in containers share, on top of common.bash. A test file has
#
#	setup() { container_begin; ... }
#
# and, if it has one, a setup_file that begins with container_up.
# container_up boots a fresh Debian with a real systemd, in which `make install`
# has put everything in place and, in each of the default mail_roots, a user has
# a Maildir: $USERS, whose password is `secret`. It has a network of its own:
# loopback, on which 198.51.100.0/24 (strangers) and 203.0.113.1 (the server)
# lie, too.
#
#   inside COMMAND...       run a command in the container, as root
#   outside COMMAND...      run a program of this machine in its network
#   bring PROGRAM...        put programs of this machine into it, with the
#                           libraries that they are linked to
#   deliver USER...         put three messages into each one's new/, alone
#   fetch_all USER          all messages of a user, by curl, one after another
#   delete_one USER         delete the first message and QUIT
#   remaining USER          how many files are left
#   serves_everyone, speaks_nothing_but_pop3, stands_a_flood, has_room_for_900
#                           what is tried in each shape of the server
#   setting LINE...         what pop3-session.conf has for this test besides
#   journal [OPTION...]     the journal's lines of this test
#   journal_has REGEX       such a line is in it by now
#   crowd COUNT [SOURCE...]   start tests/system/crowd against the server; its
#                           report is in $WORLD/crowd when crowd_is_there
#   crowd_leaves            end it
#   fresh_visit [SOURCE]    one connection; prints the milliseconds that its
#                           greeting took; fails without a greeting
#   fresh_within MS         one of a few such visits took less than that

# shellcheck disable=SC2034 # for the tests, too
USERS=(alice bob carol dave)
SERVER_ADDRESS=203.0.113.1

setup_file() {
	container_up
}

teardown_file() {
	container_down
}

home_of() {
	case $1 in
	alice) echo /home/alice ;;
	bob) echo /var/vmail/bob ;;
	carol) echo /var/mail/carol ;;
	dave) echo /srv/dave ;;
	esac
}

# Instead of begin, before each test.
container_begin() {
	begin
	BEGAN=$EPOCHSECONDS
	setting
}

container() {
	bare "$REPOSITORY/scripts/container" "$1" "$CONTAINER" "${@:2}"
}

container_up() {
	need_root
	need debootstrap systemd-nspawn nsenter curl
	export CONTAINER="bats-$$"
	CONTAINER_ROOT=$(container open)
	export CONTAINER_ROOT
	make -C "$REPOSITORY" --silent BUILD="$BUILD" \
		DESTDIR="$CONTAINER_ROOT" install >&2
	# (The base has those of the server.)
	bring_libraries "$BUILD/bin/scmp"
	configure_container
	container boot
	inside systemd-sysusers
	make_users
	inside systemd-tmpfiles --create
	inside ip address add "$SERVER_ADDRESS/32" dev lo
	inside ip route add local 198.51.100.0/24 dev lo
}

container_down() {
	[ -z "${CONTAINER:-}" ] || container close
}

inside() {
	container exec "$@"
}

bring() {
	local program
	for program; do
		program=$(command -v "$program")
		cp -L "$program" "$CONTAINER_ROOT$program"
		bring_libraries "$program"
	done
}

bring_libraries() { # program...
	local file
	for file in $(ldd "$@" | grep -o ' /[^ ]*'); do
		[ -e "$CONTAINER_ROOT$file" ] ||
			cp -L "$file" "$CONTAINER_ROOT$file"
	done
}

outside() {
	bare nsenter --net="/proc/$(container leader)/ns/net" "$@"
}

configure_container() {
	cat >"$CONTAINER_ROOT/etc/pop3-session.conf" <<-'END'
		users = passwd-file:/etc/pop3-users
		maildir = %h/Maildir
		plaintext_login = yes
	END
	# Whoever floods the server is not to silence its journal.
	mkdir -p "$CONTAINER_ROOT/etc/systemd/journald.conf.d"
	printf '[Journal]\nRateLimitIntervalSec=0\n' \
		>"$CONTAINER_ROOT/etc/systemd/journald.conf.d/all.conf"
	# For one test after the other: what a test adds, between these lines.
	echo '# more' >>"$CONTAINER_ROOT/etc/pop3-session.conf"
}

# Replaces what the last test added to the configuration.
setting() {
	local line
	sed -i '/^# more/q' "$CONTAINER_ROOT/etc/pop3-session.conf"
	for line; do
		echo "$line" >>"$CONTAINER_ROOT/etc/pop3-session.conf"
	done
}

# alice and the others have ids of their own; bob's mail is vmail's.
make_users() {
	local user uid=2000 home ids
	for user in "${USERS[@]}"; do
		uid=$((uid + 1))
		home=$(home_of "$user")
		ids="$uid:$uid"
		[ "$user" != bob ] || ids=:
		echo "$user:{PLAIN}secret:$ids::$home::" \
			>>"$CONTAINER_ROOT/etc/pop3-users"
		[ "$user" != bob ] || ids=vmail:vmail
		inside mkdir -p "$home"/Maildir/{cur,new,tmp}
		inside chown -R "$ids" "$home"
		inside chmod -R go= "$home"
	done
	inside chmod 600 /etc/pop3-users
}

deliver() {
	local user i folder
	for user; do
		folder=$(home_of "$user")/Maildir
		inside sh -c "rm -f $folder/new/* $folder/cur/*"
		for i in 1 2 3; do
			printf 'Subject: %s for %s\n\n.\nThe end.\n' "$i" "$user" |
				inside sh -c "cat >$folder/new/160000000$i.M$i.h"
		done
		inside sh -c "chown --reference=$folder $folder/new/*"
	done
}

pop3_url() {
	echo "pop3://$1:secret@$SERVER_ADDRESS:${PORT:-110}/${2:-}"
}

fetch_all() {
	local i
	for i in 1 2 3; do
		outside curl -sS --max-time 20 "$(pop3_url "$1" "$i")" || return
	done
}

delete_one() {
	outside curl -sS --max-time 20 --head -X 'DELE 1' "$(pop3_url "$1")"
}

remaining() {
	local folder
	folder=$(home_of "$1")/Maildir
	inside find "$folder/new" "$folder/cur" -type f | wc -l
}

# That the users' mail comes whole and goes when it is deleted.
serves_everyone() {
	local user i
	deliver "${USERS[@]}"
	for user in "${USERS[@]}"; do
		for i in 1 2 3; do
			printf 'Subject: %s for %s\r\n\r\n.\r\nThe end.\r\n' \
				"$i" "$user"
		done >"$WORLD/sent"
		fetch_all "$user" >"$WORLD/fetched"
		cmp "$WORLD/sent" "$WORLD/fetched"
		delete_one "$user" >/dev/null
		[ "$(remaining "$user")" = 2 ]
	done
}

speaks_nothing_but_pop3() {
	printf 'USER nobody\r\nPASS wrong\r\nQUIT\r\n' | outside timeout 20 \
		bash -c "exec 9<>/dev/tcp/$SERVER_ADDRESS/110; cat >&9; cat <&9" \
		>"$WORLD/heard"
	cat "$WORLD/heard"
	[ "$(grep -cvE '^(\+OK|-ERR)' "$WORLD/heard")" = 0 ]
	wait_for 30 journal_has 'pop3-session.*auth failed'
}

# Ten thousand connections of one source, and one of another.
stands_a_flood() {
	crowd 10000 198.51.100.1
	wait_for 240 crowd_is_there
	cat "$WORLD/crowd"
	[ "$(crowd_counts greeted)" = 100 ]
	fresh_within 2000
	crowd_leaves
}

# 900 sessions and one more; [WAITING] is for crowd.
has_room_for_900() {
	setting 'max_sessions = 900'
	crowd 901 198.51.100.1 240 "$@"
	wait_for 240 crowd_is_there
	cat "$WORLD/crowd"
	[ "$(crowd_counts greeted)" = 900 ]
	[ "$(crowd_counts refused)" = 1 ]
	grep -E '^-ERR \[SYS/TEMP\] .*sessions' "$WORLD/crowd"
	crowd_leaves
	wait_for 30 journal_has max_sessions=900
	wait_for 60 fresh_visit
}

crowd() {
	mkfifo "$WORLD/leave" 2>/dev/null || true
	outside "$BUILD/tests/crowd" "$SERVER_ADDRESS" "${PORT:-110}" "$@" \
		<"$WORLD/leave" >"$WORLD/crowd" 2>&1 &
	CROWD=$!
	exec {LEAVE}>"$WORLD/leave"
}

crowd_is_there() {
	[ -s "$WORLD/crowd" ]
}

crowd_leaves() {
	exec {LEAVE}>&-
	wait "$CROWD"
	rm -f "$WORLD/leave"
}

# From the report of the crowd: the number behind a word.
crowd_counts() {
	sed -n "s/.*$1 \([0-9]*\).*/\1/p" "$WORLD/crowd"
}

fresh_visit() {
	local report
	report=$(outside timeout 30 "$BUILD/tests/crowd" "$SERVER_ADDRESS" \
		"${PORT:-110}" 1 "${1:-198.51.100.250}" </dev/null)
	[[ $report == 'greeted 1 '* ]] || {
		echo "no greeting: $report" >&2
		return 1
	}
	sed -n 's/.*slowest //p' <<<"$report"
}

# Where this machine had other things to do at a visit, the next one tells.
fresh_within() {
	local ms try
	for try in 1 2 3 4 5; do
		ms=$(fresh_visit) || return
		echo "visit $try of a fresh source waited $ms ms"
		[ "$ms" -ge "$1" ] || return 0
	done
	return 1
}

# What the journal has of this test.
journal() {
	inside journalctl --no-pager --quiet --since "@$BEGAN" "$@"
}

journal_has() {
	journal | grep -qE -- "$1"
}

show_journal() {
	[ -n "$BATS_TEST_COMPLETED" ] ||
		journal --boot | tail -n 60 | sed 's/^/journal: /' >&2
}
