# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables for and of the tests
# shellcheck disable=SC2120,SC2119 # arguments that may be left out
#
# Servers that were started in other ways than `serve`, their processes, and
# sessions that stay open, on top of common.bash.
#
#   handed HOW [OPTION...]   start the server with sockets from
#                            tests/lib/starter.py: HOW is one, "listen N" or
#                            "each N"; $SERVER, $PORT, and all of them in
#                            $PORTS. (each: the log is then to be in a file.)
#   ended_with STATUS        a process of "each" has ended so by now
#   start_and_wait COMMAND...  a server that is to end by itself: $STATUS,
#                            what it says in $WORLD/said
#
#   acceptor                 pids: of the newest generation's acceptor,
#   front_parent [ACCEPTOR]  the parent of its fronts,
#   monitor USER             the monitor of this user's last login,
#   front MONITOR            and its front, in any shape: the only other child
#                            in the same generation, so one session at a time;
#                            as root one of any number
#   connected [SOURCE]       monitor and front, in that order, of the session at
#                            $CONNECTION, logged in or not, or of the only one
#                            from that address (as root, by ss)
#   generations N            there are N acceptors now
#   nobody_is_in             no session is left, nor a visit of `serve`
#
#   dial [PORT [ADDRESS]]    a connection that stays, to $PORT; its greeting is
#                            taken; descriptor in $CONNECTION
#   say COMMAND...           one command a line, each with one line of answer;
#                            the last in $LINE
#   enter USER               dial and log in
#   outlives SECONDS USER    a session in which never so long passes between two
#                            commands lives for longer than that; it goes on
#   hang_up [DESCRIPTOR]     close it
#   is_over                  the server has closed the connection by now
#   door SOURCE              a port, $DOOR, behind which the server sees this
#                            address of loopback as the client's (socat)
#   trace PID CALLS [OPTION...]   its system calls, to $WORLD/trace (strace)
#   waits                    how long a traced monitor waited for penalties, in
#                            seconds, one number an attempt: no other ppoll(2)
#                            of its begins with a descriptor and no event
#   keep_turns N             somebody keeps that many turns of password checks
#   let_turns_go             and is killed, as at the test's end
#   end_helpers              ends doors and traces, as the test's end does
#   left USER                how many messages the folders have
#   fails COMMAND...         it does (a mere ! is nothing to bats)

# shellcheck source=tests/lib/common.bash

fails() {
	! "$@"
}

handed() { # one | "listen N" | "each N"
	local how=$1 count=1
	need python3
	shift
	[[ $how != listen* ]] || count=${how#listen }
	command_line "$@"
	: >"$WORLD/started"
	# shellcheck disable=SC2086 # two words
	become python3 "$REPOSITORY/tests/lib/starter.py" $how "${COMMAND[@]}" \
		</dev/null >"$WORLD/started" 2>>"$WORLD/log" &
	SERVER=$!
	wait_for 30 has_ports "$count"
	mapfile -t PORTS < <(sed -n 's/^port //p' "$WORLD/started")
	PORT=${PORTS[0]}
}

has_ports() {
	[ "$(grep -c '^port ' "$WORLD/started")" = "$1" ]
}

ended_with() {
	grep -q "^ended [0-9]* $1\$" "$WORLD/started"
}

start_and_wait() {
	STATUS=0
	bare timeout -k 5 30 "$@" >"$WORLD/said" 2>&1 || STATUS=$?
}

acceptor() {
	pgrep -n -P "$SERVER"
}

generations() {
	[ "$(pgrep -c -P "$SERVER")" = "$1" ]
}

front_parent() {
	pgrep -o -P "${1:-$(acceptor)}"
}

monitor() {
	sed -n "s/.*Login: user=<$1>.*mpid=\([0-9]*\).*/\1/p" "$WORLD/log" |
		tail -n 1
}

parent_of() {
	# The name, in brackets, is without spaces here.
	cut -d' ' -f4 "/proc/$1/stat"
}

front() {
	local parent pid
	if pgrep -P "$1"; then # one-connection shape: the monitor's child
		return
	fi
	parent=$(parent_of "$1")
	for pid in $(pgrep -P "$parent"); do
		[ "$pid" = "$1" ] || [ "$pid" = "$(front_parent "$parent")" ] ||
			! same_client "$pid" "$1" || echo "$pid"
	done
}

connected() {
	local to pid log
	to="dst ${1:-127.0.0.1}"
	[ $# = 1 ] || to+=" and dport = :$(own_port)"
	wait_for 30 only_two_hold "$to"
	for pid in "${HOLD[@]}"; do
		log=$(readlink "/proc/$pid/fd/2")
		[ "$log" = /dev/null ] && echo "2 $pid" || echo "1 $pid"
	done | sort | cut -d' ' -f2
}

# Whoever took the connection in and made both processes has closed it.
only_two_hold() { # filter of ss
	mapfile -t HOLD < <(ss -Htnp state established \
		"sport = :$PORT and $1" | grep -o 'pid=[0-9]*' | cut -c5- |
		sort -u)
	[ "${#HOLD[@]}" = 2 ]
}

nobody_is_in() {
	[ "$(pgrep -c -P "$(acceptor)")" = 1 ]
}

# The number of $CONNECTION's own end.
own_port() {
	local inode
	inode=$(readlink "/proc/self/fd/$CONNECTION")
	inode=${inode//[^0-9]/}
	printf %d "0x$(awk -v "inode=$inode" '$10 == inode {
		print substr($2, 10) }' /proc/net/tcp)"
}

# Have both a network socket in common? Only root can look.
same_client() {
	[ "$EUID" = 0 ] || return 0
	local inode
	for inode in $(readlink "/proc/$1/fd/"* | grep '^socket:'); do
		readlink "/proc/$2/fd/"* | grep -qF "$inode" && return 0
	done
	return 1
}

dial() {
	exec {CONNECTION}<>"/dev/tcp/${2:-127.0.0.1}/${1:-$PORT}"
	hear
	[[ $LINE == +OK* ]]
}

door() {
	DOOR=$(free_port)
	become socat "TCP-LISTEN:$DOOR,bind=127.0.0.1,reuseaddr,fork" \
		"TCP:127.0.0.1:$PORT,bind=$1" 2>>"$WORLD/log" &
	HELPERS+=($!)
	wait_for 30 grep -qi "0100007F:$(printf %04X "$DOOR") 0*:0* 0A" \
		/proc/net/tcp
}

trace() {
	rm -f "$WORLD/tracer" "$WORLD/trace"
	become strace -f -o "$WORLD/trace" -e "trace=$2" "${@:3}" -p "$1" \
		2>"$WORLD/tracer" &
	HELPERS+=($!)
	wait_for 30 grep -q attached "$WORLD/tracer"
}

waits() {
	sed -n 's/.*ppoll(\[{fd=[0-9]*, events=0}.*\], [0-9]*, {tv_sec=\([0-9]*\).*/\1/p' \
		"$WORLD/trace" | xargs
}

keep_turns() {
	rm -f "$WORLD/kept"
	become python3 - "$WORLD/run/turns" "$1" "$WORLD/kept" >/dev/null \
		2>"$WORLD/keeper" <<-'END' &
		import fcntl, os, signal, struct, sys
		fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
		for turn in range(int(sys.argv[2])):
		    fcntl.fcntl(fd, 37, struct.pack(  # F_OFD_SETLK
		        "hhlli4x", fcntl.F_WRLCK, 0, turn, 1, 0))
		open(sys.argv[3], "w").close()
		signal.pause()
	END
	KEEPER=$!
	HELPERS+=("$KEEPER")
	wait_for 20 test -e "$WORLD/kept"
}

let_turns_go() {
	kill -KILL "$KEEPER"
	wait "$KEEPER" || true
}

hear() {
	LINE=
	IFS= read -r -t "$STEP_LIMIT" -u "$CONNECTION" LINE || return
	LINE=${LINE%$'\r'}
}

say() {
	local command
	for command; do
		printf '%s\r\n' "$command" >&"$CONNECTION"
		hear || return
	done
}

enter() {
	dial
	say "USER $1" 'PASS secret'
	[[ $LINE == "+OK logged in"* ]]
}

# (Where this machine was so slow that we were silent for as long, that shows
# nothing: once more.)
outlives() {
	local begun last try
	for try in 1 2 3 4 5; do
		enter "$2"
		begun=$EPOCHSECONDS last=$EPOCHSECONDS
		while say NOOP && [[ $LINE == +OK* ]]; do
			last=$EPOCHSECONDS
			[ $((last - begun)) -le $(($1 + 1)) ] || return 0
			sleep 0.2
		done
		[ $((EPOCHSECONDS - last)) -ge "$1" ] || break
		echo "try $try was too slow" >&2
	done
	return 1
}

hang_up() {
	local fd=${1:-$CONNECTION}
	exec {fd}>&-
}

# Nothing more comes, and the end does. Only once a connection.
is_over() {
	local status=0
	LINE=
	IFS= read -r -t "$STEP_LIMIT" -u "$CONNECTION" LINE || status=$?
	[ "$status" = 1 ] && [ -z "$LINE" ]
}

left() {
	find "$WORLD/mail/$1"/{new,cur} -type f | wc -l
}
