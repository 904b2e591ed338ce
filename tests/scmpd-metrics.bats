#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd
load lib/pretend

setup() {
	begin_scmpd
	account vera --role viewer
	account joe
	start_pretending
}

teardown() { end_scmpd; }

with_http() {
	HTTP_PORT=$(free_port)
	start_scmpd -o "metrics_listen=127.0.0.1:$HTTP_PORT" "$@"
	grep -q 'metrics at' "$WORLD/scmpd.log" ||
		skip "built without libmicrohttpd"
	METRICS=http://127.0.0.1:$HTTP_PORT/metrics
}

fetch() {
	bare timeout -k 5 60 curl -s "$@"
}

metric() { # a line of it is in $SAID
	grep -qxF -- "$1" <<<"$SAID" && return
	printf 'no %s in:\n%s\n' "$1" "$SAID" >&2
	return 1
}

@test "METRICS counts what sessions do, and what they have done" {
	start_scmpd
	pretends session user=joe state=transaction in=96 out=18344 retr=2 \
		cmd=RETR ok=1
	pretends session in=4
	local_says METRICS
	metric 'pop3_sessions{state="transaction"} 1'
	metric 'pop3_sessions{state="authorization"} 1'
	pretends leave 1
	local_says METRICS
	metric 'pop3_sessions{state="transaction"} 0'
	metric 'pop3_sessions_peak 2'
	metric 'pop3_connections_total 2'
	metric 'pop3_octets_total{direction="sent"} 18344'
	metric 'pop3_octets_total{direction="received"} 100'
	metric 'pop3_messages_total{action="retrieved"} 2'
	metric 'pop3_commands_total{verb="RETR",result="ok"} 1'
	metric 'pop3_logins_total{method="pass",result="ok"} 1'
	metric 'pop3_sessions_ended_total{reason="unknown"} 1'
	metric 'pop3_session_duration_seconds_bucket{le="+Inf"} 1'
	metric 'pop3_session_duration_seconds_count 1'
}

@test "a login counts as what comes of it" {
	start_scmpd
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER joe' 'PASS wrong' 'PASS wrong'
	local_says 'METRICS scmp_commands'
	metric 'scmp_commands_total{result="ok"} 2'
	metric 'scmp_commands_total{result="err"} 2'
	says vera NOOP
	local_says 'METRICS scmp_commands'
	metric 'scmp_commands_total{result="ok"} 8'
	metric 'scmp_commands_total{result="err"} 2'
}

@test "METRICS is whole: each family once, then the end" {
	start_scmpd
	local_says METRICS
	[ "$(answer 1)" = '+OK metrics' ]
	[ "$(tail -n 3 <<<"$SAID")" = $'# EOF\n.\n+OK bye' ]
	[ "$(grep -c '^# TYPE ' <<<"$SAID")" -gt 20 ]
	[ -z "$(grep '^# TYPE ' <<<"$SAID" | cut -d' ' -f3 | sort | uniq -d)" ]
}

@test "METRICS shows families that begin like that" {
	start_scmpd
	local_says 'METRICS pop3_octets' 'METRICS pop3_octets_total' \
		'METRICS nothing'
	for i in 1 9; do
		[ "$(answer "$i")" = '+OK metrics' ]
		[ "$(answer $((i + 1)))" = '# TYPE pop3_octets counter' ]
		[ "$(answer $((i + 6)))" = '# EOF' ]
	done
	[[ $SAID == *$'\n+OK metrics\n# EOF\n.\n+OK bye' ]]
	[ "$(grep -c '^# TYPE' <<<"$SAID")" = 2 ]
}

@test "METRICS counts what happens here" {
	start_scmpd
	says joe METRICS
	answers_are '-ERR [[]PERM] *'
	says vera 'KICK user=joe'
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER joe' 'PASS wrong'
	local_says 'LOGLEVEL debug' 'LOGLEVEL noise' 'METRICS scmp_'
	metric 'scmp_logins_total{result="ok"} 2'
	metric 'scmp_logins_total{result="failed"} 1'
	metric 'scmp_changes_total{result="ok"} 1'
	metric 'scmp_changes_total{result="err"} 2'
	metric 'scmp_connections_open 1'
	metric 'scmp_connections_refused_total{reason="full"} 0'
}

@test "the families have the names that they are known by" {
	start_scmpd
	local_says METRICS
	grep '^# TYPE ' <<<"$SAID" | cut -d' ' -f3,4 | sort >"$WORLD/names"
	diff - "$WORLD/names" <<-'NAMES'
		pop3_cleartext_refused counter
		pop3_command_duration_seconds histogram
		pop3_command_errors counter
		pop3_commands counter
		pop3_connections counter
		pop3_connections_refused counter
		pop3_connections_uncounted counter
		pop3_lock_conflicts counter
		pop3_login_duration_seconds histogram
		pop3_logins counter
		pop3_message_octets counter
		pop3_messages counter
		pop3_octets counter
		pop3_session_build_info gauge
		pop3_session_duration_seconds histogram
		pop3_sessions gauge
		pop3_sessions_ended counter
		pop3_sessions_peak gauge
		pop3_statistics_start_time_seconds gauge
		pop3_statistics_suspect counter
		pop3_timeouts counter
		process_start_time_seconds gauge
		scmp_changes counter
		scmp_commands counter
		scmp_connections counter
		scmp_connections_open gauge
		scmp_connections_refused counter
		scmp_events_dropped counter
		scmp_logins counter
	NAMES
}

@test "over HTTP the format is what the client takes" {
	need curl
	with_http
	fetch -i "$METRICS" >"$WORLD/older"
	grep -qi '^Content-Type: text/plain; version=0.0.4; charset=utf-8' \
		"$WORLD/older"
	grep -q '^# TYPE pop3_connections_total counter' "$WORLD/older"
	refute grep -q '# EOF' "$WORLD/older"
	fetch -i -H 'Accept: application/openmetrics-text; version=1.0.0' \
		"$METRICS" >"$WORLD/newer"
	grep -qi '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' \
		"$WORLD/newer"
	grep -q '^# TYPE pop3_connections counter' "$WORLD/newer"
	[ "$(tail -n 1 "$WORLD/newer")" = '# EOF' ]
}

@test "what comes over HTTP is what METRICS says" {
	need curl
	with_http
	pretends session user=joe in=96 out=18344
	fetch -H 'Accept: application/openmetrics-text' "$METRICS" |
		grep '^pop3' >"$WORLD/http"
	local_says METRICS
	grep '^pop3' <<<"$SAID" | diff - "$WORLD/http"
}

@test "promtool has nothing to say against the metrics" {
	need curl promtool
	with_http
	pretends session user=joe in=96 out=18344 ok=1 cmd=RETR
	fetch "$METRICS" >"$WORLD/text"
	run bare promtool check metrics <"$WORLD/text"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "over HTTP there is GET and HEAD of /metrics, and nothing else" {
	need curl
	with_http
	[ "$(fetch -I -o /dev/null -w '%{http_code} %{size_download}' "$METRICS")" = '200 0' ]
	code() { fetch -o /dev/null -w '%{http_code}' "$@"; }
	[ "$(code "${METRICS%metrics}")" = 404 ]
	[ "$(code "$METRICS/../../etc/passwd" --path-as-is)" = 404 ]
	[ "$(code -d x=y "$METRICS")" = 405 ]
	[ "$(code -X DELETE "$METRICS")" = 405 ]
	[ "$(code -X PUT -T /etc/hostname "$METRICS")" = 405 ]
	[ "$(code "$METRICS")" = 200 ]
}

@test "metrics are on loopback only" {
	local status
	for where in 0.0.0.0:9110 '[::]:9110' '*:9110' 192.0.2.1:9110 9110 here; do
		status=0
		bare timeout -k 5 60 "$BUILD/bin/scmpd" --config "$WORLD/conf" \
			-o "scmp_listen=unix:$WORLD/scmp.sock" \
			-o "metrics_listen=$where" 2>"$WORLD/said" || status=$?
		[ "$status" = 1 ]
		grep -qF "metrics_listen $where: " "$WORLD/said"
	done
}

# More than there are places for, all of whom say nothing, or half a request.
@test "silent clients of HTTP take no place from those of SCMP" {
	need curl
	local -a silent
	with_http
	for ((i = 0; i < 40; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$HTTP_PORT"
		[ "$((i % 2))" = 0 ] || printf 'GET /metrics HTTP/1.1\r\nHo' >&"$fd"
		silent+=("$fd")
	done
	local_says NOOP
	answers_are '+OK*'
	for fd in "${silent[@]}"; do
		exec {fd}>&-
	done
	[ "$(fetch -o /dev/null -w '%{http_code}' "$METRICS")" = 200 ]
}

@test "when all clients of HTTP leave at once the next one is served" {
	need curl
	local -a silent
	with_http
	for ((i = 0; i < 40; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$HTTP_PORT"
		silent+=("$fd")
	done
	# It has taken whom it could, and then hears of all in one moment.
	local_says NOOP
	answers_are '+OK*'
	kill -STOP "$SCMPD"
	for fd in "${silent[@]}"; do
		exec {fd}>&-
	done
	kill -CONT "$SCMPD"
	[ "$(fetch -o /dev/null -w '%{http_code}' "$METRICS")" = 200 ]
}

@test "garbage over HTTP is refused, and the server goes on" {
	need curl
	with_http
	head -c 100000 /dev/urandom | bare timeout -k 5 60 nc -N 127.0.0.1 \
		"$HTTP_PORT" >/dev/null || true
	printf 'GET /metrics HTTP/1.1\r\nX: %s\r\n\r\n' \
		"$(head -c 60000 /dev/zero | tr '\0' x)" |
		bare timeout -k 5 60 nc -N 127.0.0.1 "$HTTP_PORT" \
			>"$WORLD/got" || true
	refute grep -q ' 200 ' "$WORLD/got"
	[ "$(fetch -o /dev/null -w '%{http_code}' "$METRICS")" = 200 ]
}
