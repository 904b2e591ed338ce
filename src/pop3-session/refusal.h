/* SPDX-License-Identifier: ISC */
/*
 * Connections that are not let in: what the client is told, what the log says,
 * and how the connection ends.
 *
 * A client may have sent commands before it reads, or send them yet.  To close
 * a TCP connection with octets unread is to reset it, and the line that says
 * why may be lost with that.  So what came is thrown away in the kernel (it
 * never gets into our memory), our direction is closed, and the descriptor is
 * kept for a moment, among a few others.  Nothing here blocks.
 */
#ifndef POP3_SESSION_REFUSAL_H
#define POP3_SESSION_REFUSAL_H

#include "net/peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REFUSALS = 32, /* kept at once; of more the oldest are closed */
	REFUSAL_LINGER_MS = 2000,
};

/* Connections that wait for their clients to close; all zero: none. */
struct refusals {
	struct {
		int fd;
		uint64_t until; /* clock_ms */
	} kept[REFUSALS];
	size_t oldest, n;
};

/*
 * A limit is reached: the reply, and a line of the log (of a flood not every
 * one) that names the setting and its value.
 */
void refusal_tell(int client, const struct peer *peer, const char *reply,
		  const char *setting, int64_t limit);

/* The same for who is not to come in: `ban` as for event_ruled_out(). */
void refusal_rule(int client, const struct peer *peer, const char *reply,
		  const struct network *ban);

/* The same while the server is drained: nobody comes in. */
void refusal_drain(int client, const struct peer *peer, const char *reply);

/* The reply where a process or descriptor that it takes cannot be had. */
void refusal_apologise(int client);

/* Throw away what came, and end our direction.  The descriptor stays. */
void refusal_end(int client);

/* The same, and keep the descriptor, which is ours then, for a moment. */
void refusal_keep(struct refusals *r, int client);

/* Is there any?  Then refusal_look() is wanted, every half second or so. */
static inline bool refusal_is_kept(const struct refusals *r)
{
	return r->n > 0;
}

/* Close those whose clients have, or whose time is over. */
void refusal_look(struct refusals *r, uint64_t now);

/* Close all: in a child, or where descriptors run out. */
void refusal_drop(struct refusals *r);

#endif
