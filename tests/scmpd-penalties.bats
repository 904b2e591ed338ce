#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Networks from which logins fail: who they are, and how they are forgiven.
#
# bats file_tags=server

load lib/common
load lib/processes
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	account helper --role operator
	account looker --role viewer
	# Without delays; three failures refuse.
	start_scmpd -o penalty_free=100 -o penalty_refuse=3
	online
}

teardown() { end_scmpd; }

fails() { # TIMES
	local i
	for ((i = 0; i < $1; i++)); do
		lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER nobody' 'PASS wrong'
		grep -q '^-ERR' <<<"$SAID"
	done
}

@test "who has failed is listed, and let in again when forgiven" {
	local_says PENALTIES 'FORGIVE 127.0.0.1' 'PENALTIES ip=127.0.0.0/8'
	answers_are '+OK*' . '-ERR [[]NOTFOUND] *' '+OK*' .
	fails 2
	says helper PENALTIES 'PENALTIES ip=192.0.2.0/24'
	answers_are '+OK*' \
		'network=127.0.0.1/32 failures=2 delay=0 refused=no known=yes left=2[0-9][0-9]' \
		. '+OK*' .
	fails 1
	local_says PENALTIES
	answers_are '+OK*' \
		'network=127.0.0.1/32 failures=3 delay=0 refused=yes known=yes left=3[0-9][0-9]'
	# Who is not known there is not listened to, be the password right.
	says chief WHOAMI
	refute grep -q 'user=chief' <<<"$SAID"
	local_says 'FORGIVE 127.0.0.0/8' PENALTIES 'FORGIVE 127.0.0.1'
	answers_are '+OK 1 network forgiven' '+OK*' . '-ERR [[]NOTFOUND] *'
	says chief WHOAMI
	grep -q 'user=chief' <<<"$SAID"
	audited 'user=root from=local verb=FORGIVE args=127.0.0.0/8 result=OK'
	audited 'user=root from=local verb=FORGIVE args=127.0.0.1 result=NOTFOUND'
}

@test "to look takes a viewer, to forgive an operator" {
	fails 1
	says looker 'PENALTIES ip=127.0.0.1' 'FORGIVE 127.0.0.1'
	answers_are '+OK*' 'network=127.0.0.1/32 *' . '-ERR [[]PERM] *'
	audited 'user=looker from=127.0.0.1 verb=FORGIVE args=127.0.0.1 result=PERM'
	says helper 'FORGIVE 127.0.0.1' PENALTIES
	answers_are '+OK 1 network forgiven' '+OK*' .
}

@test "logins of POP3 are meant as well: who is refused at the door is let in again" {
	mkdir -p "$WORLD/mail/helper/"{cur,new,tmp}
	as_mail_owner "$WORLD/mail"
	serve --config "$WORLD/conf" -o "mail_user=$MAIL_UID:$MAIL_UID" \
		-o penalty_free=100 -o penalty_refuse=3 -o auth_tries=10 \
		-o trusted_networks=192.0.2.99
	wait_for 20 nobody_is_in
	dial
	say 'USER nobody' 'PASS wrong' 'USER nobody' 'PASS wrong' 'USER nobody' \
		'PASS wrong' QUIT
	[ "$(scmp --json penalties | json '(it[0]["failures"], it[0]["refused"])')" = \
		'[3, true]' ]
	refute dial
	[[ $LINE == '-ERR [SYS/TEMP] too many failed logins from your network'* ]]
	scmp forgive 127.0.0.1
	dial
	[[ $LINE == +OK* ]]
	say 'USER helper' "PASS $PASSWORD"
	[[ $LINE == +OK* ]]
	stop_server
}

@test "a file that sessions do not share any more is no answer" {
	fails 1
	rm "$WORLD/run/penalty"
	local_says PENALTIES 'FORGIVE 0.0.0.0/0'
	answers_are '-ERR [[]SYS/TEMP] *removed or replaced; restart scmpd' \
		'-ERR [[]SYS/TEMP] *removed or replaced; restart scmpd'
}

@test "scmp lists them, in JSON, too, and forgives" {
	fails 2
	scmp penalties | grep -qE \
		'^127\.0\.0\.1/32 +2 +0 +no +no +2[0-9][0-9]$'
	[ "$(scmp --json penalties 127.0.0.0/8 | json \
		'[(p["network"], p["failures"], p["delay"], p["refused"], p["known"]) for p in it]')" = \
		'[["127.0.0.1/32", 2, 0, false, false]]' ]
	[ "$(scmp --json penalties --limit 1 --sort -left | json 'len(it)')" = 1 ]
	[ "$(scmp --json penalties --offset 1)" = '[]' ]
	[ "$(scmp --json penalties ::1)" = '[]' ]
	exits 2 scmp penalties --sort name
	exits 3 scmp penalties nowhere
	scmp forgive 127.0.0.1 | grep -qx '127.0.0.1: 1 network forgiven.'
	[ "$(scmp --json penalties)" = '[]' ]
	exits 4 scmp forgive 127.0.0.1
	exits 2 scmp forgive
	exits 2 scmp --offline penalties
}
