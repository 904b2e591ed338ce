#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The completion that bash and zsh have of options and keys: in real shells, on
# a terminal, with TAB typed.

load lib/common

setup() {
	begin
	need python3 bash
	mkdir "$WORLD/bin"
	ln -s "$PROGRAM" "$WORLD/bin/pop3-session"
}

# What TEXT becomes; without the blank at its end, which is a line of its own.
in_bash() { # text
	bare python3 "$REPOSITORY/tests/lib/typing.py" bash \
		"PATH=$WORLD/bin:\$PATH; . $REPOSITORY/completions/bash/pop3-session" \
		"$1"
}

in_zsh() { # text
	need zsh
	bare python3 "$REPOSITORY/tests/lib/typing.py" zsh \
		"path=($WORLD/bin \$path); fpath=($REPOSITORY/completions/zsh \$fpath); \
autoload -U compinit && compinit -u -d $WORLD/dump" "$1"
}

# A program with an option and keys that no pop3-session has.
other_program() {
	rm "$WORLD/bin/pop3-session"
	cat >"$WORLD/bin/pop3-session" <<'PROGRAM'
#!/bin/sh
case "$*" in
*--help*) printf '  %s\n' '-o KEY=VALUE        a key' '--zebra             a horse' ;;
*--print-config*) echo 'stripes = many # default' ;;
*--print-manual*) printf '%s\n' '.It Ic stripes No = Cm many | Cm few' 'How: many.' ;;
esac
PROGRAM
	chmod +x "$WORLD/bin/pop3-session"
}

@test "bash completes options, keys and files" {
	[ "$(in_bash 'pop3-session --transc')" = 'pop3-session --transcript ' ]
	[ "$(in_bash 'pop3-session -o idle_')" = 'pop3-session -o idle_timeout=' ]
	[ "$(in_bash 'pop3-session --expl')" = 'pop3-session --explain ' ]
	[ "$(in_bash 'pop3-session --explain daemo')" = \
		'pop3-session --explain daemon ' ]
	: >"$WORLD/some.conf"
	[ "$(in_bash "pop3-session --config $WORLD/so")" = \
		"pop3-session --config $WORLD/some.conf " ]
}

@test "zsh completes options, keys, their words and files" {
	[ "$(in_zsh 'pop3-session --transc')" = 'pop3-session --transcript ' ]
	[ "$(in_zsh 'pop3-session -o idle_')" = 'pop3-session -o idle_timeout=' ]
	[ "$(in_zsh 'pop3-session --explain=daemo')" = \
		'pop3-session --explain=daemon ' ]
	[ "$(in_zsh 'pop3-session -o sandbox=best')" = \
		'pop3-session -o sandbox=best-effort ' ]
	[ "$(in_zsh 'pop3-session -o mark_seen=y')" = \
		'pop3-session -o mark_seen=yes ' ]
	: >"$WORLD/some.conf"
	[ "$(in_zsh "pop3-session --config $WORLD/so")" = \
		"pop3-session --config $WORLD/some.conf " ]
	[ "$(in_zsh "pop3-session -o log=$WORLD/so")" = \
		"pop3-session -o log=$WORLD/some.conf " ]
}

@test "what is completed is what the program tells" {
	other_program
	[ "$(in_bash 'pop3-session --z')" = 'pop3-session --zebra ' ]
	[ "$(in_bash 'pop3-session -o st')" = 'pop3-session -o stripes=' ]
	[ "$(in_zsh 'pop3-session --z')" = 'pop3-session --zebra ' ]
	[ "$(in_zsh 'pop3-session -o st')" = 'pop3-session -o stripes=' ]
	[ "$(in_zsh 'pop3-session -o stripes=f')" = \
		'pop3-session -o stripes=few ' ]
}
