/* SPDX-License-Identifier: ISC */
/* The one-connection shapes: a session on descriptors 0 and 1. */
#ifndef POP3_SESSION_SESSION_H
#define POP3_SESSION_SESSION_H

#include "pop3-session/front.h"
#include "pop3-session/monitor.h"
#include "pop3-session/service.h"

#include <stdbool.h>

struct session_options {
	bool transcript;
	const char *user; /* --user, or NULL */
};

/*
 * Serve what is on descriptors 0 and 1, in two processes, to the end.
 * Returns the exit status: 0 for all that a peer can cause.
 */
int session_serve(struct service *service, const struct session_options *o);

/* --- shared with the listening shape --- */

/*
 * The front's process, once it has only its own descriptors and, of the
 * statistics, its own page (or NULL); never returns.
 */
struct session_front {
	int in, out;
	int channel;
	bool is_socket, transcript;
	struct statistics_counters *counters;
};
_Noreturn void session_front(const struct service *service,
			     const struct session_front *front);

/* Before the sandbox: a forbidden call is told to the monitor. */
void session_front_trap(void);

#endif
