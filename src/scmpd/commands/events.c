/* SPDX-License-Identifier: ISC */
/* EVENTS: what happened lately; WATCH: what happens, until STOP. */
#include "base/num.h"
#include "scmpd/connection.h"
#include "scmpd/event_record.h"
#include "scmpd/handlers.h"
#include "scmpd/watch.h"

#include <stdlib.h>

enum {
	EVENTS_USUALLY = 100, /* without a number */
	EVENTS_LINES = 200,   /* at once */
};

/* Words from `first` on; none means all. False: answered. */
static bool take_types(struct call *call, size_t first, unsigned *types)
{
	struct span word;

	*types = 0;
	for (size_t i = first; (word = scmp_command_word(call->command, i)).p;
	     i++) {
		if (event_types_add(word, types))
			continue;
		call_answer(call, SCMP_CODE_SYNTAX,
			    "there is no event of that type");
		return false;
	}
	if (!*types)
		*types = EVENT_TYPES_ALL;
	return true;
}

/* --- both kinds of events in the order of their times --- */

struct timeline {
	unsigned types;
	struct events_look look;
	bool has_next; /* of the ring */
	struct events_event next;
	const struct own_events *own;
	uint64_t own_next;
	uint64_t missed;
};

static void begin(struct timeline *t, struct scmpd *s, unsigned types)
{
	*t = (struct timeline){.types = types, .own = &s->watch.own};
	t->own_next = own_events_first(t->own);
	events_look_init(&t->look, s->run_dirfd);
	events_look_back(&t->look, EVENTS_RECORDS);
	/* What is not finished now is not waited for. */
	t->look.waiting_below = UINT64_MAX;
	t->look.waiting_since = 0;
}

static bool is_wanted(const struct timeline *t, enum events_type type)
{
	return t->types & 1u << type;
}

static void fetch(struct timeline *t)
{
	uint64_t missed;

	while (!t->has_next &&
	       events_look_next(&t->look, &t->next, &missed) == 1) {
		t->missed += missed;
		t->has_next = is_wanted(t, t->next.type);
	}
}

static const struct own_event *fetch_own(struct timeline *t)
{
	uint64_t first = own_events_first(t->own);
	const struct own_event *event;

	if (t->own_next < first)
		t->own_next = first;
	while ((event = own_events_at(t->own, t->own_next)) &&
	       !is_wanted(t, event->type))
		t->own_next++;
	return event;
}

/* The next one, as a record if `out` is not NULL. False: no more. */
static bool advance(struct timeline *t, struct buf *out)
{
	const struct own_event *own = fetch_own(t);

	fetch(t);
	if (own && (!t->has_next || own->time_ms < t->next.time_ms)) {
		if (out)
			event_record_add_own(out, own);
		t->own_next++;
		return true;
	}
	if (!t->has_next)
		return false;
	if (out)
		event_record_add(out, &t->next);
	t->has_next = false;
	return true;
}

/* --- EVENTS --- */

struct listing {
	struct timeline timeline;
	uint64_t left;
};

static bool list_more(struct call *call, void *state)
{
	struct listing *l = state;

	for (int i = 0; i < EVENTS_LINES; i++) {
		if (l->left == 0 || !advance(&l->timeline, call_record(call)))
			return false;
		l->left--;
		call_send(call);
		if (!l->timeline.missed)
			continue;
		event_record_add_dropped(call_record(call), l->timeline.missed);
		call_send(call);
		l->timeline.missed = 0;
	}
	return true;
}

static void list_end(void *state)
{
	struct listing *l = state;

	events_look_close(&l->timeline.look);
	free(l);
}

static const struct call_source list_source = {list_more, list_end};

static uint64_t count(struct scmpd *s, unsigned types)
{
	struct timeline t;
	uint64_t n = 0;

	begin(&t, s, types);
	while (n < 2 * EVENTS_RECORDS && advance(&t, NULL))
		n++;
	events_look_close(&t.look);
	return n;
}

/* Goes through all twice rather than keeping any. */
static void list(struct call *call, uint64_t n, unsigned types)
{
	uint64_t all = count(call->scmpd, types);
	struct listing *l = calloc(1, sizeof(*l));

	if (!l) {
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
		return;
	}
	begin(&l->timeline, call->scmpd, types);
	l->left = n < all ? n : all;
	for (uint64_t i = l->left; i < all; i++)
		(void)advance(&l->timeline, NULL);
	l->timeline.missed = 0;
	call_begin(call, "%llu event%s", (unsigned long long)l->left,
		   l->left == 1 ? "" : "s");
	call_continue(call, &list_source, l);
}

void events_list(struct call *call)
{
	uint64_t n = EVENTS_USUALLY;
	unsigned types;
	bool has_n =
		num_parse_u64_capped(scmp_command_word(call->command, 0), &n);

	if (take_types(call, has_n ? 1 : 0, &types))
		list(call, n, types);
}

/* --- WATCH --- */

void events_watch(struct call *call)
{
	unsigned types;

	if (!take_types(call, 0, &types))
		return;
	if (watch_join(call->connection, types))
		call_begin(call, "watching; STOP ends it");
	else
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
}

void events_stop(struct call *call)
{
	call->is_answered = true; /* by the dot */
	watch_leave(call->connection);
}
