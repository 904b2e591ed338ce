# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Sessions as a test wants them, in the run_dir that scmpd looks at; see
# pretend.c for what they are told.
#
#   share_run_dir          as root: scmpd, which is not, may read what sessions
#                          write there; before start_scmpd
#   start_pretending       the same, and begins
#   pretends COMMAND...    its reply is in $REPLY
#   stop_pretending        all sessions are over, nobody says why

share_run_dir() {
	[ "$EUID" = 0 ] || return 0
	chown "root:$SCMP_UID" "$WORLD/run"
	chmod 2750 "$WORLD/run"
}

start_pretending() {
	share_run_dir
	mkfifo "$WORLD/told" "$WORLD/answers"
	become "$BUILD/tests/pretend" "$WORLD/run" \
		<"$WORLD/told" >"$WORLD/answers" &
	PRETENDING=$!
	HELPERS+=("$PRETENDING")
	exec {TELL}>"$WORLD/told" {HEAR}<"$WORLD/answers"
}

pretends() {
	echo "$*" >&"$TELL"
	IFS= read -r -t "$STEP_LIMIT" -u "$HEAR" REPLY
}

stop_pretending() {
	exec {TELL}>&- {HEAR}<&-
	wait "$PRETENDING" || true
}
