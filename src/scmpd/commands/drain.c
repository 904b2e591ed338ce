/* SPDX-License-Identifier: ISC */
/* DRAIN: letting nobody in. */
#include "scmpd/handlers.h"
#include "scmpd/kick.h"
#include "scmpd/server.h"

#include <errno.h>
#include <event2/event.h>

enum {
	/* Sessions that have said nothing for so long are idle. */
	DRAIN_IDLE_MS = 10 * 1000,
	/* How often those are looked for that have become so. */
	DRAIN_AGAIN_S = 5,
};

void drain_show(struct call *call)
{
	(void)!control_renew(&call->scmpd->control);
	call_answer(call, SCMP_CODE_OK, "%s",
		    control_asked(&call->scmpd->control).drain ? "on" : "off");
}

/* Who has marked messages is about to have them removed, and is let be. */
static uint32_t end_idle(struct scmpd *s)
{
	const struct kick_match idle = {
		.which.idle_ms = DRAIN_IDLE_MS,
		.which.without_marks = true,
	};

	return kick_sessions(s, &idle, CONTROL_GRACEFULLY);
}

static void on_again(evutil_socket_t fd, short what, void *context)
{
	struct scmpd *s = context;

	(void)fd;
	(void)what;
	if (control_asked(&s->control).drain)
		(void)end_idle(s);
}

static void look_again(struct scmpd *s, bool on)
{
	const struct timeval again = {.tv_sec = DRAIN_AGAIN_S};

	if (on)
		(void)event_add(s->drain, &again);
	else
		(void)event_del(s->drain);
}

/* Nobody is let in as long as the file says so, whoever began it. */
int drain_start(struct scmpd *s)
{
	s->drain = event_new(s->base, -1, EV_PERSIST, on_again, s);
	if (!s->drain)
		return -ENOMEM;
	look_again(s, control_asked(&s->control).drain);
	return 0;
}

void drain_set(struct call *call)
{
	struct scmpd *s = call->scmpd;
	bool on = span_equal_nocase(scmp_command_word(call->command, 0),
				    span_str("on"));
	bool was = control_asked(&s->control).drain;
	uint32_t n = 0;

	if (!server_can_ask(call))
		return;
	control_set_drain(&s->control, on);
	control_publish(&s->control);
	look_again(s, on);
	if (on)
		n = end_idle(s);
	call_answer(call, on == was ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
		    on ? "nobody is let in; %u idle sessions told to close"
		       : "sessions are let in",
		    n);
}
