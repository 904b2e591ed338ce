/* SPDX-License-Identifier: ISC */
/*
 * Turns: how many processes do something costly (compute a password's hash) at
 * once, whatever they are children of. Who has a turn holds a kernel lock on
 * one octet of the file `turns` in run_dir, one octet for each turn that there
 * is; however it ends, the kernel gives the turn back. The file is empty, and
 * made by whoever comes first.
 *
 * There is no queue: who waits tries again, so that somebody who comes later
 * may be served earlier. Processes should agree on the number of turns; where
 * they do not, the highest number holds.
 *
 * Trust is as with stats/admission.h: only processes that can write run_dir can
 * take all turns and keep them. Who may but read the file, such as scmpd beside
 * a server that root has started, waits until a turn is free, and takes none:
 * so each of these computes one more at most, and can keep nobody out.
 */
#ifndef STATS_TURNS_H
#define STATS_TURNS_H

#include <stdint.h>

enum {
	TURNS_MOST = 1024,
	TURNS_FIRST_WAIT_MS = 2, /* between two tries, doubled each time */
	TURNS_LAST_WAIT_MS = 40,
};

/*
 * Takes one of `turns` (1 to TURNS_MOST), waiting for it up to wait_ms. What is
 * returned is a descriptor (CLOEXEC; a child that inherits it has the turn,
 * too), to be given back by turns_give(). -ETIMEDOUT: all are taken. Any other
 * negative errno: nothing can be counted here (no folder, no right, a file that
 * others could have made); go on without.
 */
__attribute__((warn_unused_result)) int
turns_take(int run_dirfd, uint32_t turns, uint32_t wait_ms);

/* Gives a turn back; does nothing with a negative number. */
void turns_give(int turn);

#endif
