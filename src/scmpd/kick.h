/* SPDX-License-Identifier: ISC */
/* Asking POP3 sessions to end: never with UPDATE, and more than that this
 * daemon cannot do to a session (stats/control.h). */
#ifndef SCMPD_KICK_H
#define SCMPD_KICK_H

#include "base/span.h"
#include "scmpd/scmpd.h"
#include "scmpd/session_list.h"
#include "stats/control.h"

#include <stdbool.h>
#include <stdint.h>

struct kick_match {
	struct session_filter which;
	/* Whose sessions are let be though they fit; NULL: nobody's. */
	bool (*is_spared)(void *context, struct span user);
	void *context;
};

/* How many were asked; 0 also if nothing is known of sessions. */
uint32_t kick_sessions(struct scmpd *s, const struct kick_match *match,
		       enum control_how how);

/* What is to be added to an answer where nobody heard of the last of these;
 * else nothing. */
const char *kick_trouble(const struct scmpd *s);

/* All of a user: POP3 gracefully, and SCMP but for `except` (or NULL). */
uint32_t kick_user(struct scmpd *s, struct span user,
		   const struct connection *except);

#endif
