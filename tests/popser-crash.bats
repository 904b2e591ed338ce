#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A session as popser's that is killed at any system call which changes
# something leaves a state from which both a login and a reset work: no mail is
# lost, removed without QUIT, or in two places.

load lib/common
load lib/older

# bats file_tags=sandbox

setup() {
	begin_older
	need strace
	OPTIONS+=(-o "users=authfile:$AUTH" -o "maildir=$MAILDIR"
		-o "mail_roots=$WORLD" -o "popser_log=$LOG")
}

# As before anything has run: three new messages, one old.
anew() {
	rm -rf "$MAILDIR" "$WORLD/bin/"popser*.log
	mkdir "$MAILDIR" "$MAILDIR/new" "$MAILDIR/cur"
	deliver_some 3
	echo old | deliver 1500000000.old:2,RS cur
	as_mail_owner "$MAILDIR" "$WORLD/bin" "$AUTH"
}

session() { # of these commands, under $1
	"$@" < <(
		printf 'USER bob\r\nPASS a  b \r\n'
		printf '%s\r\n' "${COMMANDS[@]}" QUIT
	) | tr -d '\r'
}

names() {
	(cd "$MAILDIR" && find . -type f -printf '%f\n' | sed 's/:2,.*//' | sort)
}

# The next login is as if nothing had happened to those that are left.
check_login() { # least and most number of messages
	local number uid
	COMMANDS=(UIDL 'RETR 1')
	run -0 session pop3
	[[ $output == *'+OK logged in'*'+OK bye' ]]
	number=$(grep -cE '^[0-9]+ [0-9a-f]{32}$' <<<"$output")
	[ "$number" -ge "$1" ]
	[ "$number" -le "$2" ]
	[ "$number" = "$(names | wc -l)" ]
	[ "$(names | sort -u | wc -l)" = "$number" ]
	while read -r uid; do
		grep -q "^[0-9]* $(uid "$uid")\$" <<<"$output"
	done < <(names)
	[ "$(wc -l <"$LOG")" = "$number" ]
	[ -z "$(cut -f 4 "$LOG" | tr -d 'N\n')" ]
}

# The reset puts back what is left, and only what had moved.
check_reset() {
	local left
	left=$(names)
	"$PROGRAM" --config /dev/null --popser-reset -o "popser_log=$LOG"
	[ "$(names)" = "$left" ]
	[ -f "$MAILDIR/cur/1500000000.old:2,RS" ]
	[ "$(ls "$MAILDIR/cur")" = 1500000000.old:2,RS ]
	[ ! -e "$LOG" ]
}

# Kills at the first, second, ... time of this call, until there is none left.
# What follows must hold after each; at least $3 times it must have fired.
kill_at() { # call check least
	local n
	for ((n = 1; n < 100; n++)); do
		anew
		COMMANDS=("${WANTED[@]}")
		run session inject "$1:signal=KILL:when=$n"
		fired || break
		echo "killed at the ${n}th $1"
		"$2"
		rm -f "$WORLD/strace"
	done
	echo "fired $((n - 1)) times"
	[ "$n" -gt "$3" ]
}

logged_in_again() {
	check_login 4 4
	check_reset
}

reset_at_once() {
	[ "$(names | wc -l)" = 4 ]
	check_reset
	anew_log_in
}

# A login after the reset, too.
anew_log_in() {
	check_login 4 4
}

# The first of the calls belong to the login, when nothing is removed yet.
logged_in_after_update() {
	local least=4
	# What is not marked is there; what is marked may be gone.
	[ -f "$MAILDIR/cur/1500000000.old:2,RS" ]
	if [ -f "$MAILDIR/cur/1600000002.M2.host:2,S" ]; then
		least=2
	else
		[ -f "$MAILDIR/new/1600000002.M2.host" ]
	fi
	check_login "$least" 4
	check_reset
}

@test "killed while moving: the next login goes on" {
	WANTED=(STAT NOOP)
	kill_at renameat2 logged_in_again 3
}

@test "killed while moving: a reset undoes what was done" {
	WANTED=(STAT NOOP)
	kill_at renameat2 reset_at_once 3
}

@test "killed while recording the moves" {
	WANTED=(STAT NOOP)
	kill_at renameat logged_in_again 1
	kill_at fsync logged_in_again 2
	kill_at fsync reset_at_once 2
	kill_at unlinkat logged_in_again 1
	kill_at flock logged_in_again 2
}

@test "killed while removing: marked mail is there or gone, all other is there" {
	WANTED=('DELE 2' 'DELE 4')
	kill_at unlinkat logged_in_after_update 5
}

@test "killed while recording removals" {
	WANTED=('DELE 2' 'DELE 4')
	kill_at renameat logged_in_after_update 3
	kill_at fsync logged_in_after_update 6
}

@test "an UPDATE cut short leaves Y, and the next login knows" {
	WANTED=('DELE 2' 'DELE 4')
	local n
	# The first removal of a message: whatever popser.log needs comes before.
	for ((n = 1; n < 20; n++)); do
		anew
		COMMANDS=("${WANTED[@]}")
		run session inject "unlinkat:signal=KILL:when=$n"
		fired
		! grep -q Y$ "$LOG" || break
	done
	[ "$(grep -c Y$ "$LOG")" = 2 ]
	check_login 4 4
	log_has 'UPDATE cut short'
}
