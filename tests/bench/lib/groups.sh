# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# The groups of measurements. Each makes its Maildirs, starts its servers,
# goes round them several times, and adds rows to the table.

# pick FULL QUICK
pick() {
	if [ -n "$quick" ]; then echo "$2"; else echo "$1"; fi
}

# cpu_around WHO FIGURE UNITS COMMAND…: runs the command, leaves its output
# in `report`, records CPU per unit in milliseconds.
cpu_around() {
	local who=$1 figure=$2 units=$3 before after
	shift 3
	before=$(cpu "$who")
	report=$("$@")
	after=$(cpu "$who")
	[ -n "$before" ] && [ -n "$after" ] || return 0
	record "$figure" "$who" "$(calc "($after - $before) / 1000 / $units")"
}

# ---- logins: connect, USER, PASS, STAT, QUIT; 20 messages, 8 at once

declare -A login_totals=([ours]=4000 [reuse]=2000 [login-reuse]=500
	[default]=160 [fork]=6000)

logins_of() {
	local total=$2
	cpu_around "$1" login_cpu "$total" client "$1" logins --at-once 8 \
		--users 64 --total "$total"
	record login_rate "$1" "$(value rate "$report")"
	record login_p50 "$1" "$(value p50_ms "$report")"
}

group_logins() {
	local who round
	for who in ours dovecot; do
		make_boxes "$who" --boxes 64 --count 20
	done
	start_servers ours reuse login-reuse default fork
	for who in $running; do
		client "$who" logins --at-once 8 --users 64 --total 64 >/dev/null
	done
	for ((round = 0; round < $(pick 5 2); round++)); do
		for who in $running; do
			logins_of "$who" $((login_totals[$who] / $(pick 1 4)))
		done
	done
	compare "logins, 8 at once" login_rate "/s" reuse ge 2
	compare "" login_rate "/s" login-reuse none ""
	compare "" login_rate "/s" default ge 25
	compare "" login_rate "/s" fork none ""
	compare "CPU per login" login_cpu ms reuse le 0.5
	compare "" login_cpu ms login-reuse none ""
	compare "" login_cpu ms default none ""
	compare "" login_cpu ms fork le 3.5
	void_above "Dovecot's fastest setting, CPU ms per login" \
		"$(median login_cpu reuse)" 1.92
	void_above "Dovecot's default setting, CPU ms per login" \
		"$(median login_cpu default)" 20.16
}

# ---- xinetd: the same dialogue, each session a program

group_xinetd() {
	local who round total
	total=$(pick 500 100)
	make_boxes ours --boxes 8 --count 20
	write_our_config
	running=
	[ -n "$have_ours" ] && start_xinetd ours-xinetd "$server" \
		--config "$work/ours.conf" && running=ours-xinetd
	start_xinetd floor-xinetd "$tools/floor_inetd" &&
		running="$running floor-xinetd"
	for who in $running; do
		client "$who" logins --users 8 --total 16 >/dev/null
	done
	for ((round = 0; round < $(pick 5 2); round++)); do
		for who in $running; do
			cpu_around "$who" xinetd_cpu "$total" client "$who" \
				logins --users 8 --total "$total"
		done
	done
	add_row "CPU per session under xinetd" ms \
		"$(median xinetd_cpu ours-xinetd)" "trivial program" \
		"$(median xinetd_cpu floor-xinetd)" le 1.6
}

# ---- retr13k and retr200m: the same octets from each

# learn WHO FIRST: checks every octet once; all must have the same text.
learn() {
	local who=$1 learned
	learned=$(client "$who" learn --first "$2" \
		--sizes "$work/sizes-$2-$who")
	learned=$(value digest "$learned")
	: "${digest:=$learned}"
	[ "$digest" = "$learned" ] ||
		complain "$who sends other text than the first server"
}

# retr_of WHO FIGURE FIRST CONNECTIONS TIMES MEGABYTES_A_TIME
retr_of() {
	local who=$1 figure=$2
	cpu_around "$who" "${figure}_cpu" "($4 * $5 * $6)" client "$who" retr \
		--first "$3" --at-once "$4" --total "$5" \
		--sizes "$work/sizes-$3-$who"
	record "${figure}_rate" "$who" "$(value mb_s "$report")"
}

# retr_rounds FIGURE FIRST CONNECTIONS MEGABYTES SLOW_TIMES FAST_TIMES
retr_rounds() {
	local who round times digest=
	start_servers ours reuse default encoder plain
	for who in $running; do
		learn "$who" "$2"
	done
	for ((round = 0; round < $(pick 5 2); round++)); do
		for who in $running; do
			times=$6
			case $who in reuse | default) times=$5 ;; esac
			retr_of "$who" "$1" "$2" "$3" "$times" "$4"
		done
	done
}

group_retr13k() {
	local who count
	count=$(pick 1000 500)
	for who in ours dovecot floor; do
		make_boxes "$who" --boxes 4 --from 101 --count "$count"
	done
	retr_rounds retr13k 101 4 "$(calc "$count * 0.0135")" 3 \
		"$(pick 10 5)"
	compare "RETR 13 KB, 4 connections" retr13k_rate MB/s reuse ge 2.5
	compare "" retr13k_rate MB/s default none ""
	compare "" retr13k_rate MB/s encoder ge 0.85
	compare "" retr13k_rate MB/s plain none ""
	compare "RETR 13 KB, CPU per MB" retr13k_cpu ms reuse le 0.4
	compare "" retr13k_cpu ms encoder le 1.18
	void_encoder retr13k_rate "13 KB messages"
}

group_retr200m() {
	local who size
	size=$(pick 200 50)
	for who in ours dovecot floor; do
		make_boxes "$who" --boxes 1 --from 111 --count 1 \
			--size "${size}M"
	done
	retr_rounds retr200m 111 1 "$(calc "$size * 1.065")" 1 5
	compare "RETR one of $size MB" retr200m_rate MB/s reuse ge 6
	compare "" retr200m_rate MB/s encoder ge 1.2
	compare "" retr200m_rate MB/s plain none ""
	compare "RETR one of $size MB, CPU per MB" retr200m_cpu ms encoder none ""
	void_encoder retr200m_rate "one large message"
}

# The floor must not be slow by a bad encoder of its own.
void_encoder() {
	local encoder plain
	encoder=$(median "$1" encoder)
	plain=$(median "$1" plain)
	[ -n "$plain" ] && void_below \
		"encoder floor over plain read and write, $2" \
		"$(calc "$encoder / $plain")" 0.45
	return 0
}

# ---- opening: from PASS to STAT, LIST n, UIDL n, the first octet of RETR n

# open_of WHO FIGURE USER [TIMES]
open_of() {
	local report
	report=$(client "$1" open --first "$3" --total "${4:-1}" --pause 20)
	record "$2" "$1" "$(value ms "$report")"
}

forget_index() {
	rm -f "$1"/pop3-session.index* "$1"/dovecot*
}

# A folder's times must be older than the clock's granularity for an index
# that is to be believed.
let_age() {
	sleep "${1:-2.5}"
}

# first_ever WHO FIGURE USER ROUNDS
first_ever() {
	local round box
	box=$(mail_of "$1")/u00$3
	for ((round = 0; round < $4; round++)); do
		forget_index "$box"
		open_of "$1" "$2" "$3"
	done
}

# ten_new WHO FIGURE USER FIRST_MESSAGE ROUNDS
ten_new() {
	local round box
	box=$(mail_of "$1")/u00$3
	for ((round = 0; round < $5; round++)); do
		"$tools/mkmaildir" --owner "$uid" --new --count 10 --size 1k \
			--first $(($4 + 10 * round)) "$box"
		let_age 1
		open_of "$1" "$2" "$3"
	done
}

floor_rounds() {
	local round report
	for ((round = 0; round < $2; round++)); do
		report=$("$tools/floor_count" list "$1")
		record list_ms floor "$(value ms "$report")"
		report=$("$tools/floor_count" count "$1")
		record count_ms floor "$(value ms "$report")"
	done
}

group_open100k() {
	local who count rounds round
	count=$(pick 100000 20000)
	rounds=$(pick 5 3)
	for who in ours dovecot; do
		make_boxes "$who" --boxes 1 --from 121 --count "$count" --size 1k
		make_boxes "$who" --boxes 1 --from 122 --count 0
	done
	make_boxes ours --boxes 1 --from 123 --count "$count" --size 1k \
		--names sw
	start_servers ours reuse
	let_age
	floor_rounds "$mail/ours/u00121" 1
	for ((round = 0; round < rounds; round++)); do
		for who in $running; do
			first_ever "$who" open_first 121 1
		done
		floor_rounds "$mail/ours/u00121" 1
		is_running ours && first_ever ours open_first_w 123 1
	done
	let_age
	for who in $running; do
		open_of "$who" warm 121 2
		open_of "$who" warm 122 2
		for ((round = 0; round < rounds; round++)); do
			open_of "$who" open_empty 122 9
			open_of "$who" open_same 121 9
		done
		ten_new "$who" open_new 121 "$count" "$rounds"
	done
	open100k_rows "$count"
}

open100k_rows() {
	local same empty
	same=$(median open_same ours)
	empty=$(median open_empty ours)
	add_absolute "opening an empty maildrop" ms "$empty" none ""
	add_absolute "opening $1 unchanged, over an empty one" ms \
		"${same:+$(calc "$same - $empty")}" le 1
	compare "opening $1 unchanged" open_same ms reuse none ""
	add_absolute "opening $1, 10 new" ms "$(median open_new ours)" le 10
	compare "" open_new ms reuse none ""
	add_row "opening $1, first ever" ms "$(median open_first ours)" \
		"read and count all" "$(median count_ms floor)" le 1.2
	compare "" open_first ms reuse none ""
	add_row "opening $1, first, W= names" ms \
		"$(median open_first_w ours)" "list the folder" \
		"$(median list_ms floor)" le 2
}

group_open1m() {
	local big small=10000 round
	big=$(pick 1000000 100000)
	make_boxes ours --boxes 1 --from 131 --count "$big" --size 600
	make_boxes ours --boxes 1 --from 132 --count "$small" --size 600
	start_servers ours
	let_age
	if is_running ours; then
		open_of ours warm 131 2
		open_of ours warm 132 2
		let_age
		open_of ours warm 131 2
		open_of ours warm 132 2
		for ((round = 0; round < 9; round++)); do
			open_of ours open_big 131 5
			open_of ours open_small 132 5
		done
	fi
	add_row "opening $big unchanged" ms "$(median open_big ours)" \
		"$small" "$(median open_small ours)" le 1.2
}

# ---- retrdele: fetch all, delete all, quit; fresh mail each time

group_retrdele() {
	local who round count first
	count=$(pick 500 200)
	for who in ours dovecot; do
		make_boxes "$who" --boxes 1 --from 140 --count "$count"
	done
	start_servers ours reuse
	for who in $running; do
		client "$who" learn --first 140 --sizes "$work/sizes-140-$who" \
			>/dev/null
	done
	for ((round = 0; round < $(pick 7 3); round++)); do
		first=$((200 + 10 * round))
		for who in $running; do
			make_boxes "$who" --boxes 4 --from "$first" --new \
				--count "$count"
		done
		sync -f "$work"
		for who in $running; do
			retrdele_of "$who" "$first"
		done
	done
	compare "RETR and DELE all, QUIT, 4 connections" retrdele msg/s reuse \
		ge 2
	compare "RETR and DELE, CPU per message" retrdele_cpu ms reuse none ""
}

retrdele_of() {
	cpu_around "$1" retrdele_cpu "(4 * $count)" client "$1" retr --dele \
		--first "$2" --at-once 4 --sizes "$work/sizes-140-$1"
	record retrdele "$1" "$(value msg_s "$report")"
	[ -z "$(find "$(mail_of "$1")/u00$2/cur" "$(mail_of "$1")/u00$2/new" \
		-type f | head -n 1)" ] ||
		complain "$1 left messages that were deleted"
}

# ---- idle: memory of sessions that are logged in and do nothing

# What is in use and cannot be dropped: the kernel's part is in it, and so
# are the load generator's sockets.
machine_kb() {
	awk '{ v[$1] = $2 }
		END { used = v["MemTotal:"] - v["MemFree:"] - v["Buffers:"]
			cache = v["Cached:"] - v["Shmem:"]
			print used - cache - v["SReclaimable:"] }' /proc/meminfo
}

# memory_of WHO: sets pss, whole (kB) and whole_by
memory_of() {
	local report
	whole=$(machine_kb)
	whole_by=machine
	report=$(METER_MEMORY=${MEMORY_CGROUP:+$MEMORY_CGROUP/pop3-bench-$1} \
		"$tools/meter" memory "${groups_of[$1]}")
	pss=$(value pss_kb "$report")
	processes=$(value processes "$report")
	if [ "$(value group_kb "$report")" -ge 0 ]; then
		whole=$(value group_kb "$report")
		whole_by=cgroup
	fi
}

# hold WHO SESSIONS: memory per session over that of the server at rest
hold() {
	local who=$1 total=$2 pss whole processes before_pss before_whole
	local line loader to_load
	client "$who" logins --at-once 16 --users "$((total / 16 * 16))" \
		--total "$total" >/dev/null
	let_age 1
	memory_of "$who"
	before_pss=$pss before_whole=$whole
	mkfifo "$work/hold-in" "$work/hold-out"
	"$tools/load" --port "${ports[$who]}" idle --total "$total" \
		<"$work/hold-in" >"$work/hold-out" &
	loader=$!
	exec {to_load}>"$work/hold-in"
	read -r line <"$work/hold-out"
	rm "$work/hold-in" "$work/hold-out"
	[ "$(value sessions "$line")" = "$total" ] ||
		complain "$who: only $line of $total idle sessions"
	memory_of "$who"
	record held "$who" "$(value sessions "$line")"
	record idle_pss "$who" "$(calc "($pss - $before_pss) / $total")"
	record idle_whole "$who" "$(calc "($whole - $before_whole) / $total")"
	echo "$who: $total idle sessions, $processes processes," \
		"logged in at $(value rate "$line")/s" >&2
	exec {to_load}>&-
	wait "$loader"
}

group_idle() {
	local total whole_by='' room
	total=$(pick 10000 500)
	room=$((($(cat /proc/sys/kernel/pid_max) - 4000) / 2))
	[ "$total" -le "$room" ] || complain "pid_max has room for $room sessions"
	make_boxes ours --boxes "$total" --count 1
	make_boxes dovecot --boxes 304 --count 1
	make_users "$total"
	start_servers default reuse
	for who in $running; do
		hold "$who" 304
		stop "$who"
	done
	start_servers ours && is_running ours && hold ours "$total"
	add_absolute "idle sessions at once" "" "$(median held ours)" ge "$total"
	add_absolute "PSS per idle session" kB "$(median idle_pss ours)" le 60
	compare "" idle_pss kB default none ""
	compare "" idle_pss kB reuse none ""
	add_absolute "with the kernel's part ($whole_by)" kB \
		"$(median idle_whole ours)" le 300
	compare "" idle_whole kB default none ""
	compare "" idle_whole kB reuse none ""
}
