#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# STAT, LIST and UIDL tell the truth, and marks do not shift numbers (RFC 1939 section 5).

load lib/common

setup() {
	begin
	mailbox alice
	printf 'a\n' | message alice 1600000001.M1.host        # 3 octets
	printf 'bb\nb\n' | message alice 1600000002.M2.host    # 7
	printf 'ccc\n' | message alice 1600000003.M3.host:2,S cur # 5
}

@test "the sums of LIST are STAT, and numbers follow the time of delivery" {
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: STAT
		S: +OK 3 15
		C: LIST
		S~ ^\+OK 3
		S: 1 3
		S: 2 7
		S: 3 5
		S: .
		C: UIDL
		S~ ^\+OK
		S: 1 1600000001.M1.host
		S: 2 1600000002.M2.host
		S: 3 1600000003.M3.host
		S: .
		C: LIST 2
		S: +OK 2 7
		C: UIDL 3
		S: +OK 3 1600000003.M3.host
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "what is marked is left out, answered with -ERR, and numbers stay" {
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: DELE 2
		S~ ^\+OK
		C: STAT
		S: +OK 2 8
		C: LIST
		S~ ^\+OK 2
		S: 1 3
		S: 3 5
		S: .
		C: UIDL
		S~ ^\+OK
		S: 1 1600000001.M1.host
		S: 3 1600000003.M3.host
		S: .
		C: LIST 2
		S~ ^-ERR
		C: UIDL 2
		S~ ^-ERR
		C: RETR 2
		S~ ^-ERR
		C: TOP 2 0
		S~ ^-ERR
		C: DELE 2
		S~ ^-ERR
		C: LIST 3
		S: +OK 3 5
		C: RSET
		S~ ^\+OK
		C: STAT
		S: +OK 3 15
		C: LIST 2
		S: +OK 2 7
		C: QUIT
		S~ ^\+OK
		S.
	END
	[ "$(find "$WORLD/mail/alice/cur" -type f | wc -l)" = 3 ]
}

@test "QUIT removes what is marked and nothing else" {
	printf 'USER alice\r\nPASS secret\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n' | pop3
	run ls "$WORLD"/mail/alice/new "$WORLD"/mail/alice/cur
	[[ $output == *1600000002.M2.host* ]]
	[[ $output != *M1.host* && $output != *M3.host* ]]
}

@test "without QUIT nothing is removed, moved or flagged" {
	find "$WORLD/mail/alice/new" "$WORLD/mail/alice/cur" | sort >"$WORLD/before"
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nDELE 1\r\nDELE 3\r\n' | pop3
	find "$WORLD/mail/alice/new" "$WORLD/mail/alice/cur" | sort >"$WORLD/after"
	cmp "$WORLD/before" "$WORLD/after"
}

@test "an empty maildrop lists nothing" {
	mailbox empty
	dialogue <<-'END'
		S~ ^\+OK
		C: USER empty
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: STAT
		S: +OK 0 0
		C: LIST
		S~ ^\+OK 0
		S: .
		C: UIDL
		S~ ^\+OK
		S: .
		C: LIST 1
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}
