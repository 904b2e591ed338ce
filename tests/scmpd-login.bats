#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	account plain
}

teardown() { end_scmpd; }

# A login over POP3 that goes wrong, from the address that these tests have.
pop3_fails() {
	talk_to "$PORT" <<-DIALOGUE
		S~ ^\+OK
		C: USER $1
		S~ ^\+OK
		C: PASS wrong
		S~ ^-ERR \[AUTH\]
	DIALOGUE
}

@test "nothing but the way in is known before a login" {
	start_scmpd
	local verb
	for verb in NOOP CAPA HELP VERSION; do
		says_only "$verb"
		answers_are '+OK*'
	done
	for verb in WHOAMI STATUS USERS SESSIONS METRICS STOP 'KICK id=1' \
		'ADD_USER bob goodenough1' 'CHANGE_PASSWORD a b' 'LIMITS a b c d e'; do
		says_only "$verb"
		answers_are '-ERR [[]STATE] *' '+OK*'
	done
	says_only 'PASS whatever' STARTTLS
	answers_are '-ERR [[]STATE] *' '-ERR [[]STATE] *'
}

@test "a name and its password lead to MANAGE, and no further USER is taken" {
	start_scmpd
	says chief WHOAMI 'USER plain' 'PASS x' 'NOOP'
	[ "$(sed -n 2p <<<"$SAID")" = '+OK now the password' ]
	[ "$(sed -n 3p <<<"$SAID")" = '+OK welcome' ]
	answers_are '+OK user=chief role=admin from=127.0.0.1' \
		'-ERR [[]STATE] *' '-ERR [[]STATE] *' '+OK*'
}

@test "a password is the rest of the line, with its blanks and marks" {
	start_scmpd
	local_says 'ADD_USER bob " \"two\\ words  "'
	answers_are '+OK*'
	says_only 'USER bob' 'PASS  "two\ words  ' WHOAMI
	answers_are '+OK*' '+OK welcome' '+OK user=bob role=user*'
	says_only 'USER bob' 'PASS "two\ words' WHOAMI
	answers_are '+OK*' '-ERR [[]AUTH] *' '-ERR [[]STATE] *'
}

@test "whatever is wrong with a login, the answer is the same, and the third closes" {
	start_scmpd -o penalty_delay=0
	account disabled
	account banned
	local_says 'DISABLE_USER disabled' 'BAN user banned'
	answers_are '+OK*' '+OK*'
	local name answers=
	for name in nobody plain disabled banned; do
		says_only "USER $name" "PASS $([ "$name" = plain ] || echo "$PASSWORD")x"
		answers+=$(answer 2)$'\n'
	done
	for name in disabled banned; do
		says_only "USER $name" "PASS $PASSWORD"
		answers+=$(answer 2)$'\n'
	done
	[ "$(sort -u <<<"${answers%$'\n'}")" = '-ERR [AUTH] wrong name or password' ]
	says_only 'USER plain' 'PASS 1' 'PASS 2' 'USER chief' 'PASS 3' NOOP
	answers_are '+OK*' '-ERR [[]AUTH] *' '-ERR [[]AUTH] *' '+OK*' \
		'-ERR [[]AUTH] *' ''
}

@test "a disabled and a banned user leave no login behind, whatever was their role" {
	start_scmpd
	account former --role admin
	local_says 'BAN user former'
	says_only 'USER former' "PASS $PASSWORD" USERS 'USER plain' \
		"PASS $PASSWORD" WHOAMI USERS
	answers_are '+OK*' '-ERR [[]AUTH] *' '-ERR [[]STATE] *' '+OK*' \
		'+OK welcome' '+OK user=plain role=user *' '-ERR [[]PERM] *'
}

@test "what comes behind a login is answered behind it, though it has to wait" {
	start_scmpd -o penalty_free=0
	says_only 'USER plain' 'PASS wrong' NOOP
	answers_are '+OK*' '-ERR [[]AUTH] *' '+OK still here'
	says plain NOOP NOOP
	[ "$(sed -n 3p <<<"$SAID")" = '+OK welcome' ]
	answers_are '+OK still here' '+OK still here' '+OK bye'
}

@test "failed logins over SCMP and POP3 are added up, and refused over both" {
	local -a rules=(-o penalty_free=0 -o penalty_delay=0 -o penalty_refuse=3)
	start_scmpd "${rules[@]}"
	serve -o trusted_networks=192.0.2.99 "${rules[@]}"
	says_only 'USER nobody' 'PASS 1' 'PASS 2'
	answers_are '+OK*' '-ERR [[]AUTH] wrong*' '-ERR [[]AUTH] wrong*'
	pop3_fails plain
	# Now it is not even looked at, over any of them.
	says_only 'USER plain' "PASS $PASSWORD" NOOP
	answers_are '+OK*' '-ERR [[]AUTH] too many*' ''
	talk_to "$PORT" <<-'DIALOGUE'
		S~ ^-ERR
		S.
	DIALOGUE
	# Whoever sits at the machine is not kept out, and all still runs.
	local_says WHOAMI
	answers_are '+OK user=- role=admin from=local'
}

@test "a login that is refused for its network ends the connection and nothing else" {
	start_scmpd -o penalty_free=0 -o penalty_delay=0 -o penalty_refuse=2
	local i
	for i in 1 2 3 4 5; do
		says_only 'USER nobody' 'PASS 1' 'PASS 2' 'PASS 3' NOOP
	done
	answers_are '+OK*' '-ERR [[]AUTH] too many*' ''
	kill -0 "$SCMPD"
}

@test "when the accounts cannot be read a login is told so, and can be tried again" {
	start_scmpd
	mv "$DATABASE" "$DATABASE.away"
	says_only 'USER plain' "PASS $PASSWORD" NOOP
	answers_are '+OK*' '-ERR [[]SYS/*] *' '+OK*'
	refute audited 'user=plain .*PASS'
	mv "$DATABASE.away" "$DATABASE"
	says plain WHOAMI
	answers_are '+OK user=plain *'
}

@test "a caller with an account who must change his password can do little else" {
	start_scmpd
	local_says 'RESET_USER_PASSWORD plain "correct horse"'
	says plain WHOAMI USERS SESSIONS 'PROFILE' 'USER plain' STOP CAPA
	[[ $(sed -n 3p <<<"$SAID") == '+OK [CHANGEPW] '* ]]
	answers_are '-ERR [[]STATE] *' '-ERR [[]STATE] *' '-ERR [[]STATE] *' \
		'-ERR [[]STATE] *' '-ERR [[]STATE] *' '-ERR [[]STATE] *' '+OK*'
	says plain NOOP 'CHANGE_PASSWORD "correct horse" "better horse"' WHOAMI
	answers_are '+OK*' '+OK password changed' '+OK user=plain role=user*'
	PASSWORD='better horse'
	says plain WHOAMI
	answers_are '+OK user=plain role=user*'
}

@test "an account that goes ends its connections at once, and what it sends is not heard" {
	start_scmpd
	exec {to}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	printf 'USER plain\r\nPASS %s\r\n' "$PASSWORD" >&"$to"
	local line i
	for i in 1 2 3; do read -r -t 60 -u "$to" line; done
	[[ $line == '+OK welcome'* ]]
	local_says 'DELETE_USER plain'
	answers_are '+OK*'
	printf 'WHOAMI\r\n' >&"$to" || true
	refute grep -q . <(timeout 60 cat <&"$to")
	exec {to}>&-
}

@test "who may come from some networks only is kept out elsewhere, as if the password was wrong" {
	start_scmpd -o penalty_delay=0
	scmp -q user change plain --networks 192.0.2.0/24,127.0.0.0/8
	says plain WHOAMI
	answers_are '+OK user=plain *'
	scmp -q user change plain --networks 192.0.2.0/24,local
	says_only 'USER plain' "PASS $PASSWORD" WHOAMI
	answers_are '+OK*' '-ERR [[]AUTH] wrong name or password' '-ERR [[]STATE] *'
	audited_login_failed plain
}

audited_login_failed() {
	grep -q "login failed: user=<$1>, rip=127.0.0.1" "$WORLD/scmpd.log"
}

@test "a network that is taken from an account ends its connections" {
	start_scmpd
	local line i
	exec {to}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	printf 'USER plain\r\nPASS %s\r\nWHOAMI\r\n' "$PASSWORD" >&"$to"
	for i in 1 2 3 4; do read -r -t 60 -u "$to" line; done
	[[ $line == '+OK user=plain '* ]]
	scmp -q user change plain --networks 192.0.2.0/24
	printf 'WHOAMI\r\n' >&"$to"
	read -r -t 60 -u "$to" line
	[[ $line == '-ERR [AUTH] '* ]]
	refute read -r -t 60 -u "$to" line
	exec {to}>&-
}

@test "over the Unix socket an account comes from no network, which is local" {
	need_root
	start_scmpd
	chmod 0777 "$WORLD/scmp.sock"
	local networks
	for networks in 127.0.0.0/8 local,192.0.2.0/24; do
		scmp -q user change plain --networks "$networks"
		SAID+=$(printf 'USER plain\r\nPASS %s\r\nWHOAMI\r\nQUIT\r\n' \
			"$PASSWORD" | setpriv --reuid 777 --regid 777 \
			--clear-groups nc -N -U "$WORLD/scmp.sock" |
			tr -d '\r' | tail -n 3)$'\n'
	done
	HEAD_LINES=0
	answers_are '-ERR [[]AUTH] wrong*' '-ERR [[]STATE] *' '+OK bye' \
		'+OK welcome' '+OK user=plain *' '+OK bye'
}

forgotten() {
	bare python3 "$REPOSITORY/tests/lib/memory_of.py" "$SCMPD" "$@"
}

@test "no password that was sent stays in the memory of the server" {
	need python3
	[ "$EUID" = 0 ] || skip 'needs to look into a process'
	start_scmpd
	local made
	local_says 'ADD_USER bob "unforgettable-one"'
	forgotten unforgettable-one
	local_says 'RESET_USER_PASSWORD bob'
	made=$(sed -n 's/.*GENERATED \([^]]*\)\].*/\1/p' <<<"$SAID")
	[ -n "$made" ]
	forgotten "$made"
	says_only 'USER bob' 'PASS unforgettable-two'
	forgotten unforgettable-two
	says_only 'USER bob' "PASS $made" \
		"CHANGE_PASSWORD $made unforgettable-three"
	answers_are '+OK*' '+OK [[]CHANGEPW] *' '+OK *'
	forgotten "$made" unforgettable-three
	# Half a line, and one that is no command.
	printf 'ADD_USER bob unforgettable-four' |
		bare timeout 60 nc -N -U "$WORLD/scmp.sock"
	printf 'ADD_USERS bob unforgettable-five\n' |
		bare timeout 60 nc -N -U "$WORLD/scmp.sock"
	forgotten unforgettable-four unforgettable-five
}
