/* SPDX-License-Identifier: ISC */
/*
 * Command lines of SCMP out of a stream, however it is cut: proto/line.h with
 * SCMP's limit, and an eye on callers that speak another protocol. A line that
 * looks like HTTP or TLS is told as soon as that can be seen, before it ends,
 * so that no browser can be made to drive the port; nothing is to be answered,
 * the connection is to be closed.
 *
 * TLS: the first octet of a line is 0x16 or above 0x7F. HTTP: a word of
 * capitals that is no verb of ours, a blank and `/`, `*` or `http`; a token
 * followed at once by a colon; or a line that ends in a blank and a version of
 * HTTP. (A verb of ours may well have such an argument: USERS *@example.org.)
 *
 * Pure; never fails, never blocks.
 */
#ifndef PROTO_SCMP_LINE_H
#define PROTO_SCMP_LINE_H

#include "proto/line.h"

enum {
	SCMP_LINE_LIMIT = 1024,	 /* octets of a command, with its line end */
	SCMP_LINE_LOOK = 64,	 /* octets of a line that tell what it is */
	SCMP_TOO_LONG_LINES = 3, /* the third ends the connection */
};

enum scmp_line_verdict {
	SCMP_LINE_MORE,	     /* input used up, no line end yet */
	SCMP_LINE_READY,     /* a line */
	SCMP_LINE_MALFORMED, /* a line with a NUL or a CR inside: [SYNTAX] */
	SCMP_LINE_TOO_LONG,  /* [TOOLONG] */
	SCMP_LINE_FOREIGN,   /* HTTP or TLS: close, and ask no more */
};

struct scmp_reader {
	struct line_reader line;
	unsigned too_long; /* lines so far that were */
	size_t head_n;
	char head[SCMP_LINE_LOOK]; /* how the line that has begun begins */
	char mem[SCMP_LINE_LIMIT - 1];
};

/* Starts anew; also behind STARTTLS, where what was read is to be forgotten.
 * The reader must not be moved afterwards. */
void scmp_reader_init(struct scmp_reader *r);

/*
 * Takes octets from the front of *in as line_feed() does. *line is valid until
 * the next call and as long as the input's storage is not changed.
 */
enum scmp_line_verdict scmp_reader_feed(struct scmp_reader *r, struct span *in,
					struct span *line);

/* Overwrites what is kept of lines that are done: after a password. The last
 * line is gone then, unless it lies in the caller's storage. */
void scmp_reader_forget(struct scmp_reader *r);

/* Does what there is of a line look like HTTP or TLS? Once it does, it does
 * with whatever behind it. */
bool scmp_line_is_foreign(struct span begun);

#endif
