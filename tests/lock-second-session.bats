#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# One session at a time: the lock on the Maildir (RFC 1939 section 4, RFC 2449 section 8.1.1).

load lib/common

# bats file_tags=server

setup() {
	begin
	mailbox alice
	mails alice 2
	mailbox bob
	serve
}

# A session that stays logged in on descriptor $HOLDER.
hold() {
	exec {HOLDER}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'USER alice\r\nPASS secret\r\n' >&"$HOLDER"
	local line
	for _ in 1 2 3; do
		read -r -t 20 -u "$HOLDER" line
	done
	[[ $line == "+OK logged in"* ]]
}

@test "a second session gets [IN-USE] at once, may be another user, and may retry" {
	hold
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[IN-USE\] .*for [0-9]+ seconds
		C: USER bob
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "the same connection succeeds once the first session is gone" {
	hold
	exec {second}<>"/dev/tcp/127.0.0.1/$PORT"
	# shellcheck disable=SC2034 # for converse
	TO=$second
	converse "$second" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[IN-USE\]
	END
	printf 'QUIT\r\n' >&"$HOLDER"
	read -r -t 20 -u "$HOLDER" line
	[[ $line == +OK* ]]
	# Freed before the answer to QUIT: no waiting is needed.
	converse "$second" <<-'END'
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
	END
	exec {second}>&- {HOLDER}>&-
}

@test "a connection that never logged in does not free somebody else's lock" {
	hold
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
	talk_to "$PORT" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR \[IN-USE\]
		C: QUIT
		S~ ^\+OK
		S.
	END
	exec {HOLDER}>&-
}

unlocked() {
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK logged in'
}

@test "a connection that is dropped frees the lock, and nothing is removed" {
	hold
	printf 'DELE 1\r\n' >&"$HOLDER"
	read -r -t 20 -u "$HOLDER" line
	exec {HOLDER}>&-
	wait_for 30 unlocked
	[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 2 ]
}

@test "a monitor that is killed frees the lock, and nothing is removed" {
	hold
	printf 'DELE 1\r\n' >&"$HOLDER"
	read -r -t 20 -u "$HOLDER" line
	kill -KILL "$(sed -n 's/.*Login: user=<alice>.*mpid=\([0-9]*\).*/\1/p' \
		"$WORLD/log" | tail -n 1)"
	wait_for 30 unlocked
	[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 2 ]
	exec {HOLDER}>&-
}
