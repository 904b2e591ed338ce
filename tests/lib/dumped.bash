# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What is left in the memory of scmp when it ends, on top of scmp.bash. (As
# root, with gdb and python3; not with sanitizers.)
#
#   dumped FILE WORD...    scmp with these words, standard input from FILE and
#                          standard output to $WORLD/out; its memory, when all
#                          is done but to leave, to $WORLD/dump
#   knows TEXT NOT...      the dump has the text, and none of the others
#   found TEXT             how often it has it

dumped() { # input word...
	local input=$1 words
	shift
	printf -v words ' %q' "${SCMP[@]:1}" "$@"
	rm -f "$WORLD/dump"
	bare timeout -k 5 120 gdb -nx -q -batch \
		-ex 'set breakpoint pending on' \
		-ex 'set use-coredump-filter off' \
		-ex 'set dump-excluded-mappings on' \
		-ex 'break _exit' \
		-ex "run$words <$input >$WORLD/out" \
		-ex "generate-core-file $WORLD/dump" \
		-ex 'kill' \
		"${SCMP[0]}" </dev/null >"$WORLD/gdb" 2>&1
	[ -s "$WORLD/dump" ] && return
	cat "$WORLD/gdb" >&2
	return 1
}

found() { # text
	grep -aoF -e "$1" "$WORLD/dump" | wc -l
}

knows() { # text that is there, texts that are not
	[ "$(found "$1")" -gt 0 ]
	shift
	local text
	for text; do
		[ "$(found "$text")" = 0 ] || {
			echo "still there: $text" >&2
			return 1
		}
	done
}
