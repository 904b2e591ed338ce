# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the tests
#
# A server and clients with a network between them, on top of common.bash and
# processes.bash: two network namespaces of this test, joined by a cable, from
# networks_up on. Needs root and iproute2. A teardown of its own calls
# networks_down.
#
#   HERE, THERE                the namespaces: the server's, the clients'
#   addresses                  192.0.2.1 and 2001:db8:1::1 are the server's;
#                              192.0.2.2 to .4, 2001:db8:1::2 and ::3, and
#                              2001:db8:2::2 the clients'
#   within NAMESPACE COMMAND...    run a command there
#   serve_here [OPTION...]     a server on port 110 of all these addresses
#   talk_from WHERE TO [FROM]  a dialogue with it (standard input); WHERE is a
#                              namespace, TO and FROM are addresses
#   cable up|down              the clients' end of it

HERE='' THERE=''

teardown() {
	finish
	networks_down
}

networks_up() {
	HERE=pop3-here-$$
	THERE=pop3-there-$$
	ip netns add "$HERE"
	ip netns add "$THERE"
	ip -n "$HERE" link set lo up
	ip -n "$THERE" link set lo up
	ip -n "$HERE" link add cable type veth peer name cable netns "$THERE"
	address "$HERE" 192.0.2.1/24 2001:db8:1::1/64
	address "$THERE" 192.0.2.{2,3,4}/24 2001:db8:1::{2,3}/64 2001:db8:2::2/64
	ip -n "$HERE" link set cable up
	ip -n "$THERE" link set cable up
	ip -n "$HERE" route add 2001:db8:2::/64 dev cable
	wait_for 30 is_plugged "$HERE"
	wait_for 30 is_plugged "$THERE"
}

is_plugged() { # namespace
	ip -n "$1" link show cable | grep -q 'state UP'
}

address() { # namespace address...
	local address
	for address in "${@:2}"; do
		if [[ $address == *:* ]]; then
			ip -n "$1" address add "$address" dev cable nodad
		else
			ip -n "$1" address add "$address" dev cable
		fi
	done
}

# Processes that are left in a namespace keep it.
networks_down() {
	local space pid
	for space in "$HERE" "$THERE"; do
		[ -n "$space" ] || continue
		for pid in $(ip netns pids "$space"); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		ip netns delete "$space"
	done
}

within() {
	bare ip netns exec "$@"
}

serve_here() {
	command_line --listen '0.0.0.0:110' --listen '[::]:110' "$@"
	become ip netns exec "$HERE" "${COMMAND[@]}" </dev/null >/dev/null \
		2>>"$WORLD/log" &
	SERVER=$!
	wait_for 30 log_has ': ready$'
}

talk_from() {
	local to=$2
	[[ $to != *:* ]] || to="[$to]"
	[[ ${3:-} != *:* ]] || set -- "$1" "$2" "[$3]"
	CLIENT=(ip netns exec "$1" socat STDIO
		"TCP:$to:110${3:+,bind=$3}")
	(
		command_line() { COMMAND=("${CLIENT[@]}"); }
		dialogue
	)
}

cable() {
	ip -n "$THERE" link set cable "$1"
}
