/* SPDX-License-Identifier: ISC */
/* The POP3 sessions that there are, and what all have sent and received. */
#include "scmpd/sessions.h"

#include "base/num.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/session_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_AT_ONCE = 200 }; /* records */

static void answer_unread(struct call *call, int failed)
{
	if (failed == -EBUSY)
		call_answer(call, SCMP_CODE_BUSY,
			    "too many sessions are being listed; try again");
	else
		call_answer(call, SCMP_CODE_SYS_TEMP,
			    "the statistics cannot be read: %s",
			    strerrordesc_np(-failed));
}

bool sessions_sum(struct call *call, struct counters_all *sum)
{
	int failed;

	memset(sum, 0, sizeof(*sum));
	failed = statistics_look_all(&call->scmpd->statistics, NULL, NULL, sum);
	if (failed == 0 || failed == -ENOENT)
		return true;
	answer_unread(call, failed);
	return false;
}

uint64_t sessions_open(const struct counters_all *sum)
{
	uint64_t n = 0;

	for (int i = 0; i < COUNTERS_STATES; i++)
		n += counters_get(&sum->now.sessions[i]);
	return n;
}

bool sessions_may_name(struct call *call, struct span user)
{
	if (!call->is_own || !user.p ||
	    span_equal(user, span_str(call->caller->name)))
		return true;
	call_answer(call, SCMP_CODE_PERM,
		    "your role shows you your own sessions only");
	return false;
}

/* --- SESSIONS, and LIST of the others --- */

static bool list_more(struct call *call, void *state)
{
	struct session_list *list = state;

	for (int i = 0; i < SESSIONS_AT_ONCE; i++) {
		if (!session_list_write(list, call_record(call)))
			return false;
		call_send(call);
	}
	return true;
}

static void list_end(void *state)
{
	session_list_free(state);
	free(state);
}

static const struct call_source list_source = {list_more, list_end};

/* `limit`: 0 is none. */
static void list(struct call *call, const struct session_filter *filter,
		 struct span sort, size_t limit)
{
	struct session_list *found = calloc(1, sizeof(*found));
	int failed = found ? session_list_find(found, &call->scmpd->statistics,
					       filter)
			   : -ENOMEM;

	if (failed < 0) {
		answer_unread(call, failed);
		if (found)
			list_end(found);
		return;
	}
	if (sort.n)
		session_list_sort(found, sort);
	if (limit)
		session_list_cut(found, limit);
	call_begin(call, "%zu session%s", found->n, found->n == 1 ? "" : "s");
	call_continue(call, &list_source, found);
}

void sessions_list(struct call *call)
{
	struct span user = scmp_command_field(call->command, "user");
	struct span ip = scmp_command_field(call->command, "ip");
	struct span sort = scmp_command_field(call->command, "sort");
	struct session_filter filter = {
		.mask = user.p,
		.is_own = call->is_own,
		.user = span_str(call->caller->name),
		.state = scmp_command_field(call->command, "state"),
	};
	struct network network;
	uint64_t limit = 0;

	if (!sessions_may_name(call, user))
		return;
	if (ip.p && network_parse(ip, &network))
		filter.network = &network;
	if (sort.p && !session_list_has_key(sort)) {
		call_answer(call, SCMP_CODE_RANGE,
			    "records have no such key to sort by");
		return;
	}
	(void)!num_parse_u64_capped(scmp_command_field(call->command, "limit"),
				    &limit);
	list(call, &filter, sort, limit);
}

/* --- counts --- */

void sessions_show_all(struct call *call)
{
	struct counters_all sum;

	if (sessions_sum(call, &sum))
		call_answer(call, SCMP_CODE_OK,
			    "%llu %llu %llu (so far, open, most at once)",
			    (unsigned long long)counters_get(
				    &sum.totals.monitor.connections),
			    (unsigned long long)sessions_open(&sum),
			    (unsigned long long)counters_get(&sum.now.peak));
}

struct counting {
	const struct session_filter *filter;
	uint64_t n;
};

static bool count_one(void *context, const struct statistics_row *row)
{
	struct counting *c = context;

	c->n += session_filter_fits(c->filter, row);
	return true;
}

/* False: answered. */
static bool count(struct call *call, const struct session_filter *filter,
		  uint64_t *n)
{
	struct counting c = {filter, 0};
	int failed = statistics_look_all(&call->scmpd->statistics, count_one,
					 &c, NULL);

	*n = c.n;
	if (failed == 0 || failed == -ENOENT)
		return true;
	answer_unread(call, failed);
	return false;
}

static void answer_count(struct call *call, uint64_t n)
{
	call_answer(call, SCMP_CODE_OK, "%llu open connection%s",
		    (unsigned long long)n, n == 1 ? "" : "s");
}

void sessions_show_current(struct call *call)
{
	const struct session_filter filter = {
		.is_own = call->is_own,
		.user = span_str(call->caller->name),
	};
	uint64_t n;

	if (count(call, &filter, &n))
		answer_count(call, n);
}

void sessions_show_of_user(struct call *call)
{
	char name[USERS_NAME_SIZE];
	struct session_filter filter = {.is_own = true};
	bool is_user = true;
	uint64_t n;

	if (!account_take_name(call, scmp_command_word(call->command, 0), name))
		return;
	filter.user = span_str(name);
	if (!sessions_may_name(call, filter.user) || !count(call, &filter, &n))
		return;
	if (n == 0 && !account_is_anywhere(call, filter.user, &is_user))
		return;
	if (n == 0 && !is_user)
		call_answer(call, SCMP_CODE_NOTFOUND, "there is no such user");
	else
		answer_count(call, n);
}

void sessions_show_octets(struct call *call)
{
	struct counters_all sum;
	unsigned long long sent, received;

	if (!sessions_sum(call, &sum))
		return;
	sent = counters_get(&sum.totals.front.sent);
	received = counters_get(&sum.totals.front.received);
	call_answer(call, SCMP_CODE_OK, "%llu sent=%llu received=%llu",
		    sent + received, sent, received);
}
