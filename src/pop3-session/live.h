/* SPDX-License-Identifier: ISC */
/*
 * The sessions of one acceptor: which processes belong to which, and what is
 * to be given back when both have ended.
 *
 * Processes are looked for by pid in a dense array: for thousands of sessions
 * that takes a few microseconds, and there is nothing to keep in order.
 */
#ifndef POP3_SESSION_LIVE_H
#define POP3_SESSION_LIVE_H

#include "stats/admission.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum live_who { LIVE_MONITORS, LIVE_ALL };

struct live_session; /* see live.c */

struct live {
	struct live_session *sessions;
	pid_t *pids;	   /* two a session: monitor, front; 0: none */
	uint32_t capacity; /* sessions there is room for */
	uint32_t used;	   /* high-water mark, so far */
	uint32_t count;	   /* sessions with a process, or about to have */
	uint32_t dying;	   /* sessions whose monitor is gone, front not */
	uint32_t free;	   /* first of the free ones; UINT32_MAX: none */
};

/* In memory that is not there after a fork.  0 or -ENOMEM. */
__attribute__((warn_unused_result)) int live_init(struct live *l,
						  uint32_t capacity);
bool live_is_full(const struct live *l);
uint32_t live_count(const struct live *l);

/* A new session; its number.  Not to be called when full. */
uint32_t live_add(struct live *l, const struct admission_ticket *ticket);
void live_set_monitor(struct live *l, uint32_t session, pid_t pid);
void live_set_front(struct live *l, uint32_t session, pid_t pid);

/* It came to no process at all. */
void live_cancel(struct live *l, uint32_t session);

/*
 * Its front could not be made.  True: nor is there a monitor (any more); the
 * ticket is to be given back.
 */
bool live_has_no_front(struct live *l, uint32_t session,
		       struct admission_ticket *ticket);

/*
 * Is it a process of a session, ended by a signal that we did not send?
 * Logged.  False also for SIGKILL: that comes from outside (an administrator,
 * memory ran out) and does not mean that somebody tries out addresses.
 */
bool live_crashed(const struct live *l, pid_t pid, int status);

/*
 * A process ended; a front left behind is to go by `kill_at` (clock_ms).
 * True: so has all of the session, and its ticket is to be given back.
 */
bool live_ended(struct live *l, pid_t pid, uint64_t kill_at,
		struct admission_ticket *ticket);

/* Is some front to be killed if it does not go? */
bool live_is_dying(const struct live *l);
void live_kill_late(struct live *l, uint64_t now);

void live_signal(struct live *l, int signal, enum live_who who);

/* Calls `each` for every session that has a place and a monitor. */
void live_each(const struct live *l,
	       void (*each)(void *context,
			    const struct admission_ticket *ticket,
			    pid_t monitor),
	       void *context);

#endif
