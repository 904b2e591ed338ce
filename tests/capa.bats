#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# CAPA in both states (RFC 2449).

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 1
}

@test "the same capabilities before and after the login" {
	dialogue <<-'END'
		S~ ^\+OK
		C: CAPA
		S~ ^\+OK
		S: TOP
		S: UIDL
		S: USER
		S: RESP-CODES
		S: AUTH-RESP-CODE
		S: PIPELINING
		S: EXPIRE NEVER
		S~ ^IMPLEMENTATION pop3-session
		S: .
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: CAPA
		S~ ^\+OK
		S: TOP
		S: UIDL
		S: USER
		S: RESP-CODES
		S: AUTH-RESP-CODE
		S: PIPELINING
		S: EXPIRE NEVER
		S~ ^IMPLEMENTATION pop3-session
		S: .
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "USER is not offered where it is not among the methods" {
	dialogue -o auth_methods=apop <<-'END'
		S~ ^\+OK .*<.*>$
		C: CAPA
		S~ ^\+OK
		S: TOP
		S: UIDL
		S: RESP-CODES
		S*
		C: USER alice
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}
