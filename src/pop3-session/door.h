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

/*
 * May this connection come in?  If so *ticket is its place (none if sessions
 * cannot be counted now); if not, it has been told.  Does not wait for the
 * client, nor longer than ADMISSION_WAIT_MS for other processes, and wait_ms
 * for one that writes bans.
 */
__attribute__((warn_unused_result)) bool
door_admit(struct service *service, int client, const struct peer *peer,
	   unsigned wait_ms, struct admission_ticket *ticket);

/* It may not, for this process has as many sessions as it may. */
void door_is_full(const struct service *service, int client,
		  const struct peer *peer);

#endif
