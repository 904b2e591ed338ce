#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Passwords in clear text: from this machine they are taken, from elsewhere
# only if plaintext_login says so. And who "elsewhere" is, by IPv4 and IPv6.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes
load ../lib/netns

# bats file_tags=server

setup() {
	need_root
	need ip socat
	begin
	networks_up
	mailbox alice
	mails alice 2
}

takes_passwords() { # as talk_from
	talk_from "$@" <<-'END'
		S~ ^\+OK
		C: CAPA
		S~ ^\+OK
		S~ ^(TOP|USER)$
		S*
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: QUIT
		S~ ^\+OK
		S.
	END
}

# The password must not even be asked for.
refuses_passwords() {
	talk_from "$@" <<-'END'
		S~ ^\+OK .*<.*>$
		C: USER alice
		S~ ^-ERR
		C: PASS secret
		S~ ^-ERR
		C: STAT
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}

capabilities() {
	printf 'CAPA\r\nQUIT\r\n' | within "$1" socat -t 20 STDIO "TCP:$2:110" |
		tr -d '\r'
}

@test "from elsewhere, by IPv4: USER and PASS are refused, CAPA has no USER" {
	serve_here
	refuses_passwords "$THERE" 192.0.2.1
	capabilities "$THERE" 192.0.2.1 >"$WORLD/capa"
	grep -qx UIDL "$WORLD/capa"
	fails grep -q '^USER' "$WORLD/capa"
	wait_for 30 log_has 'rip=192\.0\.2\.2, lip=192\.0\.2\.1'
}

@test "from elsewhere, by IPv6: the same" {
	serve_here
	refuses_passwords "$THERE" 2001:db8:1::1
	capabilities "$THERE" '[2001:db8:1::1]' >"$WORLD/capa"
	grep -qx UIDL "$WORLD/capa"
	fails grep -q '^USER' "$WORLD/capa"
	wait_for 30 log_has 'rip=2001:db8:1::[23], lip=2001:db8:1::1'
}

@test "from this machine's loopback, by IPv4 and IPv6: they are taken, CAPA has USER" {
	serve_here
	takes_passwords "$HERE" 127.0.0.1
	takes_passwords "$HERE" 127.0.0.1 127.0.0.9
	takes_passwords "$HERE" ::1
	capabilities "$HERE" 127.0.0.1 | grep -qx USER
}

@test "from this machine, but by its address in the network: refused" {
	serve_here
	refuses_passwords "$HERE" 192.0.2.1
}

@test "plaintext_login = yes takes them from everywhere" {
	serve_here -o plaintext_login=yes
	takes_passwords "$THERE" 192.0.2.1
	takes_passwords "$THERE" 2001:db8:1::1
	capabilities "$THERE" 192.0.2.1 | grep -qx USER
}

@test "plaintext_login = no takes them from nowhere" {
	serve_here -o plaintext_login=no
	refuses_passwords "$HERE" 127.0.0.1
	refuses_passwords "$THERE" 192.0.2.1
}

@test "APOP is taken from elsewhere: it shows no password" {
	serve_here
	within "$THERE" python3 - <<-'END'
		import poplib
		box = poplib.POP3("192.0.2.1", 110, 20)
		box.apop("alice", "secret")
		assert box.stat()[0] == 2
		box.quit()
	END
	wait_for 30 log_has 'Login: user=<alice>, method=APOP, rip=192\.0\.2\.2'
}

@test "a refused password is no failed login: it costs the network nothing" {
	serve_here
	local i
	for i in 1 2 3 4 5 6; do
		refuses_passwords "$THERE" 192.0.2.1
	done
	wait_for 30 six_ended
	fails log_has 'auth failed'
}

six_ended() {
	[ "$(grep -c 'rip=192\.0\.2\.2' "$WORLD/log")" = 6 ]
}

# A socket of both kinds, as systemd makes them: IPv4 comes as ::ffff:…
serve_both() {
	command_line "$@"
	become ip netns exec "$HERE" python3 -c '
import os, socket, sys
s = socket.create_server(("", 110), family=socket.AF_INET6,
                         dualstack_ipv6=True)
os.dup2(s.fileno(), 0)
os.execv(sys.argv[1], sys.argv[1:])
' "${COMMAND[@]}" </dev/null >/dev/null 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 20 log_has ': ready$'
}

@test "on a socket of both kinds, IPv4 is IPv4: loopback and elsewhere" {
	serve_both
	takes_passwords "$HERE" 127.0.0.1
	takes_passwords "$HERE" ::1
	refuses_passwords "$THERE" 192.0.2.1
	refuses_passwords "$THERE" 2001:db8:1::1
	wait_for 30 log_has 'rip=127\.0\.0\.1, lip=127\.0\.0\.1'
	wait_for 30 log_has 'rip=192\.0\.2\.2, lip=192\.0\.2\.1'
}

# --- networks by IPv6 --------------------------------------------------------

stays() { # from
	become ip netns exec "$THERE" socat -u \
		"TCP:[2001:db8:1::1]:110,bind=[$1]" \
		"OPEN:$WORLD/stays,creat" 2>>"$WORLD/log" &
	HELPERS+=($!)
	wait_for 20 grep -qs '^+OK' "$WORLD/stays"
}

first_line() { # from
	printf 'QUIT\r\n' | within "$THERE" socat -t 20 STDIO \
		"TCP:[2001:db8:1::1]:110,bind=[$1]" | head -n 1
}

@test "a network is a /64: its limit is for all of that, and for no other" {
	serve_here -o max_sessions_per_network=1
	stays 2001:db8:1::2
	[[ $(first_line 2001:db8:1::3) == '-ERR [SYS/TEMP] your network'* ]]
	[[ $(first_line 2001:db8:2::2) == +OK* ]]
	wait_for 30 log_has 'Refused: max_sessions_per_network=1 is reached: rip=2001:db8:1::3, lip=2001:db8:1::1$'
}

# APOP with a wrong digest, so many times.
fail_from() { # from count
	local i digest=00000000000000000000000000000000
	for ((i = 0; i < $2; i++)); do
		printf 'APOP alice %s\r\n' "$digest"
	done | within "$THERE" socat -t 60 STDIO \
		"TCP:[2001:db8:1::1]:110,bind=[$1]" >"$WORLD/failed"
	[ "$(grep -c '^-ERR \[AUTH\]' "$WORLD/failed")" = "$2" ]
}

@test "so are penalties: another address of the /64 waits, another /64 does not" {
	need strace
	serve_here
	fail_from 2001:db8:1::2 3
	trace "$(acceptor)" ppoll
	fail_from 2001:db8:2::2 1
	[ "$(waits)" = "" ]
	fail_from 2001:db8:1::3 1
	[ "$(waits)" = "1" ]
}
