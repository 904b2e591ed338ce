/* SPDX-License-Identifier: ISC */
/*
 * The lines of the log about connections and sessions: one function an event.
 * Words and fields are those of Dovecot's lines, which parsers know; the other
 * formats have the same fields.
 *
 * Nothing that is given is kept. As with all of the log nothing blocks, fails
 * or is allocated, and what does not fit is cut; numbers of octets are those on
 * the connection, times are milliseconds where the name says so and seconds
 * else.
 */
#ifndef POP3_SESSION_EVENTS_H
#define POP3_SESSION_EVENTS_H

#include "net/peer.h"
#include "pop3-session/channel.h"

#include <stdint.h>

struct monitor;

/* --- events_door.c: connections that are no sessions --- */

/*
 * A connection that gets no session: `setting`, whose value is `limit`, says
 * so.
 */
void event_refused(const struct peer *peer, const char *setting, int64_t limit);

/* One that bans and allows keep out: by a ban, or (NULL) for want of an allow.
 */
void event_ruled_out(const struct peer *peer, const struct network *ban);

/* One that comes while the server is drained. */
void event_draining(const struct peer *peer);

/*
 * Nor one that something is missing for: `what` is what was tried, `error` a
 * positive errno.  Names the limit of the system that is to be raised.
 */
void event_unserved(const struct peer *peer, const char *what, int error);

/* --- events_session.c: what happens in one --- */

/* The login has succeeded, and the maildrop is open. */
void event_login(const struct monitor *m, enum channel_method method);

/* The network's earlier failures are waited out before this login is tried. */
void event_delayed(const struct monitor *m, uint32_t ms);

/* The password was right, or not asked for, but `setting` is reached. */
void event_user_refused(const struct monitor *m, const char *setting,
			int64_t limit);

/* A right password that is answered like a wrong one; `why` is the words. */
void event_kept_out(const struct monitor *m, const char *why);

/* For who looks for the reason (debug): the end of the session tells all. */
void event_login_failed(const struct monitor *m, const char *why);

/* The filter of the front's sandbox has killed it. */
void event_front_trapped(const struct monitor *m);

/* What of the folders is not served, and what was not done for the index. */
void event_skipped(const struct monitor *m);

/* --- events_end.c --- */

/* The one line of every session: how it ended, and what came of it. */
void event_end(const struct monitor *m);

#endif
