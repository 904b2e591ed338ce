# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# A database of users, $DATABASE, and others who write it, on top of
# common.bash. (The tests of scmp itself have scmp.bash instead.)
#
#   scmp WORD...           scmp --offline --quiet, on $DATABASE
#   user NAME [PASSWORD [OPTION...]]   a user; the password (secret) is stored
#                          as it is
#   hold SQL               a writer that says this and goes no further
#   let_go                 end it, as the test's end does
#   die_in_mid_commit USER [COMMAND...]   a writer that deletes USER dies when
#                          the database is written, but its journal is still
#                          there; COMMAND... is what it is started with
#   is_hot                 whether there is such a journal

scmp() {
	bare "$BUILD/bin/scmp" --offline --quiet --database "$DATABASE" "$@"
}

user() {
	local name=$1 password=${2:-secret}
	shift "$(($# < 2 ? $# : 2))"
	scmp user add "$name" --password-fd 0 --no-policy --scheme PLAIN "$@" \
		<<<"$password"
}

hold() {
	mkfifo "$WORLD/to" "$WORLD/from"
	become sqlite3 -bail "$DATABASE" <"$WORLD/to" >"$WORLD/from" \
		2>>"$WORLD/log" &
	HOLDER=$!
	HELPERS+=("$HOLDER")
	exec {HOLD}>"$WORLD/to"
	printf '%s;\n.print held\n' "$1" >&"$HOLD"
	timeout 20 grep -qx held "$WORLD/from"
}

let_go() {
	kill -KILL "$HOLDER"
	exec {HOLD}>&-
	wait "$HOLDER" || true
	rm "$WORLD/to" "$WORLD/from"
}

die_in_mid_commit() {
	bare "${@:2}" strace -f -qq -o /dev/null -e trace=unlink,unlinkat \
		-e inject=unlink,unlinkat:signal=KILL "$BUILD/bin/scmp" \
		--offline --database "$DATABASE" user del "$1" --yes || true
	is_hot
}

# Its first octets are there: whoever reads it must put back what is in it.
is_hot() {
	[ "$(od -An -tx1 -N4 "$DATABASE-journal" | tr -d ' ')" = d9d505f9 ]
}
