#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# However the input is cut, the answers are the same (RFC 2449 section 6.6).

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 3
	printf '%s\r\n' CAPA 'USER alice' 'PASS secret' STAT LIST UIDL 'RETR 1' \
		'TOP 2 0' 'DELE 9' 'LIST 2' NOOP RSET STAT QUIT >"$WORLD/commands"
}

# The greeting has a stamp of its own each time.
answers_of() {
	pop3 | tail -n +2
}

@test "all in one segment gives an answer to every command" {
	answers_of <"$WORLD/commands" >"$WORLD/one"
	[ "$(grep -c '^[+-]' "$WORLD/one")" = 14 ]
	tail -n 1 "$WORLD/one" | grep -q '^+OK'
}

@test "octet by octet gives the same answers" {
	answers_of <"$WORLD/commands" >"$WORLD/one"
	{
		local i size
		size=$(stat -c %s "$WORLD/commands")
		for ((i = 0; i < size; i++)); do
			dd if="$WORLD/commands" bs=1 skip="$i" count=1 status=none
		done
	} | answers_of >"$WORLD/single"
	cmp "$WORLD/one" "$WORLD/single"
}

@test "cut at every place in two gives the same answers" {
	local i size
	size=$(stat -c %s "$WORLD/commands")
	answers_of <"$WORLD/commands" >"$WORLD/one"
	for ((i = 1; i < size; i += 3)); do
		{
			head -c "$i" "$WORLD/commands"
			# The reader is asleep again before the rest comes.
			sleep 0.01
			tail -c "+$((i + 1))" "$WORLD/commands"
		} | answers_of >"$WORLD/two"
		cmp "$WORLD/one" "$WORLD/two"
	done
}

@test "commands behind PASS survive the login" {
	dialogue <<-'END'
		S~ ^\+OK
		C= USER alice\r\nPASS secret\r\nSTAT\r\nNOOP\r\nQUIT\r\n
		S~ ^\+OK
		S: +OK logged in
		S~ ^\+OK 3
		S: +OK
		S~ ^\+OK
		S.
	END
}

@test "a thousand commands at once are all answered, in order" {
	{
		printf 'USER alice\r\nPASS secret\r\n'
		yes 'LIST 2' | head -n 1000 | sed 's/$/\r/'
		printf 'QUIT\r\n'
	} | answers_of >"$WORLD/many"
	[ "$(grep -c '^+OK 2 ' "$WORLD/many")" = 1000 ]
}
