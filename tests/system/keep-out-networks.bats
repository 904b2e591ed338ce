#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The allow list, from a network that is not the machine itself.

# shellcheck disable=SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/database
load ../lib/processes
load ../lib/netns

# bats file_tags=server

setup() {
	need_root
	need ip socat
	begin
	DATABASE=$WORLD/users.db
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	scmp db init
	networks_up
	serve_here
}

is_let_in() { # from [to]
	talk_from "$THERE" "${2:-192.0.2.1}" "$1" <<-'END'
		S~ ^\+OK
		C: QUIT
		S: +OK bye
	END
}

is_refused() { # from [to]
	talk_from "$THERE" "${2:-192.0.2.1}" "$1" <<-'END'
		S: -ERR [SYS/PERM] connections from your network are not accepted here
		S.
	END
}

from_this_machine() { # address
	talk_from "$HERE" "$1" <<-'END'
		S~ ^\+OK
		C: QUIT
		S: +OK bye
	END
}

@test "without an allow list all may come; with one only who is on it" {
	is_let_in 192.0.2.2
	scmp allow ip 192.0.2.3
	is_refused 192.0.2.2
	is_let_in 192.0.2.3
	is_refused 2001:db8:1::2 2001:db8:1::1
	wait_for 30 log_has 'Refused: not on the allow list: rip=192\.0\.2\.2, lip=192\.0\.2\.1$'
	scmp allow ip 2001:db8:1::/64
	is_let_in 2001:db8:1::2 2001:db8:1::1
	is_refused 2001:db8:2::2 2001:db8:1::1
	scmp unallow ip 192.0.2.3
	scmp unallow ip 2001:db8:1::/64
	is_let_in 192.0.2.2
}

@test "a ban wins over an allow" {
	scmp allow ip 192.0.2.0/24
	scmp ban ip 192.0.2.3
	is_let_in 192.0.2.2
	is_refused 192.0.2.3
	scmp unban ip 192.0.2.3
	scmp ban ip 192.0.2.0/24
	scmp allow ip 192.0.2.2/32
	is_refused 192.0.2.2
}

@test "the machine itself is not shut out by an allow list, but by a ban" {
	scmp allow ip 192.0.2.3
	from_this_machine 127.0.0.1
	from_this_machine ::1
	scmp ban ip 127.0.0.1
	from_this_machine ::1
	fails from_this_machine 127.0.0.1
}

@test "an allow list that has run out is none" {
	scmp allow ip 192.0.2.3
	is_refused 192.0.2.2
	python3 - "$DATABASE" <<-'END'
		import sqlite3, sys, time
		with sqlite3.connect(sys.argv[1]) as db:
		    db.execute("UPDATE rules SET until = ?", (int(time.time()) + 5,))
	END
	is_refused 192.0.2.2
	wait_for 30 is_let_in 192.0.2.2
}
