#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# scmp and scmpd: how they meet, and what scmp does with users, rules and
# settings through scmpd.
#
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account boss --role admin
	account alice
	start_scmpd
	online
}

teardown() {
	rm -rf /tmp/pop3-session-34568
	end_scmpd
}

# Over TCP, logged in as that user with $PASSWORD.
as() { # name word...
	local -a SCMP=("$BUILD/bin/scmp" --server "127.0.0.1:$SCMP_PORT"
		--login "$1" --login-fd 0)
	shift
	scmp "$@" <<<"$PASSWORD"
}

# --- the way there ---

@test "the socket is found by configuration, by --socket and by --server" {
	scmp whoami | grep -qx 'role: admin'
	online --config "$WORLD/conf" -o "scmp_listen=unix:$WORLD/scmp.sock"
	scmp whoami | grep -qx 'from: local'
	online -o "scmp_listen=127.0.0.1:$SCMP_PORT viewer"
	scmp --login boss --login-fd 0 whoami <<<"$PASSWORD" |
		grep -qx 'user: boss'
	as boss whoami | grep -qx 'from: 127.0.0.1'
	online --server "localhost:$SCMP_PORT"
	scmp --login boss --login-fd 0 --json whoami <<<"$PASSWORD" |
		grep -qxF '{"user":"boss","role":"admin","from":"127.0.0.1"}'
	# By default in run_dir.
	ln -s "$WORLD/scmp.sock" "$WORLD/run/scmp.sock"
	online -o "run_dir=$WORLD/run"
	scmp whoami >/dev/null
}

@test "where nobody answers, place and remedy are named" {
	exits 6 scmp --socket "$WORLD/none" status
	said "^scmp: status: $WORLD/none: there is no such socket; is scmpd running\?"
	said 'systemctl status scmpd'
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WORLD/dead"
	exits 6 scmp --socket "$WORLD/dead" status
	said "$WORLD/dead: nobody answers there; is scmpd running\?"
	online --server "127.0.0.1:$(free_port)"
	exits 6 scmp --login boss --login-fd 0 status <<<secret
	said '127.0.0.1 port [0-9]*: nobody answers there'
	stop_scmpd
	online
	exits 6 scmp status
}

@test "who may not use the socket is told about the group, or has to log in" {
	need_root
	need setpriv
	chmod 755 "$WORLD"
	local status=0
	stranger() {
		setpriv --reuid 34567 --regid 34567 --clear-groups "${SCMP[@]}" \
			"$@" 2>"$WORLD/said"
	}
	exits 7 stranger --config /dev/null status
	said 'scmp.sock: Permission denied; .* the group of scmp_group'
	chmod 666 "$WORLD/scmp.sock"
	exits 7 stranger --config /dev/null status
	said 'wants a login of whom is neither root nor in the group'
	stranger --config /dev/null --login boss --login-fd 0 status \
		<<<"$PASSWORD" | grep -q '^version:'
}

# Somebody else's server, which greets like scmpd and keeps what it is told.
foreign() { # ADDRESS-OF-SOCAT
	setpriv --reuid 34567 --regid 34567 --clear-groups \
		socat "$1,fork" EXEC:"$WORLD/foreign/greets" 2>/dev/null &
	HELPERS+=($!)
}

visits_foreign() { # OPTION...
	bare setpriv --reuid 34568 --regid 34568 --clear-groups \
		"$BUILD/bin/scmp" --timeout 5 "$@" user add joe --password-fd 0 \
		<<<"$PASSWORD"$'\n'"$PASSWORD" 2>"$WORLD/said"
}

@test "nothing is sent to a server of another user, whatever it says" {
	need_root
	need setpriv socat
	local port
	port=$(free_port)
	chmod 755 "$WORLD"
	install -d -o 34567 -m 777 "$WORLD/foreign"
	cat >"$WORLD/foreign/greets" <<-'SCRIPT'
		#!/bin/sh
		printf '+OK [PREAUTH] SCMP/2 x ready\r\n'
		exec cat >>"${0%/*}/told"
	SCRIPT
	chmod 755 "$WORLD/foreign/greets"
	install -d -o 34567 -m 755 /tmp/pop3-session-34568
	foreign "UNIX-LISTEN:/tmp/pop3-session-34568/scmp.sock,mode=777"
	foreign "UNIX-LISTEN:$WORLD/foreign/scmp.sock,mode=777"
	foreign "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr"
	wait_for 20 test -S /tmp/pop3-session-34568/scmp.sock
	wait_for 20 test -S "$WORLD/foreign/scmp.sock"
	wait_for 20 nc -z 127.0.0.1 "$port"
	# Its folder is passed over; what root has in /run is the next place.
	refute visits_foreign --config /dev/null
	said ' /run/pop3-session/scmp.sock: '
	exits 7 visits_foreign --socket "$WORLD/foreign/scmp.sock"
	said 'scmp.sock: the user with the number 34567 listens there, who is neither'
	exits 7 visits_foreign --server "127.0.0.1:$port"
	said "127.0.0.1 port $port: the user with the number 34567 listens"
	exits 7 visits_foreign --server "127.0.0.1:$port" --login boss \
		--login-fd 0
	# Nor by root.
	exits 7 scmp --socket "$WORLD/foreign/scmp.sock" status
	[ ! -s "$WORLD/foreign/told" ]
	# It is a server that scmp would speak to, if it trusted that user.
	scmp -o scmp_user=34567:34567 --socket "$WORLD/foreign/scmp.sock" \
		--timeout 1 status || true
	grep -q STATUS "$WORLD/foreign/told"
	visits_foreign -o scmp_user=34567 --server "127.0.0.1:$port" || true
	grep -q 'ROLE joe' "$WORLD/foreign/told"
}

@test "passwords in clear stay on the machine" {
	online --server 192.0.2.1
	exits 7 scmp --login boss --login-fd 0 status <<<"$PASSWORD"
	said '192.0.2.1 port 9109: .*SCMP in clear would cross the network; a tunnel'
	# A name would be asked for in the network.
	online --server no-such-host.invalid
	exits 7 bare strace -f -o "$WORLD/calls" -e trace=%network \
		"${SCMP[@]}" status 2>"$WORLD/said"
	said 'no-such-host.invalid port 9109: .*SCMP in clear'
	refute grep -q 'socket(' "$WORLD/calls"
	exits 2 scmp --server '[::1' status
	exits 2 scmp --server '[::1]x' status
	exits 2 scmp --server 'host:' status
	exits 2 scmp --server ::1 --socket /x status
}

@test "a server that says nothing is not waited for, nor one of another kind" {
	need socat
	become socat "UNIX-LISTEN:$WORLD/silent,fork" SYSTEM:'cat >/dev/null' &
	HELPERS+=($!)
	become socat "UNIX-LISTEN:$WORLD/other,fork" SYSTEM:'echo 220 mail' &
	HELPERS+=($!)
	wait_for 20 test -S "$WORLD/silent"
	wait_for 20 test -S "$WORLD/other"
	exits 6 scmp --socket "$WORLD/silent" --timeout 1 status
	said 'silent: no answer within 1 seconds'
	exits 6 scmp --socket "$WORLD/other" status
	said 'other: what answers there does not speak SCMP'
	exits 2 scmp --timeout soon status
}

@test "a login is by name and password, which no command line has" {
	as alice whoami | grep -qx 'role: user'
	PASSWORD=wrong exits 7 as boss whoami
	said 'wrong name or password \(AUTH\)'
	exits 7 as nobody-knows whoami
	exits 7 as alice users
	said '\(PERM\)'
	online --server "127.0.0.1:$SCMP_PORT"
	exits 7 scmp whoami
	said 'scmpd wants a login: --login NAME'
	exits 2 scmp --login-fd 0 whoami
	exits 2 scmp --login boss user passwd alice --password secret
	said 'never taken from the command line'
	exits 2 scmp --login boss --login-fd secret whoami
	said 'never taken from the command line'
	refute said 'secret'
	person_answers 'Password of boss: ' "$PASSWORD" -- --login boss whoami \
		>"$WORLD/shown"
	grep -q 'role: admin' "$WORLD/shown"
	refute grep -q "$PASSWORD" "$WORLD/shown"
	# On the socket nobody has to.
	online
	exits 2 scmp --login boss --login-fd 0 whoami <<<"$PASSWORD"
	said 'knows here who you are, without --login'
}

@test "what only the database can do says so, and what only scmpd can" {
	local command
	for command in 'user import' 'user export' 'user purge alice' 'db check' \
		'db init' 'db backup x'; do
		# shellcheck disable=SC2086 # words
		exits 2 scmp $command
		said 'works on the database itself, on its own machine: with --offline'
	done
	exits 2 scmp user add bob --home /home/bob
	said '^scmp: user add: --home is nothing that scmpd takes'
	exits 2 scmp user del alice --purge
	exits 2 scmp bans --all
	exits 2 scmp --offline sessions
	said 'is a question to scmpd, .*leave out --offline'
	exits 2 scmp --offline user list
	said '--socket, --server and --login are for work through scmpd'
	scmp user show alice >/dev/null
}

# --- users ---

@test "users are added with a password of any sort, and listed" {
	exits 5 scmp user add alice --generate
	said 'there is a user alice already'
	scmp user add bob --password-fd 0 --role viewer <<<'two "words" \ and=more' |
		grep -qx 'bob: user added.'
	PASSWORD='two "words" \ and=more' as bob whoami | grep -qx 'role: viewer'
	PASSWORD=$(scmp -q user add carl --generate)
	[ "${#PASSWORD}" -ge 20 ]
	as carl whoami | grep -qx 'user: carl'
	scmp user add dora --generate --json | json 'sorted(it)' |
		grep -qxF '["name", "password"]'
	person_answers 'New password: ' 'relatively good' 'The same again: ' \
		'relatively good' -- user add eve >"$WORLD/shown"
	refute grep -q relatively "$WORLD/shown"
	PASSWORD='relatively good' as eve whoami >/dev/null
	exits 3 scmp user add fred --password-fd 0 <<<'short'
	said 'shorter than 8 characters.* \(POLICY\)'
	exits 3 scmp user add fred --password-fd 0 <<<'*'
	exits 3 scmp user add fred --password-fd 0 <<<$'with \a bell inside'
	exits 3 scmp user add .fred --password-fd 0 <<<'goodenough1'
	exits 4 scmp user add fred --role king --password-fd 0 <<<'goodenough1'
	[ "$(scmp --no-header users | awk '{print $1}' | xargs)" = \
		'alice bob boss carl dora eve' ]
}

@test "lists have the same words and shape as those of --offline" {
	scmp user disable alice
	[ "$(scmp --json user list | json '[u["name"] for u in it]')" = \
		'["alice", "boss"]' ]
	[ "$(scmp --json users --disabled | json 'it[0]["enabled"]')" = false ]
	[ "$(scmp --json users --role admin 'b*' 'bo*' | json 'len(it)')" = 1 ]
	[ "$(scmp --json users --sort -name --limit 1 | json 'it[0]["name"]')" = \
		'"boss"' ]
	[ "$(scmp --json users --offset 1 | json 'len(it)')" = 1 ]
	[ "$(scmp --json user show alice | json '(it["role"], it["connected"])')" = \
		'["user", 0]' ]
	scmp user show alice | grep -qx 'enabled: *no'
	exits 4 scmp user show nobody
	exits 3 scmp user show '*'
	exits 2 scmp users --sort color
	# The keys are those of the records that there are: here as there.
	exits 2 scmp users --sort uid
	said '--sort is one of name\|role\|enabled\|banned\|connected\|last_login'
	scmp ban user alice
	[ "$(scmp --json users --sort banned --limit 1 | json 'it[0]["name"]')" = \
		'"boss"' ]
	scmp unban user alice
	scmp --json user show alice >"$WORLD/online"
	SCMP=("$BUILD/bin/scmp" --offline --config "$WORLD/conf")
	scmp --json user show alice >"$WORLD/offline"
	python3 - "$WORLD/online" "$WORLD/offline" <<-'END'
		import json, sys
		online, offline = (json.load(open(name)) for name in sys.argv[1:])
		both = online.keys() & offline.keys()
		assert both >= {"name", "role", "enabled"}, both
		for key in both:
		    assert online[key] == offline[key], key
	END
}

@test "users are changed and deleted, several at a time" {
	scmp user change alice --role viewer | grep -q '^alice: role viewer'
	[ "$(scmp --json user show alice | json 'it["role"]')" = '"viewer"' ]
	scmp user change alice --disabled
	exits 7 as alice whoami
	scmp user enable alice | grep -qx 'alice: user enabled.'
	exits 4 scmp user disable nobody alice
	said 'no user of that name|no such user|there is no'
	exits 7 as alice whoami
	exits 3 scmp user del boss
	said '\(CONFLICT\)'
	scmp user del alice | grep -q '^alice: user deleted'
	exits 4 scmp user del alice
	exits 2 scmp user change boss
	exits 2 scmp user change boss --enabled --disabled
	exits 3 scmp --json user del boss >"$WORLD/out"
	[ ! -s "$WORLD/out" ]
}

@test "a reset password must be changed first, by whom it belongs to" {
	scmp user passwd alice --password-fd 0 <<<'relatively good' |
		grep -q '^alice: password set'
	PASSWORD='relatively good' exits 7 as alice whoami
	said 'must be changed first: scmp --login alice passwd'
	online --server "127.0.0.1:$SCMP_PORT" --login alice
	printf '%s\n' 'relatively good' 'absolutely best' |
		scmp --login-fd 0 passwd --password-fd 0 |
		grep -qx 'alice: password changed.'
	PASSWORD='absolutely best' as alice whoami >/dev/null
	person_answers 'Password of alice: ' 'absolutely best' 'New password: ' \
		'good for now' 'The same again: ' 'good for now' -- passwd |
		grep -q 'password changed'
	PASSWORD=$(scmp -q --login-fd 0 passwd --generate <<<'good for now')
	as alice whoami >/dev/null
	online
	exits 2 scmp passwd
	exits 4 scmp user passwd nobody --generate
	PASSWORD=$(scmp user passwd boss --generate --json | json 'it["password"]' |
		tr -d '"')
	exits 7 as boss whoami
	said 'must be changed'
}

@test "how many users there may be" {
	scmp user max | grep -q '^0 users at most'
	scmp user max 2 | grep -q '^2 users at most'
	[ "$(scmp --json user max)" = '{"max_users":2}' ]
	exits 3 scmp user add carl --generate
	said '\(LIMIT\)'
	exits 3 scmp user max 1
	said '\(RANGE\)'
}

# --- rules and roles ---

@test "bans and allows are set, listed and lifted" {
	scmp ban user alice --for 2h --reason 'two words'
	scmp ban ip 192.0.2.0/24
	exits 7 as alice whoami
	scmp --json bans | json \
		'[(b["kind"], b["what"], b["reason"]) for b in it]' |
		grep -qF '["user", "alice", "two words"]'
	[ "$(scmp --json bans | json '[b["until"] for b in it if b["kind"] == "ip"]')" = \
		'[null]' ]
	[ "$(scmp --json bans --limit 1 | json 'len(it)')" = 1 ]
	scmp bans | grep -q '^user *alice .* two words$'
	scmp unban user alice
	scmp unban ip 192.0.2.0/24
	exits 4 scmp unban user alice
	[ "$(scmp --json bans | json 'it')" = '[]' ]
	exits 3 scmp ban ip 192.0.2.0/33
	exits 3 scmp ban user boss
	scmp allow ip 127.0.0.0/8
	scmp allows | grep -q '^ip *127.0.0.0/8 *never'
	scmp unallow ip 127.0.0.0/8
	exits 2 scmp allow ip 127.0.0.0/8 --for 1h
}

@test "a role has just the rights that it is set to" {
	scmp role set helpdesk users.read users.password
	scmp role set helpdesk users.read bans.read
	[ "$(scmp --json role list | json \
		'[r["rights"] for r in it if r["name"] == "helpdesk"]')" = \
		'[["users.read", "bans.read"]]' ]
	scmp role set helpdesk users.read bans.read | grep -q 'just these rights'
	[ "$(scmp --json roles | json '[r["fixed"] for r in it]')" = \
		'[true, true, true, true, false]' ]
	exits 3 scmp role set helpdesk everything
	exits 3 scmp role set admin users.read
	scmp user change alice --role helpdesk
	exits 3 scmp role del helpdesk
	scmp user change alice --role user
	scmp role del helpdesk
	exits 4 scmp role del helpdesk
}

# --- settings ---

@test "the policy is listed and set as without scmpd" {
	scmp policy set min_length 12
	exits 3 scmp user add carl --password-fd 0 <<<'elevenchars'
	scmp --json policy list >"$WORLD/online"
	"$BUILD/bin/scmp" --offline --config "$WORLD/conf" --json policy list \
		>"$WORLD/offline"
	cmp "$WORLD/online" "$WORLD/offline"
	scmp policy unset min_length
	scmp policy list | grep -q '^min_length *8 *default'
	exits 4 scmp policy set max_color 3
	exits 3 scmp policy set min_length many
}

@test "limits, the place of mail and the log's level are shown and set" {
	scmp limits | grep -qE '^idle_timeout +600 +default$'
	scmp limits idle_timeout 900
	[ "$(scmp limits idle_timeout)" = 900 ]
	[ "$(scmp --json limits idle_timeout)" = \
		'{"name":"idle_timeout","value":"900","source":"scmp"}' ]
	exits 3 scmp limits idle_timeout 5
	said 'force'
	scmp limits idle_timeout 5 --force
	scmp limits idle_timeout default
	[ "$(scmp --json limits | json \
		'[l["value"] for l in it if l["name"] == "idle_timeout"]')" = \
		'["600"]' ]
	exits 4 scmp limits color
	exits 2 scmp limits idle_timeout --force
	[ "$(scmp maildir)" = "$WORLD/mail/%u" ]
	scmp maildir "$WORLD/two words/%u"
	[ "$(scmp --json maildir | json 'it["value"]')" = "\"$WORLD/two words/%u\"" ]
	exits 7 as boss maildir "$WORLD/mail/%u"
	said '\(PERM/LOCAL\)'
	scmp loglevel debug
	[ "$(scmp loglevel)" = debug ]
	exits 3 scmp loglevel loud
}

@test "a user sets what is the user's own" {
	as alice profile display_name 'Alice A.'
	[ "$(as alice profile display_name)" = 'Alice A.' ]
	[ "$(as alice --json profile | json 'it[0]["value"]')" = '"Alice A."' ]
	exits 4 as alice profile color red
	exits 7 scmp profile display_name root
	said '\(STATE\)'
}

# --- the first administrator ---

@test "init makes one administrator, whose password is shown once" {
	local made
	online
	SCMP=("$BUILD/bin/scmp" --config "$WORLD/conf")
	exits 5 scmp init
	said 'boss is an administrator already'
	SCMP+=(--database "$WORLD/new/users.db")
	scmp init --scheme SSHA512 >"$WORLD/out"
	grep -qx 'Added administrator admin.' "$WORLD/out"
	made=$(sed -n 's/^password: //p' "$WORLD/out")
	[ "${#made}" -ge 20 ]
	scmp --offline pw check admin --password-fd 0 <<<"$made" | grep -q fits
	[ "$(scmp --offline --json user show admin | json 'it["role"]')" = '"admin"' ]
	exits 5 scmp init second
	scmp --offline user del admin
	scmp -q init second | grep -qE '^[A-Za-z0-9_-]{20,}$'
	exits 2 scmp --socket "$WORLD/scmp.sock" init
}
