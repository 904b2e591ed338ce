/* SPDX-License-Identifier: ISC */
/*
 * The door: all that is asked before a connection becomes a session, when no
 * octet has been read and only the peer's address is known. Who is turned away
 * is told why in one line, and so is the log, with the setting's name.
 */
#ifndef POP3_SESSION_DOOR_H
#define POP3_SESSION_DOOR_H

#include "net/peer.h"
#include "pop3-session/service.h"
#include "stats/admission.h"

#include <stdbool.h>

enum door_verdict {
	DOOR_OPEN,
	DOOR_DRAINING,
	DOOR_RULED_OUT, /* a ban, or not on the allow list */
	DOOR_FAILURES,	/* too many failed logins of the network */
	DOOR_FULL,
	DOOR_NETWORK_FULL,
};

/* What is said with each, with CRLF; NULL: nothing, it is let in. */
const char *door_reply(enum door_verdict verdict);

/* Has it too many failed logins to be let in?  Changes nothing. */
bool door_has_failures(struct service *service, const struct peer *peer);

/* How many sessions there may be. */
struct admission_limits door_limits(const struct service *service);

/*
 * Before each connection: sees what is to be gone by; what scmpd asks for, not
 * more often than in a tenth of a second.  Waits for at most so many
 * milliseconds for a process that writes bans or settings.
 */
void door_look(struct service *service, unsigned wait_ms);

/*
 * May this connection come in?  If so *ticket is its place (none if sessions
 * cannot be counted now); if not, it has been told.  Does not wait for the
 * client, nor longer than ADMISSION_WAIT_MS for other processes.
 */
__attribute__((warn_unused_result)) bool
door_admit(struct service *service, int client, const struct peer *peer,
	   struct admission_ticket *ticket);

/*
 * The session is over: its place is given back, and its statistics tell who it
 * was and how it ended.  Where there are none, what is known here is told.
 */
void door_leave(struct service *service, struct admission_ticket *ticket,
		enum counters_end end, struct span user);

/* It may not, for this process has as many sessions as it may. */
void door_is_full(struct service *service, int client, const struct peer *peer);

/*
 * It may, but something is missing that a session takes: `what` and `error` as
 * for event_unserved().  The client is still to be told.
 */
void door_is_short(struct service *service, const struct peer *peer,
		   const char *what, int error);

#endif
