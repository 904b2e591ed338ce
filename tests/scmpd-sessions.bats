#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

setup() {
	begin_scmpd
	account vera --role viewer
	account joe
	account ann
	start_pretending
	start_scmpd
}

teardown() { end_scmpd; }

some_sessions() {
	pretends session user=joe ip=192.0.2.7 state=transaction pid=4711 \
		in=96 out=18344 msgs=5 retr=2 dele=1 cmd=RETR age=31 idle=2
	pretends session user=ann ip=2001:db8::5 state=update in=40 out=700
	pretends session ip=192.0.2.8
	pretends session user=joe ip=198.51.100.1 state=transaction in=4 out=5
}

ids() { # the ids of the last list, in their order
	grep -o '^id=[0-9]*' <<<"$SAID" | tr -d 'id=\n'
}

@test "SESSIONS shows all that is known of each session" {
	some_sessions
	local_says SESSIONS
	[[ $(answer 1) == '+OK 4 sessions' ]]
	[[ $(answer 2) =~ ^'id=1 pid=4711 state=transaction user=joe ip=192.0.2.7 port=50122 tls=no age='[0-9]+' idle='[0-9]+' in=96 out=18344 msgs=5 retr=2 dele=1 cmd=RETR'$ ]]
	[[ $(answer 4) =~ ^'id=3 pid=- state=authorization user=- ip=192.0.2.8 port=50122 '.*' cmd=-'$ ]]
	[ "$(answer 6)" = . ]
}

@test "SESSIONS is selective by user, address and state" {
	some_sessions
	local_says 'SESSIONS user=j*'
	[ "$(ids)" = 14 ]
	local_says 'SESSIONS ip=192.0.2.0/24'
	[ "$(ids)" = 13 ]
	local_says 'SESSIONS ip=2001:db8::/32'
	[ "$(ids)" = 2 ]
	local_says 'SESSIONS state=Transaction'
	[ "$(ids)" = 14 ]
	local_says 'SESSIONS user=joe ip=192.0.2.7 state=transaction'
	[ "$(ids)" = 1 ]
	local_says 'SESSIONS user=nobody'
	answers_are '+OK 0 sessions' .
}

@test "SESSIONS is in the order of any key, both ways, and as long as wanted" {
	some_sessions
	local_says 'SESSIONS sort=out'
	[ "$(ids)" = 3421 ]
	local_says 'SESSIONS sort=-out limit=2'
	[ "$(ids)" = 12 ]
	[ "$(answer 1)" = '+OK 2 sessions' ]
	local_says 'SESSIONS sort=user'
	[ "$(ids)" = 3214 ]
	local_says 'SESSIONS sort=-ip'
	[ "$(ids)" = 2431 ]
	local_says 'SESSIONS limit=0'
	[ "$(ids)" = 1234 ]
	for key in id pid state user ip port tls age idle in out msgs retr dele cmd; do
		local_says "SESSIONS sort=$key" "SESSIONS sort=-$key"
		[ "$(grep -c '^+OK 4 sessions$' <<<"$SAID")" = 2 ]
	done
}

@test "what SESSIONS does not know is refused" {
	local_says 'SESSIONS sort=height' 'SESSIONS sort=' 'SESSIONS state=asleep' \
		'SESSIONS ip=elsewhere' 'SESSIONS limit=x' 'SESSIONS who=joe' \
		'SESSIONS joe'
	answers_are '-ERR [[]RANGE] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *'
}

@test "a plain user sees his own sessions, and may not name others" {
	some_sessions
	says joe SESSIONS CURR_CONNEC 'CURR_CONNEC joe' 'SESSIONS user=joe'
	[ "$(ids)" = 1414 ]
	[ "$(grep -c '^+OK 2 open connections$' <<<"$SAID")" = 2 ]
	says joe 'SESSIONS user=ann' 'SESSIONS user=*' 'CURR_CONNEC ann' \
		'SESSIONS ip=2001:db8::5' ALL_CONNEC BYTES_TRANS 'ALL_CONNEC LIST'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]PERM] *' \
		'+OK 0 sessions' . '-ERR [[]PERM] *' '-ERR [[]PERM] *' \
		'-ERR [[]PERM] *'
	says joe 'CURR_CONNEC LIST'
	[ "$(ids)" = 14 ]
	says vera 'SESSIONS user=ann' 'CURR_CONNEC ann'
	[ "$(ids)" = 2 ]
	[ "$(answer 4)" = '+OK 1 open connection' ]
}

@test "ALL_CONNEC, CURR_CONNEC and BYTES_TRANS count, also what is over" {
	some_sessions
	local_says ALL_CONNEC CURR_CONNEC 'CURR_CONNEC joe' BYTES_TRANS
	answers_are '+OK 4 4 4 *' '+OK 4 open connections' \
		'+OK 2 open connections' '+OK 19189 sent=19049 received=140'
	pretends leave 1
	pretends leave 2
	local_says ALL_CONNEC CURR_CONNEC 'CURR_CONNEC joe' BYTES_TRANS \
		'CURR_CONNEC ann' 'CURR_CONNEC no-such-user'
	answers_are '+OK 4 2 4 *' '+OK 2 open connections' \
		'+OK 1 open connection' '+OK 19189 sent=19049 received=140' \
		'+OK 0 open connections' '-ERR [[]NOTFOUND] *'
	local_says 'ALL_CONNEC LIST'
	[ "$(ids)" = 34 ]
	local_says 'CURR_CONNEC LIST'
	[ "$(ids)" = 34 ]
}

@test "sessions that were killed are over, and nothing of them is lost" {
	some_sessions
	stop_pretending
	local_says SESSIONS ALL_CONNEC BYTES_TRANS
	answers_are '+OK 0 sessions' . '+OK 4 0 4 *' \
		'+OK 19189 sent=19049 received=140'
}

@test "a list of a thousand sessions comes whole" {
	for ((i = 1; i <= 1000; i++)); do
		pretends session user=joe ip=192.0.2.7 state=transaction "in=$i"
	done
	local_says 'SESSIONS sort=-in'
	[ "$(grep -c '^id=' <<<"$SAID")" = 1000 ]
	[[ $(answer 2) == id=1000\ * ]]
	[ "$(answer 1002)" = . ]
}

@test "what a session says of itself and cannot be is marked" {
	pretends session user=joe state=transaction "out=$((1 << 60))"
	local_says SESSIONS BYTES_TRANS 'METRICS pop3_statistics_suspect'
	[[ $(answer 2) == 'id=1 '*' out=0 '*' suspect=yes' ]]
	[ "$(answer 4)" = '+OK 0 sent=0 received=0' ]
}

@test "statistics that are damaged are told of, and new ones are found" {
	some_sessions
	truncate -s 100 "$WORLD/run/stats"
	local_says SESSIONS ALL_CONNEC
	answers_are '-ERR [[]SYS/TEMP] *' '-ERR [[]SYS/TEMP] *'
	rm "$WORLD/run/stats"
	local_says SESSIONS ALL_CONNEC
	answers_are '+OK 0 sessions' . '+OK 0 0 0 *'
}

# --- sessions of POP3 -------------------------------------------------------

hears_of_pop3() { # up to a line like that
	local line
	while IFS= read -r -t "$STEP_LIMIT" -u "$POP3" line; do
		# shellcheck disable=SC2053 # a pattern
		[[ ${line%$'\r'} != $1 ]] || return 0
	done
	return 1
}

begin_pop3() { # USER
	exec {POP3}<>"/dev/tcp/127.0.0.1/$PORT"
	hears_of_pop3 '+OK *'
	printf 'USER %s\r\nPASS %s\r\n' "$1" "$PASSWORD" >&"$POP3"
	hears_of_pop3 '+OK *'
	hears_of_pop3 '+OK *'
}

nobody_is_on() {
	local_says CURR_CONNEC
	[ "$(answer 1)" = '+OK 0 open connections' ]
}

@test "a session of POP3 is shown as it goes on, and counted when it is over" {
	local before after received sent
	mkdir -p "$WORLD/mail/joe"/{cur,new,tmp}
	mails joe 3
	as_mail_owner "$WORLD/mail/joe"
	serve
	wait_for 20 nobody_is_on
	local_says ALL_CONNEC BYTES_TRANS
	before=$(answer 1) received=$(answer 2)
	begin_pop3 joe
	printf 'RETR 1\r\nRETR 2\r\nDELE 2\r\n' >&"$POP3"
	hears_of_pop3 .
	hears_of_pop3 .
	hears_of_pop3 '+OK*'
	local_says SESSIONS
	[[ $(answer 2) =~ ^'id='[0-9]+' pid='([0-9]+)' state=transaction user=joe ip=127.0.0.1 port='[0-9]+' tls=no age='[0-9]+' idle='[0-9]+' in='([0-9]+)' out='([0-9]+)' msgs=3 retr=2 dele=1 cmd=DELE'$ ]]
	[ -d "/proc/${BASH_REMATCH[1]}" ]
	# USER joe, PASS, twice RETR, DELE
	[ "${BASH_REMATCH[2]}" = "$((10 + 7 + ${#PASSWORD} + 8 + 8 + 8))" ]
	sent=${BASH_REMATCH[3]}
	printf 'QUIT\r\n' >&"$POP3"
	hears_of_pop3 '+OK*'
	exec {POP3}>&-
	wait_for 20 nobody_is_on
	local_says ALL_CONNEC 'METRICS pop3_' BYTES_TRANS
	after=$(answer 1)
	[ "$(cut -d' ' -f2 <<<"$after")" = "$(($(cut -d' ' -f2 <<<"$before") + 1))" ]
	grep -qx 'pop3_messages_total{action="deleted"} 1' <<<"$SAID"
	grep -qx 'pop3_messages_total{action="retrieved"} 2' <<<"$SAID"
	grep -qx 'pop3_logins_total{method="pass",result="ok"} 1' <<<"$SAID"
	grep -qx 'pop3_sessions_ended_total{reason="logged_out"} 1' <<<"$SAID"
	received=$((${received##*received=} + 10 + 7 + ${#PASSWORD} + 24 + 6))
	[[ $SAID == *" received=$received"* ]]
	[ "$sent" -gt 200 ]
}

@test "CURR_CONNEC takes a name as a login does" {
	stop_scmpd
	start_scmpd -o username_case=lower
	some_sessions
	local_says 'CURR_CONNEC JOE' 'CURR_CONNEC Nobody'
	answers_are '+OK 2 open connections' '-ERR [[]NOTFOUND] *'
	says joe 'CURR_CONNEC Joe' 'CURR_CONNEC Ann'
	answers_are '+OK 2 open connections' '-ERR [[]PERM] *'
}
