/* SPDX-License-Identifier: ISC */
/* Ends of the session that somebody asks for: the server's, or a kick. */
#include "pop3-session/monitor.h"

#include "sys/clock.h"

#include <errno.h>

enum {
	STOP_GRACE_MS = 30000, /* for the reply under way */
	LOOK_MS = 5000,
};

static const struct span nothing = {NULL, 0};

void monitor_stop(struct monitor *m)
{
	uint64_t latest = clock_ms() + STOP_GRACE_MS;

	if (m->told || m->state == CHANNEL_AT_END)
		return;
	m->told = true;
	m->stopping = true;
	if (m->deadline > latest)
		m->deadline = latest;
	monitor_answer(m, CHANNEL_CLOSE, nothing, NULL, 0);
}

static void kick(struct monitor *m, bool now)
{
	/* What is at its end already has another reason. */
	if (m->state == CHANNEL_AT_END)
		return;
	m->kicked = true;
	if (now)
		monitor_cut(m, END_KICKED);
	else
		monitor_stop(m);
}

void monitor_obey_signal(struct monitor *m, int number)
{
	if (number == MONITOR_KICK || number == MONITOR_KICK_NOW)
		kick(m, number == MONITOR_KICK_NOW);
	else if (number)
		monitor_stop(m);
}

static bool looks(const struct monitor *m)
{
	return !m->setup->has_parent && m->setup->ticket &&
	       m->setup->ticket->serial && m->service->control.fd >= 0;
}

void monitor_look(struct monitor *m)
{
	const struct admission_ticket *ticket = m->setup->ticket;
	enum control_how how;

	if (!looks(m))
		return;
	how = control_look_at(&m->service->control, ticket->slot,
			      ticket->serial);
	if (how != CONTROL_STAY)
		kick(m, how == CONTROL_NOW);
}

uint64_t monitor_look_limit(const struct monitor *m)
{
	return looks(m) ? LOOK_MS : UINT64_MAX;
}

/*
 * The front is told that its request is called off, and ends as it was told to
 * before.  It has not answered the command, so the client knows that nothing
 * was done.
 */
static void call_off(struct monitor *m)
{
	const struct channel_done done = {.error = ECANCELED};

	monitor_finish(m, END_KICKED);
	monitor_answer(m, CHANNEL_DONE, span_make(&done, sizeof(done)), NULL,
		       0);
}

bool monitor_leaves_undone(struct monitor *m, uint32_t kind)
{
	if (!m->kicked)
		return false;
	if (kind == CHANNEL_COMMIT) {
		if (m->state == CHANNEL_IN_MAIL)
			call_off(m);
		return true;
	}
	/* Nor does anybody come in; the front ends when this process does. */
	if (kind == CHANNEL_LOGIN) {
		monitor_finish(m, END_KICKED);
		m->over = true;
		return true;
	}
	return false;
}
