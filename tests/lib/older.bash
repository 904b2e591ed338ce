# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# For the tests of scripts/popser and scripts/pop3d, behind `load lib/common`:
#
#	setup() { begin_older; }
#
# begin_older puts copies of both programs into $WORLD/bin, where popser.log
# will be ($LOG), and makes a Maildir ($MAILDIR) and a file of one user, bob,
# whose secret is `a  b ` ($AUTH).
#
#   popser [OPTION...]      run it as a command; standard error to $WORLD/err
#   deliver NAME [FOLDER]   a message from standard input to FOLDER (new)
#   deliver_some N          N messages that differ, in new/
#   serve_popser [OPTION...]  start it on a free port of loopback: $PORT,
#                           $SERVER, with -a, -p and -d given; its standard
#                           output goes to $WORLD/out
#   serve_pop3d [OPTION...] likewise, with -p, -P and --scmp-port given; $PORT6,
#                           $SCMP_PORT; its standard error goes to $WORLD/log
#   manage LINE...          what SCMP answers to these lines and QUIT, by TCP,
#                           without CRs
#   tell [USER [PASSWORD]]  a whole session of commands, which are read from
#                           standard input, one a line; the replies go to
#                           standard output without their CR. The login
#                           (USER, PASS) and QUIT are added.
#   connect                 a connection on descriptor $CLIENT, greeting read
#   put TEXT, get           a line to it, with CRLF; one from it into $LINE
#   uid NAME                the unique-id of that original name
#
# As root popser serves with the rights of root, since the world is root's.

bats_require_minimum_version 1.5.0

begin_older() {
	begin
	export POP3_SESSION=$PROGRAM
	export XDG_RUNTIME_DIR=$WORLD/run
	MAILDIR=$WORLD/Maildir
	AUTH=$WORLD/auth
	LOG=$WORLD/bin/popser.log
	mkdir "$WORLD/bin" "$MAILDIR" "$MAILDIR/new" "$MAILDIR/cur"
	cp "$REPOSITORY/scripts/popser" "$REPOSITORY/scripts/pop3d" "$WORLD/bin"
	printf 'username = bob\npassword = a  b \n' >"$AUTH"
}

popser() {
	bare timeout -k 5 60 "$WORLD/bin/popser" "$@" 2>"$WORLD/err"
}

deliver() {
	cat >"$MAILDIR/${2:-new}/$1"
}

deliver_some() {
	local i
	for ((i = 1; i <= $1; i++)); do
		printf 'Subject: number %d\n\nText of %d.\n' "$i" "$i" |
			deliver "$((1600000000 + i)).M$i.host"
	done
}

# A start that was lost to another program's port is tried again.
serve_older() { # where-out where-err command...
	local try out=$1 err=$2
	shift 2
	for try in 1 2 3; do
		PORT=$(free_port)
		PORT6=$(free_port)
		become "${@/#@PORT/$PORT}" </dev/null >"$out" 2>>"$err" &
		SERVER=$!
		has_come_up && return
		echo "start $try failed" >>"$WORLD/log"
		stop_server
	done
	cat "$err" >&2
	return 1
}

serve_popser() {
	serve_older "$WORLD/out" "$WORLD/err" "$WORLD/bin/popser" \
		-a "$AUTH" -p @PORT -d "$MAILDIR" "$@"
}

serve_pop3d() {
	local try
	for try in 1 2 3; do
		PORT=$(free_port)
		PORT6=$(free_port)
		SCMP_PORT=$(free_port)
		become "$WORLD/bin/pop3d" -p "$PORT" -P "$PORT6" \
			--scmp-port "$SCMP_PORT" "$@" \
			</dev/null >"$WORLD/out" 2>>"$WORLD/log" &
		SERVER=$!
		has_come_up && return
		echo "start $try failed" >>"$WORLD/log"
		stop_server
	done
	return 1
}

manage() {
	wait_for 20 answers "$SCMP_PORT"
	printf '%s\r\n' "$@" QUIT |
		timeout 60 nc -N 127.0.0.1 "$SCMP_PORT" | tr -d '\r'
}

# Ends it as Ctrl-C does; the exit status is in $STATUS.
interrupt() {
	local pid=$SERVER
	SERVER=
	STATUS=0
	kill -INT "$pid"
	wait_for 30 gone "$pid"
	wait "$pid" || STATUS=$?
}

tell() {
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	{
		printf 'USER %s\r\nPASS %s\r\n' "${1:-bob}" "${2:-a  b }"
		sed 's/$/\r/'
		printf 'QUIT\r\n'
	} >&"$fd"
	timeout 120 tr -d '\r' <&"$fd"
	exec {fd}>&-
}

connect() {
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
	get
}

put() {
	printf '%s\r\n' "$1" >&"$CLIENT"
}

get() {
	IFS= read -r -t "$STEP_LIMIT" -u "$CLIENT" LINE || return
	LINE=${LINE%$'\r'}
}

# A command whose answer must begin so.
ask() {
	put "$1"
	get
	[[ $LINE == "$2"* ]] || {
		echo "$1: expected '$2', got '$LINE'" >&2
		return 1
	}
}

hang_up() {
	exec {CLIENT}>&-
}

uid() {
	printf %s "$1" | md5sum | cut -d ' ' -f 1
}

# The files of the Maildir, sorted.
tree() {
	(cd "$MAILDIR" && find . -mindepth 1 ! -type d | sort)
}
