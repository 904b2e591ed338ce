#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is left of passwords in the memory of scmp when it ends: nothing. gdb
# stops it before its last call, and dumps it whole.

load lib/common
load lib/scmp
load lib/dumped

# (A sanitizer keeps what was given back, and does not bear gdb.)
# bats file_tags=sandbox

readonly WORD=xyzzy-PLUGH-7351

setup() {
	begin_scmp
	need_root
	need gdb python3
	scmp -q db init
}

@test "a password and a secret that were read are nowhere in memory" {
	printf '%s\n%s-apop\n' "$WORD" "$WORD" >"$WORLD/in"
	dumped "$WORLD/in" user add alice --password-fd 0 --secret-fd 0
	scmp user show alice | grep -q 'secret for APOP: *yes'
	knows "$DATABASE" "$WORD"
	dumped "$WORLD/in" pw check alice --password-fd 0
	grep -q 'fits' "$WORLD/out"
	knows "$DATABASE" "$WORD"
}

@test "nor one that was refused, or made" {
	echo "alice-$WORD" >"$WORLD/in"
	dumped "$WORLD/in" user add alice --password-fd 0
	knows "$DATABASE" "$WORD"
	exits 4 scmp user show alice
	dumped /dev/null user add alice --generate
	local made
	made=$(sed -n 's/^password: //p' "$WORLD/out")
	[ "${#made}" -ge 20 ]
	knows "$DATABASE" "$made"
	dumped /dev/null user passwd alice --generate --json
	made=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["password"])' \
		<"$WORLD/out")
	knows "$DATABASE" "$made"
}

@test "nor what was imported, in any format" {
	local i
	for i in 1 2 3; do
		printf '{"name":"json%d","password":"{PLAIN}%s","secret":"%s-%d"}\n' \
			"$i" "$WORD" "$WORD" "$i"
	done >"$WORLD/in"
	# A long line, one that is none, and one that is not the last.
	printf '{"name":"long","secret":"%s","comment":"%*s"}\n' "$WORD" 16000 '' \
		>>"$WORLD/in"
	printf '{"name":"bad","secret":"%s"' "$WORD" >>"$WORLD/in"
	dumped "$WORLD/in" user import
	grep -q '^3 added, .* 2 refused' "$WORLD/out"
	knows "$DATABASE" "$WORD"
	printf 'pw1:{PLAIN}%s\npw2:{ROT13}%s\n' "$WORD" "$WORD" >"$WORLD/file"
	dumped /dev/null user import "$WORLD/file"
	grep -q '^1 added' "$WORLD/out"
	knows "$DATABASE" "$WORD"
	printf 'username = auth\npassword = %s\n' "$WORD" >"$WORLD/file"
	dumped /dev/null user import "$WORLD/file"
	grep -q '^1 added' "$WORLD/out"
	knows "$DATABASE" "$WORD"
}

@test "nor what was exported" {
	printf '{"name":"a%d","password":"{PLAIN}%s","secret":"%s"}\n' \
		1 "$WORD" "$WORD" 2 "$WORD" "$WORD" | scmp -q user import
	dumped /dev/null user export
	[ "$(grep -c "$WORD" "$WORLD/out")" = 2 ]
	knows "$DATABASE" "$WORD"
	dumped /dev/null user export --format passwd
	[ "$(grep -c "$WORD" "$WORLD/out")" = 2 ]
	knows "$DATABASE" "$WORD"
	# Through memory, as what goes to a pipe.
	mkfifo "$WORLD/pipe"
	cat "$WORLD/pipe" >"$WORLD/read" &
	rm "$WORLD/out"
	ln -s pipe "$WORLD/out"
	dumped /dev/null user export
	wait $!
	[ "$(grep -c "$WORD" "$WORLD/read")" = 2 ]
	knows "$DATABASE" "$WORD"
}
