/* SPDX-License-Identifier: ISC
 *
 * Where lines of the log go: used by sys/log.c alone. One sink a process.
 */
#ifndef SYS_LOG_SINK_H
#define SYS_LOG_SINK_H

#include "base/buf.h"

#include <stdbool.h>

enum log_sink_kind {
	LOG_SINK_NONE,	  /* drops every line, counts none */
	LOG_SINK_SYSLOG,  /* datagrams to the local syslog */
	LOG_SINK_STREAM,  /* a connected socket, e.g. the journal's */
	LOG_SINK_WAITING, /* a pipe or terminal whose writes could block */
	LOG_SINK_FILE	  /* a file, or anything with O_NONBLOCK set */
};

struct log_sink {
	enum log_sink_kind kind;
	int fd;
	bool ours;    /* close it in the end */
	bool journal; /* the journal reads "<N>" at the start of lines */
	bool stamped; /* lines need a time of their own */
};

/* Names as in struct log_options. On failure the sink is LOG_SINK_NONE. */
int log_sink_open(struct log_sink *, const char *name)
	__attribute__((warn_unused_result));
void log_sink_close(struct log_sink *);

/* One line; without blocking. False: it is lost, wholly or in part. */
bool log_sink_put(const struct log_sink *, struct span line);

#endif
