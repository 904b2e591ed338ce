#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What popser does at login: mail moves from new/ to cur/, recorded in
# popser.log beside the program, and nothing is made in the Maildir.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
}

# A session that looks; $output has its replies.
look() {
	run -0 tell <<<STAT
}

@test "at login what is in new/ moves to cur/ as NAME:2,S" {
	deliver_some 3
	serve_popser -c
	[ "$(tree | grep -c ^./new/)" = 3 ]
	look
	[ "$(tree)" = "$(printf './cur/160000000%d.M%d.host:2,S\n' 1 1 2 2 3 3)" ]
}

@test "popser.log has a row a message: path, unique id, octets, N" {
	deliver_some 2
	printf 'Subject: x\n\nno end' | deliver 1600000003.M3.host
	serve_popser -c
	look
	[ "$(cat "$LOG")" = "$(
		printf '%s/cur/%s:2,S\t%s\t%s\tN\n' \
			"$MAILDIR" 1600000001.M1.host \
			"$(uid 1600000001.M1.host)" 33 \
			"$MAILDIR" 1600000002.M2.host \
			"$(uid 1600000002.M2.host)" 33 \
			"$MAILDIR" 1600000003.M3.host \
			"$(uid 1600000003.M3.host)" 22
	)" ]
	[ "$(ls "$WORLD/bin")" = $'pop3d\npopser\npopser.log' ]
}

@test "the unique id is the MD5 of the original name and never changes" {
	deliver_some 1
	serve_popser -c
	run -0 tell <<<UIDL
	[[ $output == *$'\n1 '"$(uid 1600000001.M1.host)"$'\n'* ]]
	# Another program flags it, popser starts anew, the log is lost.
	mv "$MAILDIR"/cur/*.M1.host:2,S "$MAILDIR/cur/1600000001.M1.host:2,FS"
	interrupt
	serve_popser -c
	run -0 tell <<<UIDL
	[[ $output == *$'\n1 '"$(uid 1600000001.M1.host)"$'\n'* ]]
	rm "$LOG"
	run -0 tell <<<UIDL
	[[ $output == *$'\n1 '"$(uid 1600000001.M1.host)"$'\n'* ]]
}

@test "nothing is made in the Maildir, whichever of its folders there are" {
	rm -r "$MAILDIR"
	mkdir "$MAILDIR"
	serve_popser -c
	look
	[[ $output == *'+OK 0 0'* ]]
	[ -z "$(ls -A "$MAILDIR")" ]
	mkdir "$MAILDIR/cur"
	look
	[ "$(ls -A "$MAILDIR")" = cur ]
	rmdir "$MAILDIR/cur"
	mkdir "$MAILDIR/new"
	deliver_some 2
	# Without cur/ there is nowhere to move to; it is served from new/.
	run -0 tell <<-'END'
		STAT
		RETR 1
		DELE 1
	END
	[[ $output == *'+OK 2 66'*'Text of 1.'* ]]
	[ "$(tree)" = ./new/1600000002.M2.host ]
	[ "$(ls -A "$MAILDIR")" = new ]
	mkdir "$MAILDIR/cur"
	look
	[ "$(tree)" = ./cur/1600000002.M2.host:2,S ]
	[ "$(find "$MAILDIR" -mindepth 1 | wc -l)" = 3 ]
}

@test "mail that was in cur/ is served too, and keeps its name" {
	printf 'old\n' | deliver 1500000000.old:2,RS cur
	printf 'bare\n' | deliver 1500000001.bare cur
	deliver_some 1
	serve_popser -c
	look
	[[ $output == *'+OK 3 '* ]]
	[ "$(tree)" = "$(printf '%s\n' ./cur/1500000000.old:2,RS \
		./cur/1500000001.bare ./cur/1600000001.M1.host:2,S)" ]
	[ "$(wc -l <"$LOG")" = 3 ]
	# Every path of the log is that of a file.
	local path
	cut -f 1 "$LOG" | while IFS= read -r path; do
		[[ $path == /* ]]
		[ -f "$path" ]
	done
}

@test "a message is read once, to be counted: the log knows its size" {
	printf 'ab\ncd\n' | deliver 1600000001.a
	serve_popser -c
	run -0 tell <<<LIST
	[[ $output == *$'\n1 8\n'* ]]
	# As long as before, but it would count as 7.
	printf 'abcde\n' >"$MAILDIR/cur/1600000001.a:2,S"
	run -0 tell <<<LIST
	[[ $output == *$'\n1 8\n'* ]]
	interrupt
	serve_popser -c
	run -0 tell <<<LIST
	[[ $output == *$'\n1 8\n'* ]]
}

@test "a size in the log that the file cannot have is not believed" {
	printf 'ab\n' | deliver 1600000001.a
	serve_popser -c
	look
	sed -i 's/\t4\t/\t400\t/' "$LOG"
	run -0 tell <<<LIST
	[[ $output == *$'\n1 4\n'* ]]
	[ "$(cut -f 3 "$LOG")" = 4 ]
}

@test "a message never moves onto another one" {
	echo one | deliver 1600000001.a
	echo two | deliver 1600000001.a:2,S cur
	serve_popser -c
	run -0 tell <<-'END'
		RETR 1
		RETR 2
		UIDL
	END
	[[ $output == *one*two* ]]
	[ "$(grep -cE '^[12] [0-9a-f]{32}$' <<<"$output")" = 2 ]
	[ "$(tree)" = $'./cur/1600000001.a:2,S\n./new/1600000001.a' ]
	[ "$(cat "$MAILDIR/cur/1600000001.a:2,S")" = two ]
	# Nor beside one with which it could be mixed up.
	mv "$MAILDIR/cur/1600000001.a:2,S" "$MAILDIR/cur/1600000001.a:2,F"
	look
	[ "$(tree)" = $'./cur/1600000001.a:2,F\n./new/1600000001.a' ]
}

@test "strange names: blanks, tabs, line feeds, 8 bits, 255 octets, flags" {
	local long
	printf -v long '1600000009.%0244d' 7
	local -a names=('1600000001.with blank' $'1600000002.with\ttab'
		$'1600000003.with\nfeed' '1600000004.Grüße' '1600000005.%u%%'
		'1600000006.f:2,' '1600000007.\057\072' $'\t' "$long")
	local name
	for name in "${names[@]}"; do
		printf 'Name\n' | deliver "$name"
	done
	serve_popser -c
	look
	[[ $output == *'+OK 9 54'* ]]
	# The longest has no room for the flags.
	[ "$(ls "$MAILDIR/new")" = "$long" ]
	[ -f "$MAILDIR/cur/1600000006.f:2,:2,S" ]
	[ "$(grep -cP '^[^\t]+\t[0-9a-f]{32}\t6\tN$' "$LOG")" = 9 ]
	look
	[[ $output == *'+OK 9 54'* ]]
	interrupt
	popser -r
	for name in "${names[@]}"; do
		[ -f "$MAILDIR/new/$name" ]
	done
	[ -z "$(ls "$MAILDIR/cur")" ]
}

# The forms that popser(1) describes.
@test "popser.log tells moved mail, mail that was in cur/, and mail left in new/" {
	echo moved | deliver 1600000001.a
	echo found | deliver 1600000002.b:2,R cur
	echo first | deliver 1600000003.c
	echo second | deliver 1600000003.c:2,S cur
	serve_popser -c
	look
	[ "$(cut -f 1 "$LOG")" = "$MAILDIR/cur/1600000001.a:2,S
$MAILDIR/./cur/1600000002.b:2,R
$MAILDIR/./new/1600000003.c
$MAILDIR/./cur/1600000003.c:2,S" ]
	[ "$(sed -n 2p "$LOG" | cut -f 2)" = "$(uid 1600000002.b)" ]
	# Any program finds the files.
	cut -f 1 "$LOG" | xargs -d '\n' ls >/dev/null
	# What kept it in new/ is gone.
	rm "$MAILDIR/cur/1600000003.c:2,S"
	look
	[ "$(sed -n '3s/\t.*//p' "$LOG")" = "$MAILDIR/cur/1600000003.c:2,S" ]
}

@test "in popser.log a tab of a path is //t and a line feed //n" {
	mv "$MAILDIR" "$WORLD/Mail"$'\n'dir
	MAILDIR=$WORLD/Mail$'\n'dir
	echo tab | deliver $'1600000001.a\tb\n'
	echo only | deliver $'\t'
	serve_popser -c
	look
	[ "$(cut -f 1 "$LOG" | sort)" = "$WORLD/Mail//ndir/cur///t:2,S
$WORLD/Mail//ndir/cur/1600000001.a//tb//n:2,S" ]
	interrupt
	popser -r
	[ -f "$MAILDIR/new/"$'1600000001.a\tb\n' ]
	[ -f "$MAILDIR/new/"$'\t' ]
}

@test "FIFOs, folders and links in new/ are no mail and stay there" {
	deliver_some 1
	mkfifo "$MAILDIR/new/fifo"
	mkdir "$MAILDIR/new/folder"
	ln -s /etc/passwd "$MAILDIR/new/link"
	echo hidden | deliver .hidden
	serve_popser -c
	look
	[[ $output == *'+OK 1 33'* ]]
	[ "$(ls -A "$MAILDIR/new")" = $'.hidden\nfifo\nfolder\nlink' ]
}

@test "when popser.log cannot be written, mail is served from where it is" {
	deliver_some 2
	serve_popser -c
	mkdir "$LOG"
	run -0 tell <<-'END'
		STAT
		DELE 1
	END
	[[ $output == *'+OK 2 66'*'+OK bye'* ]]
	[ "$(tree)" = ./new/1600000002.M2.host ]
}

@test "rows of another Maildir in the same popser.log are kept" {
	deliver_some 1
	serve_popser -c
	look
	interrupt
	local first=$MAILDIR
	MAILDIR=$WORLD/other
	mkdir "$MAILDIR" "$MAILDIR/new" "$MAILDIR/cur"
	deliver_some 2
	serve_popser -c
	run -0 tell <<<'DELE 1'
	[ "$(cut -f 1 "$LOG")" = "$first/cur/1600000001.M1.host:2,S
$MAILDIR/cur/1600000002.M2.host:2,S" ]
	interrupt
	popser -r
	[ "$(ls "$first/new")" = 1600000001.M1.host ]
	[ "$(tree)" = ./new/1600000002.M2.host ]
}
