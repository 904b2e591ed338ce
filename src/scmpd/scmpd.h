/* SPDX-License-Identifier: ISC */
/*
 * The daemon as a whole: what it was configured to be, what it has open, and
 * its connections. One thread, one event loop (libevent).
 */
#ifndef SCMPD_SCMPD_H
#define SCMPD_SCMPD_H

#include "config/rulebook.h"
#include "config/settings.h"
#include "scmpd/lastlog_feed.h"
#include "scmpd/listeners.h"
#include "scmpd/metrics.h"
#include "scmpd/watch.h"
#include "stats/control.h"
#include "stats/penalty.h"
#include "stats/statistics_look.h"
#include "store/users.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct event;
struct event_base;
struct connection;
struct http;
struct command_line;

/* Everything that belongs to somebody else is opened before rights are given
 * up, and used through this. */
struct scmpd {
	struct configuration configuration;
	const struct settings *settings;
	const struct command_line *line;
	bool privileged; /* began as root */
	struct event_base *base;
	struct listeners listeners;
	LIST_HEAD(connection_list, connection) connections;
	size_t connections_n;
	char run_dir[USERS_PATH_SIZE];
	int run_dirfd;			/* -1: there is none */
	char database[USERS_PATH_SIZE]; /* of the first sqlite: store; empty:
					   there is none */
	gid_t operators;		/* of the Unix socket; -1: nobody */
	struct users users;
	/* clock_ms: until then no command waits for who has the database, since
	 * one has just waited in vain */
	uint64_t impatient_until;
	struct rulebook rulebook;
	struct statistics_look statistics;
	struct control control;
	struct event *drain; /* pending while nobody is let in; see drain.c */
	struct penalty penalty;
	struct watch watch;
	struct lastlog_feed logins;
	uint64_t counts[METRICS_OWN]; /* enum metrics_own */
	struct http *http;	      /* NULL: metrics are not served */
	char host[256];
	int64_t started; /* seconds since 1970 */
};

/*
 * Reads the configuration, and has it in force, but for what can be done only
 * once, before rights are given up. 0, or a negative errno with *error: then
 * all is as it was.
 */
__attribute__((warn_unused_result)) int scmpd_configure(struct scmpd *s,
							struct buf *error);

/* Runs the command line; the exit status. */
int scmpd_main(int argc, char **argv);

/* As the settings are now, those that were changed here among them. */
struct penalty_rules scmpd_penalty_rules(const struct scmpd *s);

/* Are there stores of users besides the database, whom no command knows? */
bool scmpd_has_other_users(const struct scmpd *s);

#endif
