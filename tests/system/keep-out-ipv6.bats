#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Failed logins and limits over IPv6: a /64 is one network, and the /64 of one
# /48 pay for each other when they are many.

# shellcheck disable=SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes
load ../lib/netns

# bats file_tags=server

setup() {
	need_root
	need ip socat
	begin
	mailbox alice
	networks_up
	OPTIONS+=(-o plaintext_login=yes -o penalty_delay=0 -o penalty_refuse=2)
	local i
	for i in {1..9} a ffff; do
		address "$THERE" "2001:db8:5:$i::2/128"
	done
	address "$THERE" 2001:db8:5:1::3/128 2001:db8:6:1::2/128
	ip -n "$HERE" route add 2001:db8:4::/46 dev cable
	ip -n "$THERE" route add 2001:db8:1::1/128 dev cable 2>/dev/null || true
}

fails_from() { # address
	talk_from "$THERE" 2001:db8:1::1 "$1" <<-'END'
		S~ ^\+OK
		C: USER alice
		S: +OK send PASS
		C: PASS wrong
		S: -ERR [AUTH] wrong name or password
		C: QUIT
		S: +OK bye
	END
}

is_refused_from() { # address
	talk_from "$THERE" 2001:db8:1::1 "$1" <<-'END'
		S: -ERR [SYS/TEMP] too many failed logins from your network; try later
		S.
	END
}

@test "all addresses of a /64 are one network" {
	serve_here
	fails_from 2001:db8:5:1::2
	fails_from 2001:db8:5:1::3
	is_refused_from 2001:db8:5:1::2
	is_refused_from 2001:db8:5:1::3
	fails_from 2001:db8:5:2::2
}

@test "the /64 of one /48 are refused together after four times as many failures; the next /48 is not" {
	serve_here
	local i
	for i in {2..9}; do
		fails_from "2001:db8:5:$i::2"
	done
	is_refused_from 2001:db8:5:ffff::2
	is_refused_from 2001:db8:5:a::2
	fails_from 2001:db8:6:1::2
	wait_for 30 log_has 'Refused: penalty_refuse=2 is reached: rip=2001:db8:5:a::2'
}
