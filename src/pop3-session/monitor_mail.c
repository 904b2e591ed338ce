/* SPDX-License-Identifier: ISC */
/* Serving the maildrop, as its owner: messages, marks, UPDATE. */
#include "pop3-session/monitor.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FLIGHT_TRIES = 100, /* while too many descriptors are under way */
	FLIGHT_NAP_MS = 20,
};

static uint32_t count_of(const struct monitor *m)
{
	return m->has_drop ? m->drop.count : 0;
}

static void nap(long ms)
{
	struct timespec t = {0, ms * 1000000L};

	(void)nanosleep(&t, NULL);
}

static void refuse_all(struct channel_messages *reply, int error)
{
	uint32_t i;

	for (i = 0; i < reply->count; i++)
		reply->error[i] = error;
}

/*
 * Descriptors under way count for the whole uid.  A front that asks without
 * taking what comes could use them up for all sessions of that uid, so the
 * kernel is asked to hold no more than a few messages (its least).
 */
static void bound_flight(struct monitor *m)
{
	const int least = 1;

	if (m->flight_is_bounded)
		return;
	m->flight_is_bounded = true;
	(void)setsockopt(m->setup->channel, SOL_SOCKET, SO_SNDBUF, &least,
			 sizeof(least));
}

/*
 * A crowd of sessions may still have to wait for each other (ETOOMANYREFS).
 */
static int send_messages(struct monitor *m, struct channel_messages *reply,
			 const int *fds, size_t n)
{
	struct span body = span_make(reply, sizeof(*reply));
	struct span none = {NULL, 0};
	int tries, r = -ETOOMANYREFS;

	for (tries = 0; tries < FLIGHT_TRIES && r == -ETOOMANYREFS; tries++) {
		if (tries > 0)
			nap(FLIGHT_NAP_MS);
		r = channel_send(m->setup->channel, CHANNEL_MESSAGES, body,
				 none, none, fds, n);
	}
	return r;
}

void monitor_on_fetch(struct monitor *m, struct channel_message *message)
{
	struct channel_messages reply = {0};
	struct channel_fetch fetch;
	int fds[CHANNEL_FDS];
	size_t n = 0;
	uint32_t i;
	int r;

	memcpy(&fetch, message->body.p, sizeof(fetch));
	if (fetch.number == 0 || fetch.count == 0 ||
	    fetch.count > CHANNEL_FDS || fetch.number > count_of(m) ||
	    fetch.count > count_of(m) - fetch.number + 1) {
		m->over = true;
		m->end = END_PROTOCOL;
		return;
	}
	bound_flight(m);
	reply.number = fetch.number;
	reply.count = fetch.count;
	for (i = 0; i < fetch.count; i++) {
		int fd = maildrop_fetch(&m->drop, fetch.number + i);

		if (fd >= 0)
			fds[n++] = fd;
		else
			reply.error[i] = -fd;
	}
	r = send_messages(m, &reply, fds, n);
	if (r == -ETOOMANYREFS) {
		refuse_all(&reply, EAGAIN);
		r = send_messages(m, &reply, NULL, 0);
	}
	while (n > 0)
		close(fds[--n]);
	if (r < 0) {
		m->over = true;
		m->end = r == -EAGAIN ? END_PROTOCOL : END_FRONT_DIED;
	}
}

void monitor_on_relist(struct monitor *m, struct channel_message *message)
{
	struct channel_tables tables = {0};
	int fds[2];
	size_t n = 0;

	(void)message;
	if (m->has_drop) {
		tables.error = -maildrop_refresh(&m->drop);
		if (tables.error == 0)
			n = maildrop_tables(&m->drop, fds);
		log_warning("user %s: the index was damaged; %s", m->user,
			    tables.error ? "the list is lost, the session ends"
					 : "listed again");
	}
	monitor_answer(m, CHANNEL_TABLES, span_make(&tables, sizeof(tables)),
		       fds, n);
}

static size_t bitmap_octets(const struct monitor *m)
{
	return (count_of(m) + 7U) / 8U;
}

static uint8_t *bitmap(struct monitor *m, uint32_t which)
{
	void *p;

	if (m->marks[which])
		return m->marks[which];
	p = mmap(NULL, bitmap_octets(m), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED)
		m->marks[which] = p;
	return m->marks[which];
}

void monitor_on_marks(struct monitor *m, struct channel_message *message)
{
	struct channel_marks marks;
	struct span octets = span_drop(message->body, sizeof(marks));
	uint8_t *map;

	memcpy(&marks, message->body.p, sizeof(marks));
	if (marks.bitmap >= CHANNEL_BITMAPS || marks.octets != octets.n ||
	    marks.offset > bitmap_octets(m) ||
	    marks.octets > bitmap_octets(m) - marks.offset) {
		m->over = true;
		m->end = END_PROTOCOL;
		return;
	}
	map = bitmap_octets(m) > 0 ? bitmap(m, marks.bitmap) : NULL;
	if (map) {
		memcpy(map + marks.offset, octets.p, octets.n);
	} else {
		m->over = true;
		m->end = END_INTERNAL;
	}
}

static void log_outcome(const struct monitor *m)
{
	const struct maildrop_outcome *o = &m->outcome;

	if (o->failed > 0)
		log_error("user %s: %u messages could not be removed: %s",
			  m->user, o->failed, strerror(o->failed_why));
	if (o->unmoved > 0)
		log_warning("user %s: %u messages could not be moved from new/ "
			    "to cur/: %s",
			    m->user, o->unmoved, strerror(o->unmoved_why));
	if (o->sync_why)
		log_error("user %s: fsync of the Maildir failed: %s", m->user,
			  strerror(o->sync_why));
}

void monitor_on_commit(struct monitor *m, struct channel_message *message)
{
	struct channel_done done = {0};
	struct span words = message->body;

	if (words.n > 0 && words.n != sizeof(m->summary)) {
		m->over = true;
		m->end = END_PROTOCOL;
		return;
	}
	statistics_set_state(m->own, COUNTERS_UPDATE);
	if (m->has_drop) {
		int r = maildrop_commit(&m->drop, m->marks[CHANNEL_DELETED],
					m->marks[CHANNEL_RETRIEVED],
					&m->outcome);

		done.failed = m->outcome.failed;
		done.error = -r;
		monitor_count_update(m);
		log_outcome(m);
	}
	m->state = CHANNEL_AT_END;
	m->end = END_LOGGED_OUT;
	m->deadline = monitor_idle_deadline(m);
	if (words.n > 0 && done.failed == 0 && done.error == 0) {
		memcpy(&m->summary, words.p, sizeof(m->summary));
		m->over = true; /* all has been said */
	}
	monitor_answer(m, CHANNEL_DONE, span_make(&done, sizeof(done)), NULL,
		       0);
}
