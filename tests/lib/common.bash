# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests share. A test file begins with `load lib/common` (in
# tests/system: `load ../lib/common`) and has, if it needs nothing more,
#
#	setup() { begin; }
#
# A teardown of its own ends with `finish`, which ends the server and whatever
# else is in $HELPERS (pids), and shows the log of a test that failed.
#
# begin makes a world of its own in $WORLD: mail below mail/, users in users,
# run/, state/, the server's log in log. $OPTIONS is what every session and
# server is started with; a test adds to it: OPTIONS+=(-o idle_timeout=1).
# The environment's POP3_TEST_OPTIONS comes behind it (words apart by spaces).
# As root the mail belongs to $MAIL_UID, an id without an account. Files may run
# at the same time: ids, ports ($FIRST_PORT and on) and worlds are their own.
#
#   mailbox USER [PASSWORD]        a user and an empty Maildir, $WORLD/mail/USER
#   message USER NAME [FOLDER]     a message from standard input, put there as
#                                  FOLDER/NAME (new); line ends as they come
#   mails USER N                   N small messages that differ
#   pop3 [OPTION...]               a session as a filter, on pipes: commands
#                                  from standard input, replies to standard
#                                  output, the log to $WORLD/log
#   dialogue [OPTION...]           the same in step with a dialogue, which is
#                                  read from standard input (below)
#   talk_to PORT [ADDRESS]         a dialogue with a server
#   serve [OPTION...]              start a listening server on a free port of
#                                  loopback: $PORT, $SERVER (its pid)
#   stop_server                    end it and wait; its exit status in $STATUS
#   wait_for SECONDS COMMAND...    until the command succeeds; fails after that
#   log_has REGEX                  the server's log has such a line by now
#   refute COMMAND...              the command fails (bats lets `!` pass)
#   inject SPEC [OPTION...]        pop3 under strace's fault injection, such as
#                                  unlinkat:error=EIO:when=2 or
#                                  fsync:signal=KILL:when=1
#   fired                          whether the fault of inject happened
#   need TOOL... / need_root       skip the test where it is missing
#   part_of_page PAGE NAME         the lines of docs/PAGE.md between ```ANY NAME
#                                  and ```
#
# A dialogue has a step a line. Blank lines and lines with # are left out.
#
#   C: TEXT    send TEXT and CRLF
#   C= TEXT    send TEXT, in which \r \n \x41 \\ are read, and nothing more
#   C.         close our direction
#   S: TEXT    the next line is TEXT and CRLF, exactly
#   S~ REGEX   the next line matches (extended, without the CRLF)
#   S*         any lines up to the one of a single dot
#   S.         the other side closes, and has said nothing more
#
# Tags, for the builds where not everything can run (make asan): a test that
# starts a server is tagged `server`, one that needs the sandbox in force, or
# does not take POP3_TEST_OPTIONS, `sandbox`, one that limits memory `limits`
# (# bats test_tags=server, or file_tags for all of a file).
#
# Tests never sleep for a time: they wait for something to happen. Every
# program is started without the descriptors of bats (3 and above), which
# would keep bats waiting for as long as it lives.

REPOSITORY=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=${BUILD:-$REPOSITORY/build}
PROGRAM=$BUILD/bin/pop3-session

# Which file of all it is that runs: each has ids and ports of its own, so that
# those that run at the same time do not take them from each other.
index_of_file() {
	local file index=0
	for file in "$REPOSITORY"/tests/*.bats "$REPOSITORY"/tests/system/*.bats
	do
		[ "$file" -ef "$BATS_TEST_FILENAME" ] && break
		index=$((index + 1))
	done
	echo "$index"
}

FILE_INDEX=$(index_of_file)
MAIL_UID=$((12300 + FILE_INDEX))
FRONT_UID=$((54300 + FILE_INDEX))
# Below the ports that connections are given.
PORTS_OF_A_FILE=80
FIRST_PORT=$((20000 + FILE_INDEX * PORTS_OF_A_FILE))
readonly STEP_LIMIT=60 # seconds for one line of a dialogue, or an end

begin() {
	WORLD=$BATS_TEST_TMPDIR
	# As root, the mail's owner has to get here.
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} \
		"$BATS_FILE_TMPDIR" "$WORLD" 2>/dev/null || true
	mkdir "$WORLD/mail" "$WORLD/run" "$WORLD/state"
	: >"$WORLD/users"
	: >"$WORLD/log"
	SERVER=
	OPTIONS=(
		-o "users=passwd-file:$WORLD/users"
		-o "maildir=$WORLD/mail/%u"
		-o "mail_roots=$WORLD/mail"
		-o "mail_user=$MAIL_UID:$MAIL_UID"
		-o "front_user=$FRONT_UID:$FRONT_UID"
		-o "run_dir=$WORLD/run"
		-o "state_dir=$WORLD/state"
		-o "hostname=pop.test"
		-o "log=stderr"
	)
}

teardown() {
	finish
}

finish() {
	end_helpers
	[ -z "$SERVER" ] || stop_server
	[ -n "$BATS_TEST_COMPLETED" ] || show_log
}

HELPERS=()

end_helpers() {
	local pid
	for pid in "${HELPERS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	HELPERS=()
}

# For whoever reads why a test failed.
show_log() {
	[ ! -s "$WORLD/log" ] || sed 's/^/log: /' "$WORLD/log" >&2
}

# Runs without the descriptors above 2, however many bats has. (No redirection
# around the loop: bash would keep what it replaces above 2, and lose it.)
# `become ... &` is the program itself, so that $! is its pid.
become() {
	local fd
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
	exec "$@"
}

bare() (
	become "$@"
)

# The whole command line, with OPTIONS and those of the environment.
command_line() {
	local -a more
	read -r -a more <<<"${POP3_TEST_OPTIONS:-}"
	COMMAND=("$PROGRAM" --config /dev/null "${OPTIONS[@]}" "${more[@]}" "$@")
}

as_mail_owner() {
	[ "$EUID" != 0 ] || chown -R "$MAIL_UID:$MAIL_UID" "$@"
}

mailbox() {
	echo "$1:{PLAIN}${2:-secret}:::::" >>"$WORLD/users"
	mkdir -p "$WORLD/mail/$1"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/$1"
}

message() {
	local file=$WORLD/mail/$1/${3:-new}/$2
	cat >"$file"
	as_mail_owner "$file"
}

mails() {
	local i
	for ((i = 1; i <= $2; i++)); do
		printf 'From: sender@example.org\nSubject: number %d\n\nText.\n' \
			"$i" | message "$1" "$((1600000000 + i)).M$i.host"
	done
}

pop3() {
	command_line "$@"
	bare timeout -k 5 60 "${COMMAND[@]}" 2>>"$WORLD/log"
}

# A faked result reaches the system call filter as call -1, which is none of
# those allowed: without the sandbox, then. A signal leaves the call as it is.
inject() {
	local spec=$1
	shift
	[[ $spec == *:signal=* ]] || set -- -o sandbox=off "$@"
	command_line "$@"
	# (Leaks cannot be looked for under strace.)
	ASAN_OPTIONS=detect_leaks=0 bare timeout -k 5 120 \
		strace -f -qq -o "$WORLD/strace" -e "trace=${spec%%:*},exit_group" \
		-e "inject=$spec" "${COMMAND[@]}" 2>>"$WORLD/log"
}

fired() {
	grep -qE '\(INJECTED\)|killed by SIG|--- SIG(KILL|TERM|SEGV)' \
		"$WORLD/strace"
}

wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ "$SECONDS" -gt "$end" ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

refute() {
	if "$@"; then
		echo "succeeded, but must not: $*" >&2
		return 1
	fi
}

log_has() {
	grep -qE -- "$1" "$WORLD/log"
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is missing"
	done
}

need_root() {
	[ "$EUID" = 0 ] || skip "needs root"
}

part_of_page() {
	sed -n "/^\`\`\`[a-z]* $2\$/,/^\`\`\`\$/p" \
		"$REPOSITORY/docs/$1.md" | grep -v '^```' | grep .
}

# --- dialogues --------------------------------------------------------------

# One line from descriptor $1 into $LINE, with its CR if it has one. Fails at
# the end, where $LINE has what came without a line end.
next_line() {
	LINE=
	IFS= read -r -t "$STEP_LIMIT" -u "$1" LINE
}

# The same, but it must be whole and end with CRLF.
expect_line() {
	if ! next_line "$1"; then
		echo "$STEP: expected '$2', got the end or nothing: '$LINE'" >&2
		return 1
	fi
	if [[ $LINE != *$'\r' ]]; then
		echo "$STEP: a line without CR: '$LINE'" >&2
		return 1
	fi
	LINE=${LINE%$'\r'}
}

expect_end() {
	local status=0
	next_line "$1" || status=$?
	if [ "$status" = 0 ] || [ -n "$LINE" ]; then
		echo "$STEP: expected the end, got '$LINE'" >&2
		return 1
	elif [ "$status" -gt 128 ]; then
		echo "$STEP: expected the end, waited in vain" >&2
		return 1
	fi
}

step() { # from-fd kind text ; what is sent goes to fd $TO
	case $2 in
	C:) printf '%s\r\n' "$3" >&"$TO" ;;
	C=) printf '%b' "$3" >&"$TO" ;;
	C.) half_close ;;
	S:)
		expect_line "$1" "$3" || return
		[ "$LINE" = "$3" ] && return
		;;
	S~)
		expect_line "$1" "$3" || return
		[[ $LINE =~ $3 ]] && return
		;;
	S\*)
		LINE=
		until [ "$LINE" = . ]; do
			expect_line "$1" "a line of one dot" || return
		done
		;;
	S.)
		expect_end "$1"
		return
		;;
	*)
		echo "$STEP: no such step: '$2'" >&2
		return 2
		;;
	esac
	case $2 in
	S[:~])
		echo "$STEP: expected '$3', got '$LINE'" >&2
		return 1
		;;
	esac
}

# Steps from descriptor 0, replies from descriptor $1, commands to $TO.
converse() {
	local text number=0 STEP LINE
	while IFS= read -r text || [ -n "$text" ]; do
		number=$((number + 1))
		STEP="dialogue line $number"
		text=${text#"${text%%[![:space:]]*}"}
		[[ -n $text && $text != '#'* ]] || continue
		step "$1" "${text:0:2}" "${text:3}" || return
	done
}

dialogue() {
	local status=0 TO
	command_line "$@"
	coproc SESSION { bare timeout -k 5 120 "${COMMAND[@]}" 2>>"$WORLD/log"; }
	local pid=$SESSION_PID from
	exec {from}<&"${SESSION[0]}" {TO}>&"${SESSION[1]}"
	eval "exec ${SESSION[0]}<&- ${SESSION[1]}>&-"
	half_close() { exec {TO}>&-; }
	converse "$from" || status=$?
	exec {from}<&-
	{ exec {TO}>&-; } 2>/dev/null
	wait "$pid" || STATUS=$?
	return "$status"
}

talk_to() {
	local status=0 TO
	exec {TO}<>"/dev/tcp/${2:-127.0.0.1}/$1"
	half_close() {
		echo "a socket of bash has no half-close: use socat" >&2
		return 2
	}
	converse "$TO" || status=$?
	exec {TO}>&-
	return "$status"
}

# --- servers ----------------------------------------------------------------

# One of this file's ports that nobody listens on; in one test each is another
# one. (Another run of the same file may take them elsewhere in their order.)
free_port() {
	local port
	for port in $(shuf -i "$FIRST_PORT-$((FIRST_PORT + PORTS_OF_A_FILE - 1))")
	do
		! grep -qsx "$port" "$WORLD/ports" || continue
		(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
			echo "$port" | tee -a "$WORLD/ports"
			return
		}
	done
	echo "no port from $FIRST_PORT on is free" >&2
	return 1
}

answers() {
	local line
	{ read -r -t 5 line <"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null &&
		[[ $line == +OK* ]]
}

# It, or a child of it, has the socket on which connections to that port of
# IPv4 come in: nobody else's server answers there. (Of a process that hides its
# descriptors nothing is known, but that it is still there.)
listens() { # pid port
	local sockets pid
	sockets=$(awk -v "port=$(printf '%04X' "$2")" '$4 == "0A" &&
		substr($2, 10) == port { print "socket:[" $10 "]" }' \
		/proc/net/tcp)
	[ -n "$sockets" ] || return
	ls "/proc/$1/fd/" >/dev/null 2>&1 || return 0
	for pid in "$1" $(pgrep -P "$1"); do
		readlink "/proc/$pid/fd/"* | grep -qxF "$sockets" && return
	done
	return 1
}

# A server whose start was lost to another program's port is started again.
serve() {
	local try
	for try in 1 2 3; do
		PORT=$(free_port)
		command_line --listen "127.0.0.1:$PORT" "$@"
		become "${COMMAND[@]}" </dev/null >/dev/null 2>>"$WORLD/log" &
		SERVER=$!
		has_come_up && return
		echo "start $try failed" >>"$WORLD/log"
		stop_server
	done
	show_log
	return 1
}

# It answers, and again: the first visit may still have the only place.
has_come_up() {
	wait_for 30 up_or_gone && wait_for 30 up_or_gone && ! gone "$SERVER"
}

up_or_gone() {
	gone "$SERVER" || { listens "$SERVER" "$PORT" && answers "$PORT"; }
}

# Ended, though nobody may have asked yet how: an orphan is the first process's,
# and in a container that may be one which never asks.
gone() {
	! kill -0 "$1" 2>/dev/null ||
		grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}

# shellcheck disable=SC2034 # STATUS is for the tests
stop_server() {
	local pid=$SERVER
	SERVER=
	STATUS=0
	kill -TERM "$pid" 2>/dev/null || true
	wait_for 30 gone "$pid" || kill -KILL "$pid"
	wait "$pid" || STATUS=$?
}
