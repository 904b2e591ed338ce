#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a front that was taken over can do: nothing. gdb plays the attacker.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # $TEXT is gdb's
load ../lib/common
load ../lib/processes
load ../lib/debugger

# bats file_tags=server,sandbox

setup() {
	need_root
	need gdb
	begin
	mailbox alice
	mails alice 2
}

enters() {
	{ enter alice; } 2>/dev/null || { hang_up && false; }
}

# A session with a deletion pending, whose front makes a call (after one that
# is allowed), dies of it, and removes nothing.
front_dies_of() { # call
	local front monitor
	wait_for 20 enters
	say 'DELE 1'
	monitor=$(monitor alice)
	front=$(front "$monitor")
	dies_by_sigsys "$front" /etc/passwd getpid "$1"
	[ "${RESULTS[0]}" = "$front" ]
	is_over
	hang_up
	wait_for 30 gone "$monitor"
	wait_for 30 log_has "the front was killed for the system call ${1%% *} \([0-9]+\)"
	[ "$(left alice)" = 2 ]
}

@test "opening a file" {
	serve
	front_dies_of 'openat -100 $TEXT 0'
}

@test "making a socket" {
	serve
	front_dies_of 'socket 2 1 0'
}

@test "executing a program" {
	serve
	front_dies_of 'execve $TEXT 0 0'
}

@test "sending a signal" {
	serve
	front_dies_of "kill $$ 0"
}

@test "looking into another process" {
	serve
	front_dies_of "ptrace 16 $$ 0 0"
	front_dies_of "process_vm_readv $$ 0 0 0 0 0"
}

@test "making a process" {
	serve
	front_dies_of 'clone 17 0 0 0 0'
	front_dies_of 'clone3 0 0'
}

@test "memory that can be executed, or moved" {
	serve
	front_dies_of 'mmap 0 4096 5 0x22 -1 0'
	front_dies_of 'mprotect $TEXT 4096 7'
	front_dies_of 'mremap 0 4096 8192 1'
}

@test "other processes' limits, names of files, rights" {
	serve
	front_dies_of "prlimit64 $$ 7 0 0"
	front_dies_of 'unlinkat -100 $TEXT 0'
	front_dies_of 'setresuid 0 0 0'
}

# CLONE_PARENT | SIGCHLD; EAGAIN
@test "a clone as its parent makes them: the process limit forbids it" {
	serve
	enter alice
	call_in "$(front "$(monitor alice)")" x 'clone 0x8011 0 0 0 0'
	[ "${RESULTS[0]}" = -1 ]
	[ "${ERRNOS[0]}" = 11 ]
	say NOOP
	[[ $LINE == +OK* ]]
}

@test "a new generation serves after a front was killed for a call" {
	serve
	local old
	old=$(acceptor)
	front_dies_of 'socket 2 1 0'
	wait_for 30 log_has 'a front \(pid [0-9]+\) was killed by signal 31'
	wait_for 20 gone "$old"
	enter alice
	say 'DELE 1' QUIT
	is_over
	[ "$(left alice)" = 1 ]
}

@test "the parent of the fronts can do no more, and is replaced" {
	serve
	local old
	old=$(acceptor)
	dies_by_sigsys "$(front_parent)" /etc/passwd getpid \
		'openat -100 $TEXT 0'
	wait_for 20 gone "$old"
	wait_for 30 log_has 'the parent of the fronts ended'
	enter alice
	old=$(acceptor)
	dies_by_sigsys "$(front_parent)" x getpid 'clone 17 0 0 0 0'
	say QUIT
	[[ $LINE == +OK* ]]
}

@test "one-connection shape: the same, and the log names the call" {
	handed "each 3" -o "log=$WORLD/log"
	front_dies_of 'openat -100 $TEXT 0'
	front_dies_of 'socket 2 1 0'
	front_dies_of 'clone 17 0 0 0 0'
	wait_for 30 ended_with 0
}

@test "the front holds its connection, its channel, its mark of life and the list of messages" {
	serve
	enter alice
	local monitor
	monitor=$(monitor alice)
	say 'RETR 1'
	while [ "$LINE" != . ]; do hear; done
	fds "$(front "$monitor")"
	[ "$(grep -c '^/dev/null$' <<<"$FDS")" = 3 ]
	[ "$(grep -c '^socket:' <<<"$FDS")" = 2 ]
	only_fds /dev/null 'socket:.*' '.*/pop3-session\.index.*' '/memfd:.*' \
		'.*/mail/alice/.*' "$WORLD/run/alive.*"
	[ "$(grep -c "^$WORLD/run/alive" <<<"$FDS")" = 1 ]
	# What it may read it may not write.
	read_only_but_sockets "$(front "$monitor")"
}

read_only_but_sockets() {
	local fd
	for fd in "/proc/$1/fd/"*; do
		case $(readlink "$fd") in
		/dev/null | socket:*) ;;
		# It is empty, and must stay so.
		"$WORLD"/run/alive.*)
			grep -qE '^Max file size +0 +0 ' "/proc/$1/limits" ||
				return
			;;
		*) grep -qE '^flags:.*0$' "/proc/$1/fdinfo/${fd##*/}" || return ;;
		esac
	done
}

@test "one-connection shape: three descriptors for the client, and the same" {
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	fds "$(front "$(monitor alice)")"
	[ "$(grep -c '^/dev/null$' <<<"$FDS")" = 1 ]
	[ "$(grep -c '^socket:' <<<"$FDS")" = 3 ]
	only_fds /dev/null 'socket:.*' '.*/pop3-session\.index.*' '/memfd:.*' \
		"$WORLD/run/alive.*"
	[ "$(grep -c "^$WORLD/run/alive" <<<"$FDS")" = 1 ]
}

@test "the front is front_user, without groups, capabilities or a way to any" {
	serve
	enter alice
	is_powerless "$(front "$(monitor alice)")" "$FRONT_UID"
	is_powerless "$(front_parent)" "$FRONT_UID"
	stop_server
	handed "each 3" -o "log=$WORLD/log"
	enter alice
	is_powerless "$(front "$(monitor alice)")" "$FRONT_UID"
}

@test "the front's limits: no process, no file, 64 descriptors, no core" {
	serve
	enter alice
	local limits
	limits=/proc/$(front "$(monitor alice)")/limits
	grep -qE '^Max processes +0 +0 ' "$limits"
	grep -qE '^Max file size +0 +0 ' "$limits"
	grep -qE '^Max open files +64 +64 ' "$limits"
	grep -qE '^Max core file size +0 +0 ' "$limits"
}

@test "fronts cannot look at each other: not even as the same user" {
	serve
	enter alice
	local front
	front=$(front "$(monitor alice)")
	as_uid "$FRONT_UID" ls /proc/self/fd/
	fails as_uid "$FRONT_UID" ls "/proc/$front/fd/"
	as_uid "$FRONT_UID" head -c 1 /proc/self/environ
	fails as_uid "$FRONT_UID" head -c 1 "/proc/$front/environ"
}

@test "fronts as root are refused" {
	local user
	for user in root 0 0:0 no-such-account; do
		command_line --listen "127.0.0.1:$(free_port)" \
			-o "front_user=$user"
		start_and_wait "${COMMAND[@]}"
		[ "$STATUS" = 78 ]
		grep -q 'front_user' "$WORLD/said"
	done
}

# Of run_dir the front of alice's session has one page of the statistics mapped,
# and nothing open but its mark of life.
has_its_page_only() {
	local front from to
	front=$(front "$(monitor alice)")
	grep -q pop3-session "/proc/$front/maps"
	grep "$WORLD/run" "/proc/$front/maps" >"$WORLD/maps"
	cat "$WORLD/maps"
	[ "$(wc -l <"$WORLD/maps")" = 1 ]
	grep -q "$WORLD/run/stats\$" "$WORLD/maps"
	IFS='- ' read -r from to _ <"$WORLD/maps"
	[ $((0x$to - 0x$from)) = 4096 ]
	[ "$(find "/proc/$front/fd" -lname "$WORLD/run*" \
		! -lname "$WORLD/run/alive*" | wc -l)" = 0 ]
}

@test "of what sessions share its own counters are in its memory, and nothing else" {
	serve
	wait_for 20 enters
	has_its_page_only
}

@test "so it is in the one-connection shape" {
	handed 'each 2' -o "log=$WORLD/log"
	wait_for 20 enters
	# Its monitor has it.
	grep -q "$WORLD/run/admission" "/proc/$(monitor alice)/maps"
	has_its_page_only
}
