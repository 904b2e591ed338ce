/* SPDX-License-Identifier: ISC */
/* What happens to a connection in time: its deadlines, and commands that wait.
 */
#include "scmpd/connection_parts.h"
#include "scmpd/dispatch.h"
#include "sys/clock.h"

#include <event2/event.h>
#include <string.h>

/* --- deadlines --- */

static long seconds_of(const struct connection *c)
{
	if (c->is_ending)
		return CONNECTION_END_S;
	switch (c->state) {
	case SCMP_STATE_AUTHORIZATION:
		return CONNECTION_LOGIN_S;
	case SCMP_STATE_STREAM:
		return CONNECTION_ALIVE_S;
	default:
		return CONNECTION_IDLE_S;
	}
}

static void run_clock(struct connection *c, uint64_t ms)
{
	const struct timeval delay = {(time_t)(ms / 1000),
				      (suseconds_t)(ms % 1000 * 1000)};

	c->is_clock_stopped = false;
	c->due_ms = clock_ms() + ms;
	(void)event_add(c->timer, &delay);
}

static void stop_clock(struct connection *c)
{
	uint64_t now = clock_ms();

	if (c->is_clock_stopped)
		return;
	c->is_clock_stopped = true;
	c->left_ms = c->due_ms > now ? c->due_ms - now : 0;
	(void)event_del(c->timer);
}

/* For what was left. */
static void let_clock_run(struct connection *c)
{
	if (c->is_clock_stopped)
		run_clock(c, c->left_ms);
}

void connection_arm(struct connection *c)
{
	run_clock(c, (uint64_t)seconds_of(c) * 1000);
}

/* False: whoever watches has taken nothing for so long that nobody does. */
static bool send_alive(struct connection *c)
{
	bool stalls = connection_unsent(c) > 0 && !c->has_taken;

	c->stalls = stalls ? c->stalls + 1 : 0;
	c->has_taken = false;
	if (c->stalls >= CONNECTION_STALLS)
		return false;
	if (connection_unsent(c) < CONNECTION_OUTPUT)
		connection_send(c, span_str("# alive\r\n"));
	connection_arm(c);
	return true;
}

void connection_on_time(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;

	(void)fd;
	(void)what;
	if (c->is_ending || c->source) {
		connection_free(c); /* it does not take what it asked for */
		return;
	}
	if (c->state == SCMP_STATE_STREAM) {
		if (!send_alive(c))
			connection_free(c);
		return;
	}
	dispatch_refuse(c, SCMP_CODE_TIMEOUT,
			c->state == SCMP_STATE_AUTHORIZATION
				? "not logged in within 30 seconds"
				: "idle for 10 minutes");
	connection_end(c);
}

/* --- what waits --- */

void connection_release(struct connection *c)
{
	c->is_held = false;
	c->has_waited = false;
	c->impeded_ms = 0;
	(void)event_del(c->hold);
	let_clock_run(c);
}

void connection_on_hold(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;

	(void)fd;
	(void)what;
	c->is_held = false;
	if (c->resume) {
		c->resume(c);
		if (c->is_held)
			return;
		explicit_bzero(&c->command, sizeof(c->command));
		connection_release(c);
	}
	let_clock_run(c);
	connection_go_on(c);
}

void connection_hold(struct connection *c, uint32_t ms,
		     connection_resume *resume)
{
	const struct timeval delay = {ms / 1000, ms % 1000 * 1000L};

	c->is_held = true;
	c->resume = resume;
	stop_clock(c);
	if (event_add(c->hold, &delay) < 0)
		connection_end(c);
}

bool connection_is_patient(struct connection *c, uint64_t most_ms)
{
	uint64_t now = clock_ms();

	if (!c->impeded_ms)
		c->impeded_ms = now;
	return now - c->impeded_ms < most_ms;
}
