#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a monitor that was taken over can do after the login: read and change
# that one Maildir, as its owner, and nothing else. gdb plays the attacker.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # $TEXT is gdb's
load ../lib/common
load ../lib/processes
load ../lib/debugger

# bats file_tags=server,sandbox

readonly EPERM=1 EACCES=13

setup() {
	need_root
	need gdb
	begin
	mailbox alice
	mails alice 2
	mailbox bob
	mails bob 1
}

enters() {
	{ enter alice; } 2>/dev/null || { hang_up && false; }
}

# The call (after one that is allowed) kills the monitor of a session with a
# deletion pending; nothing is removed.
monitor_dies_of() { # call
	local monitor
	wait_for 20 enters
	say 'DELE 1'
	monitor=$(monitor alice)
	dies_by_sigsys "$monitor" /etc/passwd getpid "$1"
	[ "${RESULTS[0]}" = "$monitor" ]
	is_over
	hang_up
	wait_for 30 gone "$monitor"
	[ "$(left alice)" = 2 ]
}

# The call fails with this error, and the session goes on.
fails_with() { # errno text call
	call_in "$(monitor alice)" "$2" "$3"
	[ "${RESULTS[0]}" = -1 ]
	[ "${ERRNOS[0]}" = "$1" ]
}

@test "making a socket kills it" {
	serve
	monitor_dies_of 'socket 2 1 0'
	wait_for 30 log_has 'a monitor \(pid [0-9]+\) was killed by signal 31'
}

@test "connecting kills it" {
	serve
	monitor_dies_of 'connect 0 $TEXT 16'
}

@test "executing a program kills it" {
	serve
	monitor_dies_of 'execve $TEXT 0 0'
	monitor_dies_of 'execveat -100 $TEXT 0 0 0'
}

@test "looking into another process kills it" {
	serve
	monitor_dies_of "ptrace 16 $$ 0 0"
	monitor_dies_of "process_vm_readv $$ 0 0 0 0 0"
}

@test "memory that can be executed kills it" {
	serve
	monitor_dies_of 'mmap 0 4096 5 0x22 -1 0'
	monitor_dies_of 'mprotect $TEXT 4096 7'
}

@test "new namespaces, mounts and roots kill it" {
	serve
	monitor_dies_of 'unshare 0x10000000'
	monitor_dies_of 'mount $TEXT $TEXT 0 0 0'
	monitor_dies_of 'chroot $TEXT'
	monitor_dies_of 'clone 0x10000011 0 0 0 0'
}

@test "a new generation serves after a monitor was killed for a call" {
	serve
	local old
	old=$(acceptor)
	monitor_dies_of 'socket 2 1 0'
	wait_for 20 gone "$old"
	enter alice
	say QUIT
	[[ $LINE == +OK* ]]
}

@test "one-connection shape: the same" {
	handed "each 3" -o "log=$WORLD/log"
	monitor_dies_of 'socket 2 1 0'
	monitor_dies_of 'execve $TEXT 0 0'
}

@test "files outside the Maildir: Landlock refuses them, though the owner might" {
	serve
	enter alice
	# All of these could be opened by the mail's owner.
	local file
	for file in /etc/passwd "$WORLD/mail/bob/new" \
		"$WORLD/mail/bob/new/1600000001.M1.host" /proc/self/status; do
		as_uid "$MAIL_UID" test -r "$file"
		fails_with "$EACCES" "$file" 'openat -100 $TEXT 0 0'
	done
	# Within it, all is as before.
	call_in "$(monitor alice)" "$WORLD/mail/alice/new/1600000001.M1.host" \
		'openat -100 $TEXT 0 0'
	[ "${RESULTS[0]}" -ge 0 ]
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "nothing is made, moved or removed outside the Maildir" {
	serve
	enter alice
	as_uid "$MAIL_UID" touch "$WORLD/mail/bob/new/probe"
	fails_with "$EACCES" "$WORLD/mail/bob/new/made" 'openat -100 $TEXT 0101 0600'
	fails_with "$EACCES" "$WORLD/mail/bob/new/probe" 'unlinkat -100 $TEXT 0'
	fails_with "$EACCES" "$WORLD/mail/bob/made" 'mkdirat -100 $TEXT 0700'
	[ -e "$WORLD/mail/bob/new/probe" ]
	[ ! -e "$WORLD/mail/bob/new/made" ]
	# By the descriptors that it has, too.
	local fd path tried=0
	for fd in "/proc/$(monitor alice)/fd/"*; do
		case $(readlink "$fd") in
		*/mail/alice) path=../bob/new/probe ;;
		*/mail/alice/new) path=../../bob/new/probe ;;
		*) continue ;;
		esac
		fails_with "$EACCES" "$path" "openat ${fd##*/} \$TEXT 0 0"
		tried=$((tried + 1))
	done
	[ "$tried" -ge 1 ]
}

@test "of run_dir it has its own mark of life and its own page, and nothing else that all share" {
	serve
	enter alice
	local pid
	pid=$(monitor alice)
	fds "$pid"
	grep -q "^$WORLD/run/alive" <<<"$FDS"
	[ "$(grep -c "^$WORLD/run" <<<"$FDS")" = 1 ]
	# The acceptor has them mapped.
	grep -q "$WORLD/run/admission" "/proc/$(acceptor)/maps"
	[ "$(grep -c "$WORLD/run" "/proc/$pid/maps")" = 1 ]
	grep "$WORLD/run/stats\$" "/proc/$pid/maps" | {
		IFS='- ' read -r from to _
		[ $((0x$to - 0x$from)) = 4096 ]
	}
	fails_with "$EACCES" "$WORLD/run/penalty" 'openat -100 $TEXT 0 0'
}

@test "it gets no right back, and reaches no other process" {
	serve
	enter alice
	local monitor acceptor
	monitor=$(monitor alice)
	acceptor=$(acceptor)
	call_in "$monitor" x 'setresuid 0 0 0' 'setresgid 0 0 0' \
		'setgroups 0 0' "kill $acceptor 0" "kill $SERVER 0" \
		"kill $(front "$monitor") 0"
	[ "${RESULTS[*]}" = "-1 -1 -1 -1 -1 -1" ]
	[ "${ERRNOS[*]}" = "1 1 1 1 1 1" ]
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "it is the mail's owner, without groups, capabilities or a way to any" {
	serve
	enter alice
	is_powerless "$(monitor alice)" "$MAIL_UID"
	stop_server
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	is_powerless "$(monitor alice)" "$MAIL_UID"
}

@test "the row's uid and gid, where it has them" {
	echo "carol:{PLAIN}secret:23456:34567::::" >>"$WORLD/users"
	mkdir -p "$WORLD/mail/carol"/{cur,new,tmp}
	chown -R 23456:34567 "$WORLD/mail/carol"
	serve
	enter carol
	local monitor
	monitor=$(monitor carol)
	[ "$(status_of "$monitor" Uid)" = "23456 23456 23456 23456" ]
	[ "$(status_of "$monitor" Gid)" = "34567 34567 34567 34567" ]
	[ "$(status_of "$monitor" Groups)" = "" ]
	[ "$(status_of "$monitor" CapEff)" = 0000000000000000 ]
}

@test "it is so, too, where there is no folder and so nothing to be done" {
	echo "carol:{PLAIN}secret:23456:23456::::" >>"$WORLD/users"
	chown root:root "$WORLD/mail"
	serve
	enter carol
	say STAT
	[ "$LINE" = "+OK 0 0" ]
	log_has 'carol.* is missing and cannot be made; served as empty'
	is_powerless "$(monitor carol)" 23456
}

@test "before the login it and the acceptor have the four capabilities that are named" {
	serve
	local monitor
	dial
	# CAP_DAC_READ_SEARCH 2, CAP_KILL 5, CAP_SETGID 6, CAP_SETUID 7
	[ "$(status_of "$(acceptor)" CapEff)" = 00000000000000e4 ]
	[ "$(status_of "$(acceptor)" CapPrm)" = 00000000000000e4 ]
	[ "$(status_of "$(acceptor)" Seccomp)" = 2 ]
	[ "$(status_of "$(acceptor)" NoNewPrivs)" = 1 ]
	[ "$(status_of "$SERVER" Seccomp)" = 0 ]
}

@test "the acceptor cannot make a socket, execute or look into others either" {
	serve
	local old call
	for call in 'socket 2 1 0' 'execve $TEXT 0 0' "ptrace 16 $$ 0 0"; do
		old=$(acceptor)
		dies_by_sigsys "$old" /bin/true getpid "$call"
		wait_for 20 replaced "$old"
	done
}

replaced() {
	local now
	now=$(acceptor) && [ "$now" != "$1" ] && answers "$PORT"
}

@test "it holds the Maildir, its connection and channel, the log, and its mark of life" {
	serve
	enter alice
	say 'RETR 1'
	while [ "$LINE" != . ]; do hear; done
	say NOOP
	fds "$(monitor alice)"
	only_fds /dev/null 'socket:.*' 'anon_inode:\[signalfd\]' 'anon_inode:inotify' \
		"$WORLD/log" "$WORLD/mail/alice(/.*)?" '/memfd:.*' \
		"$WORLD/run/alive\.[0-9]*"
	[ "$(grep -c '^socket:' <<<"$FDS")" = 2 ]
}

@test "the mail's owner cannot look into it" {
	serve
	enter alice
	local monitor
	monitor=$(monitor alice)
	as_uid "$MAIL_UID" ls /proc/self/fd/
	fails as_uid "$MAIL_UID" ls "/proc/$monitor/fd/"
	as_uid "$MAIL_UID" head -c 1 /proc/self/environ
	fails as_uid "$MAIL_UID" head -c 1 "/proc/$monitor/environ"
	fails as_uid "$MAIL_UID" timeout 20 strace -p "$monitor"
}

# --- rows that are refused ----------------------------------------------------

refused() { # row
	echo "$1" >>"$WORLD/users"
	local user=${1%%:*}
	mkdir -p "$WORLD/mail/$user"/{cur,new,tmp}
	chown -R "${2:-0}" "$WORLD/mail/$user"
	dial
	say "USER $user" 'PASS secret'
	[[ $LINE == '-ERR [SYS/PERM]'* ]]
	wait_for 30 log_has "user $user.*$3"
	hang_up
}

@test "rows with uid 0, or one below min_uid, are refused; min_uid itself is not" {
	serve -o min_uid=600
	refused 'zero:{PLAIN}secret:0:0::::' 0 uid
	refused 'low:{PLAIN}secret:599:600::::' 599 min_uid
	echo 'least:{PLAIN}secret:600:600::::' >>"$WORLD/users"
	mkdir -p "$WORLD/mail/least"/{cur,new,tmp}
	chown -R 600:600 "$WORLD/mail/least"
	enter least
	is_powerless "$(monitor least)" 600
}

@test "a mail_user that is root, or below min_uid, is refused" {
	local id
	for id in 0 499; do
		serve -o "mail_user=$id:$id"
		dial
		say 'USER alice' 'PASS secret'
		[[ $LINE == '-ERR [SYS/PERM]'* ]]
		wait_for 30 log_has 'user alice: the uid of mail_user is below min_uid'
		hang_up
		stop_server
		: >"$WORLD/log"
	done
}

@test "a row with gid 0 gives no group of root's" {
	echo "carol:{PLAIN}secret:23456:0::::" >>"$WORLD/users"
	mkdir -p "$WORLD/mail/carol"/{cur,new,tmp}
	chown -R 23456 "$WORLD/mail/carol"
	serve
	dial
	say 'USER carol' 'PASS secret'
	echo "$LINE"
	[[ $LINE == -ERR* ]]
}

@test "Maildirs outside mail_roots are refused, also by a symbolic link" {
	mkdir -p "$WORLD/elsewhere"/{cur,new,tmp}
	chown -R "$MAIL_UID" "$WORLD/elsewhere"
	serve
	echo "out:{PLAIN}secret::::::userdb_mail=maildir:$WORLD/elsewhere" \
		>>"$WORLD/users"
	ln -s "$WORLD/elsewhere" "$WORLD/mail/link"
	echo 'link:{PLAIN}secret:::::' >>"$WORLD/users"
	local user
	for user in out link; do
		dial
		say "USER $user" 'PASS secret'
		[[ $LINE == '-ERR [SYS/PERM]'* ]]
		hang_up
	done
	wait_for 30 log_has 'outside mail_roots'
}
