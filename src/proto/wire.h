/* SPDX-License-Identifier: ISC */
/*
 * A message as it goes over the wire: the multi-line response of RFC 1939,
 * section 3, to RETR and TOP.
 *
 * Lines in the input end with LF or CRLF, in the output with CRLF. A line that
 * begins with a dot gets another one in front (byte-stuffing). If the last
 * line has no end, it gets one. All other octets, be it a bare CR, NUL or
 * 8-bit, pass as they are. The encoder works on pieces: any split of the input
 * and any sizes of output space give the same octets.
 *
 * Octets are counted as the message's size is told by STAT and LIST: with
 * CRLF, without stuffing and without the terminating ".\r\n".
 *
 * Pure; never fails, never blocks.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Number of body lines that stands for the whole message. */
#define WIRE_WHOLE UINT64_MAX

enum {
	WIRE_MIN_OUT = 64, /* least output space, octets */
	WIRE_END_MAX = 5,  /* most that wire_end() writes, octets */
};

struct wire {
	uint64_t octets;
	uint64_t lines; /* body lines still wanted, or WIRE_WHOLE */
	bool in_body;	/* TOP: the blank line has been seen */
	bool is_done;	/* TOP: nothing more is wanted */
	bool is_blank;	/* TOP: the line holds nothing but perhaps a CR */
	char last;	/* last octet of the input, LF at the beginning */
};

/*
 * A new message. top_lines is how many lines of the body are wanted after the
 * header and the blank line (TOP), or WIRE_WHOLE (RETR). Without a blank line
 * all is header.
 */
void wire_begin(struct wire *w, uint64_t top_lines);

/*
 * Encodes octets from the front of *in, which is advanced, and returns how
 * many it wrote to out; cap must be at least WIRE_MIN_OUT. It goes on until
 * the input is used up, the output has no room for certain, or (TOP) all that
 * was wanted has been seen. If there is input and more is wanted, at least one
 * octet is taken. n octets are surely taken by one call if cap is at least
 * 2 * n + 16 (and WIRE_MIN_OUT). Octets of out behind those it returns,
 * within cap, may be overwritten. in and out must not overlap.
 */
size_t wire_encode(struct wire *w, struct span *in, char *out, size_t cap);

/* Is all sent that was wanted, so that reading can stop? Never for RETR. */
bool wire_is_done(const struct wire *w);

/*
 * Ends the message: the last line's end if it is missing, and the terminator.
 * Returns the number of octets written.
 */
size_t wire_end(struct wire *w, char out[WIRE_END_MAX]);

/* Octets so far; after wire_end() those of the whole response. */
uint64_t wire_octets(const struct wire *w);

/*
 * The size that the message will have, without encoding it. Begin with
 * WIRE_COUNTER_INIT, count all pieces, ask at the end.
 */
struct wire_counter {
	uint64_t octets;
	char last; /* last octet seen, LF at the beginning */
};

#define WIRE_COUNTER_INIT                                                      \
	{                                                                      \
		0, '\n'                                                        \
	}

void wire_count(struct wire_counter *c, struct span piece);

/* What wire_octets() tells after wire_end() of a whole message. */
uint64_t wire_count_end(const struct wire_counter *c);

#endif
