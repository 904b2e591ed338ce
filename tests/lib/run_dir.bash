# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What is in run_dir, as tests/lib/run_dir.c shows it and works on it, on top of
# common.bash.
#
#   run_dir VERB...         that program, on $WORLD/run
#   count NAME [LABEL...]   a number by its name and labels; 0 if there is none

run_dir() {
	"$BUILD/tests/run_dir" "$WORLD/run" "$@"
}

count() {
	run_dir counts | sed -n "s/^$* //p" | grep . || echo 0
}
