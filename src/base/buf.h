/* SPDX-License-Identifier: ISC */
/*
 * A buffer that text is put together in: bounded, over storage that the
 * caller owns and that must outlive it. What does not fit sets `overflow`,
 * which stays until buf_reset(), so that it needs to be asked only once, at
 * the end. From then on every addition is ignored: what the buffer holds is
 * always a beginning of what was wanted, cut between two additions.
 *
 * Pure: no system call, no allocation.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct buf {
	char *p;       /* the caller's storage */
	size_t n, cap; /* octets used, octets there are */
	bool overflow;
};

void buf_init(struct buf *b, void *mem, size_t cap);

/* Empties the buffer and forgets an overflow; the storage stays. */
void buf_reset(struct buf *b);

/* Adds n octets, all or nothing. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_span(struct buf *b, struct span s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */

/* Adds n octets as 2 * n lower-case hexadecimal digits, all or nothing. */
void buf_add_hex(struct buf *b, const void *p, size_t n);

/*
 * Adds untrusted octets so that they fit on one line of a log: printable
 * ASCII and blanks as they are, a backslash and everything else as \xNN.
 * If not all fit, what fits is added, never half an escape.
 */
void buf_add_escaped(struct buf *b, struct span s);

static inline struct span buf_span(const struct buf *b)
{
	return span_make(b->p, b->n);
}

/* How many octets can still be added. */
static inline size_t buf_room(const struct buf *b)
{
	return b->overflow ? 0 : b->cap - b->n;
}

/*
 * Puts a NUL behind the text, which does not count as part of it, and returns
 * the text. NULL after an overflow or if there is no room for the NUL (which
 * is an overflow, too).
 */
char *buf_str(struct buf *b);

#endif
