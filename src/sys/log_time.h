/* SPDX-License-Identifier: ISC
 *
 * Times of the log: 2026-01-31T23:59:59.123Z, or local with its offset. Made
 * without the C library's strftime and, mostly, without its time zone: what is
 * the offset to UTC is asked once in a quarter of an hour, within which no time
 * zone changes it. A process that forks asks before, for its children.
 */
#ifndef SYS_LOG_TIME_H
#define SYS_LOG_TIME_H

#include "base/buf.h"

#include <stdbool.h>
#include <time.h>

/* Appends the text of that time. */
void log_time_add(struct buf *, const struct timespec *, bool local);

/* RFC 3164 section 4.1: "Jan  1 23:59:59 ", local time, no host (the local
 * syslog adds it). */
void log_time_add_syslog(struct buf *, time_t);

/* Sees to it that the offset at that second is known. */
void log_time_look(time_t now);

#endif
