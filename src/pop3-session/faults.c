/* SPDX-License-Identifier: ISC */
#include "pop3-session/faults.h"

#include "sys/log.h"

#include <unistd.h>

static struct service *service;
static const struct monitor *monitor;

static void tell(struct span words)
{
	struct events_event event = {.type = EVENTS_ERROR};

	if (monitor->has_left_shared)
		return;
	events_set_text(&event, words);
	/* A process that has no session yet is not one's monitor. */
	if (monitor->pid)
		monitor_tell(monitor->setup, monitor->pid, &event);
	else {
		event.pid = (uint32_t)getpid();
		(void)events_write(&service->events, &event);
	}
}

void faults_tell(struct service *s, const struct monitor *m)
{
	service = s;
	monitor = m;
	log_tell_errors(tell);
}
