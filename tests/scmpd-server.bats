#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

setup() {
	begin_scmpd
	account chief --role admin
	account vera --role viewer
	account joe
	start_pretending
	start_scmpd
}

teardown() { end_scmpd; }

value() { # of a line NAME=VALUE... of STATUS, with its source
	grep "^$1=" <<<"$SAID" | cut -d= -f2-
}

@test "STATUS tells of the server in one value a line" {
	pretends session user=joe state=transaction in=96 out=18344 retr=2 ok=1
	pretends session in=4
	pretends leave 1
	says vera STATUS
	[[ $(value version) == pop3-session/* ]]
	[[ $(value started) =~ ^[0-9]{10,}$ && $(value uptime) =~ ^[0-9]+$ ]]
	[ "$(value connections)" = 2 ]
	[ "$(value connections_open)" = 1 ]
	[ "$(value connections_peak)" = 2 ]
	[ "$(value connections_refused)" = 0 ]
	[ "$(value logins)" = 1 ]
	[ "$(value logins_failed)" = 0 ]
	[ "$(value bytes)" = 18444 ]
	[ "$(value bytes_sent)" = 18344 ]
	[ "$(value bytes_received)" = 100 ]
	[ "$(value messages)" = 2 ]
	[ "$(value users)" = 3 ]
	[ "$(value transform)" = - ]
	[ "$(value draining)" = no ]
	[ "$(value default_password)" = no ]
	says joe STATUS
	answers_are '-ERR [[]PERM] *'
}

@test "STATUS tells where each setting comes from" {
	local_says STATUS
	[ "$(value max_users)" = '0 source=default' ]
	[ "$(value max_sessions)" = '1000 source=default' ]
	[ "$(value maildir)" = "$WORLD/mail/%u source=file" ]
	[ "$(value log_level)" = 'info source=default' ]
	local_says 'MAX_USERS 500' 'LIMITS max_sessions 77' \
		"MAILDIR SET $WORLD/mail/new/%u" STATUS
	[ "$(value max_users)" = '500 source=scmp' ]
	[ "$(value max_sessions)" = '77 source=scmp' ]
	[ "$(value maildir)" = "$WORLD/mail/new/%u source=scmp" ]
}

@test "STATUS says when a default password is in use" {
	stop_scmpd
	start_scmpd -o "users=sqlite:$DATABASE,passwd-file:$WORLD/users"
	local_says STATUS
	[ "$(value default_password)" = no ]
	echo 'default:{PLAIN}default:::::' >"$WORLD/users"
	local_says STATUS
	[ "$(value default_password)" = yes ]
	echo 'default:{PLAIN}changed:::::' >"$WORLD/users"
	local_says STATUS
	[ "$(value default_password)" = no ]
}

@test "DRAIN keeps sessions out until it is taken back, over a restart, too" {
	local_says DRAIN 'DRAIN on' 'DRAIN on' DRAIN
	answers_are '+OK off' '+OK nobody *' '+OK [[]NOCHANGE] *' '+OK on'
	stop_scmpd
	start_scmpd
	local_says DRAIN STATUS 'DRAIN off' DRAIN
	[ "$(answer 1)" = '+OK on' ]
	[ "$(value draining)" = yes ]
	[[ $SAID == *$'\n+OK off\n+OK bye' ]]
}

@test "DRAIN tells sessions that are idle, but for those that marked messages" {
	pretends session user=joe state=transaction age=60 idle=30
	pretends session user=joe state=transaction age=60 idle=30 dele=1
	pretends session user=joe state=transaction age=60
	pretends session user=joe state=transaction age=60 idle=0
	local_says 'DRAIN on'
	[[ $(answer 1) == *'; 2 idle sessions told to close' ]]
	pretends asked 1
	[ "$REPLY" = gracefully ]
	pretends asked 2
	[ "$REPLY" = stay ]
	pretends asked 4
	[ "$REPLY" = stay ]
}

is_asked() { # ID
	pretends asked "$1"
	[ "$REPLY" = gracefully ]
}

@test "who becomes idle while it drains is told then, after a restart, too" {
	local_says 'DRAIN on'
	pretends session user=joe state=transaction age=60 idle=30
	pretends session user=joe state=transaction age=60 idle=30 dele=1
	wait_for 30 is_asked 1
	pretends asked 2
	[ "$REPLY" = stay ]
	stop_scmpd
	start_scmpd
	pretends session user=joe state=transaction age=60 idle=30
	wait_for 30 is_asked 3
}

refused() {
	local line
	{ read -r -t "$STEP_LIMIT" line <"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null
	[[ $line == -ERR* ]]
}

@test "a server of POP3 lets nobody in while it drains, and does so again" {
	serve
	local_says 'DRAIN on'
	wait_for 30 refused
	local_says 'METRICS pop3_connections_refused'
	[[ $SAID =~ 'refused_total{reason="draining"} '[1-9] ]]
	local_says 'DRAIN off'
	wait_for 30 answers "$PORT"
}

@test "LOGLEVEL is in force at once, and is kept" {
	local_says LOGLEVEL 'LOGLEVEL error' 'LOGLEVEL error' 'LOGLEVEL Warning' \
		LOGLEVEL 'LOGLEVEL loud'
	answers_are '+OK info source=default' '+OK error' \
		'+OK [[]NOCHANGE] error' '+OK warning' \
		'+OK warning source=scmp' '-ERR [[]SYNTAX] *'
	reads_again
	refute grep -q 'configuration was read again' "$WORLD/scmpd.log"
	stop_scmpd
	rm "$WORLD/run/control"
	start_scmpd
	local_says LOGLEVEL
	answers_are '+OK warning source=scmp'
	reads_again
	refute grep -q 'configuration was read again' "$WORLD/scmpd.log"
	local_says 'LOGLEVEL info'
	reads_again
	wait_for 20 grep -q 'configuration was read again' "$WORLD/scmpd.log"
}

# By SIGHUP, of which there is a line at the level `info`.
reads_again() {
	local place="$WORLD/mail/$RANDOM/%u"
	sed -i "s|^maildir = .*|maildir = \"$place\"|" "$WORLD/conf"
	kill -HUP "$SCMPD"
	wait_for 20 mail_is_at "$place"
}

mail_is_at() {
	local_says MAILDIR
	[[ $(answer 1) == "+OK $1 "* ]]
}

@test "no level of the log leaves out who has changed something, or logged in" {
	local_says 'LOGLEVEL error' 'LIMITS max_sessions 77' 'ADD_USER x'
	audited 'user=root from=local verb=LOGLEVEL args=error result=OK'
	audited 'user=root from=local verb=LIMITS args="max_sessions 77" result=OK'
	audited '.* verb=ADD_USER .*result=SYNTAX'
	says vera NOOP
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER vera' 'PASS wrong'
	grep -q 'scmp: login: user=<vera>' "$WORLD/scmpd.log"
	grep -q 'scmp: login failed: user=<vera>' "$WORLD/scmpd.log"
}

@test "the line of the longest command has its result, too" {
	local letter reason
	for letter in a é "\\\\\\\\"; do
		reason=$(printf "%.0s$letter" {1..494})
		[ "$letter" != a ] || reason+=$reason
		local_says "BAN user nobody reason=\"$reason\"" 'EVENTS 1 ban'
		answers_are '+OK banned*' '+OK 1 event' \
			'event=ban * verb=BAN args="USER nobody reason=* result=OK' .
		[ "$(tail -n 1 "$WORLD/scmpd.log" | grep -c \
			'verb=BAN args="USER nobody reason=.*" result=OK$')" = 1 ]
	done
}

@test "LOGLEVEL without a database lasts until the machine starts again" {
	stop_scmpd
	: >"$WORLD/users"
	start_scmpd -o "users=passwd-file:$WORLD/users"
	local_says 'LOGLEVEL debug' LOGLEVEL
	answers_are '+OK debug, until *' '+OK debug source=scmp'
	stop_scmpd
	start_scmpd -o "users=passwd-file:$WORLD/users"
	local_says LOGLEVEL STATUS
	answers_are '+OK debug source=scmp'
	[ "$(value users)" = - ]
}

@test "RELOAD reads the configuration again, unless that is wrong" {
	sed -i "s|^maildir = .*|maildir = \"$WORLD/mail/other/%u\"|" "$WORLD/conf"
	local_says MAILDIR RELOAD MAILDIR
	answers_are "+OK $WORLD/mail/%u source=file" '+OK *' \
		"+OK $WORLD/mail/other/%u source=file"
	echo 'colour = "red"' >>"$WORLD/conf"
	local_says RELOAD MAILDIR
	answers_are '-ERR [[]REFUSED] *colour*' "+OK $WORLD/mail/other/%u *"
	says vera 'SESSIONS'
	answers_are '+OK 0 *'
}

@test "RELOAD of what is wrong leaves nothing behind" {
	local -a reloads
	mapfile -t reloads < <(printf 'RELOAD\n%.0s' {1..500})
	resident() {
		awk '/^VmRSS:/ { print $2 }' "/proc/$SCMPD/status"
	}
	cp "$WORLD/conf" "$WORLD/good"
	local wrong before
	for wrong in 'colour = "red"' 'users = {"nonsense:x"}'; do
		{
			grep -v '^users' "$WORLD/good"
			echo "$wrong"
		} >"$WORLD/conf"
		local_says "${reloads[@]}"
		before=$(resident)
		local_says "${reloads[@]}" "${reloads[@]}" "${reloads[@]}"
		[ "$(grep -c '^-ERR \[REFUSED\]' <<<"$SAID")" = 1500 ]
		# 4 KiB for each it was once.
		[ $(($(resident) - before)) -lt 1500 ]
	done
}

@test "RELOAD finds a configuration that was named without its folder" {
	stop_scmpd
	chmod 0755 "$WORLD"
	cd "$WORLD"
	start_scmpd --config conf
	local_says RELOAD
	answers_are '+OK *'
}

@test "RELOAD lets what was set here win" {
	local_says 'LIMITS max_sessions 77'
	echo 'max_sessions = 88' >>"$WORLD/conf"
	local_says RELOAD 'LIMITS max_sessions' 'LIMITS max_sessions default' \
		'LIMITS max_sessions'
	answers_are '+OK*' '+OK 77 source=scmp' '+OK*' '+OK 88 source=file'
}

@test "SIGHUP is RELOAD" {
	sed -i "s|^maildir = .*|maildir = \"$WORLD/mail/other/%u\"|" "$WORLD/conf"
	kill -HUP "$SCMPD"
	wait_for 20 grep -q 'configuration was read again' "$WORLD/scmpd.log"
	local_says MAILDIR
	answers_are "+OK $WORLD/mail/other/%u source=file"
	echo 'colour = "red"' >>"$WORLD/conf"
	kill -HUP "$SCMPD"
	wait_for 20 grep -q 'configuration is as it was: .*colour' "$WORLD/scmpd.log"
	local_says MAILDIR
	answers_are "+OK $WORLD/mail/other/%u source=file"
}

@test "what controls the server is for administrators" {
	says vera DRAIN 'DRAIN on' RELOAD 'LOGLEVEL debug' LOGLEVEL
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]PERM] *' \
		'-ERR [[]PERM] *' '+OK info source=default'
	says chief DRAIN 'DRAIN on' 'DRAIN off' RELOAD 'LOGLEVEL debug'
	answers_are '+OK off' '+OK *' '+OK *' '+OK *' '+OK debug'
	audited 'user=chief from=127.0.0.1 verb=DRAIN args=on result=OK'
	audited 'user=chief from=127.0.0.1 verb=RELOAD args="" result=OK'
	audited 'user=vera from=127.0.0.1 verb=LOGLEVEL args=debug result=PERM'
}
