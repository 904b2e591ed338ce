#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	start_scmpd
}

teardown() { end_scmpd; }

@test "names of limits and of rules for passwords are taken in any case" {
	local_says 'LIMITS MAX_SESSIONS 77' 'LIMITS Max_Sessions' \
		'POLICY MIN_LENGTH 12' 'POLICY Min_Length' 'POLICY MIN_LENGTH default' \
		'POLICY min_length'
	answers_are '+OK max_sessions' '+OK 77 source=scmp' '+OK min_length' \
		'+OK 12 source=scmp' '+OK min_length' '+OK 8 source=default'
}
