#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser's commands on mail, and what QUIT does: removal, the rows in
# popser.log, and what happens without QUIT.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
}

@test "QUIT removes what is marked, file and row" {
	deliver_some 4
	serve_popser -c
	run -0 tell <<-'END'
		DELE 2
		DELE 4
	END
	[[ $output == *'+OK bye'* ]]
	[ "$(tree)" = "$(printf '%s\n' ./cur/1600000001.M1.host:2,S \
		./cur/1600000003.M3.host:2,S)" ]
	[ "$(cut -f 2,4 "$LOG")" = "$(printf '%s\tN\n' \
		"$(uid 1600000001.M1.host)" "$(uid 1600000003.M3.host)")" ]
}

@test "marks are in memory only: without QUIT nothing is removed or marked" {
	deliver_some 2
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask 'DELE 1' +OK
	[ "$(cut -f 4 "$LOG")" = $'N\nN' ]
	hang_up
	is_whole() {
		tell <<<STAT | grep -q '^+OK 2 '
	}
	wait_for 30 is_whole
}

@test "numbers do not shift, marked ones are gone from LIST, RSET restores" {
	deliver_some 3
	serve_popser -c
	run -0 tell <<-'END'
		DELE 2
		STAT
		LIST
		LIST 2
		RETR 2
		TOP 2 0
		UIDL 2
		DELE 2
		LIST 3
		RSET
		STAT
		LIST 2
	END
	[ "$(sed '1,3d' <<<"$output")" = "+OK marked to be deleted
+OK 2 66
+OK 2 messages, 66 octets
1 33
3 33
.
$(grep -m 5 ^-ERR <<<"$output")
+OK 3 33
+OK
+OK 3 99
+OK 2 33
+OK bye" ]
}

@test "messages are numbered by delivery, not by the folder's order" {
	local i
	for i in 5 3 9 1 7; do
		echo "$i" | deliver "160000000$i.x"
	done
	serve_popser -c
	run -0 tell <<<UIDL
	for i in 1 2 3 4 5; do
		[[ $output == *$'\n'"$i $(uid "160000000$((2 * i - 1)).x")"$'\n'* ]]
	done
}

@test "LIST and STAT count what RETR sends, to the octet" {
	printf 'a\nb\n' | deliver 1600000001.lf
	printf 'a\r\nb\r\n' | deliver 1600000002.crlf
	printf 'a\nb\r\nc' | deliver 1600000003.mixed
	printf 'a\rb\nc\r\n' | deliver 1600000004.bare-cr
	printf 'a\rb\rc' | deliver 1600000005.cr-only
	printf '.\n..\n.x' | deliver 1600000006.dots
	printf 'nul\0nul\n\377\n' | deliver 1600000007.nul
	: | deliver 1600000008.empty
	printf '\n\n\n' | deliver 1600000009.lines
	printf 'end in cr\r' | deliver 1600000010.cr-end
	head -c 300000 /dev/zero | tr '\0' 'x' | deliver 1600000011.big
	serve_popser -c
	local i size sum=0
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
	get
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	for ((i = 1; i <= 11; i++)); do
		ask "LIST $i" +OK
		size=${LINE##* }
		sum=$((sum + size))
		ask "RETR $i" "+OK $size"
		# All up to the final dot, dots unstuffed.
		sed -n -u '/^\.\r$/q;s/^\.//;p' <&"$CLIENT" >"$WORLD/$i"
		[ "$(wc -c <"$WORLD/$i")" = "$size" ]
	done
	ask STAT "+OK 11 $sum"
	ask QUIT +OK
	cmp "$WORLD/4" <(printf 'a\rb\r\nc\r\n')
	cmp "$WORLD/5" <(printf 'a\rb\rc\r\n')
	cmp "$WORLD/6" <(printf '.\r\n..\r\n.x\r\n')
	cmp "$WORLD/7" <(printf 'nul\0nul\r\n\377\r\n')
	[ $(($(cut -f 3 "$LOG" | paste -sd+))) = "$sum" ]
}

@test "a box of 5,000 messages: listed, marked and removed" {
	local i
	for ((i = 10001; i <= 15000; i++)); do
		echo "$i" >"$MAILDIR/new/16000$i.x"
	done
	serve_popser -c
	run -0 tell < <(
		echo STAT
		for ((i = 1; i <= 5000; i += 2)); do
			echo "DELE $i"
		done
		echo STAT
	)
	[[ $output == *'+OK 5000 35000'*'+OK 2500 17500'*'+OK bye'* ]]
	[ "$(tree | wc -l)" = 2500 ]
	[ "$(wc -l <"$LOG")" = 2500 ]
	run -0 tell <<<LIST
	[[ $output == *$'\n2500 7\n.\n'* ]]
}

@test "QUIT answers -ERR if a message could not be removed, and it stays" {
	deliver_some 3
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask 'DELE 1' +OK
	ask 'DELE 2' +OK
	# Not to be removed by anybody, not even root.
	mv "$MAILDIR/cur/1600000001.M1.host:2,S" "$WORLD/kept"
	mkdir "$MAILDIR/cur/1600000001.M1.host:2,S"
	ask QUIT '-ERR'
	hang_up
	[ ! -e "$MAILDIR/cur/1600000002.M2.host:2,S" ]
	rmdir "$MAILDIR/cur/1600000001.M1.host:2,S"
	mv "$WORLD/kept" "$MAILDIR/cur/1600000001.M1.host:2,S"
	run -0 tell <<<UIDL
	[[ $output == *"1 $(uid 1600000001.M1.host)"*"2 $(uid 1600000003.M3.host)"* ]]
}

@test "a message that another program flagged meanwhile is removed all the same" {
	deliver_some 2
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	ask 'DELE 1' +OK
	mv "$MAILDIR"/cur/*.M1.host:2,S "$MAILDIR/cur/1600000001.M1.host:2,FS"
	ask QUIT +OK
	hang_up
	[ "$(tree)" = ./cur/1600000002.M2.host:2,S ]
	[ "$(wc -l <"$LOG")" = 1 ]
}

@test "Y in the log is an UPDATE that was cut short: undone, as far as it goes" {
	deliver_some 3
	serve_popser -c
	run -0 tell <<<STAT
	sed -i '1,2s/N$/Y/' "$LOG"
	rm "$MAILDIR/cur/1600000001.M1.host:2,S"
	run -0 tell <<<STAT
	[[ $output == *'+OK 2 66'* ]]
	[ "$(cut -f 2,4 "$LOG")" = "$(printf '%s\tN\n' \
		"$(uid 1600000002.M2.host)" "$(uid 1600000003.M3.host)")" ]
}

@test "mail that arrives during a session waits for the next one" {
	deliver_some 1
	serve_popser -c
	connect
	ask 'USER bob' +OK
	ask 'PASS a  b ' +OK
	echo late | deliver 1700000000.late
	ask STAT '+OK 1 '
	ask QUIT +OK
	[ -f "$MAILDIR/new/1700000000.late" ]
	run -0 tell <<<STAT
	[[ $output == *'+OK 2 '* ]]
}
