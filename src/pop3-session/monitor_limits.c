/* SPDX-License-Identifier: ISC */
/* What a login has to do with those before it, and with those at once. */
#include "pop3-session/monitor.h"

#include <poll.h>

static bool has_penalty(const struct monitor *m)
{
	return m->setup->is_network &&
	       !service_trusts(m->service, &m->setup->peer);
}

static struct penalty_verdict ask(const struct monitor *m, struct span user)
{
	return penalty_ask(&m->service->penalty, &m->service->penalty_rules,
			   &m->setup->peer.address, user);
}

/* False: not all of it was waited out. */
static bool wait_out(struct monitor *m, uint32_t ms)
{
	const struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};
	struct pollfd fds[] = {
		{m->setup->channel, 0, 0},
		{m->setup->client, 0, 0},
		{m->setup->signals, POLLIN, 0},
	};

	if (m->stopping)
		return false;
	event_delayed(m, ms);
	m->deadline += ms; /* the wait is ours, not the client's */
	return ppoll(fds, 3, &limit, NULL) == 0;
}

enum channel_answer monitor_await_turn(struct monitor *m, struct span user)
{
	struct penalty_verdict verdict;

	if (!has_penalty(m))
		return CHANNEL_WELCOME;
	verdict = ask(m, user);
	if (!verdict.refused && verdict.delay_ms) {
		if (!wait_out(m, verdict.delay_ms))
			return CHANNEL_TEMPORARY;
		/* Others have not waited for this one. */
		verdict = ask(m, user);
	}
	if (!verdict.refused)
		return CHANNEL_WELCOME;
	event_user_refused(m, "penalty_refuse",
			   m->service->settings->penalty_refuse);
	return CHANNEL_REFUSED;
}

void monitor_count_failure(struct monitor *m)
{
	if (has_penalty(m))
		(void)penalty_failed(
			&m->service->penalty, &m->service->penalty_rules,
			&m->setup->peer.address, span_str(m->user));
}

void monitor_count_success(struct monitor *m)
{
	if (has_penalty(m))
		penalty_good(&m->service->penalty, &m->setup->peer.address,
			     span_str(m->user));
}

enum monitor_keeping monitor_keeps_out(const struct monitor *m,
				       const struct user_row *row)
{
	const struct peer *peer = &m->setup->peer;

	/* Without a network whoever started this decides. */
	if (!m->setup->is_network)
		return KEEPING_NOBODY;
	if (rulebook_bans_user(&m->service->rulebook, span_str(m->user)))
		return KEEPING_BANNED;
	if (!row->networks[0] ||
	    rules_list_has(span_str(row->networks),
			   peer->known ? &peer->address : NULL))
		return KEEPING_NOBODY;
	return KEEPING_ELSEWHERE;
}

/* The door asks this of every connection, if it can read the rules. */
static enum rules_verdict ask_of_address(const struct monitor *m)
{
	return m->setup->is_network ? rulebook_ask(&m->service->rulebook,
						   &m->setup->peer, NULL)
				    : RULES_LET_IN;
}

bool monitor_is_kept_out(const struct monitor *m, const struct user_row *row)
{
	static const char *const words[] = {
		[KEEPING_BANNED] = "Kept out: a ban of this user",
		[KEEPING_ELSEWHERE] = "Kept out: not from a network that this "
				      "user's row allows",
	};
	static const char *const rules[] = {
		[RULES_BANNED] = "Kept out: a ban of this address",
		[RULES_NOT_ALLOWED] = "Kept out: the address is not on the "
				      "allow list",
	};
	enum monitor_keeping keeping = monitor_keeps_out(m, row);
	enum rules_verdict verdict = ask_of_address(m);

	if (keeping != KEEPING_NOBODY)
		event_kept_out(m, words[keeping]);
	else if (verdict != RULES_LET_IN)
		event_kept_out(m, rules[verdict]);
	return keeping != KEEPING_NOBODY || verdict != RULES_LET_IN;
}

struct admission_user_limits monitor_limits_of(const struct service *service,
					       const struct peer *peer,
					       const struct user_row *row)
{
	const struct settings *s = service->settings;
	struct admission_user_limits limits = {
		.per_user = row->has_max_sessions
				    ? row->max_sessions
				    : (uint32_t)s->max_sessions_per_user,
	};

	if (!service_has_no_limit(service, peer))
		limits.per_user_and_network =
			(uint32_t)s->max_sessions_per_user_and_network;
	return limits;
}

enum channel_answer monitor_within_limits(struct monitor *m,
					  const struct user_row *row)
{
	struct admission_user_limits limits;

	if (!m->setup->ticket)
		return CHANNEL_WELCOME;
	limits = monitor_limits_of(m->service, &m->setup->peer, row);
	switch (admission_name(&m->service->admission, m->setup->ticket,
			       span_str(m->user), &limits)) {
	case ADMISSION_USER_FULL:
		event_user_refused(m,
				   row->has_max_sessions
					   ? "max_sessions of the user's row"
					   : "max_sessions_per_user",
				   limits.per_user);
		return CHANNEL_USER_FULL;
	case ADMISSION_USER_NETWORK_FULL:
		event_user_refused(m, "max_sessions_per_user_and_network",
				   limits.per_user_and_network);
		return CHANNEL_USER_NETWORK_FULL;
	default:
		return CHANNEL_WELCOME;
	}
}
