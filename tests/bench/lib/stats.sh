# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# What statistics cost at a login and at RETR: two servers at once and by
# turns, one of them with a run_dir where there can be no statistics, which is
# all that it lacks. Both are where /run is on most machines, in memory.

# start_stats WHO: with a run_dir and a log of its own
start_stats() {
	write_our_config
	mkdir -p "$in_memory/$1"
	start "$1" "$server" --config "$work/ours.conf" \
		-o "run_dir=$in_memory/$1" -o "log=$work/$1.log" \
		--listen "127.0.0.1:${ports[$1]}"
}

# A file of a version to come is left alone, and nothing is counted.
stats_forbid() {
	start_stats "$1" || return
	stop "$1"
	rm "$work/$1.log"
	printf '\377\377\377' | dd of="$in_memory/$1/stats" bs=1 seek=8 \
		conv=notrunc status=none
}

# Both, and each as it ought to be.
start_stats_pair() {
	local said='there are no statistics'
	make_in_memory || return
	ports[ours-uncounted]=$((base_port + 20))
	stats_forbid ours-uncounted && start_stats ours-uncounted &&
		start_stats ours || return
	running="ours ours-uncounted"
	if ! grep -q "$said" "$work/ours-uncounted.log" ||
		grep -q "$said" "$work/ours.log"; then
		complain "it is not statistics in which the servers differ"
		return 1
	fi
}

# Who comes first in this round.
stats_order() {
	if [ $(($1 % 2)) -eq 0 ]; then
		echo ours ours-uncounted
	else
		echo ours-uncounted ours
	fi
}

stats_logins() {
	local round who total
	total=$(pick 2000 300)
	for ((round = 0; round < $(pick 20 5); round++)); do
		for who in $(stats_order "$round"); do
			cpu_around "$who" stats_login_cpu "$total" client \
				"$who" logins --at-once 8 --users 64 \
				--total "$total"
			record stats_login_rate "$who" \
				"$(value rate "$report")"
		done
	done
}

# stats_retr MEGABYTES: all of four maildrops
stats_retr() {
	local round who digest=
	for who in $running; do
		learn "$who" 101
	done
	for ((round = 0; round < $(pick 20 5); round++)); do
		for who in $(stats_order "$round"); do
			retr_of "$who" stats_retr 101 4 "$(pick 10 3)" "$1"
		done
	done
}

# stats_row LABEL FIGURE UNIT RELATION LIMIT
stats_row() {
	add_row "$1" "$3" "$(median "$2" ours)" "without statistics" \
		"$(median "$2" ours-uncounted)" "$4" "$5"
}

group_stats() {
	local who count
	count=$(pick 1000 300)
	[ -n "$have_ours" ] || return 0
	make_boxes ours --boxes 64 --count 20
	make_boxes ours --boxes 4 --from 101 --count "$count"
	start_stats_pair || return 0
	for who in $running; do
		client "$who" logins --at-once 8 --users 64 --total 64 \
			>/dev/null
	done
	stats_logins
	stats_retr "$(calc "$count * 0.0135")"
	stats_row "statistics: CPU per login" stats_login_cpu ms le 1.03
	stats_row "statistics: logins, 8 at once" stats_login_rate /s none ''
	stats_row "statistics: RETR 13 KB, CPU per MB" stats_retr_cpu ms le 1.03
	stats_row "statistics: RETR 13 KB, 4 connections" stats_retr_rate \
		MB/s none ''
}
