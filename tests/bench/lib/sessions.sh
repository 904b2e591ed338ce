# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# How long a list of 10,000 live sessions takes: of scmpd over its socket, and
# with the program that makes JSON of it. Nobody has to be served for that:
# tests/lib/living.c holds the places, pages and locks of so many.

sessions_n=10000

# As root scmpd becomes this user, who only has to be nobody else.
sessions_uid=23456

sessions_answer() {
	[ -S "$work/scmp.sock" ]
}

# start_scmpd: like start, but there is no port to wait for
sessions_start_scmpd() {
	local i more=()
	[ "$(id -u)" -ne 0 ] || more=(-o "scmp_user=$sessions_uid:$sessions_uid")
	"$build/bin/scmpd" --config /dev/null -o "run_dir=$in_memory/run" \
		-o "state_dir=$in_memory/state" -o log=stderr \
		-o "users=sqlite:$in_memory/state/users.db" \
		-o "scmp_listen=unix:$work/scmp.sock" "${more[@]}" \
		</dev/null >"$work/scmpd.out" 2>&1 &
	pids[scmpd]=$! groups_of[scmpd]=$!
	for ((i = 0; i < 100; i++)); do
		sessions_answer && return 0
		kill -0 "${pids[scmpd]}" 2>/dev/null || break
		sleep 0.1
	done
	complain "scmpd did not start: $(tail -n 1 "$work/scmpd.out")"
	return 1
}

# The folder that sessions and scmpd share, with that many in it; they leave
# when their input ends, at the end of this run at the latest.
sessions_prepare() {
	local said
	make_in_memory && mkdir "$in_memory/run" "$in_memory/state" &&
		"$build/bin/scmp" --offline --quiet --config /dev/null \
			--database "$in_memory/state/users.db" db init ||
		return 1
	if [ "$(id -u)" -eq 0 ]; then
		chgrp "$sessions_uid" "$in_memory/run"
		chmod 2750 "$in_memory/run"
		chown -R "$sessions_uid:$sessions_uid" "$in_memory/state"
	fi
	coproc LIVING { exec "$build/tests/living" "$in_memory/run" \
		"$sessions_n"; }
	if ! read -r -t 60 said <&"${LIVING[0]}" || [ "$said" != ready ]; then
		complain "no $sessions_n sessions"
		return 1
	fi
}

sessions_by_program() {
	local round n start
	for ((round = 0; round < $(pick 21 5); round++)); do
		start=$(date +%s%N)
		n=$("$build/bin/scmp" --config /dev/null \
			--socket "$work/scmp.sock" --json sessions |
			grep -c '"id"')
		record sessions_json ours \
			"$(calc "($(date +%s%N) - $start) / 1e6")"
		[ "$n" = "$sessions_n" ] ||
			complain "scmp lists $n sessions, not $sessions_n"
	done
}

group_sessions() {
	local report
	[ -x "$build/bin/scmpd" ] && [ -x "$build/tests/living" ] || {
		complain "sessions: scmpd or tests/living is not built"
		return 0
	}
	sessions_prepare && sessions_start_scmpd || return 0
	report=$("$tools/list" "$work/scmp.sock" "$(pick 21 5)" SESSIONS) ||
		complain "SESSIONS did not end well"
	[ "$(value records "$report")" = "$sessions_n" ] ||
		complain "SESSIONS lists another number: $report"
	sessions_by_program
	add_absolute "SESSIONS, $sessions_n live" ms \
		"$(value median_ms "$report")" le 100
	add_absolute "scmp --json sessions, $sessions_n live" ms \
		"$(median sessions_json ours)" le 100
	stop scmpd
	exec {LIVING[1]}>&-
	wait "$LIVING_PID"
}
