#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# popser's command line: three modes, any order, everything checked before
# anything is opened.

load lib/common
load lib/older

setup() {
	begin_older
}

# popser with these arguments fails, says so on stderr naming $1, and has
# neither printed, nor moved, nor made anything.
refuses() {
	local what=$1
	shift
	deliver_some 1
	run -1 popser "$@"
	[ -z "$output" ]
	grep -q -- "$what" "$WORLD/err" || {
		echo "for '$*' expected '$what', got: $(cat "$WORLD/err")" >&2
		return 1
	}
	[ "$(ls "$WORLD/bin")" = $'pop3d\npopser' ]
	[ "$(tree)" = ./new/1600000001.M1.host ]
}

@test "-h and --help print a help on standard output and succeed" {
	local option
	for option in -h --help; do
		run -0 popser "$option"
		[[ ${lines[0]} == "Usage: popser"* ]]
		[[ $output == *"-a AUTHFILE"*"-c "*"-p PORT"*"-d MAILDIR"*"-r "* ]]
		[ ! -s "$WORLD/err" ]
	done
}

@test "-h with anything else is an error" {
	refuses -h -h -c
	refuses -h -r -h
	refuses -h -h -a "$AUTH" -p 1110 -d "$MAILDIR"
}

@test "no option, a missing one, a repeated one, an unknown one, a stray word" {
	local all=(-a "$AUTH" -p 1110 -d "$MAILDIR")
	refuses 'option -a'
	refuses 'option -a' -p 1110 -d "$MAILDIR"
	refuses 'option -p' -a "$AUTH" -d "$MAILDIR"
	refuses 'option -d' -a "$AUTH" -p 1110
	refuses 'option -a' -c
	refuses 'option -a' -r -c
	refuses 'option -d' -r -a "$AUTH" -p 1110
	refuses 'option -c' "${all[@]}" -c -c
	refuses 'option -p' "${all[@]}" -p 1111
	refuses 'option -a' "${all[@]}" -a "$AUTH"
	refuses 'option -d' "${all[@]}" -d "$MAILDIR"
	refuses 'option -r' -r -r
	refuses 'option -h' -h -h
	refuses 'option -x' "${all[@]}" -x
	refuses 'option --port' "${all[@]}" --port 1110
	refuses 'word stray' "${all[@]}" stray
	refuses 'word stray' -r stray
}

@test "an option without its value" {
	refuses 'option -a' -p 1110 -d "$MAILDIR" -a
	refuses 'option -p' -a "$AUTH" -d "$MAILDIR" -p
	refuses 'option -d' -a "$AUTH" -p 1110 -d
}

@test "ports are numbers from 1 to 65535" {
	local port
	for port in 0 65536 99999999999999999999 -1 +1 1.5 0x50 '' ' 1' 11a; do
		refuses port -a "$AUTH" -p "$port" -d "$MAILDIR"
	done
}

@test "a Maildir that is missing or no folder" {
	refuses "$WORLD/nowhere" -a "$AUTH" -p 1110 -d "$WORLD/nowhere"
	refuses "$AUTH" -a "$AUTH" -p 1110 -d "$AUTH"
	refuses Maildir -a "$AUTH" -p 1110 -d ''
}

@test "an authentication file that is missing or no file" {
	refuses "$WORLD/nowhere" -a "$WORLD/nowhere" -p 1110 -d "$MAILDIR"
	refuses "$MAILDIR" -a "$MAILDIR" -p 1110 -d "$MAILDIR"
	refuses authentication -a '' -p 1110 -d "$MAILDIR"
}

@test "what may be wrong in an authentication file" {
	local text
	for text in '' 'username = bob\n' 'password = x\nusername = bob\n' \
		'user = bob\npassword = x\n' 'username = bob\npass = x\n' \
		'username = bob \npassword = x\n' 'username = \npassword = x\n' \
		'username = bob\npassword = \n' 'username=bob\npassword = x\n' \
		'username = bob\n\npassword = x\n' \
		'username = bob\npassword = x\n\n' \
		'username = bob\npassword = x\nmore = y\n'; do
		printf %b "$text" >"$AUTH"
		refuses "$AUTH" -a "$AUTH" -p 1110 -d "$MAILDIR"
	done
}

@test "a popser.log that is no file" {
	mkdir "$LOG"
	run -1 popser -a "$AUTH" -p 1110 -d "$MAILDIR"
	grep -q "$LOG" "$WORLD/err"
}

@test "a folder that popser.log cannot be written in is an error at the start" {
	if [ "$EUID" = 0 ]; then
		chown -R "$MAIL_UID" "$WORLD/Maildir" "$AUTH"
		chmod 0755 "$WORLD" "$WORLD/bin"
		run -1 setpriv --reuid "$MAIL_UID" --regid "$MAIL_UID" \
			--clear-groups "$WORLD/bin/popser" -a "$AUTH" \
			-p 1110 -d "$MAILDIR"
	else
		chmod 0555 "$WORLD/bin"
		run -1 "$WORLD/bin/popser" -a "$AUTH" -p 1110 -d "$MAILDIR"
		chmod 0755 "$WORLD/bin"
	fi
	[[ $output == *popser.log*"$WORLD/bin"* ]]
}

@test "popser.log is not put into the Maildir" {
	cp "$WORLD/bin/popser" "$MAILDIR"
	run -1 "$MAILDIR/popser" -a "$AUTH" -p 1110 -d "$MAILDIR"
	[[ $output == *popser.log*Maildir* ]]
}

# bats test_tags=server
@test "a port in use is an error that names it, and a status that tells" {
	serve_popser -c
	run -1 popser -c -a "$AUTH" -p "$PORT" -d "$MAILDIR"
	[ -z "$output" ]
	grep -q "$PORT" "$WORLD/err"
}

# bats test_tags=server
@test "options come in any order, together or apart" {
	serve_older "$WORLD/out" "$WORLD/err" "$WORLD/bin/popser" \
		-d "$MAILDIR" -r -p @PORT -c -a "$AUTH"
	run -0 tell </dev/null
	[[ $output == *"+OK bye"* ]]
	interrupt
	serve_older "$WORLD/out" "$WORLD/err" "$WORLD/bin/popser" \
		-cra "$AUTH" -p @PORT "-d$MAILDIR"
	run -0 tell </dev/null
	[[ $output == *"+OK bye"* ]]
}

# bats test_tags=server
@test "paths with blanks, percent signs and commas, and relative ones" {
	local odd="$WORLD/a b%u,%c"
	mkdir "$odd" "$odd/bin"
	mv "$MAILDIR" "$odd/Mail dir%n"
	mv "$AUTH" "$WORLD/au th%d"
	cp "$WORLD/bin/popser" "$odd/bin"
	MAILDIR="$odd/Mail dir%n" AUTH="$WORLD/au th%d"
	deliver_some 1
	cd "$odd"
	serve_older "$WORLD/out" "$WORLD/err" bin/popser \
		-c -a '../au th%d' -p @PORT -d 'Mail dir%n'
	run -0 tell <<<STAT
	[[ $output == *"+OK 1 "* ]]
	[ "$(cut -f 1 "$odd/bin/popser.log")" = \
		"$MAILDIR/cur/1600000001.M1.host:2,S" ]
}
