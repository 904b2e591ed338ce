/* SPDX-License-Identifier: ISC
 *
 * The text of one line of the log: used by sys/log.c alone.
 */
#ifndef SYS_LOG_LINE_H
#define SYS_LOG_LINE_H

#include "base/buf.h"
#include "sys/log.h"
#include "sys/log_sink.h"

struct log_line {
	const struct log_event *event;
	struct span words;
	const struct log_field *fields;
	size_t nfields;
	size_t limit; /* octets of each value, the rest is cut */
	const struct log_options *options;
	const struct log_sink *sink;
};

/* Replaces what the buffer holds by the line with all that its sink wants
 * around it. Asks for the time and the pid; nothing else leaves the process. */
void log_line_make(struct buf *, const struct log_line *);

#endif
