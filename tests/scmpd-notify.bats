#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the service manager hears of scmpd, also behind its sandbox, in which it
# can make no socket.

bats_require_minimum_version 1.5.0
load lib/common
load lib/scmp
load lib/scmpd

# bats file_tags=sandbox

setup() {
	need nc socat
	begin_scmpd
	socat -u "UNIX-RECV:$WORLD/notify" "OPEN:$WORLD/heard,creat,append" &
	HELPERS+=("$!")
	wait_for 20 test -S "$WORLD/notify"
	chmod 777 "$WORLD/notify"
	export NOTIFY_SOCKET=$WORLD/notify
}

teardown() {
	end_scmpd
}

heard() { # how-often what
	[ "$(grep -aoF -- "$2" "$WORLD/heard" | wc -l)" -ge "$1" ]
}

@test "that it is ready, that it lives, that it reloads, that it ends" {
	export WATCHDOG_USEC=100000
	start_scmpd
	wait_for 20 heard 1 READY=1
	wait_for 20 heard 5 WATCHDOG=1
	kill -HUP "$SCMPD"
	wait_for 20 heard 1 RELOADING=1
	wait_for 20 heard 2 READY=1
	stop_scmpd
	[ "$STATUS" = 0 ]
	wait_for 20 heard 1 STOPPING=1
}

@test "of the watchdog nothing, if that is another process's or nobody's" {
	export WATCHDOG_USEC=100000 WATCHDOG_PID=1
	start_scmpd
	wait_for 20 heard 1 READY=1
	stop_scmpd
	unset WATCHDOG_USEC WATCHDOG_PID
	start_scmpd
	wait_for 20 heard 2 READY=1
	stop_scmpd
	wait_for 20 heard 2 STOPPING=1
	run ! heard 1 WATCHDOG=1
}
