/* SPDX-License-Identifier: ISC */
/*
 * Signals as input to a loop: blocked, and read from a descriptor.
 *
 * Not as handlers with ppoll(2)'s mask: while some descriptor is always ready
 * that call never lets a signal in, so a busy server would not reap.  A child
 * that inherits the descriptor reads its own signals from it.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <stddef.h>

/*
 * Blocks the signals and opens a descriptor (non-blocking, CLOEXEC) that tells
 * of them; it polls readable when one is pending.  Also ignores SIGPIPE.
 * The descriptor or a negative errno.
 */
int signals_open(const int *signals, size_t n);

/* The next pending signal, or 0. */
int signals_next(int fd);

/* For a process about to execute another program: nothing blocked. */
void signals_unblock(void);

#endif
