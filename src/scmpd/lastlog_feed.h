/* SPDX-License-Identifier: ISC */
/* Follows the logins among the events of sessions, for USERS: who came last,
 * when and from where (scmpd/lastlog.h), kept in state_dir/logins. */
#ifndef SCMPD_LASTLOG_FEED_H
#define SCMPD_LASTLOG_FEED_H

#include "scmpd/lastlog.h"
#include "stats/events_ring.h"

#include <stdint.h>

struct scmpd;

struct lastlog_feed {
	struct lastlog log;
	struct events_look events;
	uint64_t saved_ms; /* clock_ms() of the last time */
	int failed;	   /* why it could not be written; 0: it could */
};

/* Reads what was kept, and looks every second from then on: once rights have
 * been given up, since others than root may write in that folder. 0 or -ENOMEM.
 */
__attribute__((warn_unused_result)) int lastlog_feed_start(struct scmpd *s);

/* Takes what has happened up to now. */
void lastlog_feed_look(struct scmpd *s);

/* The same, keeps it, and forgets it. */
void lastlog_feed_stop(struct scmpd *s);

#endif
