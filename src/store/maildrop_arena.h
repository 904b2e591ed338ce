/* SPDX-License-Identifier: ISC */
/*
 * Memory for one piece of work: grows by mapping pages, and goes back to the
 * kernel whole, so that a process that waits afterwards is as small as before.
 *
 * An arena that is all zero is empty and usable. Growing may move it: keep
 * offsets, not pointers, while something is still added.
 */
#ifndef STORE_MAILDROP_ARENA_H
#define STORE_MAILDROP_ARENA_H

#include <stddef.h>

struct maildrop_arena {
	unsigned char *p;
	size_t used, mapped; /* octets */
};

/*
 * Makes room for n more octets at the end, zeroed where never used before, and
 * counts them as used. Returns where they begin, valid until the next call; or
 * NULL: out of memory.
 */
void *maildrop_arena_add(struct maildrop_arena *, size_t n);

/* Gives all back; the arena is empty and usable. */
void maildrop_arena_free(struct maildrop_arena *);

#endif
