#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --check: what can be known before anybody logs in is said, all of it, with the
# place of the setting and the remedy.

load lib/common

setup() {
	begin
	mailbox alice
	mailbox bob
	chmod 640 "$WORLD/users"
}

check() { # options behind those of every server
	command_line --check "$@"
	run bare "${COMMAND[@]}" 2>/dev/null
}

# The same with a file instead; its lines from standard input.
check_file() {
	cat >"$WORLD/conf"
	run bare "$PROGRAM" --config "$WORLD/conf" --check 2>/dev/null
}

# A line about WHAT with this verdict and this text.
says() { # what verdict regex
	grep -qE "^$1 +$2: .*$3" <<<"$output" || {
		echo "expected: $1 $2 $3" >&2
		echo "$output" >&2
		return 1
	}
}

is_wrong() { # what regex
	[ "$status" = 1 ]
	says "$1" WRONG "$2"
}

@test "where all is well, nothing is wrong and nothing is warned of" {
	check
	[ "$status" = 0 ]
	says users ok '2 can log in'
	refute grep -E 'warning|WRONG' <<<"$output"
}

@test "all findings are said, not only the first, each with file, line and key" {
	check_file <<-END
		users = "passwd-file:$WORLD/none"
		maildir = "$WORLD/mail/%u"
		mail_roots = {"$WORLD/mail", "$WORLD/missing"}
		index_dir = "$WORLD/nowhere/%u"
		run_dir = "$WORLD/users"
		log = "$WORLD/nowhere/log"
		default_domain = "a/b"
		greeting = "<hello>"
		idle_timeout = 30
		listen = "nonsense"
	END
	is_wrong users "$WORLD/none: cannot be read: there is no such file"
	is_wrong mail "$WORLD/conf:3: mail_roots: $WORLD/missing: No such file"
	is_wrong index "$WORLD/conf:4: index_dir: .*folder $WORLD/nowhere: No such"
	is_wrong run_dir "$WORLD/conf:5: run_dir: $WORLD/users: not a folder"
	is_wrong log "$WORLD/conf:6: log: $WORLD/nowhere/log: No such file"
	is_wrong configuration "$WORLD/conf:7: default_domain: a/b: not a domain"
	is_wrong configuration "$WORLD/conf:8: greeting: .*APOP"
	says configuration warning "$WORLD/conf:9: idle_timeout: RFC 1939 wants 600"
	is_wrong listen "$WORLD/conf:10: listen: .*nonsense"
}

@test "a value that the program refuses at its start is said with its place" {
	local line
	for line in 'trusted_networks = nonsense' 'auth_methods = magic' \
		'maildir = mail'; do
		check_file <<<"$line"
		is_wrong configuration "$WORLD/conf:1: ${line%% *}.*${line##* }"
	done
}

@test "a mail_user that is root, below min_uid, front_user too, or nobody's name" {
	need_root
	check -o mail_user=root
	is_wrong accounts '-o: mail_user: root: uid 0 is below min_uid = 500'
	check -o mail_user=499:499
	is_wrong accounts 'mail_user: 499:499: uid 499 is below min_uid = 500'
	check -o min_uid=20000
	is_wrong accounts "uid $MAIL_UID is below min_uid = 20000"
	check -o "front_user=$MAIL_UID"
	is_wrong accounts 'mail_user: .* is also front_user'
	check -o mail_user=no-such-account
	is_wrong accounts 'mail_user: no-such-account: there is no such account'
	is_wrong accounts '2 users have no uid'
	check -o front_user=root
	is_wrong configuration 'front_user: root: no such account, or root'
}

@test "a maildir template that leads outside mail_roots, or nowhere" {
	check -o "maildir=$WORLD/elsewhere/%u"
	is_wrong mail "leads outside mail_roots, .*; add $WORLD/elsewhere to"
	mkdir "$WORLD/mail/deeper"
	check -o "maildir=$WORLD/%d/%u" -o "mail_roots=$WORLD/mail/deeper"
	says mail ok "$WORLD/%d/%u"
	check -o "maildir=$WORLD/mail/missing/%u"
	is_wrong mail "folder $WORLD/mail/missing: No such file"
}

@test "folders that whoever owns the mail may not use" {
	need_root
	mkdir -m 700 "$WORLD/mail/closed" "$WORLD/index"
	check -o "maildir=$WORLD/mail/closed/%u" -o "index_dir=$WORLD/index/%u"
	is_wrong mail "folder $WORLD/mail/closed: Permission denied"
	is_wrong index "folder $WORLD/index: Permission denied"
	chown "$MAIL_UID" "$WORLD/mail/closed" "$WORLD/index"
	check -o "maildir=$WORLD/mail/closed/%u" -o "index_dir=$WORLD/index/%u"
	says mail ok closed
	says index ok "$WORLD/index"
}

@test "every user who could not log in, and every line that is no row" {
	printf '%s\n' '.hidden:{PLAIN}x' 'line' 'low:{PLAIN}x:5' 'bad:{PLAIN}x:uid' \
		"out:{PLAIN}x::::::userdb_mail=maildir:/etc/mail" \
		>>"$WORLD/users"
	check
	is_wrong user '.hidden: no name that can be part of a path'
	is_wrong users 'line 4 must be NAME'
	is_wrong user 'low: its uid is'
	is_wrong users 'line 6 \(user bad\)'
	is_wrong user 'out: its Maildir is outside mail_roots: /etc/mail'
	check -o 'maildir=%h/Maildir'
	is_wrong user 'alice: it has no home'
	check -o "maildir=$WORLD/mail/%d/%n"
	is_wrong user 'alice: it has no domain'
	check -o default_domain=example.org
	is_wrong user 'alice: .* make it alice@example.org'
}

@test "passwords that everybody can read are warned of" {
	chmod 644 "$WORLD/users"
	check
	[ "$status" = 0 ]
	says users warning "$WORLD/users: everybody may read it .*chmod o="
}

@test "some plain secrets and some hashes: APOP is offered to all; how many it fails for" {
	# shellcheck disable=SC2016 # a hash
	echo 'carol:{SHA512-CRYPT}$6$salt$hash:::::' >>"$WORLD/users"
	echo 'dora:!locked:::::' >>"$WORLD/users"
	check
	[ "$status" = 0 ]
	says login warning 'auth_methods: .*2 of 3 users have a plain secret .* other 1: set auth_methods = user'
	check -o auth_methods=user
	[[ $output != *APOP* ]]
	check -o auth_methods=apop
	is_wrong login '1 of 3 users have no plain secret'
	check -o plaintext_login=no
	is_wrong login 'plaintext_login: .* 1 of 3 users cannot use APOP'
}

@test "auth_methods = user shows no timestamp in the greeting" {
	printf 'QUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q '^+OK .*<.*@.*>' "$WORLD/replies"
	printf 'CAPA\r\nQUIT\r\n' | pop3 -o auth_methods=user >"$WORLD/replies"
	refute grep -q '[<>]' "$WORLD/replies"
}
