#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is left of passwords in the memory of scmp that went to scmpd or came
# from it: nothing.

load lib/common
load lib/scmp
load lib/scmpd
load lib/dumped

# (A sanitizer keeps what was given back, and does not bear gdb.)
# bats file_tags=sandbox,server

readonly WORD=xyzzy-PLUGH-7351

setup() {
	need_root
	need gdb python3
	begin_scmpd
	account alice --role admin
	PASSWORD=$WORD account bob
	start_scmpd
	online
}

teardown() { end_scmpd; }

@test "a password for a login is nowhere in memory, right or wrong" {
	online --server "127.0.0.1:$SCMP_PORT"
	echo "$WORD" >"$WORLD/in"
	dumped "$WORLD/in" --login bob --login-fd 0 whoami
	grep -qx 'user: bob' "$WORLD/out"
	knows "127.0.0.1:$SCMP_PORT" "$WORD"
	echo "not-$WORD" >"$WORLD/in"
	dumped "$WORLD/in" --login bob --login-fd 0 whoami
	[ ! -s "$WORLD/out" ]
	knows "127.0.0.1:$SCMP_PORT" "$WORD"
}

@test "nor one that was set, or made by scmpd" {
	local made
	echo "$WORD" >"$WORLD/in"
	dumped "$WORLD/in" user add carl --password-fd 0
	grep -q 'carl: user added' "$WORLD/out"
	knows "$WORLD/scmp.sock" "$WORD"
	dumped /dev/null user passwd carl --generate
	made=$(sed -n 's/^password: //p' "$WORLD/out")
	[ "${#made}" -ge 20 ]
	knows "$WORLD/scmp.sock" "$made"
	dumped /dev/null user add dora --generate --json
	made=$(json 'it["password"]' <"$WORLD/out" | tr -d '"')
	[ "${#made}" -ge 20 ]
	knows "$WORLD/scmp.sock" "$made"
	online --server "127.0.0.1:$SCMP_PORT"
	printf '%s\n' "$WORD" "other-$WORD" >"$WORLD/in"
	dumped "$WORLD/in" --login bob --login-fd 0 passwd --password-fd 0
	grep -q 'password changed' "$WORLD/out"
	knows "127.0.0.1:$SCMP_PORT" "$WORD"
}

@test "nor one that a script sent through raw" {
	online --server "127.0.0.1:$SCMP_PORT"
	printf '%s\r\n' 'USER alice' "PASS $PASSWORD" "ADD_USER eve $WORD" \
		QUIT >"$WORLD/in"
	dumped "$WORLD/in" raw
	grep -q '^+OK user added' "$WORLD/out"
	knows "127.0.0.1:$SCMP_PORT" "$WORD" "$PASSWORD"
}
