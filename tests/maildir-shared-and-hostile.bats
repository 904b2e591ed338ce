#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Other programs at work on the same Maildir, and hostile contents of it.

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 3
}

open_session() {
	printf 'USER alice\r\nPASS secret\r\n'
}

# What QUIT and so on are answered, in step, with changes made in between.
begin_dialogue() {
	command_line
	coproc SESSION { bare timeout 60 "${COMMAND[@]}" 2>>"$WORLD/log"; }
	# shellcheck disable=SC2034 # TO is for converse
	exec {FROM}<&"${SESSION[0]}" {TO}>&"${SESSION[1]}"
	eval "exec ${SESSION[0]}<&- ${SESSION[1]}>&-"
	converse "$FROM" <<-'END'
		S~ ^\+OK
		C: USER alice
		S~ ^\+OK
		C: PASS secret
		S~ ^\+OK
	END
}

@test "a message whose flags were changed meanwhile is found" {
	begin_dialogue
	mv "$WORLD/mail/alice/new/1600000002.M2.host" \
		"$WORLD/mail/alice/cur/1600000002.M2.host:2,FS"
	converse "$FROM" <<-'END'
		C: TOP 2 0
		S~ ^\+OK
		S: From: sender@example.org
		S: Subject: number 2
		S*
		C: DELE 2
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
	[ -z "$(find "$WORLD/mail/alice" -name '1600000002*')" ]
}

@test "a message that another program removed: RETR fails, DELE and QUIT succeed" {
	begin_dialogue
	rm "$WORLD/mail/alice/new/1600000002.M2.host"
	converse "$FROM" <<-'END'
		C: RETR 2
		S~ ^-ERR
		C: DELE 2
		S~ ^\+OK
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "mail that comes during the session is seen in the next one" {
	begin_dialogue
	echo late | message alice 1600000009.M9.host
	converse "$FROM" <<-'END'
		C: STAT
		S~ ^\+OK 3
		C: QUIT
		S~ ^\+OK
		S.
	END
	[ -f "$WORLD/mail/alice/new/1600000009.M9.host" ]
	printf 'USER alice\r\nPASS secret\r\nSTAT\r\nQUIT\r\n' | pop3 |
		grep -q '^+OK 4 '
}

@test "QUIT moves what was listed in new/ to cur/" {
	printf 'USER alice\r\nPASS secret\r\nQUIT\r\n' | pop3
	[ -f "$WORLD/mail/alice/cur/1600000001.M1.host:2," ]
	[ -z "$(ls "$WORLD/mail/alice/new")" ]
}

@test "new_mail = keep leaves it in new/" {
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n' |
		pop3 -o new_mail=keep
	[ "$(find "$WORLD/mail/alice/new" -type f | wc -l)" = 3 ]
}

@test "mark_seen = yes gives S to what was retrieved, and only to that" {
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nTOP 2 0\r\nQUIT\r\n' |
		pop3 -o mark_seen=yes
	[ -f "$WORLD/mail/alice/cur/1600000001.M1.host:2,S" ]
	[ -f "$WORLD/mail/alice/cur/1600000002.M2.host:2," ]
}

@test "unique-ids stay over a move, a change of flags and the loss of the index" {
	local before after
	before=$(printf 'USER alice\r\nPASS secret\r\nUIDL\r\nQUIT\r\n' | pop3 | grep host)
	rm -f "$WORLD"/mail/alice/pop3-session.index*
	mv "$WORLD/mail/alice/cur/1600000001.M1.host:2," \
		"$WORLD/mail/alice/cur/1600000001.M1.host:2,RS"
	after=$(printf 'USER alice\r\nPASS secret\r\nUIDL\r\nQUIT\r\n' | pop3 | grep host)
	[ "$before" = "$after" ]
}

# The numbers of messages and octets that STAT tells.
stat_of_alice() {
	printf 'USER alice\r\nPASS secret\r\nSTAT\r\nUIDL\r\n' | pop3 |
		sed -n 's/^+OK \([0-9]* [0-9]*\)\r$/\1/p'
}

@test "FIFOs, sockets, folders and symbolic links are no messages and do not block" {
	local expected
	expected=$(stat_of_alice)
	mkfifo "$WORLD/mail/alice/new/1600000004.fifo"
	mkdir "$WORLD/mail/alice/cur/1600000005.folder"
	ln -s /etc/passwd "$WORLD/mail/alice/cur/1600000006.link:2,"
	ln -s "$WORLD/users" "$WORLD/mail/alice/new/1600000007.link"
	[ "$(stat_of_alice)" = "$expected" ]
	log_has 'skipped'
}

@test "a message replaced by a symbolic link during the session is not followed" {
	begin_dialogue
	ln -sf /etc/passwd "$WORLD/mail/alice/new/1600000002.M2.host"
	converse "$FROM" <<-'END'
		C: RETR 2
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "a message replaced by a FIFO during the session does not block" {
	begin_dialogue
	rm "$WORLD/mail/alice/new/1600000002.M2.host"
	mkfifo "$WORLD/mail/alice/new/1600000002.M2.host"
	converse "$FROM" <<-'END'
		C: RETR 2
		S~ ^-ERR
		C: QUIT
		S~ ^\+OK
		S.
	END
}

@test "names with blanks, newlines, 8-bit and 255 octets are served with a clean unique-id" {
	local long
	long=$(head -c 244 /dev/zero | tr '\0' 'n')
	echo x | message alice '1600000004.with blank'
	echo x | message alice $'1600000005.new\nline'
	echo x | message alice $'1600000006.\303\244'
	echo x | message alice "1600000007.$long"
	printf 'USER alice\r\nPASS secret\r\nUIDL\r\nRETR 4\r\nRETR 5\r\nRETR 6\r\nRETR 7\r\nQUIT\r\n' |
		pop3 >"$WORLD/replies"
	[ "$(grep -cE '^[1-7] [!-~]{1,70}.$' "$WORLD/replies")" = 7 ]
	[ "$(grep -E '^[1-7] ' "$WORLD/replies" | cut -d' ' -f2 | sort -u | wc -l)" = 7 ]
	[ "$(grep -c '^x' "$WORLD/replies")" = 4 ]
	# There is no room for ":2," behind a name of 255 octets.
	[ "$(ls "$WORLD/mail/alice/new")" = "1600000007.$long" ]
}

@test "names that begin with a dot are no messages" {
	echo x | message alice .1600000004.hidden
	[[ $(stat_of_alice) == "3 "* ]]
}

@test "forged S= and W= sizes: what RETR sends is what LIST told, or the session ends" {
	printf 'a\nb\n' | message alice '1600000004.M4.host,S=4,W=999999' cur
	printf 'a\nb\n' | message alice '1600000005.M5.host,S=77,W=6' cur
	printf 'USER alice\r\nPASS secret\r\nLIST 5\r\nRETR 5\r\n' | pop3 >"$WORLD/replies"
	grep -q $'^+OK 5 6\r' "$WORLD/replies"
	# The first lie is noticed at the latest when the message is opened.
	printf 'USER alice\r\nPASS secret\r\nRETR 4\r\nQUIT\r\n' | pop3 || true
	printf 'USER alice\r\nPASS secret\r\nLIST 4\r\nRETR 4\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q $'^+OK 4 6\r' "$WORLD/replies"
}

@test "correct S= and W= sizes are believed" {
	printf 'a\nb\n' | message alice '1600000004.M4.host,S=4,W=6:2,S' cur
	printf 'USER alice\r\nPASS secret\r\nLIST 4\r\nRETR 4\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q $'^+OK 4 6\r' "$WORLD/replies"
}

@test "an unreadable message is no reason to refuse the others" {
	echo secret-of-root | message alice 1600000004.M4.host
	chmod 000 "$WORLD/mail/alice/new/1600000004.M4.host"
	[ "$EUID" != 0 ] || chown 0:0 "$WORLD/mail/alice/new/1600000004.M4.host"
	printf 'USER alice\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q '^Subject: number 1' "$WORLD/replies"
	refute grep -q secret-of-root "$WORLD/replies"
}

@test "an index of garbage, cut, or with any octet changed is never believed" {
	local expected size at file=$WORLD/mail/alice/pop3-session.index
	# Old enough for the index to be used as it is.
	find "$WORLD/mail/alice" -exec touch -d '1 hour ago' {} +
	stat_of_alice >/dev/null
	printf 'USER alice\r\nPASS secret\r\nLIST\r\nUIDL\r\n' | pop3 | tail -n +2 >"$WORLD/expected"
	[ -f "$file" ]
	cp -p "$file" "$WORLD/good"
	size=$(stat -c %s "$file")
	for at in 0 8 16 40 100 200 250 4096 4100 4140 8192 8200 8230 $((size - 4)); do
		[ "$at" -lt "$size" ] || continue
		cat "$WORLD/good" >"$file"
		printf '\377\376' | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
		printf 'USER alice\r\nPASS secret\r\nLIST\r\nUIDL\r\n' | pop3 |
			tail -n +2 >"$WORLD/got"
		cmp "$WORLD/expected" "$WORLD/got"
	done
	for at in 0 1 100 4095 4096 8191 8192; do
		head -c "$at" "$WORLD/good" >"$file"
		printf 'USER alice\r\nPASS secret\r\nLIST\r\nUIDL\r\n' | pop3 |
			tail -n +2 >"$WORLD/got"
		cmp "$WORLD/expected" "$WORLD/got"
	done
}

@test "a Maildir that is missing is made; one that cannot be made is served as empty" {
	echo 'bob:{PLAIN}secret:::::' >>"$WORLD/users"
	printf 'USER bob\r\nPASS secret\r\nSTAT\r\nQUIT\r\n' | pop3 >"$WORLD/replies"
	grep -q $'^+OK 0 0\r' "$WORLD/replies"
	printf 'USER bob\r\nPASS secret\r\nSTAT\r\nQUIT\r\n' |
		pop3 -o "maildir=$WORLD/mail/none/%u" >"$WORLD/replies"
	grep -q $'^+OK 0 0\r' "$WORLD/replies"
}

@test "a Maildir without new/, cur/ or tmp/ is no error" {
	rm -r "$WORLD"/mail/alice/*
	[[ $(stat_of_alice) == "0 0" ]]
	mkdir -p "$WORLD/mail/alice/cur"
	echo x | message alice 1600000001.M1.host:2, cur
	rm -rf "$WORLD"/mail/alice/{new,tmp}
	[[ $(stat_of_alice) == "1 3" ]]
}

@test "a Maildir outside mail_roots is refused, also through a symbolic link" {
	mkdir -p "$WORLD/outside/carol"/{cur,new,tmp}
	as_mail_owner "$WORLD/outside/carol"
	echo 'carol:{PLAIN}secret:::::' >>"$WORLD/users"
	ln -s "$WORLD/outside/carol" "$WORLD/mail/carol"
	printf 'USER carol\r\nPASS secret\r\nQUIT\r\n' | pop3 | grep -q 'SYS/PERM'
	log_has mail_roots
}
