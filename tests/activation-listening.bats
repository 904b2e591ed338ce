#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The listening shape: sockets of its own by --listen, or handed over as
# descriptor 0 (inetd wait) or by LISTEN_FDS (systemd).

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load lib/common
load lib/processes

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
}

has_ipv6() {
	grep -qs '^0\{31\}1 ' /proc/net/if_inet6 ||
		skip "no IPv6 loopback here"
}

# A whole session at this port.
serves_at() {
	talk_to "$@" <<-'END'
		S~ ^\+OK pop\.test
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S: +OK logged in
		C: STAT
		S~ ^\+OK 2 [0-9]+$
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "--listen on an IPv4 address" {
	serve
	serves_at "$PORT"
	wait_for 30 log_has "listening on 127\.0\.0\.1:$PORT"
	wait_for 30 log_has ' lip=127\.0\.0\.1,'
}

@test "--listen on an IPv6 address" {
	has_ipv6
	local port
	port=$(free_port)
	serve --listen "[::1]:$port"
	serves_at "$port" ::1
	wait_for 30 log_has "listening on \[::1\]:$port"
	wait_for 30 log_has 'rip=::1, lip=::1,'
}

@test "--listen several times: each address serves" {
	local a b
	a=$(free_port)
	b=$(free_port)
	serve --listen "127.0.0.1:$a" --listen "127.0.0.2:$b"
	serves_at "$PORT"
	serves_at "$a"
	serves_at "$b" 127.0.0.2
	fails answers "$b"
}

@test "--listen on * serves every address, as the one that it was" {
	local port
	port=$(free_port)
	serve --listen "*:$port"
	serves_at "$port" 127.0.0.1
	serves_at "$port" 127.0.0.3
	wait_for 30 log_has 'rip=127\.0\.0\.[0-9]+, lip=127\.0\.0\.3,'
}

@test "--listen without a value takes the addresses of the configuration" {
	local a b
	a=$(free_port)
	b=$(free_port)
	printf 'listen = 127.0.0.1:%s\nlisten = 127.0.0.1:%s\n' "$a" "$b" \
		>"$WORLD/conf"
	command_line --config "$WORLD/conf" --listen
	become "${COMMAND[@]}" </dev/null >/dev/null 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 20 log_has ': ready$'
	serves_at "$a"
	serves_at "$b"
}

@test "an address that is taken: said with the address, exit status 1" {
	serve
	command_line --listen "127.0.0.1:$PORT"
	start_and_wait "${COMMAND[@]}"
	[ "$STATUS" = 1 ]
	grep -q "127.0.0.1:$PORT" "$WORLD/said"
	serves_at "$PORT"
}

@test "an address that is none: said, exit status 1" {
	local address
	for address in 127.0.0.1 127.0.0.1:99999 '[::1:110' nonsense:x; do
		command_line --listen "$address"
		start_and_wait "${COMMAND[@]}"
		[ "$STATUS" = 1 ]
		grep -qF "$address" "$WORLD/said"
	done
}

@test "a listening socket as descriptor 0" {
	handed one
	serves_at "$PORT"
	serves_at "$PORT"
	wait_for 30 log_has "listening on 127\.0\.0\.1:$PORT"
}

@test "one socket by LISTEN_FDS" {
	handed "listen 1"
	serves_at "$PORT"
	serves_at "$PORT"
}

@test "two sockets by LISTEN_FDS" {
	handed "listen 2"
	serves_at "${PORTS[0]}"
	serves_at "${PORTS[1]}"
}

@test "sockets that are handed over and --listen, together" {
	local port
	port=$(free_port)
	handed "listen 1" --listen "127.0.0.1:$port"
	serves_at "${PORTS[0]}"
	wait_for 20 answers "$port"
	serves_at "$port"
}

@test "LISTEN_FDS that are another process's are left alone" {
	command_line
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' |
		LISTEN_FDS=1 LISTEN_PID=1 bare timeout 60 "${COMMAND[@]}" \
			2>>"$WORLD/log" | grep -q '^+OK logged in'
}

@test "LISTEN_FDS that are no listening sockets: said, exit status 1" {
	command_line
	# shellcheck disable=SC2016 # the inner shell's
	start_and_wait bash -c \
		'exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' \
		bash "${COMMAND[@]}"
	[ "$STATUS" = 1 ]
	grep -q 'descriptor 3 .* no listening socket' "$WORLD/said"
}

@test "a broken configuration: said with file and line, exit status 78, nothing listens" {
	local port
	port=$(free_port)
	printf 'max_sessions = many\n' >"$WORLD/conf"
	command_line --config "$WORLD/conf" --listen "127.0.0.1:$port"
	start_and_wait "${COMMAND[@]}"
	[ "$STATUS" = 78 ]
	grep -q "$WORLD/conf:1.*max_sessions" "$WORLD/said"
}

@test "sandbox = off is refused where there is a network" {
	command_line --listen "127.0.0.1:$(free_port)" -o sandbox=off
	start_and_wait "${COMMAND[@]}"
	[ "$STATUS" = 78 ]
	grep -q 'sandbox' "$WORLD/said"
}

@test "descriptors that the server was started with are not its sessions'" {
	need_root
	: >"$WORLD/secret"
	PORT=$(free_port)
	command_line --listen "127.0.0.1:$PORT"
	# shellcheck disable=SC2016 # the inner shell's
	become bash -c 'exec 9<"$0"; exec "$@"' "$WORLD/secret" "${COMMAND[@]}" \
		</dev/null >/dev/null 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 20 answers "$PORT"
	enter alice
	has_secret "$SERVER"
	fails has_secret "$(acceptor)"
	fails has_secret "$(front_parent)"
	fails has_secret "$(monitor alice)"
	fails has_secret "$(front "$(monitor alice)")"
	hang_up
}

has_secret() {
	readlink "/proc/$1/fd/"* | grep -q '/secret$'
}
