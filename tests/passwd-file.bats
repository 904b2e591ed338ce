#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# passwd-file: the fields of Dovecot's format, those behind the seventh colon
# too: honoured, or named as without effect.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of the library
load lib/common

setup() {
	begin
	mailbox alice
	: >"$WORLD/users"
}

user() { # line
	echo "$1" >>"$WORLD/users"
}

maildir_of() { # folder messages
	local i
	mkdir -p "$WORLD/mail/$1"/{cur,new,tmp}
	for ((i = 1; i <= $2; i++)); do
		echo text >"$WORLD/mail/$1/new/$((1600000000 + i)).M$i.host"
	done
	as_mail_owner "$WORLD/mail"
}

# How many messages a user sees.
count_of() { # user
	printf 'USER %s\r\nPASS secret\r\nSTAT\r\nQUIT\r\n' "$1" | pop3 |
		tr -d '\r' | awk '/^\+OK [0-9]+ [0-9]+$/ { print $2 }'
}

@test "userdb_mail says where the Maildir is, with ~, variables and INBOX" {
	maildir_of one/bob 1
	maildir_of two/bob 2
	maildir_of three/bob 3
	maildir_of home/bob/in 4
	user "bob:{PLAIN}secret::::::userdb_mail=maildir:$WORLD/mail/one/%u"
	user "b2:{PLAIN}secret::::$WORLD/mail/two/bob::userdb_mail=maildir:~:LAYOUT=fs"
	user "bob@x:{PLAIN}secret::::::userdb_mail_driver=maildir userdb_mail_path=$WORLD/mail/three/%{user | username}"
	user "b4:{PLAIN}secret::::::userdb_home=$WORLD/mail/home/bob userdb_mail=maildir:~/all:INBOX=~/in"
	[ "$(count_of bob)" = 1 ]
	[ "$(count_of b2)" = 2 ]
	[ "$(count_of bob@x)" = 3 ]
	[ "$(count_of b4)" = 4 ]
}

@test "user= is whose mail it is" {
	maildir_of carl 5
	user 'alias:{PLAIN}secret::::::user=carl'
	[ "$(count_of alias)" = 5 ]
	log_has 'Login: user=<alias>'
}

@test "userdb_uid and userdb_gid win over the fields of the line" {
	need_root
	maildir_of bob 1
	chown -R 4321:4322 "$WORLD/mail/bob"
	chmod -R go= "$WORLD/mail/bob"
	user "bob:{PLAIN}secret:1:1::::userdb_uid=4321 userdb_gid=4322"
	[ "$(count_of bob)" = 1 ]
}

@test "nologin, fail, and a password that begins with ! or * lock an account" {
	local user
	maildir_of bob 1
	user 'a:{PLAIN}secret::::::nologin reason=moved'
	user 'b:{PLAIN}secret::::::fail=y'
	user 'c:!{PLAIN}secret:::::'
	user 'd:*:::::'
	for user in a b c d; do
		dialogue <<-END
			S~ ^\+OK
			C: USER $user
			S: +OK send PASS
			C: PASS secret
			S: -ERR [AUTH] wrong name or password
			C: QUIT
			S: +OK bye
		END
	done
}

@test "proxy is refused: there would be an empty mailbox here" {
	user 'p:{PLAIN}secret::::::proxy=y host=192.0.2.1'
	dialogue <<-'END'
		S~ ^\+OK
		C: USER p
		S: +OK send PASS
		C: PASS secret
		S~ ^-ERR \[SYS/PERM\]
		C: QUIT
		S: +OK bye
	END
	log_has 'line 1 \(user p\) says that the mail is on another server \(proxy\)'
}

remarks() {
	cat <<-END
		users: passwd-file:$WORLD/users: line 1: the extra field nodelay has no effect here
		users: passwd-file:$WORLD/users: line 1: the extra field userdb_quota_rule has no effect here (it is in 2 lines)
		users: passwd-file:$WORLD/users: line 3: the extra field INDEX has no effect here
	END
}

@test "--check names each field without effect once, with its line" {
	user 'a:{PLAIN}secret::::::nodelay=y userdb_quota_rule=*:bytes=1'
	user '# b:{PLAIN}secret::::::k5principals=x'
	user 'c:{PLAIN}secret::::::userdb_mail=maildir:/m:INDEX=/i userdb_quota_rule=x allow_nets=::1'
	command_line --check
	run bare "${COMMAND[@]}"
	diff <(remarks) <(grep '^users.*has no effect here' <<<"$output" |
		sed 's/^users  *warning: /users: /')
}

# bats test_tags=server
@test "so does the log of the listening shape, when it starts" {
	user 'a:{PLAIN}secret::::::nodelay=y userdb_quota_rule=*:bytes=1'
	user '# b:{PLAIN}secret::::::k5principals=x'
	user 'c:{PLAIN}secret::::::userdb_mail=maildir:/m:INDEX=/i userdb_quota_rule=x allow_nets=::1'
	serve
	diff <(remarks) <(grep 'has no effect here' "$WORLD/log" |
		sed 's/.*Warning: //')
}
