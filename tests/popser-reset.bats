#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser -r: exactly the recorded moves that still apply are undone.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
}

# Serves once, so that all in new/ has moved.
move_all() {
	serve_popser -c
	run -0 tell <<<STAT
	interrupt
	[ -s "$LOG" ]
}

no_files() {
	[ "$(ls "$WORLD/bin")" = $'pop3d\npopser' ]
}

# It fails, says why, and both the log and what it says stay.
fails() {
	run -1 popser -r
	[ -z "$output" ]
	grep -q -- "$1" "$WORLD/err"
	[ -s "$LOG" ]
}

@test "-r alone puts all back under its old name and removes its files" {
	deliver_some 3
	local before
	before=$(tree)
	move_all
	: >"$WORLD/bin/popser.dupl.log"
	run -0 popser -r
	[ -z "$output" ]
	[ ! -s "$WORLD/err" ]
	[ "$(tree)" = "$before" ]
	no_files
}

@test "contents and times of the mail stay as they were" {
	deliver_some 1
	touch -d '2001-02-03 04:05:06' "$MAILDIR/new/1600000001.M1.host"
	local before
	before=$(stat -c '%i %Y %s %a' "$MAILDIR/new/1600000001.M1.host")
	move_all
	popser -r
	[ "$(stat -c '%i %Y %s %a' "$MAILDIR/new/1600000001.M1.host")" = "$before" ]
}

@test "a missing or empty popser.log touches nothing" {
	mkdir "$WORLD/here" "$WORLD/here/cur" "$WORLD/here/new"
	echo mine >"$WORLD/here/cur/1600000001.mine:2,S"
	echo theirs | deliver 1600000002.theirs:2,S cur
	cd "$WORLD/here"
	run -0 popser -r
	: >"$LOG"
	run -0 popser -r
	[ ! -s "$WORLD/err" ]
	[ -f cur/1600000001.mine:2,S ]
	[ "$(tree)" = ./cur/1600000002.theirs:2,S ]
	no_files
}

@test "mail that popser never moved keeps its name, place and flags" {
	printf 'old\n' | deliver 1500000000.old:2,RS cur
	printf 'seen\n' | deliver 1500000001.seen:2,S cur
	deliver_some 1
	move_all
	echo later | deliver 1700000000.later:2,S cur
	run -0 popser -r
	[ "$(tree)" = "$(printf '%s\n' ./cur/1500000000.old:2,RS \
		./cur/1500000001.seen:2,S ./cur/1700000000.later:2,S \
		./new/1600000001.M1.host)" ]
	no_files
}

@test "mail removed since is skipped, by POP3 or by others" {
	deliver_some 4
	serve_popser -c
	run -0 tell <<<'DELE 1'
	interrupt
	rm "$MAILDIR"/cur/*.M3.host:2,S
	run -0 popser -r
	[ "$(tree)" = $'./new/1600000002.M2.host\n./new/1600000004.M4.host' ]
	no_files
}

@test "flags changed since: found by the unique part" {
	deliver_some 3
	move_all
	cd "$MAILDIR/cur"
	mv 1600000001.M1.host:2,S 1600000001.M1.host:2,FRS
	mv 1600000002.M2.host:2,S 1600000002.M2.host
	mv 1600000003.M3.host:2,S 1600000003.M3.host:2,
	run -0 popser -r
	[ "$(tree)" = "$(printf './new/160000000%d.M%d.host\n' 1 1 2 2 3 3)" ]
	no_files
}

@test "flags changed between two sessions: likewise" {
	deliver_some 1
	serve_popser -c
	run -0 tell <<<STAT
	mv "$MAILDIR/cur/1600000001.M1.host:2,S" \
		"$MAILDIR/cur/1600000001.M1.host:2,FS"
	run -0 tell <<<STAT
	[ "$(cut -f 1 "$LOG")" = "$MAILDIR/cur/1600000001.M1.host:2,FS" ]
	interrupt
	run -0 popser -r
	[ "$(tree)" = ./new/1600000001.M1.host ]
}

@test "mail that is in new/ again is nothing to undo" {
	deliver_some 2
	move_all
	mv "$MAILDIR/cur/1600000001.M1.host:2,S" \
		"$MAILDIR/new/1600000001.M1.host"
	run -0 popser -r
	[ "$(tree)" = $'./new/1600000001.M1.host\n./new/1600000002.M2.host' ]
	no_files
}

@test "nothing is overwritten: then the log stays, and a later reset finishes" {
	deliver_some 3
	move_all
	echo taken | deliver 1600000002.M2.host
	fails 1600000002.M2.host
	[ "$(cat "$MAILDIR/new/1600000002.M2.host")" = taken ]
	[ "$(tree)" = "$(printf '%s\n' ./cur/1600000002.M2.host:2,S \
		./new/1600000001.M1.host ./new/1600000002.M2.host \
		./new/1600000003.M3.host)" ]
	# What is undone is not undone again, though somebody reads it.
	mv "$MAILDIR/new/1600000001.M1.host" \
		"$MAILDIR/cur/1600000001.M1.host:2,S"
	rm "$MAILDIR/new/1600000002.M2.host"
	run -0 popser -r
	[ "$(tree)" = "$(printf '%s\n' ./cur/1600000001.M1.host:2,S \
		./new/1600000002.M2.host ./new/1600000003.M3.host)" ]
	no_files
}

@test "where new/ or the Maildir is not there, the log stays" {
	deliver_some 1
	move_all
	rmdir "$MAILDIR/new"
	fails 1600000001.M1.host
	mv "$MAILDIR" "$WORLD/unmounted"
	fails "$MAILDIR"
	mv "$WORLD/unmounted" "$MAILDIR"
	mkdir "$MAILDIR/new"
	run -0 popser -r
	[ "$(tree)" = ./new/1600000001.M1.host ]
	no_files
}

@test "a damaged row is a fault, the others are undone" {
	deliver_some 2
	move_all
	echo 'no row at all' >>"$LOG"
	fails 'line 3'
	[ "$(cat "$LOG")" = 'no row at all' ]
	[ "$(tree | grep -c ^./new/)" = 2 ]
}

@test "a row cannot lead out of cur/ and new/" {
	mkdir "$WORLD/cur" "$WORLD/new"
	echo x >"$WORLD/cur/victim:2,S"
	printf '%s\t%s\t2\tN\n' "$MAILDIR/cur/../../cur/victim:2,S" "$(uid x)" \
		"$MAILDIR/cur/..:2,S" "$(uid x)" >"$LOG"
	run popser -r
	[ -f "$WORLD/cur/victim:2,S" ]
	[ -z "$(ls "$MAILDIR/new")" ]
}

@test "a folder of the Maildir that is a link is not followed" {
	deliver_some 1
	move_all
	mkdir "$WORLD/elsewhere"
	rmdir "$MAILDIR/new"
	ln -s "$WORLD/elsewhere" "$MAILDIR/new"
	fails 1600000001.M1.host
	[ -z "$(ls "$WORLD/elsewhere")" ]
}

@test "a session in the Maildir is not disturbed" {
	deliver_some 1
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	fails "$MAILDIR"
	[ "$(tree)" = ./cur/1600000001.M1.host:2,S ]
	ask 'RETR 1' +OK
	hang_up
}

@test "-r with the other options resets, then serves" {
	deliver_some 2
	printf 'old\n' | deliver 1500000000.old:2,RS cur
	move_all
	serve_popser -c -r
	# Not moved again before somebody logs in.
	[ "$(tree | grep -c ^./new/)" = 2 ]
	no_files
	run -0 tell <<<STAT
	[[ $output == *'+OK 3 '* ]]
	[ "$(tree | grep -c ^./cur/)" = 3 ]
}

@test "-r with the other options does not serve when the reset fails" {
	deliver_some 1
	move_all
	echo taken | deliver 1600000001.M1.host
	run -1 popser -r -c -a "$AUTH" -p "$(free_port)" -d "$MAILDIR"
	[ -s "$LOG" ]
	grep -q 1600000001.M1.host "$WORLD/err"
}

@test "-r with a wrong option resets nothing" {
	deliver_some 1
	move_all
	run -1 popser -r -c -a "$AUTH" -p 0 -d "$MAILDIR"
	run -1 popser -r -x
	[ "$(tree)" = ./cur/1600000001.M1.host:2,S ]
	[ -s "$LOG" ]
}

@test "reset and login, over and over, change nothing but names" {
	deliver_some 3
	local before i
	before=$(tree)
	serve_popser -c
	for i in 1 2 3; do
		run -0 tell <<<'RETR 2'
		[[ $output == *'Text of 2.'* ]]
		popser -r
		[ "$(tree)" = "$before" ]
	done
}
