/* SPDX-License-Identifier: ISC */
#include "pop3-session/door.h"

#include "pop3-session/events.h"
#include "pop3-session/refusal.h"
#include "stats/admission_tell.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { HEAR_MS = 100 };

const char *door_reply(enum door_verdict verdict)
{
	static const char *const replies[] = {
		[DOOR_DRAINING] = "-ERR [SYS/TEMP] the server takes no new "
				  "sessions now; try later\r\n",
		[DOOR_RULED_OUT] = "-ERR [SYS/PERM] connections from your "
				   "network are not accepted here\r\n",
		/* The same words as for a session that gets there after its
		 * greeting. */
		[DOOR_FAILURES] = "-ERR [SYS/TEMP] too many failed logins from "
				  "your network; try later\r\n",
		[DOOR_FULL] = "-ERR [SYS/TEMP] the server has as many sessions "
			      "as it may; try later\r\n",
		[DOOR_NETWORK_FULL] =
			"-ERR [SYS/TEMP] your network has as many sessions as "
			"it may; try later\r\n",
	};

	return replies[verdict];
}

/* Counts it, and tells those who look. */
static void count_refusal(struct service *service, const struct peer *peer,
			  enum counters_refusal why)
{
	struct events_event event = {.type = EVENTS_REFUSED, .reason = why};

	if (peer->known)
		events_set_peer(&event, &peer->address, peer->port);
	statistics_refused(&service->statistics, why);
	(void)events_write(&service->events, &event);
}

static bool turn_away_for_limit(struct service *service, int client,
				const struct peer *peer,
				enum admission_verdict verdict)
{
	const struct settings *s = service->settings;

	if (verdict == ADMISSION_FULL) {
		door_is_full(service, client, peer);
		return true;
	}
	if (verdict != ADMISSION_NETWORK_FULL)
		return false;
	count_refusal(service, peer, COUNTERS_NETWORK_FULL);
	refusal_tell(client, peer, door_reply(DOOR_NETWORK_FULL),
		     "max_sessions_per_network", s->max_sessions_per_network);
	return true;
}

void door_is_full(struct service *service, int client, const struct peer *peer)
{
	count_refusal(service, peer, COUNTERS_FULL);
	refusal_tell(client, peer, door_reply(DOOR_FULL), "max_sessions",
		     service->settings->max_sessions);
}

void door_leave(struct service *service, struct admission_ticket *ticket,
		enum counters_end end, struct span user)
{
	struct events_event event = {
		.type = EVENTS_CLOSE,
		.session = ticket->number,
		.reason = end,
	};
	bool is_counted = ticket->counted, is_session = ticket->serial != 0;

	admission_leave(&service->admission, ticket);
	if (!is_session || (is_counted && service->statistics.fd >= 0))
		return;
	events_set_text(&event, user);
	(void)events_write(&service->events, &event);
}

void door_is_short(struct service *service, const struct peer *peer,
		   const char *what, int error)
{
	count_refusal(service, peer, COUNTERS_UNSERVED);
	event_unserved(peer, what, error);
}

bool door_has_failures(struct service *service, const struct peer *peer)
{
	return peer->known && !service_trusts(service, peer) &&
	       penalty_refuses(&service->penalty, &service->penalty_rules,
			       &peer->address);
}

static bool turn_away_for_failures(struct service *service, int client,
				   const struct peer *peer)
{
	if (!door_has_failures(service, peer))
		return false;
	count_refusal(service, peer, COUNTERS_FAILURES);
	refusal_tell(client, peer, door_reply(DOOR_FAILURES), "penalty_refuse",
		     service->settings->penalty_refuse);
	return true;
}

static bool turn_away_for_drain(struct service *service, int client,
				const struct peer *peer)
{
	if (!service->asked.drain)
		return false;
	count_refusal(service, peer, COUNTERS_DRAINING);
	refusal_drain(client, peer, door_reply(DOOR_DRAINING));
	return true;
}

/* It has nothing to wait for, so no [SYS/TEMP]. */
static bool turn_away_for_rules(struct service *service, int client,
				const struct peer *peer)
{
	struct network by;
	enum rules_verdict verdict =
		rulebook_ask(&service->rulebook, peer, &by);

	if (verdict == RULES_LET_IN)
		return false;
	count_refusal(service, peer,
		      verdict == RULES_BANNED ? COUNTERS_BANNED
					      : COUNTERS_NOT_ALLOWED);
	refusal_rule(client, peer, door_reply(DOOR_RULED_OUT),
		     verdict == RULES_BANNED ? &by : NULL);
	return true;
}

/* It is served all the same. */
static void tell_uncounted(struct service *service)
{
	statistics_uncounted(&service->statistics);
	if (service->statistics.fd >= 0 &&
	    admission_may_tell(&service->admission))
		log_warning("run_dir: no room for the statistics of a session, "
			    "or no file; it is served without");
}

struct admission_limits door_limits(const struct service *service)
{
	const struct settings *s = service->settings;

	return (struct admission_limits){
		.sessions = (uint32_t)s->max_sessions,
		.per_network = (uint32_t)s->max_sessions_per_network,
	};
}

void door_look(struct service *service, unsigned wait_ms)
{
	uint64_t now = clock_ms();

	service_read_rules(service, wait_ms);
	if (service->heard_at && now - service->heard_at < HEAR_MS)
		return;
	service->heard_at = now;
	service_hear(service);
}

bool door_admit(struct service *service, int client, const struct peer *peer,
		struct admission_ticket *ticket)
{
	const struct admission_limits limits = door_limits(service);
	enum admission_verdict verdict;

	*ticket = ADMISSION_NO_TICKET;
	if (turn_away_for_drain(service, client, peer))
		return false;
	if (turn_away_for_rules(service, client, peer))
		return false;
	if (turn_away_for_failures(service, client, peer))
		return false;
	verdict = admission_enter(
		&service->admission, peer->known ? &peer->address : NULL,
		service_has_no_limit(service, peer), &limits, ticket);
	if (turn_away_for_limit(service, client, peer, verdict))
		return false;
	if (!ticket->counted)
		tell_uncounted(service);
	return true;
}
