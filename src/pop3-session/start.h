/* SPDX-License-Identifier: ISC */
/* What the start of a server owes to whoever started it from a shell. */
#ifndef POP3_SESSION_START_H
#define POP3_SESSION_START_H

#include "config/settings.h"

/* Why it cannot start: to the log and, if that is elsewhere, to stderr. */
void start_error(const struct settings *settings, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A generation has started: neither it nor its sessions keep stdout open, nor
 * stderr unless that is the log, so that who reads them from a pipe sees their
 * end when the master ends, even if a session goes on.
 */
void start_is_over(const struct settings *settings);

#endif
