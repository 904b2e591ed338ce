#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Sockets that the service manager hands over: what scmp_listen says of a place
# holds for whatever socket is there.

bats_require_minimum_version 1.5.0
load lib/common
load lib/scmp
load lib/scmpd

# bats file_tags=server

setup() {
	need nc
	begin_scmpd
	account chief --role admin
	SCMP_PORT=$(free_port)
	MORE=()
	read -r -a MORE <<<"${POP3_TEST_OPTIONS:-}"
	if [ "$EUID" = 0 ]; then
		chown -R "$SCMP_UID:$SCMP_UID" "$WORLD/db"
		MORE+=(-o "scmp_user=$SCMP_UID:$SCMP_UID"
			-o "scmp_group=$SCMP_OPERATORS")
	fi
}

teardown() {
	end_scmpd
}

# As systemd does it: a Unix socket and one of TCP, already open.
handed() { # scmp_listen...
	local item
	for item; do
		MORE+=(-o "scmp_listen=$item")
	done
	become python3 -c '
import os, socket, sys
path, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
local = socket.socket(socket.AF_UNIX)
local.bind(path)
local.listen()
tcp = socket.create_server(("127.0.0.1", port))
os.dup2(local.fileno(), 20)
os.dup2(tcp.fileno(), 21)
os.dup2(20, 3)
os.dup2(21, 4)
os.closerange(5, 30)
os.environ["LISTEN_FDS"] = "2"
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(command[0], command)' "$WORLD/scmp.sock" "$SCMP_PORT" \
		"$BUILD/bin/scmpd" --config "$WORLD/conf" \
		-o hostname=scmp.test "${MORE[@]}" 2>>"$WORLD/scmpd.log"
}

serve_handed() {
	handed "$@" &
	SCMPD=$!
	wait_for 30 scmpd_up_or_gone
	! gone "$SCMPD"
}

@test "without scmp_listen nobody is limited there" {
	serve_handed
	local_says WHOAMI 'MAX_USERS 9'
	answers_are '+OK user=- role=admin *' '+OK 9*'
	says chief 'MAX_USERS 8'
	answers_are '+OK 8*'
}

@test "a role behind the address of a socket that is handed over is the most there" {
	serve_handed "127.0.0.1:$SCMP_PORT viewer" \
		"unix:$WORLD/scmp.sock operator"
	says chief WHOAMI MAX_USERS 'MAX_USERS 5' 'BAN USER plain'
	answers_are '+OK user=chief role=admin *' '+OK 0*' '-ERR [[]PERM] *' \
		'-ERR [[]PERM] *'
	local_says 'BAN USER plain' 'ADD_USER x goodenough1'
	answers_are '+OK banned*' '-ERR [[]PERM] *'
}

@test "a place without a role says nothing of the others" {
	serve_handed "127.0.0.1:$SCMP_PORT viewer" 127.0.0.1:1
	says chief 'MAX_USERS 5'
	answers_are '-ERR [[]PERM] *'
	local_says 'MAX_USERS 9'
	answers_are '+OK 9*'
}

@test "a role that no socket would hold is refused at the start" {
	local where
	for where in "[::1]:$SCMP_PORT" "127.0.0.1:1" "unix:$WORLD/other.sock"; do
		rm -f "$WORLD/scmp.sock"
		run -1 --separate-stderr handed "127.0.0.1:$SCMP_PORT viewer" \
			"$where viewer"
		grep -qF "scmpd: scmp_listen $where: has a role, and systemd" \
			"$WORLD/scmpd.log"
		: >"$WORLD/scmpd.log"
	done
}

@test "what is wrong in scmp_listen is told also where systemd hands over" {
	run -1 --separate-stderr handed 'nonsense viewer'
	grep -q 'scmpd: scmp_listen nonsense: must end in' "$WORLD/scmpd.log"
	rm -f "$WORLD/scmp.sock"
	run -1 --separate-stderr handed "127.0.0.1:$SCMP_PORT king"
	grep -q 'scmpd: scmp_listen king: is no role' "$WORLD/scmpd.log"
	rm -f "$WORLD/scmp.sock"
	run -1 --separate-stderr handed "127.0.0.1:$SCMP_PORT viewer admin"
	grep -q 'scmpd: scmp_listen admin: there is a role' "$WORLD/scmpd.log"
}
