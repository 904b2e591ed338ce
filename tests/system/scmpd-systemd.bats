#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# scmpd.socket with scmpd.service, as `make install` puts them in place, under a
# real systemd, beside the POP3 server.

load ../lib/common
load ../lib/container

setup_file() {
	container_up
	bring_libraries "$BUILD/bin/scmpd"
	bring nc setpriv
	inside useradd --no-create-home --groups pop3-operators oscar
	inside useradd --no-create-home nora
	sed -i '1i users = {"sqlite:/var/lib/pop3-session/users.db", "passwd-file:/etc/pop3-users"}' \
		"$CONTAINER_ROOT/etc/pop3-session.conf"
	sed -i '/^users = passwd-file/d' "$CONTAINER_ROOT/etc/pop3-session.conf"
	inside scmp --offline --quiet db init
	inside sh -c 'printf "correct horse\n" | scmp --offline --quiet \
		user add root2 --role admin --password-fd 0'
	inside chgrp pop3-scmp /etc/pop3-users
	inside chmod 640 /etc/pop3-users
}

setup() {
	container_begin
	inside systemctl restart pop3.socket scmpd.socket
}

teardown() {
	show_journal
	inside systemctl stop scmpd.socket scmpd.service pop3.socket pop3.service
}

# What scmpd answers to these lines, by the Unix socket as that user.
says_as() { # user LINE...
	local user=$1
	shift
	printf '%s\r\n' "$@" QUIT | inside setpriv --reuid "$user" \
		--regid "$user" --init-groups \
		timeout 20 nc -N -U /run/pop3-session/scmp.sock | tr -d '\r'
}

as_oscar() {
	inside setpriv --reuid oscar --regid oscar --init-groups "$@"
}

says_by_tcp() { # address LINE...
	local address=$1
	shift
	printf '%s\r\n' "$@" QUIT |
		inside timeout 20 nc -N "$address" 9109 | tr -d '\r'
}

pid_of_scmpd() {
	inside systemctl show -P MainPID scmpd.service
}

is_running_anew() { # old pid
	local pid
	pid=$(pid_of_scmpd)
	[ "$pid" != 0 ] && [ "$pid" != "$1" ]
}

@test "make install brings the user, the folder and the units" {
	inside id pop3-scmp
	[ "$(inside stat -c '%a %U %G' /run/pop3-session)" = \
		'2751 root pop3-scmp' ]
	inside systemctl cat scmpd.socket scmpd.service >/dev/null
	[ "$(inside stat -c '%a %U %G' /run/pop3-session/scmp.sock)" = \
		'660 root pop3-operators' ]
}

@test "the first administrator starts it; it becomes pop3-scmp, sandboxed whole" {
	[ "$(inside systemctl is-active scmpd.service || true)" = inactive ]
	run says_as root WHOAMI
	[[ $output == *'[PREAUTH]'*'role=admin'* ]]
	[ "$(inside systemctl is-active scmpd.service)" = active ]
	local pid
	pid=$(pid_of_scmpd)
	[ "$(inside ps -o user= -p "$pid")" = pop3-scmp ]
	run inside cat "/proc/$pid/status"
	[[ $output == *$'CapEff:\t0000000000000000'* ]]
	[[ $output == *$'CapPrm:\t0000000000000000'* ]]
	[[ $output == *$'Seccomp:\t2'* ]]
	run journal -u scmpd.service
	[[ $output != *[Ww]arning* ]]
}

@test "who is in the group is an operator, others cannot connect" {
	run says_as oscar WHOAMI 'ADD_USER joe "correct horse"'
	[[ $output == *'role=operator'*'-ERR [PERM]'* ]]
	# And no more by what lies beside the socket.
	refute as_oscar head -c 1 /var/lib/pop3-session/users.db
	refute as_oscar touch /var/lib/pop3-session/users.db-journal
	refute as_oscar ls /run/pop3-session
	refute as_oscar head -c 1 /run/pop3-session/stats
	run says_as nora WHOAMI
	[[ $output != *+OK* ]]
}

@test "on both addresses of loopback one logs in, and adds a user who fetches" {
	local address
	for address in 127.0.0.1 ::1; do
		run says_by_tcp "$address" 'USER root2' 'PASS correct horse' \
			WHOAMI
		[[ $output == *'user=root2 role=admin'* ]]
	done
	run says_by_tcp 127.0.0.1 'USER root2' 'PASS wrong' STATUS
	[[ $output == *'-ERR [AUTH]'*'-ERR [STATE]'* ]]
	run says_as root \
		'ADD_USER erin "correct horse" maildir=/var/vmail/%u/Maildir'
	[[ $output == *'+OK user added'* ]]
	run inside bash -c "exec 9<>/dev/tcp/127.0.0.1/110; \
		printf 'USER erin\r\nPASS correct horse\r\nQUIT\r\n' >&9; \
		timeout 20 cat <&9"
	[[ $output == *'+OK logged in'* ]]
}

@test "a password whose hash takes the most memory that may be is checked" {
	local pid
	# shellcheck disable=SC2016 # of that shell
	inside sh -c 'echo "heavy:{ARGON2ID}\$argon2id\$v=19\$m=262144,t=1,p=1\$c29tZXNhbHRzYWx0\$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:::::" \
		>>/etc/pop3-users'
	says_as root NOOP
	pid=$(pid_of_scmpd)
	run says_by_tcp 127.0.0.1 'USER heavy' 'PASS wrong'
	[[ $output == *'-ERR [AUTH]'* ]]
	[ "$(pid_of_scmpd)" = "$pid" ]
	[ "$(inside systemctl show -P MemoryPeak scmpd.service)" -gt 268435456 ] ||
		# (Systemd did not tell before 255.)
		[ "$(inside systemctl show -P MemoryPeak scmpd.service)" = '' ]
}

@test "who is on is seen and told to close" {
	crowd 3 198.51.100.1
	wait_for 60 crowd_is_there
	sees_three() {
		[[ $(says_as root CURR_CONNEC) == *'+OK 3'* ]]
	}
	wait_for 30 sees_three
	run says_as root 'KICK ip=198.51.100.0/24 now'
	[[ $output == *'+OK 3 '* ]]
	sees_none() {
		[[ $(says_as root CURR_CONNEC) == *'+OK 0'* ]]
	}
	wait_for 30 sees_none
	crowd_leaves
}

@test "systemctl reload takes up a changed configuration, in the same process" {
	says_as root NOOP
	local pid
	pid=$(pid_of_scmpd)
	setting 'login_timeout = 77'
	inside systemctl reload scmpd.service
	reloaded() {
		[[ $(says_as root 'LIMITS login_timeout') == *'+OK 77 '* ]]
	}
	wait_for 30 reloaded
	[ "$(pid_of_scmpd)" = "$pid" ]
}

@test "kill -9 of scmpd touches no session, and it is there again" {
	local pid
	crowd 20
	wait_for 60 crowd_is_there
	[ "$(crowd_counts greeted)" = 20 ]
	says_as root NOOP
	pid=$(pid_of_scmpd)
	inside systemctl kill --signal=KILL scmpd.service
	wait_for 30 is_running_anew "$pid"
	sees_twenty() {
		[[ $(says_as root CURR_CONNEC) == *'+OK 20'* ]]
	}
	wait_for 30 sees_twenty
	[ "$(inside pgrep -c -u pop3-front pop3-session)" -ge 20 ]
	deliver alice
	fetch_all alice | grep -q '^Subject: 1 for alice'
	crowd_leaves
}

@test "stopped, it ends no session, and leaves the statistics" {
	crowd 5
	wait_for 60 crowd_is_there
	says_as root NOOP
	inside systemctl stop scmpd.socket scmpd.service
	[ "$(inside systemctl show -P Result scmpd.service)" = success ]
	inside test -s /run/pop3-session/stats
	[ "$(inside pgrep -c -u pop3-front pop3-session)" -ge 5 ]
	crowd_leaves
}

@test "one that hangs is ended by the watchdog, and started anew" {
	local pid
	inside mkdir -p /run/systemd/system/scmpd.service.d
	inside sh -c 'printf "[Service]\nWatchdogSec=2\n" \
		>/run/systemd/system/scmpd.service.d/watchdog.conf'
	inside systemctl daemon-reload
	says_as root NOOP
	pid=$(pid_of_scmpd)
	# It lives as long as it answers: the watchdog comes every second.
	inside systemctl kill --signal=STOP scmpd.service
	wait_for 60 is_running_anew "$pid"
	journal_has 'scmpd.service: Watchdog timeout'
	run says_as root WHOAMI
	[[ $output == *'role=admin'* ]]
	inside rm -r /run/systemd/system/scmpd.service.d
	inside systemctl daemon-reload
}
