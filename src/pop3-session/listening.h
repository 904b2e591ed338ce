/* SPDX-License-Identifier: ISC */
/*
 * The listening shape: a server of fresh processes.
 *
 *	master        holds the listening sockets; starts generations
 *	  acceptor      one a generation: accepts, admits, forks monitors
 *	    front parent  enters the front's sandbox once, clones fronts
 *	    monitor, front  two a session
 *
 * A generation is the program executed anew, so no two of them share an
 * address or a stack canary.  A front that crashed, SIGHUP and (later) a
 * changed certificate have the same answer: a new generation; the old one
 * stops accepting and ends with its last session.
 *
 * Master and generation speak in single octets over a SOCK_SEQPACKET pair.
 */
#ifndef POP3_SESSION_LISTENING_H
#define POP3_SESSION_LISTENING_H

#include "pop3-session/options.h"
#include "pop3-session/service.h"
#include "priv/sandbox.h"

#include <stdint.h>
#include <sys/types.h>

enum listening_word {
	/* generation to master */
	WORD_READY = 'r',
	WORD_CRASH = 'c', /* a front crashed: replace me */
	WORD_STALE = 's', /* so must I be, but I can serve on till then */
	/* master to generation */
	WORD_LEAVE = 'l', /* stop accepting, end with the last session */
	WORD_END = 'e',	  /* the same, and tell the sessions to close */
	WORD_KILL = 'k',  /* at once */
};

enum { LISTENING_SOCKETS = 64 };

/* The master; returns the exit status. */
int master_serve(const struct options *o, const struct settings *settings,
		 int argc, char **argv);

/*
 * A generation: acceptor and front parent, on `sockets` listening sockets from
 * descriptor 3 on, with the master at `control`.  Returns the exit status.
 */
int acceptor_serve(struct service *service, int control, int sockets);

/* What the acceptor and the front parent tell each other. */
struct front_order {
	uint32_t session;
	/* the page of statistics, if the serial is not 0 */
	uint32_t slot;
	uint64_t serial;
	/* with the descriptors: client, channel, and the ticket's if any */
};
struct front_report {
	uint32_t session;
	int32_t pid; /* or a negative errno */
};
/* The first that the front parent says: how its sandbox is. */
struct front_ready {
	int32_t result; /* 0, or a negative errno: it ends */
	struct sandbox_report sandbox;
};

/* The front parent; never returns. */
_Noreturn void front_parent_run(const struct service *service, int orders);

#endif
