#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend
load lib/processes

setup() {
	begin_scmpd
	account chief --role admin
	account olga --role operator
	account vera --role viewer
	account joe
	account ann
	start_pretending
	start_scmpd
	pretends session user=joe ip=192.0.2.7 state=transaction
	pretends session user=ann ip=192.0.2.8 state=transaction
	pretends session user=chief ip=192.0.2.9 state=transaction
	pretends session ip=192.0.2.10
}

teardown() { end_scmpd; }

asked() { # what each session is asked for, in their order
	local id words=
	for id in 1 2 3 4; do
		pretends asked "$id"
		words+=" $REPLY"
	done
	echo "${words# }"
}

@test "KICK asks just those sessions to end that all is true of" {
	local_says 'KICK id=2'
	answers_are '+OK 1 session told to close'
	[ "$(asked)" = 'stay gracefully stay stay' ]
	local_says 'KICK user=j* ip=192.0.2.8' 'KICK user=j* ip=192.0.2.0/29'
	answers_are '+OK 0 sessions told to close' '+OK 1 session told to close'
	[ "$(asked)" = 'gracefully gracefully stay stay' ]
}

@test "KICK with now is at once, also for who was asked before" {
	local_says 'KICK user=joe' 'KICK ip=192.0.2.0/24 now'
	answers_are '+OK 1 session *' '+OK 4 sessions told to close'
	[ "$(asked)" = 'now now now now' ]
}

@test "KICK that fits nobody is no error" {
	local_says 'KICK id=77' 'KICK id=0' 'KICK user=nobody' \
		'KICK ip=203.0.113.1 now'
	answers_are '+OK 0 *' '+OK 0 *' '+OK 0 *' '+OK 0 *'
	[ "$(asked)" = 'stay stay stay stay' ]
}

@test "KICK needs somebody to kick, and an id is a number" {
	local_says 'KICK' 'KICK now' 'KICK id=one' 'KICK ip=here' \
		'KICK id=1 later'
	answers_are '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *'
	[ "$(asked)" = 'stay stay stay stay' ]
}

@test "a plain user ends his own sessions only" {
	says joe 'KICK user=ann' 'KICK user=*' 'KICK id=2' 'KICK ip=192.0.2.8'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '+OK 0 *' '+OK 0 *'
	[ "$(asked)" = 'stay stay stay stay' ]
	says joe 'KICK ip=192.0.2.0/24'
	answers_are '+OK 1 session *'
	says vera 'KICK user=joe' 'KICK user=vera'
	answers_are '-ERR [[]PERM] *' '+OK 0 *'
	[ "$(asked)" = 'gracefully stay stay stay' ]
}

@test "nobody ends the sessions of who may do more" {
	says olga 'KICK user=chief' 'KICK id=3' 'KICK ip=192.0.2.9 now'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]PERM] *'
	[ "$(asked)" = 'stay stay stay stay' ]
	says olga 'KICK ip=192.0.2.0/24'
	answers_are '+OK 3 sessions told to close; 1 of accounts *'
	[ "$(asked)" = 'gracefully gracefully stay gracefully' ]
	says chief 'KICK user=chief'
	answers_are '+OK 1 session told to close'
	[ "$(asked)" = 'gracefully gracefully gracefully gracefully' ]
}

@test "whose role's rights cannot be read stays, and that is said" {
	local_says 'ROLES ADD strong users.read users.write' 'ROLE joe strong'
	answers_are '+OK*' '+OK*'
	bare sqlite3 -bail "$DATABASE" 'DROP TABLE roles'
	says olga 'KICK user=joe' 'KICK ip=192.0.2.0/24'
	answers_are '-ERR [[]SYS/PERM] *' '-ERR [[]SYS/PERM] *'
	[ "$(asked)" = 'stay stay stay gracefully' ]
	local_says 'KICK user=joe'
	answers_are '+OK 1 session told to close'
}

@test "who is disabled is kicked, and the place's next session is not" {
	local_says 'DISABLE_USER joe'
	[ "$(asked)" = 'gracefully stay stay stay' ]
	pretends leave 1
	pretends session user=ann ip=192.0.2.7
	pretends asked 5
	[ "$REPLY" = stay ]
}

# Another connection of joe's, in $THERE.
joe_is_there() {
	local i line
	exec {THERE}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	printf 'USER joe\r\nPASS %s\r\n' "$PASSWORD" >&"$THERE"
	for i in 1 2 3; do read -r -t 60 -u "$THERE" line; done
	[[ $line == '+OK '* ]]
}

joe_is_still_there() {
	local line
	printf 'NOOP\r\n' >&"$THERE" &&
		read -r -t 60 -u "$THERE" line && [[ $line == '+OK still'* ]]
}

resets() {
	local_says 'RESET_USER_PASSWORD joe "another horse"'
	answers_are '+OK*'
	PASSWORD='another horse'
}

changes() {
	says joe "CHANGE_PASSWORD \"$PASSWORD\" \"third horse\"" NOOP
	answers_are '+OK password changed' '+OK still here'
	PASSWORD='third horse'
}

@test "a new password leaves sessions as they are, if the policy does not end them" {
	local way
	for way in resets changes; do
		joe_is_there
		"$way"
		joe_is_still_there
		exec {THERE}>&-
		[ "$(asked)" = 'stay stay stay stay' ]
	done
}

@test "where the policy says so a new password ends all other sessions, POP3 and SCMP" {
	local_says 'POLICY kick_on_change yes'
	answers_are '+OK*'
	joe_is_there
	resets
	refute joe_is_still_there
	exec {THERE}>&-
	[ "$(asked)" = 'gracefully stay stay stay' ]
	pretends leave 1
	pretends session user=joe ip=192.0.2.7 state=transaction
	joe_is_there
	changes
	refute joe_is_still_there
	exec {THERE}>&-
	pretends asked 5
	[ "$REPLY" = gracefully ]
}

@test "a KICK is in the audit, and events tell of it if it met somebody" {
	local_says 'KICK id=1 now' 'KICK id=77'
	audited 'user=root from=local verb=KICK args="now id=1" result=OK'
	local_says 'EVENTS kick'
	answers_are '+OK 1 event' \
		'event=kick time=* user=root from=local args="now id=1" n=1' .
}

# --- sessions of POP3 -------------------------------------------------------

log_in() {
	mkdir -p "$WORLD/mail/joe"/{cur,new,tmp}
	mails joe 3
	as_mail_owner "$WORLD/mail/joe"
	dial
	say 'USER joe' "PASS $PASSWORD"
	[[ $LINE == '+OK'* ]]
}

was_kicked() {
	local_says 'EVENTS close'
	[[ $SAID == *' user=joe '*' reason=kicked '* ]]
}

@test "a session of POP3 that is kicked ends, and nothing that it marked is removed" {
	stop_pretending
	serve
	log_in
	say 'DELE 1' 'DELE 2'
	says joe 'KICK user=joe'
	answers_are '+OK 1 session told to close'
	is_over
	[ "$(left joe)" = 3 ]
	wait_for 30 was_kicked
}

@test "a session of POP3 ends at once where that is wanted" {
	stop_pretending
	serve
	log_in
	say 'DELE 1'
	local_says 'SESSIONS user=joe'
	[[ $(answer 2) =~ ^id=([0-9]+)' ' ]]
	local_says "KICK id=${BASH_REMATCH[1]} now"
	answers_are '+OK 1 session told to close'
	is_over
	[ "$(left joe)" = 3 ]
	wait_for 30 was_kicked
}

@test "what nobody would hear is not said to be done" {
	# Whose run_dir it is can open the file that is there then.
	rm "$WORLD/run/control"
	if [ "$EUID" = 0 ]; then
		local_says 'KICK user=joe' 'DRAIN on' 'LOGLEVEL debug' \
			'DISABLE_USER joe' 'BAN user jane' DRAIN
		answers_are '-ERR [[]SYS/TEMP] *replaced; restart scmpd' \
			'-ERR [[]SYS/TEMP] *' '-ERR [[]SYS/TEMP] *' \
			'+OK user disabled; sessions * were not told *' \
			'+OK banned; 0 sessions * were not told *' '+OK off'
		grep -q 'control: .*no session is told' "$WORLD/scmpd.log"
		stop_scmpd
		start_scmpd
	fi
	local_says 'KICK user=ann now' 'DRAIN on' 'DRAIN'
	answers_are '+OK 1 session told to close' '+OK nobody is let in; *' '+OK on'
	[ "$(asked)" = 'stay now stay stay' ]
}

@test "a user who is disabled, deleted or banned is not on any more" {
	stop_pretending
	serve
	for command in 'DISABLE_USER joe' 'BAN user joe' 'DELETE_USER joe'; do
		log_in
		local_says "$command"
		is_over
		local_says 'ENABLE_USER joe' 'UNBAN user joe'
	done
}

@test "BAN of a network spares whom KICK spares" {
	says olga 'BAN ip 192.0.2.0/24' 'BAN ip 203.0.113.0/24' BANS
	answers_are \
		'+OK banned; 3 sessions told to close; 1 of accounts that may do more *' \
		'+OK banned; 0 sessions told to close' '+OK*' \
		'kind=ip what=192.0.2.0/24 *' 'kind=ip what=203.0.113.0/24 *' .
	[ "$(asked)" = 'gracefully gracefully stay gracefully' ]
	local_says 'BAN ip 192.0.2.0/24'
	answers_are '+OK banned; 4 sessions told to close'
	[ "$(asked)" = 'gracefully gracefully gracefully gracefully' ]
}
