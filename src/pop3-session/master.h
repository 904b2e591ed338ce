/* SPDX-License-Identifier: ISC */
/*
 * Private to the master's files: master.c obeys signals and waits;
 * master_generation.c starts generations, hears them and sees them end;
 * master_execute.c is how one is executed.
 *
 * The master wears no filter, since it executes, and never touches a
 * connection.  There is one for each server, in a process of its own, and all
 * that it has ends with it.  Times are clock_ms().
 */
#ifndef POP3_SESSION_MASTER_H
#define POP3_SESSION_MASTER_H

#include "pop3-session/listening.h"
#include "pop3-session/sockets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	MASTER_GENERATIONS = 16, /* those with sessions left included */
	MASTER_ARGUMENTS = 256,
	MASTER_RETRY_MS = 1000, /* between two starts at least */
};

struct master_generation {
	pid_t pid;	 /* 0: none */
	int control;	 /* ours to close; -1: it said that it is ending */
	uint64_t serial; /* the order in which they were started */
	bool ready;
	bool crashed; /* it, or a process of its sessions: to be replaced */
	bool stale;   /* it asked for a new one while another was starting */
	bool leaving; /* was told to, or to end */
	bool hurried; /* was told to end, to make room */
};

struct master {
	int argc; /* at most MASTER_ARGUMENTS */
	char **argv;
	char executable[4096];
	struct sockets sockets;
	struct master_generation generations[MASTER_GENERATIONS];
	bool was_ready; /* some generation */
	bool ending;
	bool wants_new;
	int signals;
	uint64_t started_at; /* the last generation */
	uint64_t serial;     /* of that */
};

/* --- master_execute.c --- */

/* Where to find this program when it is executed anew, perhaps upgraded. */
void master_find_executable(struct master *m);

/*
 * In a child: becomes a generation, which speaks over `control` and has no
 * other descriptors than that, the sockets and those up to 2.  A failure is
 * logged, and ends the child.
 */
_Noreturn void master_execute(const struct master *m, int control);

/* --- master_generation.c --- */

/*
 * A new generation, which is to take over when it is ready.  Where it cannot
 * be made now (no room: the oldest is hurried; no process), wants_new stays.
 * Does not wait for it.
 */
void master_start_generation(struct master *m);

/* The generation has said something, or hung up.  Does not wait. */
void master_hear(struct master *m, struct master_generation *g);

/*
 * Takes note of children that have ended.  False: the very first generation
 * could not start (it has told why), so there is to be no service.
 */
__attribute__((warn_unused_result)) bool master_reap(struct master *m);

bool master_has_generations(const struct master *m);

/* All are to end when their sessions have been told; or, again, at once. */
void master_end_generations(struct master *m, bool again);

#endif
