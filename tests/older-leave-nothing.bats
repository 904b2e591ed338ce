#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What popser and pop3d make to run in goes when they do.

load lib/common
load lib/older

# bats file_tags=server

setup() {
	begin_older
	deliver_some 1
}

nothing_left() {
	[ -z "$(ls -A "$XDG_RUNTIME_DIR")" ]
}

@test "popser and pop3d leave no folder behind" {
	serve_popser -c
	refute nothing_left
	interrupt
	wait_for 20 nothing_left
	serve_pop3d --sample "$WORLD/sample"
	refute nothing_left
	interrupt
	wait_for 20 nothing_left
}

@test "nor when they are killed" {
	serve_popser -c
	kill -KILL "$SERVER"
	wait "$SERVER" || true
	SERVER=
	wait_for 20 nothing_left
}

@test "what was left by others is cleared by the next start, but not what is in use" {
	mkdir "$XDG_RUNTIME_DIR/popser-$(id -u)-1-dead"
	: >"$XDG_RUNTIME_DIR/popser-$(id -u)-1-dead/alive.000"
	serve_popser -c
	[ ! -e "$XDG_RUNTIME_DIR/popser-$(id -u)-1-dead" ]
	local first=$SERVER in_use
	in_use=$(ls "$XDG_RUNTIME_DIR")
	serve_popser -c
	[ -d "$XDG_RUNTIME_DIR/$in_use" ]
	kill -INT "$first"
	wait "$first" || true
	interrupt
	wait_for 20 nothing_left
}
