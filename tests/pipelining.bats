#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# However the input is cut, the answers are the same (RFC 2449 section 6.6).

load lib/common

setup() {
	begin
	mailbox alice
	mails alice 3
	printf '%s\r\n' CAPA 'USER alice' 'PASS secret' STAT LIST UIDL 'RETR 1' \
		'TOP 2 0' 'DELE 9' 'LIST 2' NOOP RSET STAT QUIT >"$WORLD/commands"
}

# The greeting has a stamp of its own each time.
answers_of() {
	pop3 | tail -n +2
}

@test "all in one segment gives an answer to every command" {
	answers_of <"$WORLD/commands" >"$WORLD/one"
	[ "$(grep -c '^[+-]' "$WORLD/one")" = 14 ]
	tail -n 1 "$WORLD/one" | grep -q '^+OK'
}

# Sessions that get the commands in pieces, each when the one before was taken:
# CUTS are lists of Python, of where to cut. The answers are those of $WORLD/one.
same_when_cut() { # cuts
	need python3
	answers_of <"$WORLD/commands" >"$WORLD/one"
	command_line
	bare timeout -k 5 250 python3 - "$WORLD" "$1" "${COMMAND[@]}" \
		2>>"$WORLD/log" <<-'END'
			import fcntl, struct, subprocess, sys, termios, time
			world, cuts, *command = sys.argv[1:]
			octets = open(world + "/commands", "rb").read()
			wanted = open(world + "/one", "rb").read()

			def is_taken(pipe):
			    return fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4)

			for cut in eval(cuts, {"size": len(octets)}):
			    places = [0, *cut, len(octets)]
			    session = subprocess.Popen(command, stdin=subprocess.PIPE,
			                               stdout=subprocess.PIPE, bufsize=0)
			    for begin, end in zip(places, places[1:]):
			        while not is_taken(session.stdin):
			            time.sleep(0.0002)
			        session.stdin.write(octets[begin:end])
			    came = session.communicate()[0]
			    if came.partition(b"\r\n")[2] != wanted:
			        sys.exit(f"cut at {cut} it is another answer: {came}")
		END
}

@test "octet by octet gives the same answers" {
	same_when_cut '[range(1, size)]'
}

@test "cut at every place in two gives the same answers" {
	same_when_cut '([i] for i in range(1, size))'
}

@test "commands behind PASS survive the login" {
	dialogue <<-'END'
		S~ ^\+OK
		C= USER alice\r\nPASS secret\r\nSTAT\r\nNOOP\r\nQUIT\r\n
		S~ ^\+OK
		S: +OK logged in
		S~ ^\+OK 3
		S: +OK
		S~ ^\+OK
		S.
	END
}

@test "a thousand commands at once are all answered, in order" {
	{
		printf 'USER alice\r\nPASS secret\r\n'
		yes 'LIST 2' | head -n 1000 | sed 's/$/\r/'
		printf 'QUIT\r\n'
	} | answers_of >"$WORLD/many"
	[ "$(grep -c '^+OK 2 ' "$WORLD/many")" = 1000 ]
}
