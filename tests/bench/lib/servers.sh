# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# Starting, stopping and measuring the servers. Each runs under `meter run`
# in a cgroup of its own where cgroup v2 can be written to, else as a process
# tree. Maildirs: $mail/WHO/uNNNNN with WHO ours, dovecot or floor.

declare -A ports=() groups_of=() pids=()
work=
in_memory= # the same, where a group needs one there
mail=
uid=
cgroup_root=
dovecot_settings="reuse login-reuse default"

servers_prepare() {
	local i
	umask 022
	work=$(mktemp -d "${TMPDIR:-/tmp}/pop3-bench.XXXXXX") || exit 1
	chmod 755 "$work"
	mail=$work/mail
	mkdir -p "$mail/ours" "$mail/dovecot" "$mail/floor"
	: >"$work/samples"
	uid=$(id -u)
	[ "$uid" -ne 0 ] || uid=5000
	find_cgroup
	i=0
	for who in ours ours-xinetd floor-xinetd fork encoder plain \
		$dovecot_settings; do
		ports[$who]=$((base_port + i))
		i=$((i + 1))
	done
	make_users 400
	chown "$uid:$uid" "$mail"/*
	ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
	[ -z "$install" ] || install_peers
	have_ours=''
	have_dovecot=''
	have_xinetd=''
	[ -x "$server" ] && have_ours=yes
	[ "$(id -u)" -eq 0 ] && command -v dovecot >/dev/null && have_dovecot=yes
	[ "$(id -u)" -eq 0 ] && command -v xinetd >/dev/null && have_xinetd=yes
}

# Debian's packages, without starting the services they bring.
install_peers() {
	local policy=/usr/sbin/policy-rc.d
	command -v dovecot >/dev/null && command -v xinetd >/dev/null && return
	if [ -e "$policy" ]; then
		policy=''
	else
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
	fi
	apt-get -q -y install dovecot-pop3d xinetd >"$work/install.out" 2>&1 ||
		complain "apt-get: $(tail -n 1 "$work/install.out")"
	[ -z "$policy" ] || rm -f "$policy"
}

# cgroup v2, alone or beside v1: cpu.stat is in every group.
find_cgroup() {
	local dir try
	for dir in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ -e "$dir/cgroup.controllers" ] || continue
		try=$dir/pop3-bench-$$
		if mkdir "$try" 2>/dev/null && [ -e "$try/cpu.stat" ]; then
			rmdir "$try"
			cgroup_root=$try
			return
		fi
	done
}

# make_users COUNT: the file of passwords; no longer than the group needs,
# since a server may read it at each login
make_users() {
	local who
	for who in ours dovecot; do
		seq -f %05.0f 1 "$1" | awk -v u="$uid" -v m="$mail/$who" '{
			printf "u%s:{PLAIN}secret:%d:%d::%s/u%s::\n",
				$1, u, u, m, $1 }' >"$work/users-$who"
	done
}

# A folder where /run is on most machines, for all groups that want one.
make_in_memory() {
	[ -z "$in_memory" ] || return 0
	in_memory=$(mktemp -d /dev/shm/pop3-bench.XXXXXX) || {
		complain "no folder in memory"
		return 1
	}
	chmod 755 "$in_memory"
}

port_is_open() {
	local hex
	hex=$(printf ':%04X' "$1")
	awk -v p="$hex" '$4 == "0A" && index($2, p) == 9 { found = 1 }
		END { exit !found }' /proc/net/tcp
}

# start WHO COMMAND…: returns when the port of WHO is open.
start() {
	local who=$1 group i
	shift
	group=${cgroup_root:+$cgroup_root-$who}
	METER_MEMORY=${MEMORY_CGROUP:+$MEMORY_CGROUP/pop3-bench-$who} \
		"$tools/meter" run "${group:--}" "$@" </dev/null \
		>"$work/$who.out" 2>&1 &
	pids[$who]=$!
	groups_of[$who]=${group:-$!}
	for ((i = 0; i < 100; i++)); do
		port_is_open "${ports[$who]}" && return 0
		kill -0 "${pids[$who]}" 2>/dev/null || break
		sleep 0.1
	done
	complain "$who did not start:"
	tail -n 5 "$work/$who.out" >&2
	return 1
}

is_running() {
	[ -n "${pids[$1]:-}" ]
}

stop() {
	local who=$1 pid=${pids[$1]:-} i
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null
	for ((i = 0; i < 50; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
		[ "$i" -ne 5 ] || kill -TERM "$pid" 2>/dev/null
	done
	if kill -0 "$pid" 2>/dev/null; then
		stop_hard "${groups_of[$who]}" "$pid"
	fi
	wait "$pid" 2>/dev/null
	unset "pids[$who]"
}

stop_hard() {
	local each
	if [ -e "$1/cgroup.procs" ]; then
		while read -r each; do
			kill -KILL "$each" 2>/dev/null
		done <"$1/cgroup.procs"
	else
		kill -KILL "$2" 2>/dev/null
	fi
}

servers_stop_all() {
	local who
	for who in "${!pids[@]}"; do
		stop "$who"
	done
}

servers_cleanup() {
	servers_stop_all
	if [ -n "$keep" ]; then
		echo "working folder: $work $in_memory" >&2
	else
		rm -rf "$work" ${in_memory:+"$in_memory"}
	fi
}

# CPU of a server so far, in microseconds.
cpu() {
	"$tools/meter" cpu "${groups_of[$1]}"
}

write_our_config() {
	cat >"$work/ours.conf" <<-END
	users = { "passwd-file:$work/users-ours" }
	maildir = "$mail/ours/%u"
	mail_roots = { "$mail" }
	run_dir = "$work/ours-run"
	state_dir = "$work/ours-state"
	log = "$work/ours.log"
	plaintext_login = yes
	max_sessions = 11000
	max_sessions_per_network = 0
	END
	mkdir -p "$work/ours-run" "$work/ours-state"
	[ "$(id -u)" -ne 0 ] || echo 'front_user = "nobody"' >>"$work/ours.conf"
}

start_ours() {
	[ -n "$have_ours" ] || return 1
	write_our_config
	start ours "$server" --config "$work/ours.conf" \
		--listen "127.0.0.1:${ports[ours]}"
}

start_dovecot() {
	local setting=$1 dir=$work/dovecot-$1 file
	[ -n "$have_dovecot" ] || return 1
	mkdir -p "$dir/run" "$dir/state"
	for file in "$here"/dovecot/*.conf; do
		sed -e "s|@DIR@|$dir|g" -e "s|@MAIL@|$mail/dovecot|g" \
			-e "s|@USERS@|$work/users-dovecot|g" \
			-e "s|@PORT@|${ports[$setting]}|g" \
			-e "s|@UID@|$uid|g" "$file" >"$dir/${file##*/}"
	done
	start "$setting" dovecot -c "$dir/$setting.conf" -F
}

# start_xinetd WHO PROGRAM [ARGUMENTS]
start_xinetd() {
	local who=$1 program=$2
	shift 2
	[ -n "$have_xinetd" ] || return 1
	cat >"$work/$who.conf" <<-END
	service $who
	{
		type = UNLISTED
		socket_type = stream
		protocol = tcp
		bind = 127.0.0.1
		port = ${ports[$who]}
		wait = no
		user = root
		server = $program
		server_args = $*
		instances = UNLIMITED
		per_source = UNLIMITED
		cps = 100000 1
		log_type = FILE /dev/null
		disable = no
	}
	END
	start "$who" xinetd -f "$work/$who.conf" -dontfork \
		-pidfile "$work/$who.pid"
}

start_floor() {
	case $1 in
	fork) start fork "$tools/floor_fork" "${ports[fork]}" ;;
	encoder) start encoder "$tools/floor_encode" "${ports[encoder]}" \
		"$mail/floor" ;;
	plain) start plain "$tools/floor_encode" --plain "${ports[plain]}" \
		"$mail/floor" ;;
	esac
}

# start_servers WHO…: those that can be had; sets `running`.
start_servers() {
	local who
	running=
	for who in "$@"; do
		case $who in
		ours) start_ours ;;
		reuse | login-reuse | default) start_dovecot "$who" ;;
		*) start_floor "$who" ;;
		esac && running="$running $who"
	done
}

# The Maildirs that a server reads.
mail_of() {
	case $1 in
	ours*) echo "$mail/ours" ;;
	reuse | login-reuse | default | dovecot) echo "$mail/dovecot" ;;
	*) echo "$mail/floor" ;;
	esac
}

# make_boxes WHO OPTIONS…: Maildirs below the folder of WHO.
make_boxes() {
	local dir
	dir=$(mail_of "$1")
	shift
	"$tools/mkmaildir" --owner "$uid" "$@" "$dir" ||
		complain "mkmaildir $*"
}

# client WHO MODE OPTIONS…: runs the load generator against WHO.
client() {
	local who=$1
	shift
	"$tools/load" --port "${ports[$who]}" "$@" ||
		complain "load $1 against $who did not end well"
}

describe_run() {
	local dovecot=none xinetd=none
	[ -n "$have_dovecot" ] && dovecot=$(dovecot --version)
	[ -n "$have_xinetd" ] && xinetd=yes
	cat <<-END
	$(uname -sr), $(nproc) CPUs, $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo)
	server: ${have_ours:-missing} $server
	Dovecot: $dovecot, settings of tests/bench/dovecot ($(cat "$here"/dovecot/*.conf | sha256sum | cut -c 1-12)); xinetd: $xinetd
	CPU by $([ -n "$cgroup_root" ] && echo cgroup v2 || echo the process tree)
	END
}
