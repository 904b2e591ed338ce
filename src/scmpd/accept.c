/* SPDX-License-Identifier: ISC */
#include "scmpd/accept.h"

#include "scmpd/connection.h"
#include "sys/log.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

enum { ACCEPT_AT_ONCE = 16, ACCEPT_REST_MS = 100 };

/* Nobody waits any more, or this one has gone already. */
static bool is_usual(int failed)
{
	return failed == EAGAIN || failed == EINTR || failed == ECONNABORTED;
}

/* Out of descriptors, say: others get a moment to go. */
static void rest(struct listener *l)
{
	const struct timeval moment = {.tv_usec = ACCEPT_REST_MS * 1000};

	if (!l->is_resting)
		log_error("cannot accept a connection: %s", strerror(errno));
	l->is_resting = true;
	(void)event_del(l->ready);
	(void)event_add(l->rested, &moment);
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	struct listener *l = context;

	(void)what;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int client =
			accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0) {
			if (!is_usual(errno))
				rest(l);
			return;
		}
		l->is_resting = false;
		connection_accept(l->scmpd, l, client);
	}
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
	struct listener *l = context;

	(void)fd;
	(void)what;
	(void)event_add(l->ready, NULL);
}

int accept_start(struct scmpd *s, struct listener *l)
{
	l->scmpd = s;
	l->ready = event_new(s->base, l->fd, EV_READ | EV_PERSIST, on_ready, l);
	l->rested = event_new(s->base, -1, 0, on_rested, l);
	if (l->ready && l->rested && event_add(l->ready, NULL) == 0)
		return 0;
	return -ENOMEM;
}
