#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Logging in: USER and PASS, APOP, and what is answered when it fails (RFC 1939 section 7, RFC 3206).

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 1
}

@test "a wrong password and an unknown user get the same answer" {
	dialogue <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS wrong
		S: -ERR [AUTH] wrong name or password
		C: USER nobody-by-this-name
		S~ ^\+OK
		C: PASS secret
		S: -ERR [AUTH] wrong name or password
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "PASS without USER, and PASS twice after one USER, are errors" {
	dialogue <<-'END'
		S~ ^\+OK
		C: PASS secret
		S~ ^-ERR
		C: USER alice
		S~ ^\+OK
		C: PASS wrong
		S~ ^-ERR \[AUTH\]
		C: PASS secret
		S~ ^-ERR send USER first
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "five failed logins end the connection" {
	printf 'USER alice\r\nPASS x\r\n%.0s' 1 2 3 4 5 6 7 | pop3 >"$WORLD/replies"
	[ "$(grep -c 'wrong name or password' "$WORLD/replies")" = 4 ]
	[[ $(tail -n 1 "$WORLD/replies") == "-ERR [AUTH] too many"* ]]
	log_has 'auth failed, 5 attempts in [0-9]+ secs\): user=<alice>'
}

@test "a password is all that follows PASS and one space" {
	local password=$'  two  words %n \303\244\t. '
	mailbox carol "$password"
	printf 'USER carol\r\nPASS %s\r\nQUIT\r\n' "$password" | pop3 |
		grep -q '^+OK logged in'
	printf 'USER carol\r\nPASS %s\r\nQUIT\r\n' "${password# }" | pop3 |
		grep -q '^-ERR \[AUTH\]'
}

@test "names that would leave the mail root are refused before any file is touched" {
	local name
	for name in .. . a/../../b ../alice /etc . .hidden; do
		printf 'USER %s\r\nPASS secret\r\nQUIT\r\n' "$name" |
			pop3 >"$WORLD/replies"
		grep -q '^-ERR \[AUTH\]' "$WORLD/replies"
	done
	[ "$(ls "$WORLD/mail")" = alice ]
}

md5_of_stamp() { # secret ; greeting on standard input
	local stamp
	stamp=$(sed -n 's/.*\(<[^>]*>\).*/\1/p')
	printf '%s%s' "$stamp" "$1" | md5sum | cut -d' ' -f1
}

# APOP with the digest of the stamp and this secret; the answer in $line.
apop() {
	local greeting digest from to
	command_line
	coproc SESSION { bare timeout 60 "${COMMAND[@]}" 2>>"$WORLD/log"; }
	exec {from}<&"${SESSION[0]}" {to}>&"${SESSION[1]}"
	eval "exec ${SESSION[0]}<&- ${SESSION[1]}>&-"
	read -r -t 20 -u "$from" greeting
	digest=$(md5_of_stamp "$1" <<<"$greeting")
	printf 'APOP alice %s\r\n' "$digest" >&"$to"
	read -r -t 20 -u "$from" line
	exec {from}<&- {to}>&-
}

@test "APOP with the digest of the stamp and the secret" {
	apop secret
	[[ $line == "+OK logged in"* ]]
}

@test "APOP with the digest of another secret is refused like a wrong password" {
	apop Secret
	[[ $line == "-ERR [AUTH] wrong name or password"* ]]
}

@test "the stamp is made of letters, digits and dots around the @, and never repeats" {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		pop3 </dev/null
	done >"$WORLD/greetings"
	[ "$(grep -cE '<[A-Za-z0-9.]+@[A-Za-z0-9.]+>' "$WORLD/greetings")" = 10 ]
	[ "$(sort -u "$WORLD/greetings" | wc -l)" = 10 ]
}

@test "no stamp is shown where no user keeps a plain secret" {
	# shellcheck disable=SC2016
	echo 'dave:$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/:::::' >"$WORLD/users"
	[[ $(pop3 </dev/null) != *'<'* ]]
}

@test "a crypt(3) hash is checked" {
	# shellcheck disable=SC2016
	echo 'dave:$5$saltsalt$Q2R5eBUzQi.V5XFqqqo5iL5vPXBGBZHJT3ZL3xsD/C5:::::' >"$WORLD/users"
	need openssl
	printf 'dave:%s:::::\n' "$(openssl passwd -6 -salt abcdefgh 'tiger lily')" \
		>"$WORLD/users"
	mkdir -p "$WORLD/mail/dave"
	as_mail_owner "$WORLD/mail/dave"
	printf 'USER dave\r\nPASS tiger lily\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK logged in'
	printf 'USER dave\r\nPASS tiger lilz\r\nQUIT\r\n' | pop3 |
		grep -q '^-ERR \[AUTH\]'
}

@test "a missing user store is [SYS/...], never [AUTH]" {
	rm "$WORLD/users"
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q '^-ERR \[SYS/' "$WORLD/replies"
	refute grep -q AUTH "$WORLD/replies"
	log_has "$WORLD/users"
}

@test "a malformed row is [SYS/PERM] and the log says where" {
	echo 'alice:{PLAIN}secret:not-a-number::::' >"$WORLD/users"
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q '^-ERR \[SYS/PERM\]' "$WORLD/replies"
	log_has "users.*line 1|users:1"
}

@test "with a wrong password it is [AUTH], as for who is unknown" {
	echo 'alice:{PLAIN}secret:not-a-number::::' >"$WORLD/users"
	echo 'bob:!{PLAIN}secret:not-a-number::::' >>"$WORLD/users"
	printf 'USER alice\r\nPASS wrong\r\nUSER bob\r\nPASS secret\r\nQUIT\r\n' |
		pop3 >"$WORLD/replies"
	[ "$(grep -c '^-ERR \[AUTH\] wrong name or password' "$WORLD/replies")" = 2 ]
	refute grep -q SYS "$WORLD/replies"
	log_has "users.*line 1"
}

@test "an unknown scheme fails closed" {
	echo 'alice:{FROBNITZ}secret:::::' >"$WORLD/users"
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 |
		grep -q '^-ERR \[AUTH\]'
}

@test "broken storage is [SYS/...] at login, never [AUTH]" {
	rm -r "$WORLD/mail/alice"
	: >"$WORLD/mail/alice"
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q '^-ERR \[SYS/' "$WORLD/replies"
}

@test "an authfile: one user in two lines" {
	printf 'username = erin\npassword =  two blanks \n' >"$WORLD/auth"
	mkdir -p "$WORLD/mail/erin"
	as_mail_owner "$WORLD/mail/erin"
	printf 'USER erin\r\nPASS  two blanks \r\nQUIT\r\n' |
		pop3 -o "users=authfile:$WORLD/auth" | grep -q '^+OK logged in'
	printf 'USER erin\r\nPASS two blanks \r\nQUIT\r\n' |
		pop3 -o "users=authfile:$WORLD/auth" | grep -q '^-ERR \[AUTH\]'
}

@test "passwords never reach the log" {
	printf 'USER alice\r\nPASS topsecretword\r\nPASS topsecretword\r\nQUIT\r\n' |
		pop3 -o log_level=debug
	refute log_has topsecretword
}
