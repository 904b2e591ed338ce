#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The completion that bash and zsh have of scmp: in real shells, on a terminal,
# with TAB typed.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3 bash
	mkdir "$WORLD/bin"
	ln -s "$BUILD/bin/scmp" "$WORLD/bin/scmp"
	scmp -q db init
	adds dora@example.org
	ON="scmp --offline --database $DATABASE"
}

in_bash() { # text
	bare python3 "$REPOSITORY/tests/lib/typing.py" bash \
		"PATH=$WORLD/bin:\$PATH; . $REPOSITORY/completions/bash/scmp" "$1"
}

in_zsh() { # text
	need zsh
	bare python3 "$REPOSITORY/tests/lib/typing.py" zsh \
		"path=($WORLD/bin \$path); fpath=($REPOSITORY/completions/zsh \$fpath); \
autoload -U compinit && compinit -u -d $WORLD/dump" "$1"
}

# What both make of a text.
@test "commands, options, their words, users and files are completed" {
	local shell text wanted
	: >"$WORLD/some.conf"
	for shell in in_bash in_zsh; do
		while IFS='|' read -r text wanted; do
			echo "$shell: $text"
			[ "$("$shell" "$text")" = "$wanted" ]
		done <<-END
			scmp --off|scmp --offline 
			scmp unb|scmp unban 
			scmp user imp|scmp user import 
			scmp user import --form|scmp user import --format 
			scmp user import --format sha|scmp user import --format shadow 
			scmp sessions --sort -de|scmp sessions --sort -dele 
			scmp sessions --state tr|scmp sessions --state transaction 
			scmp drain of|scmp drain off 
			scmp watch conn|scmp watch connect 
			scmp limits idle|scmp limits idle_timeout 
			scmp pw make --scheme BLF|scmp pw make --scheme BLF-CRYPT 
			scmp policy set min|scmp policy set min_length 
			scmp role set x stats|scmp role set x stats.read 
			$ON user show dor|$ON user show dora@example.org 
			$ON user show dora@ex|$ON user show dora@example.org 
			scmp --config $WORLD/so|scmp --config $WORLD/some.conf 
		END
	done
}

@test "what is half typed says nothing, and changes nothing" {
	local output
	output=$(bare "$WORLD/bin/scmp" --complete --offline --database \
		/none user show '' 2>&1)
	[ -z "$output" ]
	output=$(bare "$WORLD/bin/scmp" --complete user list --sort '' | wc -l)
	[ "$output" = 14 ]
	output=$(bare "$WORLD/bin/scmp" --complete --offline users --sort -c |
		cut -f 1)
	[ "$output" = $'-comment\n-created\n-changed' ]
}
