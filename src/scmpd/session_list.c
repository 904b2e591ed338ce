/* SPDX-License-Identifier: ISC */
#include "scmpd/session_list.h"

#include "proto/scmp_write.h"
#include "store/database_users.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a record shows; a word that is not known is NULL. */
struct session {
	uint64_t id, pid, port, age, idle, in, out, retr, dele;
	uint64_t msgs; /* + 1; 0: not known */
	const char *state, *tls, *cmd;
	char *user; /* its own */
	bool has_peer, is_suspect;
	struct network_address address;
};

/* Of all lists. */
static size_t kept;

/* --- the keys of a record, in their order --- */

enum kind {
	NUMBER,
	KNOWN_NUMBER, /* 0 is unknown */
	NEXT_NUMBER,  /* so is 0, and all others are 1 less */
	WORD,
	ADDRESS,
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct session */
};

#define OF(name, kind, member)                                                 \
	{                                                                      \
		name, kind, offsetof(struct session, member)                   \
	}

static const struct key keys[] = {
	OF("id", NUMBER, id),	    OF("pid", KNOWN_NUMBER, pid),
	OF("state", WORD, state),   OF("user", WORD, user),
	OF("ip", ADDRESS, address), OF("port", KNOWN_NUMBER, port),
	OF("tls", WORD, tls),	    OF("age", NUMBER, age),
	OF("idle", NUMBER, idle),   OF("in", NUMBER, in),
	OF("out", NUMBER, out),	    OF("msgs", NEXT_NUMBER, msgs),
	OF("retr", NUMBER, retr),   OF("dele", NUMBER, dele),
	OF("cmd", WORD, cmd),
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static uint64_t number_of(const struct key *key, const struct session *s)
{
	uint64_t n;

	memcpy(&n, (const char *)s + key->offset, sizeof(n));
	return n;
}

static const char *word_of(const struct key *key, const struct session *s)
{
	const char *word;

	memcpy(&word, (const char *)s + key->offset, sizeof(word));
	return word;
}

static void write_address(struct buf *out, const char *name,
			  const struct session *s)
{
	char memory[NETWORK_TEXT_MAX];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	network_address_format(&s->address, &text);
	scmp_write_field(out, name, buf_span(&text));
}

static void write_key(struct buf *out, const struct key *key,
		      const struct session *s)
{
	switch (key->kind) {
	case NUMBER:
		scmp_write_field_u64(out, key->name, number_of(key, s));
		return;
	case KNOWN_NUMBER:
		if (number_of(key, s)) {
			scmp_write_field_u64(out, key->name, number_of(key, s));
			return;
		}
		break;
	case NEXT_NUMBER:
		if (number_of(key, s)) {
			scmp_write_field_u64(out, key->name,
					     number_of(key, s) - 1);
			return;
		}
		break;
	case WORD:
		if (word_of(key, s)) {
			scmp_write_field_str(out, key->name, word_of(key, s));
			return;
		}
		break;
	case ADDRESS:
		if (s->has_peer) {
			write_address(out, key->name, s);
			return;
		}
		break;
	}
	scmp_write_field_unknown(out, key->name);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* What is not known comes first. */
static int compare_words(const char *a, const char *b)
{
	return span_order(span_str(a), span_str(b));
}

static int compare_key(const struct key *key, const struct session *a,
		       const struct session *b)
{
	switch (key->kind) {
	case NUMBER:
	case KNOWN_NUMBER:
	case NEXT_NUMBER:
		return compare_numbers(number_of(key, a), number_of(key, b));
	case WORD:
		return compare_words(word_of(key, a), word_of(key, b));
	case ADDRESS:
		return memcmp(&a->address, &b->address, sizeof(a->address));
	}
	return 0;
}

/* --- finding --- */

bool session_filter_fits(const struct session_filter *f,
			 const struct statistics_row *row)
{
	struct span user = span_make(row->user, row->user_n);

	if (f->number && f->number != row->number)
		return false;
	if (row->idle_ms < f->idle_ms || (f->without_marks && row->marks))
		return false;
	if (f->is_own && (!f->user.n || !span_equal(f->user, user)))
		return false;
	if (f->mask &&
	    (!row->user_n || !database_mask_fits(f->mask, row->user)))
		return false;
	if (f->state.n &&
	    !span_equal_nocase(f->state,
			       span_str(counters_state_word(row->state))))
		return false;
	return !f->network ||
	       (row->has_peer && network_contains(f->network, &row->address));
}

struct finding {
	struct session_list *list;
	const struct session_filter *filter;
	int failed;
};

static int grow(struct session_list *list)
{
	size_t room = list->room ? list->room * 2 : 64;
	struct session *items = reallocarray(list->items, room, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	list->room = room;
	return 0;
}

static int keep(struct session_list *list, const struct statistics_row *row)
{
	int failed = list->n < list->room ? 0 : grow(list);
	struct session *s;

	if (failed < 0)
		return failed;
	if (kept >= SESSION_LIST_MOST)
		return -EBUSY;
	s = &list->items[list->n];
	*s = (struct session){
		.id = row->number,
		.pid = row->pid,
		.port = row->port,
		.age = row->age_ms / 1000,
		.idle = row->idle_ms / 1000,
		.in = row->received,
		.out = row->sent,
		.msgs = (uint64_t)(row->messages + 1),
		.retr = row->retrieved,
		.dele = row->marks,
		.state = counters_state_word(row->state),
		.tls = row->tls ? "yes" : "no",
		.has_peer = row->has_peer,
		.is_suspect = row->suspect,
		.address = row->address,
	};
	if (row->verb >= 0 && row->verb != COUNTERS_OTHER_VERB)
		s->cmd = counters_verb_word((unsigned)row->verb);
	if (row->user_n) {
		s->user = strdup(row->user);
		if (!s->user)
			return -ENOMEM;
	}
	list->n++;
	kept++;
	return 0;
}

static bool find_one(void *context, const struct statistics_row *row)
{
	struct finding *f = context;

	if (session_filter_fits(f->filter, row))
		f->failed = keep(f->list, row);
	return f->failed == 0;
}

int session_list_find(struct session_list *list, struct statistics_look *look,
		      const struct session_filter *filter)
{
	struct finding f = {list, filter, 0};
	int failed;

	*list = (struct session_list){0};
	failed = statistics_look_all(look, find_one, &f, NULL);
	if (failed == -ENOENT)
		failed = 0;
	return f.failed < 0 ? f.failed : failed;
}

void session_list_cut(struct session_list *list, size_t n)
{
	while (list->n > n) {
		free(list->items[--list->n].user);
		kept--;
	}
}

void session_list_free(struct session_list *list)
{
	session_list_cut(list, 0);
	free(list->items);
	*list = (struct session_list){0};
}

/* --- order --- */

static const struct key *find_key(struct span *name)
{
	if (name->n && name->p[0] == '-')
		*name = span_drop(*name, 1);
	for (size_t i = 0; i < KEYS; i++) {
		if (span_equal(*name, span_str(keys[i].name)))
			return &keys[i];
	}
	return NULL;
}

bool session_list_has_key(struct span key)
{
	return find_key(&key) != NULL;
}

struct order {
	const struct key *key;
	bool is_descending;
};

static int compare(const void *x, const void *y, void *context)
{
	const struct session *a = x, *b = y;
	const struct order *order = context;
	int c = compare_key(order->key, a, b);

	if (order->is_descending)
		c = -c;
	return c ? c : compare_numbers(a->id, b->id);
}

void session_list_sort(struct session_list *list, struct span key)
{
	struct order order = {.is_descending = key.n && key.p[0] == '-'};

	order.key = find_key(&key);
	if (order.key && list->n)
		qsort_r(list->items, list->n, sizeof(*list->items), compare,
			&order);
}

/* --- records --- */

bool session_list_write(struct session_list *list, struct buf *out)
{
	const struct session *s;

	if (list->next >= list->n)
		return false;
	s = &list->items[list->next++];
	for (size_t i = 0; i < KEYS; i++)
		write_key(out, &keys[i], s);
	/* What its pages say cannot all be so. */
	if (s->is_suspect)
		scmp_write_field_str(out, "suspect", "yes");
	return true;
}
