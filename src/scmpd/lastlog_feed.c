/* SPDX-License-Identifier: ISC */
#include "scmpd/lastlog_feed.h"

#include "scmpd/scmpd.h"
#include "stats/counters.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOK_S = 1,
	SAVE_MS = 60 * 1000,
};

static void take(struct lastlog_feed *logins, const struct events_event *event)
{
	if (event->type != EVENTS_LOGIN ||
	    event->reason != COUNTERS_LOGGED_IN || !event->text_n)
		return;
	lastlog_note(&logins->log, span_make(event->text, event->text_n),
		     (int64_t)(event->time_ms / 1000),
		     event->has_peer ? &event->address : NULL);
}

void lastlog_feed_look(struct scmpd *s)
{
	struct events_event event;
	uint64_t missed;

	while (events_look_next(&s->logins.events, &event, &missed) == 1)
		take(&s->logins, &event);
}

/* Told of once: USERS goes on from memory. */
static void save(struct lastlog_feed *logins)
{
	int failed = lastlog_save(&logins->log);

	logins->saved_ms = clock_ms();
	if (failed < 0 && failed != logins->failed)
		log_warning("%s: %s; after a restart the last logins will not "
			    "be known (set state_dir to a folder of scmp_user)",
			    logins->log.path, strerror(-failed));
	logins->failed = failed;
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
	struct scmpd *s = context;

	(void)fd;
	(void)what;
	lastlog_feed_look(s);
	if (clock_ms() - s->logins.saved_ms >= SAVE_MS)
		save(&s->logins);
}

int lastlog_feed_start(struct scmpd *s)
{
	const struct timeval delay = {.tv_sec = LOOK_S};
	struct event *timer = event_new(s->base, -1, EV_PERSIST, on_time, s);
	char path[USERS_PATH_SIZE];
	int failed;

	snprintf(path, sizeof(path), "%s/logins", s->settings->state_dir);
	failed = lastlog_open(&s->logins.log, path);
	if (failed < 0 && failed != -ENOENT)
		log_warning("%s: %s; the last logins of before are not known",
			    path, strerror(-failed));
	events_look_init(&s->logins.events, s->run_dirfd);
	/* What happened while nobody looked. */
	events_look_back(&s->logins.events, EVENTS_RECORDS);
	s->logins.saved_ms = clock_ms();
	return timer && event_add(timer, &delay) == 0 ? 0 : -ENOMEM;
}

void lastlog_feed_stop(struct scmpd *s)
{
	lastlog_feed_look(s);
	save(&s->logins);
	lastlog_close(&s->logins.log);
}
