/* SPDX-License-Identifier: ISC */
/* DRAIN: letting nobody in. */
#include "scmpd/handlers.h"
#include "scmpd/kick.h"
#include "scmpd/server.h"

/* Sessions that have said nothing for so long are idle. */
enum { DRAIN_IDLE_MS = 10 * 1000 };

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
		.idle_ms = DRAIN_IDLE_MS,
		.without_marks = true,
	};

	return kick_sessions(s, &idle, CONTROL_GRACEFULLY);
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
	if (on)
		n = end_idle(s);
	call_answer(call, on == was ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
		    on ? "nobody is let in; %u idle sessions told to close"
		       : "sessions are let in",
		    n);
}
