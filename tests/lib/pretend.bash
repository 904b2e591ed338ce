# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Sessions as a test wants them, in the run_dir that scmpd looks at; see
# pretend.c for what they are told.
#
#   start_pretending       before start_scmpd
#   pretends COMMAND...    its reply is in $REPLY
#   stop_pretending        all sessions are over, nobody says why

start_pretending() {
	# Whoever is not root there reads by the group of the folder.
	if [ "$EUID" = 0 ]; then
		chown "root:$SCMP_UID" "$WORLD/run"
		chmod 2750 "$WORLD/run"
	fi
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
