/* SPDX-License-Identifier: ISC */
/*
 * Reads a text file with secrets in it line by line, in chunks of 8 KiB. The
 * window is mapped for the reading alone; text_close() clears what was read
 * and unmaps it, so nothing of it stays in the process.
 */
#ifndef STORE_TEXT_FILE_H
#define STORE_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct text_file {
	int fd;
	char *window;
	size_t start, end; /* what of the window is not handed out yet */
	size_t high;	   /* how much of it was ever written */
	size_t limit;	   /* octets of a line */
	uint64_t line;	   /* number of the last line handed out, from 1 */
	bool at_end, skipping;
};

enum text_verdict {
	TEXT_LINE,
	TEXT_LONG, /* the beginning of a line over the limit; rest skipped */
	TEXT_END,
	TEXT_FAILED, /* *error is set */
};

/*
 * Opens a regular file; limit at most 16 KiB. 0, to be closed; or a negative
 * errno: -EINVAL if it is no regular file. Never blocks on a FIFO.
 */
__attribute__((warn_unused_result)) int
text_open(struct text_file *t, const char *path, size_t limit);

/*
 * The next line, without its LF or CRLF, valid until the next call. *error is
 * a negative errno.
 */
__attribute__((warn_unused_result)) enum text_verdict
text_next(struct text_file *t, struct span *line, int *error);

void text_close(struct text_file *t);

#endif
