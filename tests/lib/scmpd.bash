# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of scmpd share, besides common.bash and scmp.bash (which see).
#
#   begin_scmpd            a world (begin_scmp) with an empty database, in which
#                          scmpd can be started
#   start_scmpd [OPTION]...
#                          starts it: Unix socket $WORLD/scmp.sock, TCP on
#                          127.0.0.1:$SCMP_PORT; its pid is $SCMPD, its log
#                          $WORLD/scmpd.log. As root it becomes $SCMP_UID, to
#                          whom the database belongs then; the group of the
#                          socket is $SCMP_OPERATORS.
#   stop_scmpd             ends it; its exit status in $STATUS
#   account NAME [OPTION...]  a user with the password $PASSWORD
#   local_says LINE...     sends these lines and QUIT over the Unix socket; what
#                          comes is in $SAID, without CRs
#   says NAME LINE...      the same over TCP, logged in as NAME first
#   says_only LINE...      the same without logging in
#   peer local|tcp DEED [ARGUMENT...]  scmp_peer.py, over that way
#   answer N               line N of $SAID, without what greets and logs in
#   stays OPTION...        a client that stays (nc): it says what is written to
#                          the descriptor $SAY, and is told what comes from $HEARD
#   hears PATTERN          the next line from $HEARD is like that
#   audited REGEX          the log has such a line of the audit
#   scmp_dialogue          a dialogue (common.bash) over TCP
#
# Lines are sent all at once: replies come in their order.

SCMP_UID=$((23400 + FILE_INDEX)) SCMP_OPERATORS=$((23600 + FILE_INDEX))
# The roles beyond which nobody may go there; empty: none.
LOCAL_CEILING='' TCP_CEILING=''

begin_scmpd() {
	begin_scmp
	scmp -q db init
	{
		echo "run_dir = \"$WORLD/run\""
		echo "log = stderr"
	} >>"$WORLD/conf"
	SCMPD=
	OPTIONS+=(-o "users=sqlite:$DATABASE")
}

end_scmpd() {
	[ -z "$SCMPD" ] || stop_scmpd
	if [ -z "$BATS_TEST_COMPLETED" ] && [ -s "$WORLD/scmpd.log" ]; then
		sed 's/^/scmpd: /' "$WORLD/scmpd.log" >&2
	fi
	finish
}

account() {
	adds "$@"
}

# A start that was lost to another program's port is tried again.
start_scmpd() {
	local -a more
	local try
	read -r -a more <<<"${POP3_TEST_OPTIONS:-}"
	if [ "$EUID" = 0 ]; then
		chown -R "$SCMP_UID:$SCMP_UID" "$WORLD/db"
		more+=(-o "scmp_user=$SCMP_UID:$SCMP_UID"
			-o "scmp_group=$SCMP_OPERATORS")
	fi
	for try in 1 2 3; do
		SCMP_PORT=$(free_port)
		become "$BUILD/bin/scmpd" --config "$WORLD/conf" \
			-o "scmp_listen=unix:$WORLD/scmp.sock $LOCAL_CEILING" \
			-o "scmp_listen=127.0.0.1:$SCMP_PORT $TCP_CEILING" \
			-o hostname=scmp.test "${more[@]}" "$@" \
			2>>"$WORLD/scmpd.log" &
		SCMPD=$!
		wait_for 30 scmpd_up_or_gone && ! gone "$SCMPD" && return
		echo "start $try failed" >>"$WORLD/scmpd.log"
		stop_scmpd
	done
	return 1
}

scmpd_up_or_gone() {
	gone "$SCMPD" || {
		[ -S "$WORLD/scmp.sock" ] && listens "$SCMPD" "$SCMP_PORT"
	}
}

stop_scmpd() {
	STATUS=0
	kill "$SCMPD" 2>/dev/null || true
	wait "$SCMPD" || STATUS=$?
	SCMPD=
}

lines_to() { # where... -- LINE...
	local -a where=()
	while [ "$1" != -- ]; do
		where+=("$1")
		shift
	done
	shift
	SAID=$(printf '%s\r\n' "$@" QUIT |
		bare timeout -k 5 60 nc -N "${where[@]}" | tr -d '\r')
}

local_says() {
	lines_to -U "$WORLD/scmp.sock" -- "$@"
	HEAD_LINES=1
}

says() {
	local name=$1
	shift
	lines_to 127.0.0.1 "$SCMP_PORT" -- "USER $name" "PASS $PASSWORD" "$@"
	HEAD_LINES=3
}

says_only() {
	lines_to 127.0.0.1 "$SCMP_PORT" -- "$@"
	HEAD_LINES=1
}

peer() { # local|tcp DEED...
	local way=$WORLD/scmp.sock
	[ "$1" = local ] || way=$SCMP_PORT
	shift
	bare timeout -k 5 300 python3 "$REPOSITORY/tests/lib/scmp_peer.py" \
		"$way" "$@"
}

answer() {
	sed -n "$((HEAD_LINES + $1))p" <<<"$SAID"
}

# answers_are PATTERN...: one glob a reply line, in their order, from the first.
answers_are() {
	local i=1 pattern line
	for pattern; do
		line=$(answer "$i")
		# shellcheck disable=SC2053 # a pattern
		if [[ $line != $pattern ]]; then
			printf 'line %d: expected %s\n got %s\nof:\n%s\n' "$i" \
				"$pattern" "$line" "$SAID" >&2
			return 1
		fi
		i=$((i + 1))
	done
}

stays() {
	mkfifo "$WORLD/say" "$WORLD/heard"
	become nc "$@" <"$WORLD/say" >"$WORLD/heard" &
	HELPERS+=("$!")
	exec {SAY}>"$WORLD/say" {HEARD}<"$WORLD/heard"
}

hears() {
	STEP="hearing" expect_line "$HEARD" "$1" || return 1
	# shellcheck disable=SC2053 # a pattern
	[[ $LINE == $1 ]] && return
	echo "heard '$LINE', not '$1'" >&2
	return 1
}

audited() {
	grep -qE -- "scmp: audit $1" "$WORLD/scmpd.log"
}

scmp_dialogue() {
	talk_to "$SCMP_PORT" 127.0.0.1
}
