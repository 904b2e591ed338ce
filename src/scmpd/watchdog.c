/* SPDX-License-Identifier: ISC */
#include "scmpd/watchdog.h"

#include "scmpd/scmpd.h"
#include "sys/notify.h"

#include <errno.h>
#include <event2/event.h>

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	(void)notify_send("WATCHDOG=1");
}

int watchdog_answer(struct scmpd *s)
{
	uint64_t half = notify_watchdog_us() / 2;
	const struct timeval every = {(time_t)(half / 1000000),
				      (suseconds_t)(half % 1000000)};
	struct event *e;

	if (half == 0)
		return 0;
	e = event_new(s->base, -1, EV_PERSIST, on_watchdog, s);
	return e && event_add(e, &every) == 0 ? 0 : -ENOMEM;
}
