#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a scmpd that was taken over can do: what its commands do, and nothing
# else on this machine. gdb plays the attacker.

# shellcheck disable=SC2034,SC2153 # variables of the library
# shellcheck disable=SC2016 # $TEXT is gdb's
load ../lib/common
load ../lib/scmp
load ../lib/scmpd
load ../lib/debugger

# bats file_tags=server,sandbox

readonly EACCES=13

setup() {
	need_root
	need gdb
	begin_scmpd
	account chief --role admin
	start_scmpd
	# Its user could get as far as here but for the sandbox.
	chmod 0755 "$WORLD"
}

teardown() { end_scmpd; }

# The call (after one that is allowed) kills it; whoever starts it anew has all
# that was.
dies_of() { # call [TEXT]
	dies_by_sigsys "$SCMPD" "${2:-/etc/passwd}" getpid "$1"
	[ "${RESULTS[0]}" = "$SCMPD" ]
	wait_for 30 gone "$SCMPD"
	wait "$SCMPD" || true
	start_scmpd
}

fails_with() { # errno text call
	call_in "$SCMPD" "$2" "$3"
	[ "${RESULTS[0]}" = -1 ]
	[ "${ERRNOS[0]}" = "$1" ]
}

@test "it is its own user, without groups, capabilities, or a way to get them" {
	is_powerless "$SCMPD" "$SCMP_UID"
	[ "$(status_of "$SCMPD" CapBnd)" ]
	grep -q '^Max core file size *0 *0' "/proc/$SCMPD/limits"
	# Its own user cannot look into it, either: it is not dumpable.
	refute as_uid "$SCMP_UID" cat "/proc/$SCMPD/environ"
}

@test "its descriptors are its sockets, the log, and the files of run_dir" {
	fds "$SCMPD"
	only_fds 'socket:.*' 'anon_inode:.*' 'pipe:.*' '/dev/null' \
		"$WORLD/scmpd.log" "$WORLD/run(/.*)?" '/dev/pts/.*' '/tmp/bats.*'
}

@test "making, connecting and binding sockets kills it" {
	dies_of 'socket 2 1 0'
	dies_of 'socket 1 1 0'
	dies_of 'connect 0 $TEXT 16'
	dies_of 'bind 0 $TEXT 16'
	dies_of 'socketpair 1 1 0 $TEXT'
}

@test "executing programs and making processes kills it" {
	dies_of 'execve $TEXT 0 0' /bin/true
	dies_of 'execveat -100 $TEXT 0 0 0' /bin/true
	dies_of 'fork'
	dies_of 'clone 17 0 0 0 0'
}

@test "signals to others kill it" {
	dies_of "kill $$ 0"
	dies_of "tgkill $$ $$ 0"
	dies_of "tkill $$ 0"
	dies_of "pidfd_open $$ 0"
}

@test "looking into others, executable memory and namespaces kill it" {
	dies_of "ptrace 16 $$ 0 0"
	dies_of "process_vm_readv $$ 0 0 0 0 0"
	dies_of 'mmap 0 4096 5 0x22 -1 0'
	dies_of 'mprotect $TEXT 4096 7'
	dies_of 'unshare 0x10000000'
	dies_of 'setresuid 0 0 0'
	dies_of 'prlimit64 0 0 0 0'
}

@test "files elsewhere are closed to it, though its user might" {
	local file elsewhere=$BATS_FILE_TMPDIR/elsewhere
	mkdir -m 0777 "$elsewhere"
	mkdir -m 0755 "$elsewhere/mail"
	echo secret >"$elsewhere/mail/1600000000.M1.host"
	as_uid "$SCMP_UID" touch "$elsewhere/probe"
	for file in /etc/passwd /proc/self/status /bin/sh \
		"$elsewhere/mail/1600000000.M1.host" "$elsewhere/probe"; do
		as_uid "$SCMP_UID" test -r "$file"
		fails_with "$EACCES" "$file" 'openat -100 $TEXT 0 0'
		fails_with "$EACCES" "$file" 'open $TEXT 0 0'
	done
	fails_with "$EACCES" "$elsewhere/made" 'openat -100 $TEXT 0101 0600'
	fails_with "$EACCES" "$elsewhere/probe" 'unlink $TEXT'
	fails_with "$EACCES" "$elsewhere/probe" 'unlinkat -100 $TEXT 0'
	[ -e "$elsewhere/probe" ]
	[ ! -e "$elsewhere/made" ]
	# What it works with is open, and it still does.
	call_in "$SCMPD" "$DATABASE" 'openat -100 $TEXT 0 0'
	[ "${RESULTS[0]}" -ge 0 ]
	local_says WHOAMI 'MAX_USERS 9' MAX_USERS
	answers_are '+OK*' '+OK 9*' '+OK 9*'
}

@test "beside the configuration it may read, and change nothing" {
	local file=$WORLD/etc/foreign
	mkdir -m 0777 "$WORLD/etc"
	cp "$WORLD/conf" "$WORLD/etc/conf"
	echo theirs >"$file"
	chmod 0666 "$file"
	echo 'carl:{PLAIN}singer:::::' >"$WORLD/etc/users"
	stop_scmpd
	start_scmpd --config "$WORLD/etc/conf" \
		-o "users=sqlite:$DATABASE,passwd-file:$WORLD/etc/users"
	as_uid "$SCMP_UID" touch "$WORLD/etc/probe" "$file"
	call_in "$SCMPD" "$file" 'openat -100 $TEXT 0 0'
	[ "${RESULTS[0]}" -ge 0 ]
	fails_with "$EACCES" "$file" 'openat -100 $TEXT 1 0'
	fails_with "$EACCES" "$WORLD/etc/users" 'openat -100 $TEXT 2 0'
	fails_with "$EACCES" "$WORLD/etc/made" 'openat -100 $TEXT 0101 0600'
	fails_with "$EACCES" "$WORLD/etc/probe" 'unlink $TEXT'
	[ -e "$WORLD/etc/probe" ]
	[ ! -e "$WORLD/etc/made" ]
	local_says RELOAD 'MAX_USERS 9'
	answers_are '+OK*' '+OK 9*'
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER carl' 'PASS singer' WHOAMI
	grep -q '^+OK user=carl' <<<"$SAID"
}

@test "all commands of the protocol work within it" {
	local_says CAPA HELP STATUS USERS 'ADD_USER bob *' 'RESET_USER_PASSWORD bob' \
		'DISABLE_USER bob' 'ENABLE_USER bob' 'ROLE bob viewer' \
		'ROLES ADD desk users.read' ROLES 'ROLES DEL desk' SESSIONS ALL_CONNEC \
		CURR_CONNEC BYTES_TRANS 'KICK id=7' 'BAN user bob' 'UNBAN user bob' \
		'ALLOW ip ::1' 'UNALLOW ip ::1' BANS ALLOWS PENALTIES POLICY 'POLICY min_length 9' \
		LIMITS 'LIMITS max_sessions 9' 'LOGLEVEL debug' 'LOGLEVEL info' MAILDIR \
		"MAILDIR SET $WORLD/mail/%u" METRICS EVENTS DRAIN 'DRAIN on' 'DRAIN off' \
		RELOAD TRANSFORM 'DELETE_USER bob' 'WATCH' STOP
	refute grep -q -- '^-ERR' <<<"$SAID"
	says chief 'PROFILE display_name "A Chief"' PROFILE \
		"CHANGE_PASSWORD \"$PASSWORD\" \"battery staple\""
	refute grep -q -- '^-ERR' <<<"$SAID"
	refute grep -qi 'sandbox\|killed' "$WORLD/scmpd.log"
	kill -0 "$SCMPD"
}

@test "without rights it wears the same filter" {
	stop_scmpd
	chown -R "$SCMP_UID:$SCMP_UID" "$WORLD/run" "$WORLD/db" "$WORLD/conf"
	chmod 0777 "$WORLD"
	become setpriv --reuid "$SCMP_UID" --regid "$SCMP_UID" --clear-groups \
		"$BUILD/bin/scmpd" --config "$WORLD/conf" \
		-o "scmp_listen=unix:$WORLD/other.sock" 2>>"$WORLD/scmpd.log" &
	SCMPD=$!
	wait_for 30 test -S "$WORLD/other.sock"
	wait_for 30 wears_filter
	is_powerless "$SCMPD" "$SCMP_UID"
	dies_by_sigsys "$SCMPD" /bin/true getpid 'execve $TEXT 0 0'
	wait "$SCMPD" || true
	SCMPD=
}

wears_filter() {
	[ "$(status_of "$SCMPD" Seccomp)" = 2 ]
}
