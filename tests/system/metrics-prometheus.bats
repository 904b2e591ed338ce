#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The metrics of the daemon in a real Prometheus.

# bats file_tags=server

# shellcheck disable=SC2030,SC2031 # variables of the libraries
load ../lib/common
load ../lib/scmp
load ../lib/scmpd
load ../lib/pretend

setup() {
	need prometheus promtool curl
	begin_scmpd
	account joe
	share_run_dir
	METRICS=127.0.0.1:$(free_port)
	start_scmpd -o "metrics_listen=$METRICS"
	grep -q 'metrics at' "$WORLD/scmpd.log" ||
		skip "built without libmicrohttpd"
	mkdir -p "$WORLD/mail/joe"/{cur,new,tmp}
	mails joe 5
	as_mail_owner "$WORLD/mail/joe"
}

teardown() { end_scmpd; }

start_prometheus() {
	PROMETHEUS=127.0.0.1:$(free_port)
	cat >"$WORLD/prometheus.yml" <<-END
		global:
		  scrape_interval: 1s
		scrape_configs:
		  - job_name: pop3
		    static_configs:
		      - targets: ["$METRICS"]
	END
	bare promtool check config "$WORLD/prometheus.yml"
	become prometheus "--config.file=$WORLD/prometheus.yml" \
		"--storage.tsdb.path=$WORLD/series" \
		"--web.listen-address=$PROMETHEUS" >"$WORLD/prometheus.log" 2>&1 &
	HELPERS+=("$!")
}

# What it has of an expression; nothing if there is nothing.
query() {
	bare promtool query instant "http://$PROMETHEUS" "$1" 2>/dev/null |
		sed -n 's/.* => \([^ ]*\) .*/\1/p'
}

query_is() {
	[ "$(query "$1")" = "$2" ]
}

here() { # what METRICS says of a sample now
	local_says METRICS
	sed -n "s/^$1 //p" <<<"$SAID"
}

session() {
	{
		printf 'USER joe\r\nPASS %s\r\n' "$PASSWORD"
		for ((n = 1; n <= 5; n++)); do
			printf 'RETR %d\r\n' "$n"
		done
		printf 'QUIT\r\n'
	} | bare timeout -k 5 60 nc 127.0.0.1 "$PORT" | wc -c
}

nobody_is_on() {
	[ "$(here 'pop3_sessions{state="authorization"}')" = 0 ]
}

@test "Prometheus scrapes the metrics, which are what clients saw" {
	local before octets=0
	serve
	wait_for 20 nobody_is_on
	before=$(here 'pop3_octets_total{direction="sent"}')
	start_prometheus
	wait_for 60 query_is 'up{job="pop3"}' 1
	for i in 1 2 3; do
		octets=$((octets + $(session)))
	done
	wait_for 60 query_is 'pop3_messages_total{action="retrieved"}' 15
	wait_for 60 query_is 'pop3_logins_total{method="pass",result="ok"}' 3
	wait_for 60 query_is 'pop3_octets_total{direction="sent"}' \
		"$((before + octets))"
	query_is 'sum(pop3_commands_total{verb="RETR"})' 15
	query_is 'pop3_command_duration_seconds_count > bool 0' 1
	wait_for 60 query_is 'pop3_sessions_ended_total{reason="logged_out"}' 3
	query_is 'up{job="pop3"}' 1
}

# The older format, for promtool, and the newer one, as METRICS has it.
@test "promtool finds nothing to say after a session, either" {
	serve
	[ "$(session)" -gt 100 ]
	run bare promtool check metrics < <(bare curl -s "http://$METRICS/metrics")
	[ "$status" = 0 ]
	[ -z "$output" ]
}
