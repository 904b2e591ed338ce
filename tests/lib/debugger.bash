# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the tests
# shellcheck disable=SC2016 # gdb's variables
#
# What an attacker inside a process could do: gdb makes system calls in it. On
# top of common.bash; needs root, gdb, and a compiler for the calls' numbers.
#
#   call_in PID TEXT CALL...   makes these calls in the process, one after
#                              another: the name and up to six arguments, apart
#                              by blanks; $TEXT is a pointer to TEXT. Sets
#                              RESULTS, one value a call, and ERRNOS, what
#                              errno was behind each. As far as it lives.
#   dies_by_sigsys PID TEXT CALL...  the last of the calls kills it, by SIGSYS
#
# What it has:
#
#   fds PID                    what its descriptors are, sorted, in $FDS
#   only_fds REGEX...          each of $FDS matches one of these
#   status_of PID FIELD        of /proc/PID/status
#   is_powerless PID UID       it is that user and group and no other, has no
#                              capability, a filter, and no way to new rights
#   as_uid UID COMMAND...      run a command as that user, without groups

number_of() { # name of a system call
	printf '#include <sys/syscall.h>\nSYS_%s' "$1" | ${CC:-cc} -E -P - |
		tail -n 1
}

# Text is written over the words of the command line, which nobody needs.
call_in() {
	local pid=$1 text=$2 call number
	local -a words script=(
		-ex "set pagination off" -ex "set confirm off"
		-ex "handle all nostop noprint pass"
		-ex 'set $TEXT = *(char **)&program_invocation_name'
		-ex "set {char[$((${#text} + 1))]}\$TEXT = \"$text\""
	)
	shift 2
	for call; do
		read -r -a words <<<"$call"
		number=$(number_of "${words[0]}")
		call=$(printf ', %s' "$number" "${words[@]:1}")
		script+=(
			-ex "printf \"result %ld\\n\", (long)syscall(${call#, })"
			-ex 'printf "errno %d\n", *((int *(*)(void))__errno_location)()'
		)
	done
	bare timeout -k 5 120 gdb -nx -q -batch -p "$pid" "${script[@]}" \
		</dev/null >"$WORLD/gdb" 2>&1 || true
	mapfile -t RESULTS < <(sed -n 's/^result //p' "$WORLD/gdb")
	mapfile -t ERRNOS < <(sed -n 's/^errno //p' "$WORLD/gdb")
}

dies_by_sigsys() {
	call_in "$@"
	if ! grep -q 'terminated with signal SIGSYS' "$WORLD/gdb" ||
		[ "${#RESULTS[@]}" != $(($# - 3)) ]; then
		cat "$WORLD/gdb" >&2
		return 1
	fi
}

fds() {
	FDS=$(readlink "/proc/$1/fd/"* | sort)
	echo "$FDS"
}

only_fds() {
	local IFS='|'
	! grep -vE "^($*)\$" <<<"$FDS"
}

status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | xargs
}

is_powerless() {
	local set
	[ "$(status_of "$1" Uid)" = "$2 $2 $2 $2" ]
	[ "$(status_of "$1" Gid)" = "$2 $2 $2 $2" ]
	[ "$(status_of "$1" Groups)" = "" ]
	for set in CapEff CapPrm CapInh CapAmb; do
		[ "$(status_of "$1" "$set")" = 0000000000000000 ]
	done
	[ "$(status_of "$1" Seccomp)" = 2 ]
	[ "$(status_of "$1" NoNewPrivs)" = 1 ]
}

as_uid() {
	setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"
}
