#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account root-of-all --role admin
	start_scmpd
}

teardown() { end_scmpd; }

logs_in() { # by POP3
	run pop3 <<<"USER $1"$'\r\n'"PASS $2"$'\r\nQUIT\r'
	[[ $output == *'+OK logged in'* || ${lines[2]} == '+OK'* ]]
}

@test "ADD_USER makes an account that POP3 takes at once" {
	local_says 'ADD_USER aeinstein "relatively good"'
	answers_are '+OK user added'
	as_mail_owner "$WORLD/mail"
	logs_in aeinstein 'relatively good'
	refute logs_in aeinstein 'relatively bad'
	audited 'user=root from=local verb=ADD_USER args="aeinstein \*\*\*" result=OK'
}

@test "a password of * is made, shown once, and is good" {
	local_says 'ADD_USER bob *'
	[[ $(answer 1) =~ ^'+OK [GENERATED '([A-Za-z0-9_-]{20,})'] ' ]]
	as_mail_owner "$WORLD/mail"
	logs_in bob "${BASH_REMATCH[1]}"
	refute grep -q -- "${BASH_REMATCH[1]}" "$WORLD/scmpd.log"
}

@test "what is wrong with a new account has a code each" {
	local_says 'LIMITS max_sessions 700' 'ADD_USER bob goodenough1' \
		'ADD_USER bob goodenough1' 'ADD_USER .bob goodenough1' \
		'ADD_USER carl short' 'ADD_USER carl password' \
		'ADD_USER carl goodenough1 role=king' \
		'ADD_USER carl goodenough1 maildir=relative/path' \
		'ADD_USER carl goodenough1 color=red' 'ADD_USER carl' \
		'MAX_USERS 2' 'ADD_USER carl goodenough1'
	answers_are '+OK*' '+OK user added' '-ERR [[]EXISTS] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]POLICY] *8 characters*' \
		'-ERR [[]POLICY] *' '-ERR [[]NOTFOUND] *role*' \
		'-ERR [[]RANGE] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'+OK 2 users at most' '-ERR [[]LIMIT] *2 users*'
	local_says 'USERS'
	answers_are '+OK*' 'user=bob *' 'user=root-of-all role=admin *' .
}

@test "MAX_USERS is not set below the users that there are" {
	local_says 'MAX_USERS' 'MAX_USERS 500' 'MAX_USERS 500' 'MAX_USERS' \
		'ADD_USER bob goodenough1' 'MAX_USERS 1' 'MAX_USERS 0' \
		'MAX_USERS 99999999999'
	answers_are '+OK 0 users at most; 1 now*' '+OK 500*' \
		'+OK [[]NOCHANGE] 500*' '+OK 500*' '+OK*' '-ERR [[]RANGE] *' \
		'+OK 0*' '-ERR [[]RANGE] *'
}

@test "DELETE_USER takes the account and leaves the mail" {
	mailbox bob
	: >"$WORLD/users"
	local_says 'ADD_USER bob goodenough1' 'DELETE_USER bob' \
		'DELETE_USER bob' 'DELETE_USER root-of-all'
	answers_are '+OK*' '+OK user deleted*' '-ERR [[]NOTFOUND] *' \
		'-ERR [[]CONFLICT] *last*'
	[ -d "$WORLD/mail/bob/new" ]
	refute logs_in bob goodenough1
}

@test "a disabled user cannot log in by either protocol, and can again later" {
	account bob
	local_says 'DISABLE_USER bob' 'DISABLE_USER bob'
	answers_are '+OK user disabled' '+OK [[]NOCHANGE] *'
	refute logs_in bob "$PASSWORD"
	says bob WHOAMI
	[[ $SAID == *'-ERR [AUTH] wrong name or password'* ]]
	local_says 'ENABLE_USER bob'
	answers_are '+OK user enabled'
	as_mail_owner "$WORLD/mail"
	logs_in bob "$PASSWORD"
	says bob WHOAMI
	answers_are '+OK user=bob role=user from=127.0.0.1'
}

@test "nobody shuts himself out, nor the last administrator" {
	says root-of-all 'DISABLE_USER root-of-all' 'DELETE_USER root-of-all' \
		'ROLE root-of-all user' 'BAN USER root-of-all' \
		'BAN IP 127.0.0.0/8'
	answers_are '-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *' \
		'-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *'
	local_says 'DISABLE_USER root-of-all' 'ROLE root-of-all operator' \
		'BAN USER root-of-all'
	answers_are '-ERR [[]CONFLICT] *' '-ERR [[]CONFLICT] *' \
		'-ERR [[]CONFLICT] *'
	account second --role admin
	says root-of-all 'DISABLE_USER second' 'ENABLE_USER second'
	answers_are '+OK*' '+OK*'
}

# The database without one of its tables: it is read, but for that.
without_roles() {
	bare sqlite3 -bail "$DATABASE" 'DROP TABLE roles'
}

@test "an account whose role's rights cannot be read is nobody's to act on" {
	account helper --role operator
	account bob
	local_says 'ROLES ADD strong users.read users.write' 'ROLE bob strong'
	answers_are '+OK*' '+OK*'
	without_roles
	says helper 'RESET_USER_PASSWORD bob' 'BAN USER bob' 'KICK user=bob' \
		'RESET_USER_PASSWORD nobody' BANS
	answers_are '-ERR [[]SYS/PERM] *' '-ERR [[]SYS/PERM] *' \
		'-ERR [[]SYS/PERM] *' '-ERR [[]NOTFOUND] *' '+OK*' .
	local_says 'ADD_USER eve goodenough1 role=strong' 'ROLE helper strong' \
		'ROLE bob user'
	answers_are '-ERR [[]SYS/PERM] *' '-ERR [[]SYS/PERM] *' \
		'-ERR [[]SYS/PERM] *'
}

@test "a reset password is good for POP3, and must be changed over SCMP" {
	account bob
	local_says 'RESET_USER_PASSWORD bob'
	[[ $(answer 1) =~ ^'+OK [GENERATED '([A-Za-z0-9_-]{20,})'] ' ]]
	local made=${BASH_REMATCH[1]}
	as_mail_owner "$WORLD/mail"
	logs_in bob "$made"
	PASSWORD=$made
	says bob WHOAMI STATUS "CHANGE_PASSWORD wrong goodenough1" \
		"CHANGE_PASSWORD $made $made" "CHANGE_PASSWORD $made short" \
		"CHANGE_PASSWORD $made goodenough1" WHOAMI
	[[ $SAID == *'+OK [CHANGEPW] '* ]]
	answers_are '-ERR [[]STATE] *' '-ERR [[]STATE] *' '-ERR [[]AUTH] *' \
		'-ERR [[]POLICY] *' '-ERR [[]POLICY] *' '+OK password changed' \
		'+OK user=bob*'
	logs_in bob goodenough1
	refute logs_in bob "$made"
	audited 'user=bob from=127.0.0.1 verb=CHANGE_PASSWORD args="\*\*\* \*\*\*" result=OK'
}

@test "the third wrong old password ends the connection" {
	account bob
	says bob 'CHANGE_PASSWORD a bbbbbbbbbbbb' 'CHANGE_PASSWORD a bbbbbbbbbbbb' \
		'CHANGE_PASSWORD a bbbbbbbbbbbb' NOOP
	answers_are '-ERR [[]AUTH] *' '-ERR [[]AUTH] *' '-ERR [[]AUTH] *' ''
}

@test "the policy is kept, and shown with where it comes from" {
	local_says 'POLICY' 'POLICY min_length 12' 'POLICY min_length' \
		'ADD_USER bob elevenchars' 'POLICY min_length default' \
		'POLICY min_length' 'POLICY classes 9' 'POLICY nosuch' \
		'POLICY nosuch 1'
	answers_are '+OK*' 'min_length=8 source=default' 'max_length=*' \
		'classes=*' 'forbid_name=*' 'deny_list=*' 'kick_on_change=*' . \
		'+OK*' '+OK 12 source=scmp' '-ERR [[]POLICY] *12*' '+OK*' \
		'+OK 8 source=default' '-ERR [[]RANGE] *' '-ERR [[]NOTFOUND] *' \
		'-ERR [[]NOTFOUND] *'
}

@test "limits last over a restart, and 600 seconds are the least without force" {
	local_says 'LIMITS max_sessions 77' 'LIMITS idle_timeout 60' \
		'LIMITS idle_timeout 60 force' 'LIMITS max_sessions 0' \
		'LIMITS nosuch' 'LIMITS max_sessions 77'
	answers_are '+OK*' '-ERR [[]RANGE] *600*' '+OK*' '-ERR [[]RANGE] *' \
		'-ERR [[]NOTFOUND] *' '+OK [[]NOCHANGE] *'
	stop_scmpd
	[ "$STATUS" = 0 ]
	start_scmpd
	local_says 'LIMITS max_sessions' 'LIMITS idle_timeout' \
		'LIMITS max_sessions default' 'LIMITS max_sessions'
	answers_are '+OK 77 source=scmp' '+OK 60 source=scmp' '+OK*' \
		'+OK 1000 source=default'
}

@test "the place of mail is for the Unix socket, and holds for later logins" {
	says root-of-all 'MAILDIR SET /srv/mail' 'MAILDIR'
	answers_are '-ERR [[]PERM/LOCAL] *' "+OK $WORLD/mail/%u source=file"
	audited 'user=root-of-all from=127.0.0.1 verb=MAILDIR args="SET /srv/mail" result=PERM/LOCAL'
	local_says 'SET_MAILDIR /srv//mail' 'SET_MAILDIR /srv/mail' \
		'GET_MAILDIR' 'MAILDIR SET /srv/%2Mu/%u' 'MAILDIR' \
		'MAILDIR SET default' 'MAILDIR'
	answers_are '-ERR [[]RANGE] *' '+OK [[]NEXT-LOGIN] /srv/mail/%u' \
		'+OK /srv/mail/%u source=scmp' '+OK [[]NEXT-LOGIN] /srv/%2Mu/%u' \
		'+OK /srv/%2Mu/%u source=scmp' '+OK*' \
		"+OK $WORLD/mail/%u source=file"
}

@test "users are listed by mask, offset and limit, and a thousand in order" {
	local i
	for ((i = 0; i < 1000; i++)); do
		printf 'u%04d:{PLAIN}x:::::\n' "$i"
	done >"$WORLD/many"
	stop_scmpd
	[ "$EUID" != 0 ] || chown root "$WORLD/db"/*
	scmp -q user import "$WORLD/many" --format passwd
	start_scmpd
	local_says 'USERS u*' 'USERS u001? offset=2 limit=3' 'USERS zzz'
	[ "$(grep -c '^user=u' <<<"$SAID")" = 1003 ]
	[ "$(grep '^user=u' <<<"$SAID" | head -1000 | sort -c && echo sorted)" = sorted ]
	[[ $SAID == *$'\nuser=u0012 '*$'\n.\n+OK users\n.\n+OK bye' ]]
}

@test "what a user may set for itself" {
	account bob
	says bob 'PROFILE' 'PROFILE display_name "Bob \"the\" Builder"' \
		'PROFILE display_name' 'PROFILE nosuch' 'PROFILE password x'
	answers_are '+OK*' 'display_name=""' . '+OK*' '+OK Bob "the" Builder' \
		'-ERR [[]NOTFOUND] *' '-ERR [[]NOTFOUND] *'
}

@test "a list of denied words must be one that the server can read" {
	echo correcthorsebattery >"$WORLD/db/words"
	chmod 0644 "$WORLD/db/words"
	local_says 'POLICY deny_list /nowhere/words' "POLICY deny_list $WORLD/db" \
		'ADD_USER bob correcthorsebattery' 'DELETE_USER bob' \
		"POLICY deny_list $WORLD/db/words" 'ADD_USER bob correcthorsebattery' \
		'ADD_USER bob goodenough1' 'POLICY deny_list default'
	answers_are '-ERR [[]REFUSED] *' '-ERR [[]REFUSED] *' '+OK*' '+OK*' '+OK*' \
		'-ERR [[]POLICY] *' '+OK*' '+OK*'
}

@test "a list of denied words that was elsewhere at the start is read there" {
	mkdir "$WORLD/words"
	echo correcthorsebattery >"$WORLD/words/list"
	chmod -R a+rX "$WORLD/words"
	stop_scmpd
	scmp -q policy set deny_list "$WORLD/words/list"
	start_scmpd
	local_says 'ADD_USER bob correcthorsebattery' 'ADD_USER bob goodenough1'
	answers_are '-ERR [[]POLICY] *' '+OK*'
}

@test "there are no transforms, and that is said in each way to ask" {
	local_says TRANSFORM 'TRANSFORM LIST' 'TRANSFORM OFF' 'TRANSFORM USE x' \
		'TRANSFORM SET cat' 'TRANSFORM TEST cat' 'TRANSFORM cat -n' \
		'TRANSFORM USE' 'TRANSFORM SET' 'TRANSFORM OFF now'
	answers_are '+OK - *' '+OK*' . '+OK [[]NOCHANGE] *' '-ERR [[]NOTFOUND] *' \
		'-ERR [[]REFUSED] *' '-ERR [[]REFUSED] *' '-ERR [[]REFUSED] *' \
		'-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *'
	says root-of-all TRANSFORM 'TRANSFORM LIST' 'TRANSFORM OFF' \
		'TRANSFORM SET cat' 'TRANSFORM cat'
	answers_are '+OK - *' '+OK*' . '+OK [[]NOCHANGE] *' \
		'-ERR [[]PERM/LOCAL] *' '-ERR [[]PERM/LOCAL] *'
}

@test "a limit of penalties holds for this server at once, and after a restart" {
	local_says 'LIMITS penalty_refuse 2' 'LIMITS penalty_delay 0' \
		'LIMITS penalty_free 0'
	stop_scmpd
	start_scmpd
	SAID=$(printf 'USER x\r\nPASS 1\r\nPASS 2\r\n' |
		bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT")
	SAID=$(printf 'USER x\r\nPASS 1\r\n' |
		bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT")
	[[ $SAID == *'too many failed logins'* ]]
	local_says 'LIMITS penalty_refuse 0'
	SAID=$(printf 'USER x\r\nPASS 1\r\n' |
		bare timeout 60 nc -N 127.0.0.1 "$SCMP_PORT")
	[[ $SAID == *'wrong name or password'* ]]
}
