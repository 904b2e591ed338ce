/* SPDX-License-Identifier: ISC */
/* RELOAD, and SIGHUP: the configuration is read again. */
#include "scmpd/handlers.h"
#include "scmpd/server.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static int reload(struct scmpd *s, struct buf *error)
{
	int failed = scmpd_configure(s, error);

	if (failed == 0)
		server_look(s);
	return failed;
}

void reload_command(struct call *call)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (reload(call->scmpd, &error) < 0)
		call_answer(call, SCMP_CODE_REFUSED, "%s",
			    buf_str(&error) ? memory : "not understood");
	else
		call_answer(call, SCMP_CODE_OK,
			    "scmpd has read its configuration again; where it "
			    "listens, and who it is, stays");
}

/* systemd.service(5), Type=notify-reload */
static void notify_reloading(void)
{
	struct timespec now;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)notify_send(text);
}

static void on_reload(evutil_socket_t signal, short what, void *context)
{
	char memory[USERS_ERROR_SIZE];
	struct scmpd *s = context;
	struct buf error;

	(void)signal;
	(void)what;
	buf_init(&error, memory, sizeof(memory));
	notify_reloading();
	if (reload(s, &error) == 0)
		log_info("the configuration was read again");
	else
		log_error("the configuration is as it was: %s",
			  buf_str(&error) ? memory : "not understood");
	(void)notify_send("READY=1");
}

int reload_start(struct scmpd *s)
{
	struct event *e = evsignal_new(s->base, SIGHUP, on_reload, s);

	return e && event_add(e, NULL) == 0 ? 0 : -ENOMEM;
}
