/* SPDX-License-Identifier: ISC */
/*
 * Command lines out of a stream of octets, however the stream is cut.
 *
 * A line ends with CRLF (RFC 1939, section 3); a lone LF is accepted as well,
 * for people at a terminal. A line has a limit in octets, its line end
 * included: 255 for commands (RFC 2449, section 4). However long a line gets,
 * nothing beyond the limit is kept.
 *
 * One line gives exactly one verdict, at its end. So a line that is broken or
 * too long can be answered once and its tail never looks like a command.
 *
 * The reader keeps the beginning of a line only between two calls, in storage
 * that belongs to the caller; a line that lies whole in the input is returned
 * where it lies. Pure; never fails, never blocks.
 */
#ifndef PROTO_LINE_H
#define PROTO_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum {
	LINE_LIMIT = 255, /* octets of a command, with its line end */
};

enum line_verdict {
	LINE_MORE,	/* input used up, no line end yet */
	LINE_READY,	/* a line */
	LINE_TOO_LONG,	/* a line over the limit, whatever else is wrong */
	LINE_MALFORMED, /* a line with a NUL, or with a CR inside */
};

struct line_reader {
	char *mem;
	size_t limit;
	size_t used;   /* octets of the line so far, in mem */
	bool skipping; /* over the limit: only its end matters */
};

/*
 * Starts anew with lines of at most `limit` octets (line end included, so at
 * least 2). mem has room for limit - 1 octets and must live as long as the
 * reader. May be called again after any LINE_READY, to change the limit for
 * the next line; what had been begun is forgotten.
 */
void line_reset(struct line_reader *r, char *mem, size_t limit);

/*
 * Takes octets from the front of *in, which is advanced, until a line is
 * complete. LINE_MORE: *in is empty now, come again. LINE_READY: *line is the
 * line without its end, valid until the next call and as long as the input's
 * storage is not changed. Other verdicts: the line is gone, *line is empty.
 */
enum line_verdict line_feed(struct line_reader *r, struct span *in,
			    struct span *line);

/* Has a line begun that has not ended? (At end of file it is no command.) */
bool line_is_begun(const struct line_reader *r);

#endif
