#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# UPDATE survives a kill at every system call, a full disk and failing calls.

load lib/common

# bats file_tags=sandbox

setup() {
	need strace
	begin
	mailbox alice
	fill
}

teardown() {
	! mountpoint -q "$WORLD/mail/alice" || umount "$WORLD/mail/alice"
	finish
}

# Six messages, three new and three seen; 2 and 5 are to be deleted.
fill() {
	local i
	rm -rf "$WORLD"/mail/alice/{new,cur}/* "$WORLD"/mail/alice/pop3-session.*
	for i in 1 2 3; do
		echo "new $i" | message alice "160000000$i.M$i.host"
	done
	for i in 4 5 6; do
		echo "seen $i" | message alice "160000000$i.M$i.host:2,S" cur
	done
}

session() {
	printf '%s\r\n' 'USER alice' 'PASS secret' 'DELE 2' 'DELE 5' QUIT
}

# Every message that was not to be deleted is there once, with its text.
nothing_lost() {
	local i
	local -a file
	for i in 1 3 4 6; do
		mapfile -t file < <(find "$WORLD"/mail/alice/{new,cur} \
			-name "160000000$i.*")
		if [ "${#file[@]}" != 1 ]; then
			echo "message $i: ${file[*]:-lost}" >&2
			return 1
		fi
		grep -q " $i\$" "${file[0]}"
	done
}

# The next session lists what the folders hold, and can finish the work.
next_session_is_right() {
	printf '%s\r\n' 'USER alice' 'PASS secret' UIDL QUIT | pop3 |
		tr -d '\r' | sed -n 's/^[0-9]* //p' | sort >"$WORLD/listed"
	find "$WORLD"/mail/alice/{new,cur} -type f -printf '%f\n' |
		sed 's/:2,.*//' | sort >"$WORLD/there"
	cmp "$WORLD/listed" "$WORLD/there"
}

# Kills the session at the first, second, … of these calls until there is no
# further one; at least $2 kills must have happened.
kill_at_each() {
	local n=0
	while :; do
		n=$((n + 1))
		fill
		session | inject "$1:signal=KILL:when=$n" >"$WORLD/replies" || true
		fired || break
		nothing_lost
		next_session_is_right
	done
	[ "$n" -gt "$2" ] || {
		echo "only $((n - 1)) kills at $1" >&2
		return 1
	}
}

@test "killed at each unlink" {
	kill_at_each unlinkat 2
}

@test "killed at each rename" {
	kill_at_each renameat2,renameat 1
}

@test "killed at each fsync" {
	kill_at_each fsync 2
}

@test "killed at each message of the channel" {
	kill_at_each sendmsg 3
}

@test "killed at each opening of a file" {
	kill_at_each openat 5
}

@test "killed at each write of the index" {
	kill_at_each pwrite64,write 1
}

@test "an unlink that fails with EIO: -ERR with the number, the others are removed" {
	local n told=0
	for n in 1 2 3 4; do
		fill
		session | inject "unlinkat:error=EIO:when=$n" >"$WORLD/replies"
		nothing_lost
		# Files of the index are unlinked, too; that is nobody's matter.
		case $(tail -n 1 "$WORLD/replies") in
		"-ERR [SYS/TEMP] 1 message could not be removed"*)
			told=$((told + 1))
			[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 5 ]
			;;
		+OK*)
			[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 4 ]
			;;
		*) false ;;
		esac
	done
	[ "$told" = 2 ]
}

@test "a failed fsync is told and not repeated" {
	session | inject fsync:error=EIO >"$WORLD/replies"
	fired
	[[ $(tail -n 1 "$WORLD/replies") == -ERR* ]]
	nothing_lost
}

@test "renames that fail leave new mail where it is, and QUIT succeeds" {
	session | inject renameat2:error=EIO >"$WORLD/replies"
	fired
	[[ $(tail -n 1 "$WORLD/replies") == +OK* ]]
	nothing_lost
	[ "$(find "$WORLD/mail/alice/new" -type f | wc -l)" = 2 ]
}

@test "a read that fails in the middle closes the connection without the final dot" {
	head -c 1000000 /dev/urandom | base64 | message alice 1600000007.M7.host
	printf '%s\r\n' 'USER alice' 'PASS secret' STAT QUIT | pop3 >/dev/null
	printf '%s\r\n' 'USER alice' 'PASS secret' 'RETR 5' 'NOOP' |
		inject read:error=EIO:when=6+ >"$WORLD/replies" || true
	fired
	[ "$(tail -n 1 "$WORLD/replies")" != $'.\r' ]
	refute grep -q '^+OK$' <(tail -n 1 "$WORLD/replies" | tr -d '\r')
}

@test "a full disk still serves mail and removes what was marked" {
	need_root
	mount -t tmpfs -o size=256k none "$WORLD/mail/alice"
	mkdir "$WORLD"/mail/alice/{cur,new,tmp}
	fill
	as_mail_owner "$WORLD/mail/alice"
	head -c 400000 /dev/zero >"$WORLD/mail/alice/filler" || true
	session | pop3 >"$WORLD/replies"
	[[ $(tail -n 1 "$WORLD/replies") == +OK* ]]
	nothing_lost
	[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 4 ]
}

@test "a read-only disk still serves mail; QUIT tells what it could not remove" {
	need_root
	mount --bind "$WORLD/mail/alice" "$WORLD/mail/alice"
	mount -o remount,ro,bind "$WORLD/mail/alice"
	{
		printf '%s\r\n' 'USER alice' 'PASS secret' 'RETR 1'
		session | tail -n +3
	} | pop3 >"$WORLD/replies"
	umount "$WORLD/mail/alice"
	grep -q '^new 1' "$WORLD/replies"
	[[ $(tail -n 1 "$WORLD/replies") == "-ERR [SYS/TEMP] 2 messages could not be removed"* ]]
	[ "$(find "$WORLD"/mail/alice/{new,cur} -type f | wc -l)" = 6 ]
}
