#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# SCMP as pop3d brings it: the first administrator, what the older server's
# users were told to type, and accounts that last.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
	need nc curl
	MAILROOT=$WORLD/mail
	AS_DEFAULT=('USER default' 'PASS default')
}

may_fetch() { # user password
	curl -sS "pop3://$1:$2@localhost:$PORT/" >/dev/null
}

run_folders() {
	find "$XDG_RUNTIME_DIR" -path "*pop3d-*-$PORT-*" -prune
}

pid_of_scmpd() {
	pgrep -f "/scmpd .*run_dir=$XDG_RUNTIME_DIR/.*127\.0\.0\.1:$SCMP_PORT"
}

@test "the older server's walk-through works literally, over TCP" {
	serve_pop3d --sample "$WORLD/sample"
	run -0 manage "${AS_DEFAULT[@]}" 'ADD_USER aeinstein physics'
	[[ $output == '+OK SCMP/2 '*$'\n+OK '*$'\n+OK welcome\n+OK user added\n+OK bye' ]]
	run -0 curl -sS "pop3://aeinstein:physics@localhost:$PORT/"
	[ -z "${output//[[:space:]]/}" ]
	run -0 manage "${AS_DEFAULT[@]}" USERS
	local user
	for user in aeinstein default user1 user2 user3; do
		[[ $output == *$'\n'"user=$user role="* ]]
	done
	run -0 manage "${AS_DEFAULT[@]}" 'DELETE_USER aeinstein' \
		'MAX_USERS 500' MAX_USERS STATUS
	[[ $output == *$'\n+OK user deleted'*$'\n+OK 500 '*$'\n+OK 500 '* ]]
	[[ $output == *$'\nusers=4\n'* ]]
	[[ $output == *$'\nmax_users=500 source=scmp\n'* ]]
	run ! may_fetch aeinstein physics
	may_fetch user1 pass1
}

@test "default is in at once, with a warning; STATUS tells of the password" {
	serve_pop3d --sample "$WORLD/sample"
	run -0 manage "${AS_DEFAULT[@]}" WHOAMI STATUS
	[[ $output == *'+OK user=default role=admin'* ]]
	[[ $output == *$'\ndefault_password=yes\n'* ]]
	[[ $output == *$'\nmax_users=1000 source=file\n'* ]]
	wait_for 20 log_has 'Warning: .*default .*CHANGE_PASSWORD'
	run -0 manage "${AS_DEFAULT[@]}" 'CHANGE_PASSWORD default relativity'
	[[ $output == *'+OK password changed'* ]]
	run -0 manage "${AS_DEFAULT[@]}" STATUS
	[[ $output == *'-ERR [AUTH]'* ]]
	run -0 manage 'USER default' 'PASS relativity' STATUS
	[[ $output == *$'\ndefault_password=no\n'* ]]
	run ! grep -E 'relativity|pass1' "$WORLD/log"
}

@test "over TCP, too, the place of mail can be set, once default has a new password" {
	serve_pop3d --sample "$WORLD/sample"
	local place="$WORLD/sample/%u"
	run -0 manage "${AS_DEFAULT[@]}" CAPA "MAILDIR SET $place"
	[[ $output == *'-ERR [PERM/LOCAL]'*'new password'* ]]
	[[ $output != *'SET_MAILDIR S'* ]]
	run -0 manage "${AS_DEFAULT[@]}" 'CHANGE_PASSWORD default relativity' \
		"MAILDIR SET $place"
	[[ $output == *'+OK password changed'*'+OK [NEXT-LOGIN]'* ]]
	run -0 manage 'USER default' 'PASS relativity' CAPA "MAILDIR SET $place"
	[[ $output == *'SET_MAILDIR S'*'+OK [N'* ]]
}

@test "by POP3, too, the default password is good on this machine only" {
	serve_pop3d --sample "$WORLD/sample"
	may_fetch default default
	stop_server
	explain() {
		"$PROGRAM" --config /dev/null \
			-o "users=sqlite:$WORLD/sample/.pop3d/users.db" \
			-o "maildir=$WORLD/sample/%u" -o plaintext_login=yes \
			-o "mail_roots=/" -o min_uid=1 -o "run_dir=$WORLD/run" \
			-o "mail_user=$MAIL_UID:$MAIL_UID" \
			--explain default "$1"
	}
	explain 192.0.2.7 | grep -E '^networks .*REFUSED'
	explain 127.0.0.1 >"$WORLD/said" || true
	grep -E '^networks' "$WORLD/said"
	run ! grep -E '^networks .*REFUSED' "$WORLD/said"
}

@test "what is changed by SCMP lasts; .users says what is new and who is gone" {
	mkdir -p "$MAILROOT"
	printf '%s\n' '# accounts' 'alice:{PLAIN}wonder:::::' \
		'bob:{PLAIN}builder:::::' 'carol:{PLAIN}singer:::::' \
		>"$MAILROOT/.users"
	serve_pop3d -d "$MAILROOT"
	may_fetch alice wonder
	manage "${AS_DEFAULT[@]}" 'DELETE_USER alice' 'ADD_USER dora explorer' \
		'RESET_USER_PASSWORD bob mechanic' 'MAX_USERS 7'
	interrupt
	serve_pop3d -d "$MAILROOT"
	run ! may_fetch alice wonder
	may_fetch dora explorer
	may_fetch bob mechanic
	run -0 manage "${AS_DEFAULT[@]}" MAX_USERS
	[[ $output == *$'\n+OK 7 '* ]]
	interrupt
	# A line that is new, one that is changed, and one that is gone.
	printf '%s\n' 'alice:{PLAIN}wonder:::::' 'bob:{PLAIN}welder:::::' \
		'erin:{PLAIN}brocko:::::' >"$MAILROOT/.users"
	serve_pop3d -d "$MAILROOT"
	may_fetch erin brocko
	may_fetch bob welder
	may_fetch dora explorer
	run ! may_fetch carol singer
	run ! may_fetch alice wonder
	[ "$(stat -c %a "$MAILROOT/.pop3d")" = 700 ]
}

@test "without .users, the accounts that SCMP made are enough" {
	mkdir -p "$MAILROOT"
	echo 'alice:{PLAIN}wonder:::::' >"$MAILROOT/.users"
	serve_pop3d -d "$MAILROOT"
	interrupt
	rm "$MAILROOT/.users"
	serve_pop3d -d "$MAILROOT"
	may_fetch alice wonder
}

@test "a port of SCMP that is taken is named; unless it was chosen, mail is served" {
	serve_pop3d --sample "$WORLD/sample"
	run bare timeout -k 5 60 "$WORLD/bin/pop3d" -p "$(free_port)" \
		-P "$(free_port)" --sample "$WORLD/sample" \
		--scmp-port "$SCMP_PORT"
	[ "$status" != 0 ]
	[[ $output == *"pop3d: option --scmp-port: "*":$SCMP_PORT"* ]]
	for port in 0 65536 x; do
		run bare timeout -k 5 60 "$WORLD/bin/pop3d" --scmp-port "$port"
		[ "$status" = 2 ]
		[[ $output == *'option --scmp-port'*Usage:* ]]
	done
}

@test "Ctrl-C ends all of it, and nothing is left behind" {
	serve_pop3d --sample "$WORLD/sample"
	manage NOOP
	local pid
	pid=$(pid_of_scmpd)
	[ -n "$(run_folders)" ]
	interrupt
	[ "$STATUS" = 0 ]
	wait_for 20 gone "$pid"
	folders_are_gone() {
		[ -z "$(run_folders)" ]
	}
	wait_for 20 folders_are_gone
	run ! answers "$SCMP_PORT"
}

@test "another start takes no folder for dead that is being made" {
	local taken
	taken=$(free_port)
	bare python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(1000)' "$taken" &
	HELPERS+=("$!")
	wait_for 20 nc -z 127.0.0.1 "$taken"
	mkdir "$WORLD/tools"
	# It looks for dead ones just when the first has made its own, and fails
	# later.
	cat >"$WORLD/tools/mktemp" <<-END
		#!/bin/sh
		PATH=\${PATH#*:}
		mktemp "\$@" || exit
		"$WORLD/bin/pop3d" -p $(free_port) -P $(free_port) \\
			--sample "$WORLD/other" --scmp-port $taken >>"$WORLD/second" 2>&1
		exit 0
	END
	chmod +x "$WORLD/tools/mktemp"
	PATH=$WORLD/tools:$PATH serve_pop3d --sample "$WORLD/sample"
	grep -q "scmp-port: .*:$taken" "$WORLD/second"
	may_fetch user1 pass1
	[ -n "$(run_folders)" ]
}

@test "a server that is killed takes scmpd with it" {
	serve_pop3d --sample "$WORLD/sample"
	manage NOOP
	local pid
	pid=$(pid_of_scmpd)
	kill -KILL "$SERVER"
	wait_for 20 gone "$SERVER"
	SERVER=
	wait_for 20 gone "$pid"
}

@test "scmpd that is killed takes no session with it" {
	serve_pop3d --sample "$WORLD/sample"
	connect
	ask 'USER user1' +OK
	ask 'PASS pass1' +OK
	manage NOOP
	kill -KILL "$(pid_of_scmpd)"
	ask STAT '+OK 3 '
	may_fetch user2 pass2
	ask QUIT +OK
}

@test "a mail root that cannot be written is served all the same" {
	[ "$EUID" != 0 ] || need unshare
	mkdir -p "$MAILROOT"
	echo 'alice:{PLAIN}wonder:::::' >"$MAILROOT/.users"
	mkdir -p "$MAILROOT"/alice/{cur,new,tmp}
	mv "$WORLD/bin/pop3d" "$WORLD/bin/pop3d.real"
	cat >"$WORLD/bin/pop3d" <<-END
		#!/bin/sh
		[ "\$(id -u)" != 0 ] || [ -n "\$ALONE" ] ||
			ALONE=yes exec unshare -m "\$0" "\$@"
		[ "\$(id -u)" != 0 ] || {
			mount --bind "$MAILROOT" "$MAILROOT"
			mount -o remount,ro,bind "$MAILROOT"
		} || exit
		exec "$WORLD/bin/pop3d.real" "\$@"
	END
	chmod +x "$WORLD/bin/pop3d"
	[ "$EUID" = 0 ] || chmod a-w "$MAILROOT"
	serve_pop3d -d "$MAILROOT"
	log_has 'cannot be written'
	may_fetch alice wonder
	manage "${AS_DEFAULT[@]}" 'ADD_USER dora explorer'
	may_fetch dora explorer
	stop_server
	chmod u+w "$MAILROOT"
	[ ! -e "$MAILROOT/.pop3d" ]
}
