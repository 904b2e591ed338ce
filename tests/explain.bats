#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --explain: what would become of a login, and why, each step with what decided
# it. That it is true is shown by a real login beside it.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of the library
load lib/common
load lib/database
load lib/processes

setup() {
	begin
	mailbox alice
	mailbox bob
	DATABASE=$WORLD/users.db
	OUTSIDE=192.0.2.7
}

explain() { # [OPTION...] USER [IP]
	command_line
	run bare "${COMMAND[@]}" --explain "$@"
}

# With further settings, before the user.
explain_with() { # SETTING... -- USER [IP]
	local -a settings=()
	while [ "$1" != -- ]; do
		settings+=(-o "$1")
		shift
	done
	shift
	command_line "${settings[@]}"
	run bare "${COMMAND[@]}" --explain "$@"
}

# A line about WHAT with this mark and this text.
says() { # what mark regex
	grep -qE "^$1 +$2: .*$3" <<<"$output" || {
		echo "expected: $1 $2 $3" >&2
		echo "$output" >&2
		return 1
	}
}

would_get() { # status reply, as the beginning of a regex
	[ "$status" = "$1" ] && says result '[A-Zok]+' "the client would get \"$2"
}

WELCOME='\+OK logged in"'
WRONG='-ERR \[AUTH\] wrong name or password"'
BROKEN='-ERR \[SYS/PERM\] this account is not set up right'
CLEARTEXT='-ERR passwords are not accepted in clear text'

# Every file of the world but the log, with all that would show a change.
snapshot() {
	find "$WORLD" ! -name log ! -name before ! -name after \
		! -path "$WORLD" -printf '%p %m %U %s %i %T@ %C@\n' | sort
}

use_database() {
	OPTIONS+=(-o "users=sqlite:$DATABASE,passwd-file:$WORLD/users")
	scmp db init
}

@test "who can log in would be let in, and nothing has changed by asking" {
	use_database
	snapshot >"$WORLD/before"
	explain alice
	snapshot >"$WORLD/after"
	would_get 0 "$WELCOME"
	refute grep REFUSED <<<"$output"
	cmp "$WORLD/before" "$WORLD/after"
	[ -z "$(ls -A "$WORLD/run")" ]
	says store note "sqlite:$DATABASE does not know the user \[users: -o\]"
	says store ok "passwd-file:$WORLD/users, line 1 knows the user"
	says account ok 'enabled'
	says password ok 'stored as PLAIN'
	says path ok "$WORLD/mail/alice, made of $WORLD/mail/%u for alice \[maildir: -o\]"
	says lock ok free
}

@test "a setting is named with its file and line" {
	cat >"$WORLD/conf" <<-END
		users = "passwd-file:$WORLD/users"
		maildir = "$WORLD/mail/%u"
		mail_roots = "$WORLD/mail"
		mail_user = "$MAIL_UID"
		front_user = "$FRONT_UID"
		run_dir = "$WORLD/run"
		max_sessions = 7
	END
	run bare "$PROGRAM" --config "$WORLD/conf" --explain alice
	would_get 0 "$WELCOME"
	says sessions ok "of 7 \[max_sessions: $WORLD/conf:7\]"
	says path ok "\[maildir: $WORLD/conf:2\]"
	says name ok '\[username_case: default\]'
}

@test "wrong options and a wrong configuration are status 2" {
	explain
	[ "$status" = 2 ]
	explain alice mail.example.org
	[ "$status" = 2 ]
	grep -q 'not an IP address' <<<"$output"
	explain_with trusted_networks=nonsense -- alice
	[ "$status" = 2 ]
	explain_with no_such_key=1 -- alice
	[ "$status" = 2 ]
	command_line --password-fd 0
	run bare "${COMMAND[@]}"
	[ "$status" = 2 ]
}

@test "bans of networks and users, with the rule's row; the allow list" {
	use_database
	scmp ban ip 192.0.2.0/24 --reason 'guesses passwords'
	explain_with plaintext_login=yes -- alice "$OUTSIDE"
	would_get 1 '-ERR \[SYS/PERM\] connections from your network'
	says bans REFUSED "a ban of 192\.0\.2\.0/24, for ever.*: guesses passwords \($DATABASE, rule id 1\)"
	explain_with plaintext_login=yes -- alice 198.51.100.1
	would_get 0 "$WELCOME"
	scmp allow ip 203.0.113.0/24
	explain_with plaintext_login=yes -- alice 198.51.100.1
	would_get 1 '-ERR \[SYS/PERM\] connections from your network'
	says bans REFUSED 'an allow list, and the address is not on it'
	scmp ban user bob
	explain bob
	would_get 1 "$WRONG"
	says 'user ban' REFUSED 'a ban of bob, for ever'
	explain alice
	would_get 0 "$WELCOME"
}

# bats test_tags=server
@test "failed logins: the delay, then the refusal; a known user is exempt" {
	need python3
	OPTIONS+=(-o trusted_networks=192.0.2.99 -o penalty_delay=1 -o penalty_free=1
		-o penalty_refuse=4)
	serve
	dial
	say 'USER bob' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	explain alice
	says failures ok '0 failed logins of the network are remembered, 4 refuse it'
	says penalty ok 'no delay'
	dial
	say 'USER alice' 'PASS wrong' 'USER alice' 'PASS wrong'
	explain alice
	would_get 0 '\+OK logged in", after the wait'
	says failures ok '2 failed logins'
	says penalty note 'wait for 1000 ms \[penalty_delay: -o\]'
	says password note 'none was given'
	# asking is no failure
	explain alice
	says failures ok '2 failed logins'
	say 'USER alice' 'PASS wrong' 'USER alice' 'PASS wrong'
	explain alice
	says failures ok '4 failed logins .* 4 refuse it; somebody is known there'
	says penalty REFUSED 'too many failed logins \[penalty_refuse: -o\]'
	would_get 1 '-ERR \[SYS/TEMP\] too many failed logins from your network'
	explain bob
	says penalty note 'user and network know each other; 0 failed'
	says penalty ok 'no delay'
}

# bats test_tags=server
@test "failed logins where nobody is known are refused at the door" {
	need python3
	OPTIONS+=(-o trusted_networks=192.0.2.99 -o penalty_delay=0
		-o penalty_refuse=2)
	serve
	dial
	say 'USER alice' 'PASS wrong' 'USER alice' 'PASS wrong'
	explain alice
	says failures REFUSED '2 failed logins .* 2 refuse it \[penalty_refuse: -o\]'
	would_get 1 '-ERR \[SYS/TEMP\] too many failed logins from your network'
	explain_with trusted_networks=127.0.0.0/8 -- alice
	says failures ok 'none count: the network is trusted \[trusted_networks: -o\]'
	would_get 0 "$WELCOME"
}

# bats test_tags=server
@test "limits of sessions: in all, of the network, of the user, and the present counts" {
	need python3
	OPTIONS+=(-o trusted_networks=192.0.2.99)
	serve
	wait_for 20 nobody_is_in
	dial
	say 'USER bob' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	explain bob
	says sessions ok '1 of the network, of 100 \[max_sessions_per_network: default\]'
	says sessions ok '1 in all, of 1000'
	says sessions ok '1 of the user, without a limit \[max_sessions_per_user: default\]'
	says sessions ok '1 of the user from this network, of 20'
	explain_with max_sessions=1 -- alice
	says sessions REFUSED '1 in all, of 1 \[max_sessions: -o\]'
	would_get 1 '-ERR \[SYS/TEMP\] the server has as many sessions'
	explain_with max_sessions_per_network=1 -- alice
	says sessions REFUSED '1 of the network, of 1 \[max_sessions_per_network: -o\]'
	would_get 1 '-ERR \[SYS/TEMP\] your network has as many sessions'
	explain_with max_sessions_per_network=1 unlimited_networks=127.0.0.0/8 -- alice
	says sessions ok 'of the network, without a limit \[unlimited_networks: -o\]'
	would_get 0 "$WELCOME"
	explain_with max_sessions_per_user=1 -- alice
	would_get 0 "$WELCOME"
	explain_with max_sessions_per_user=1 -- bob
	says sessions REFUSED '1 of the user, of 1 \[max_sessions_per_user: -o\]'
	would_get 1 '-ERR \[IN-USE\] you have as many sessions as you may; '
	explain_with max_sessions_per_user_and_network=1 -- bob
	says sessions REFUSED '1 of the user from this network, of 1'
	would_get 1 '-ERR \[IN-USE\] you have as many sessions as you may from one'
}

# bats test_tags=server
@test "the lock: who has it, since when, and the very reply" {
	need python3
	serve
	dial
	say 'USER alice' 'PASS secret'
	[[ $LINE == '+OK logged in'* ]]
	explain alice
	says lock REFUSED 'has had it for [0-9]+ seconds, process [0-9]+'
	would_get 1 '-ERR \[IN-USE\] maildrop is locked by another session for [0-9]+ seconds; try again later"'
	local pid
	pid=$(sed -nE 's/^lock .*, process ([0-9]+).*/\1/p' <<<"$output")
	wait_for 20 log_has "Login: user=<alice>.* mpid=$pid,"
	# who asks does not keep it
	say QUIT
	wait_for 20 unlocked
	enter alice
}

unlocked() {
	explain alice
	says lock ok free 2>/dev/null
}

@test "USER and PASS in clear text, and methods that are left" {
	# shellcheck disable=SC2016 # a hash
	echo 'carol:{SHA512-CRYPT}$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/:::::' >>"$WORLD/users"
	explain alice "$OUTSIDE"
	says USER/PASS note 'no passwords in clear text from there \[plaintext_login: default\]'
	says APOP ok offered
	says methods ok 'can use APOP$'
	would_get 0 "$WELCOME"
	explain carol "$OUTSIDE"
	says password ok 'stored as SHA512-CRYPT'
	says methods REFUSED 'none of those that are offered'
	would_get 1 "$CLEARTEXT"
	refute grep -F 'saltsalt' <<<"$output"
	explain carol
	would_get 0 "$WELCOME"
	explain_with auth_methods=user -- alice "$OUTSIDE"
	says APOP note 'not offered \[auth_methods: -o\]'
	says methods REFUSED 'none is left'
	would_get 1 "$CLEARTEXT"
	explain_with auth_methods=apop -- carol
	says USER/PASS note 'not offered \[auth_methods: -o\]'
	would_get 1 '-ERR this way of logging in is not offered here'
}

@test "names: what becomes of them, and those that nobody can have" {
	explain_with username_case=lower -- ALICE
	says name ok 'ALICE becomes alice \[username_case: -o\]'
	would_get 0 "$WELCOME"
	explain_with default_domain=example.org -- alice
	says name ok 'alice becomes alice@example.org \[default_domain: -o\]'
	says user REFUSED 'no store knows the user'
	would_get 1 "$WRONG"
	explain ../alice
	says name REFUSED 'nobody can have that name'
	would_get 1 "$WRONG"
	refute grep -E '^store' <<<"$output"
	explain nobody
	would_get 1 "$WRONG"
}

@test "stores: several, one that cannot be read, a row that is wrong, none" {
	explain_with "users=passwd-file:$WORLD/none,passwd-file:$WORLD/users" -- alice
	says store REFUSED 'none: cannot be read: there is no such file.*\[users: -o\]'
	would_get 1 "$BROKEN"
	cp "$WORLD/users" "$WORLD/more"
	explain_with "users=passwd-file:$WORLD/users,passwd-file:$WORLD/more" -- alice
	says store note "those behind it are not asked: passwd-file:$WORLD/more"
	echo 'bad:{PLAIN}sesame:uid' >>"$WORLD/users"
	explain bad
	says store REFUSED 'line 3 \(user bad\)'
	would_get 1 "$BROKEN"
	refute grep -F sesame <<<"$output"
}

# bats test_tags=server
@test "a database that somebody else keeps locked" {
	need sqlite3
	use_database
	hold "BEGIN EXCLUSIVE"
	explain alice
	says store REFUSED "sqlite:$DATABASE"
	would_get 1 '-ERR \[SYS/TEMP\]'
}

@test "what a writer left who died in mid-commit is told of, and left" {
	need strace
	use_database
	echo '{PLAIN}secret' | scmp user add carl --hash-fd 0
	die_in_mid_commit carl
	snapshot >"$WORLD/before"
	explain carl
	snapshot >"$WORLD/after"
	[ "$status" = 1 ]
	says store note 'a writer died in mid-commit; the next login undoes'
	says result note 'cannot be told'
	cmp "$WORLD/before" "$WORLD/after"
	mkdir -p "$WORLD/mail/carl"
	as_mail_owner "$WORLD/mail/carl"
	printf 'USER carl\r\nPASS secret\r\nQUIT\r\n' | pop3 | grep -q '^+OK logged in'
	explain carl
	would_get 0 "$WELCOME"
}

@test "a row of the database: its id, role, networks, limit; disabled" {
	use_database
	echo '{PLAIN}secret' | scmp user add carl --hash-fd 0 --role operator \
		--networks 127.0.0.6,::1 --max-sessions 3
	mkdir -p "$WORLD/mail/carl"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/carl"
	explain carl 127.0.0.6
	would_get 0 "$WELCOME"
	says store ok "sqlite:$DATABASE, id 1 knows the user"
	says role ok operator
	says sessions ok "0 of the user, of 3: max_sessions of the row \(sqlite:$DATABASE, id 1\)"
	explain carl 127.0.0.5
	says networks REFUSED 'the row allows 127\.0\.0\.6.*::1.*, and not this address'
	would_get 1 "$WRONG"
	scmp user disable carl
	explain carl 127.0.0.6
	says account REFUSED "disabled \(sqlite:$DATABASE, id 1\)"
	would_get 1 "$WRONG"
}

@test "accounts that are locked, and passwords that cannot be used" {
	echo 'locked:!:::::' >>"$WORLD/users"
	echo 'odd:{NO-SUCH}x:::::' >>"$WORLD/users"
	explain locked
	says account REFUSED 'locked: .* begins with ! or \* .*line 3'
	would_get 1 "$WRONG"
	explain odd
	says password note 'it cannot be used'
	says methods REFUSED 'none'
	would_get 1 "$WRONG"
}

@test "a password from a descriptor is checked; it is never shown, nor the stored one" {
	mailbox dora sesame
	command_line
	run bare "${COMMAND[@]}" --explain dora --password-fd 0 <<<sesame
	says password ok 'the given one is right'
	would_get 0 "$WELCOME"
	refute grep -F sesame <<<"$output"
	run bare "${COMMAND[@]}" --explain dora --password-fd 0 <<<guess
	says password REFUSED 'the given one is wrong'
	would_get 1 "$WRONG"
	refute grep -F guess <<<"$output"
	# (of those that are counted while they are checked)
	# shellcheck disable=SC2016 # a hash
	echo 'erin:{SHA512-CRYPT}$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/:::::' >>"$WORLD/users"
	run bare "${COMMAND[@]}" --explain erin --password-fd 0 <<<guess
	says password REFUSED 'the given one is wrong'
	[ -z "$(ls -A "$WORLD/run")" ]
	printf 'USER dora\r\nPASS guess\r\nQUIT\r\n' | pop3 | grep -qE -- "${WRONG%\"}"
}

@test "whose the mail is: the row's uid, mail_user, or nobody's" {
	need_root
	sed -i 's/^bob:.*/bob:{PLAIN}secret:23456:34567::/' "$WORLD/users"
	explain alice
	says owner ok "uid $MAIL_UID, gid $MAIL_UID: the row has no uid \[mail_user: -o\]"
	explain bob
	says owner ok 'uid 23456 from the row, gid 34567 from it, too \(passwd-file:.*, line 2\)'
	says Maildir note "owned by uid $MAIL_UID.* not the owner of this user's mail"
	explain_with min_uid=30000 -- bob
	says mail REFUSED "the row's uid is below min_uid .*line 2\) \[min_uid: -o\]"
	would_get 1 "$BROKEN"
	explain_with mail_user=no-such-account -- alice
	says mail REFUSED 'there is no account mail_user.*\[mail_user: -o\]'
	would_get 1 "$BROKEN"
}

@test "the Maildir: outside mail_roots, by path or link; a template without a path" {
	explain_with "mail_roots=$WORLD/other" -- alice
	says roots REFUSED 'in none of mail_roots \[mail_roots: -o\]'
	would_get 1 "$BROKEN"
	mkdir "$WORLD/outside"
	mv "$WORLD/mail/alice" "$WORLD/outside/alice"
	ln -s "$WORLD/outside/alice" "$WORLD/mail/alice"
	explain alice
	says roots ok 'in mail_roots'
	says Maildir REFUSED 'a link leads outside mail_roots'
	would_get 1 "$BROKEN"
	explain_with "maildir=$WORLD/mail/%d/%n" -- alice
	says mail REFUSED 'the maildir template gives no path.*\[maildir: -o\]'
	would_get 1 "$BROKEN"
}

@test "a Maildir that is missing is told of, and not made" {
	rm -r "$WORLD/mail/alice"
	as_mail_owner "$WORLD/mail"
	explain alice
	says Maildir note 'the login would make it, with mode 0700'
	would_get 0 "$WELCOME"
	[ ! -e "$WORLD/mail/alice" ]
	explain_with "maildir=$WORLD/mail/none/%u" -- alice
	says Maildir note 'would not be made .* the client would see an empty mailbox'
	would_get 0 "$WELCOME"
}

@test "a Maildir that its owner may not read" {
	need_root
	chown 0 "$WORLD/mail/alice/cur"
	chmod 700 "$WORLD/mail/alice/cur"
	explain alice
	says Maildir REFUSED 'cur: Permission denied'
	would_get 1 "$BROKEN"
	chmod 755 "$WORLD/mail/alice/cur"
	explain alice
	says Maildir note 'cur: the owner of the mail may not write there'
	would_get 0 "$WELCOME"
}

@test "the index: none yet, then there; in a folder of its own" {
	mails alice 2
	explain alice
	says index ok 'in the Maildir: there is none yet'
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3 >/dev/null
	explain alice
	says index ok 'in the Maildir: it is there \[index_dir: default\]'
	explain_with "index_dir=$WORLD/index/%u" -- alice
	says index note "$WORLD/index/alice: No such file.*\[index_dir: -o\]"
	[ ! -e "$WORLD/index" ]
}

@test "who may not look says so, and does not guess" {
	need_root
	need setpriv
	chmod 600 "$WORLD/users"
	command_line
	run bare setpriv --reuid "$FRONT_UID" --regid "$FRONT_UID" --clear-groups \
		"${COMMAND[@]}" --explain alice
	[ "$status" = 1 ]
	says rights note "uid $FRONT_UID has started"
	says store note "users: Permission denied; it could not be looked at by uid $FRONT_UID"
	says result note 'cannot be told from here'
}
