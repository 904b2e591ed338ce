/* SPDX-License-Identifier: ISC */
/* Lines of the log about connections that are not sessions (yet): events.c. */
#ifndef POP3_SESSION_EVENTS_H
#define POP3_SESSION_EVENTS_H

#include "net/peer.h"

#include <stdint.h>

/*
 * A connection that gets no session: `setting`, whose value is `limit`, says
 * so.
 */
void event_refused(const struct peer *peer, const char *setting, int64_t limit);

/* One that bans and allows keep out: by a ban, or (NULL) for want of an allow.
 */
void event_ruled_out(const struct peer *peer, const struct network *ban);

/*
 * Nor one that something is missing for: `what` is what was tried, `error` a
 * positive errno.  Names the limit of the system that is to be raised.
 */
void event_unserved(const struct peer *peer, const char *what, int error);

#endif
