/* SPDX-License-Identifier: ISC */
/* What the monitor's page of the statistics and the events tell of it. */
#include "pop3-session/monitor.h"

#include "stats/events_ring.h"

void monitor_tell(const struct monitor_setup *setup, pid_t pid,
		  struct events_event *event)
{
	const struct peer *peer = &setup->peer;

	event->session = setup->ticket ? setup->ticket->number : 0;
	event->pid = (uint32_t)pid;
	if (peer->known)
		events_set_peer(event, &peer->address, peer->port);
	(void)events_write(&setup->service->events, event);
}

/* Has it a number by which it is known?  It need not be counted for that. */
static bool is_told_of(const struct monitor_setup *setup)
{
	return setup->ticket && setup->ticket->serial;
}

void monitor_tell_connect(const struct monitor_setup *setup, pid_t pid)
{
	struct events_event connect = {.type = EVENTS_CONNECT};

	if (is_told_of(setup))
		monitor_tell(setup, pid, &connect);
}

void monitor_begin_counts(struct monitor *m)
{
	const struct admission_ticket *ticket = m->setup->ticket;
	void *place = m->setup->place;

	m->own = NULL;
	if (!is_told_of(m->setup))
		return;
	if (!m->setup->has_parent)
		monitor_tell_connect(m->setup, m->pid);
	if (!ticket->counted)
		return;
	m->own = statistics_map_identity_at(&m->service->statistics,
					    ticket->slot, place);
	if (!m->own)
		return;
	/* If it cannot be handled, a file that is cut ends this process. */
	if (!place)
		(void)!statistics_survive(m->own);
	if (m->setup->peer.known)
		statistics_set_peer(m->own, &m->setup->peer.address,
				    m->setup->peer.port);
	statistics_set_pid(m->own, m->pid);
}

static enum counters_login login_of(uint32_t answer)
{
	static const enum counters_login logins[CHANNEL_ANSWERS] = {
		[CHANNEL_WELCOME] = COUNTERS_LOGGED_IN,
		[CHANNEL_BAD_CREDENTIALS] = COUNTERS_CREDENTIALS,
		[CHANNEL_TOO_MANY] = COUNTERS_CREDENTIALS,
		[CHANNEL_IN_USE] = COUNTERS_IN_USE,
		[CHANNEL_TEMPORARY] = COUNTERS_TEMPORARY,
		[CHANNEL_PERMANENT] = COUNTERS_PERMANENT,
		[CHANNEL_CLEARTEXT] = COUNTERS_CLEARTEXT,
		[CHANNEL_NO_METHOD] = COUNTERS_NO_METHOD,
		[CHANNEL_REFUSED] = COUNTERS_PENALTY,
		[CHANNEL_USER_FULL] = COUNTERS_USER_FULL,
		[CHANNEL_USER_NETWORK_FULL] = COUNTERS_USER_FULL,
	};

	return logins[answer];
}

static void count_login(struct monitor *m, const struct events_event *event,
			uint64_t ms)
{
	struct statistics_identity *own = m->own;

	counters_add(&own->counts.logins[event->method][event->reason], 1);
	counters_observe(&own->counts.login_ms, ms);
	if (event->reason == COUNTERS_IN_USE)
		counters_add(&own->counts.lock_conflicts, 1);
	if (event->reason == COUNTERS_LOGGED_IN) {
		statistics_set_user(own, span_str(m->user));
		statistics_set_state(own, COUNTERS_TRANSACTION);
	}
}

void monitor_count_login(struct monitor *m, enum channel_method method,
			 uint32_t answer, uint64_t ms)
{
	struct events_event event = {
		.type = answer == CHANNEL_WELCOME ? EVENTS_LOGIN
						  : EVENTS_AUTH_FAILED,
		.reason = login_of(answer),
		.method =
			method == CHANNEL_APOP ? COUNTERS_APOP : COUNTERS_PASS,
	};

	if (m->own)
		count_login(m, &event, ms);
	if (!is_told_of(m->setup))
		return;
	events_set_text(&event, span_str(m->user));
	monitor_tell(m->setup, m->pid, &event);
}

void monitor_count_timeout(struct monitor *m, enum counters_timeout which)
{
	if (m->own)
		counters_add(&m->own->counts.timeouts[which], 1);
}

void monitor_count_update(struct monitor *m)
{
	if (!m->own)
		return;
	counters_add(&m->own->counts.deleted, m->outcome.removed);
	counters_add(&m->own->counts.deleted_octets, m->outcome.removed_octets);
}

void monitor_end_counts(struct monitor *m)
{
	statistics_set_end(m->own, (enum counters_end)m->end);
}
