/* SPDX-License-Identifier: ISC */
#include "sys/conf_value.h"

#include "base/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_OCTETS = 4096 };

struct conf_chunk {
	struct conf_chunk *next;
	size_t used, cap;
	max_align_t data[];
};

void *conf_alloc(struct conf *c, size_t octets)
{
	struct conf_chunk *k = c->arena;
	size_t need = (octets + sizeof(max_align_t) - 1) / sizeof(max_align_t) *
		      sizeof(max_align_t);
	void *p;

	if (!k || k->cap - k->used < need) {
		size_t cap = need > CHUNK_OCTETS ? need : CHUNK_OCTETS;

		k = malloc(sizeof(*k) + cap);
		if (!k)
			return NULL;
		*k = (struct conf_chunk){.next = c->arena, .cap = cap};
		c->arena = k;
	}
	p = (char *)k->data + k->used;
	k->used += need;
	return p;
}

void conf_free(struct conf *c)
{
	while (c->arena) {
		struct conf_chunk *next = c->arena->next;

		free(c->arena);
		c->arena = next;
	}
	c->origins = NULL;
}

const char *conf_copy(struct conf *c, struct span text)
{
	char *p = conf_alloc(c, text.n + 1);

	if (!p)
		return NULL;
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return p;
}

const struct conf_key *conf_key_named(const struct conf *c, struct span name)
{
	for (size_t i = 0; i < c->nkeys; i++)
		if (span_equal(name, span_str(c->keys[i].name)))
			return &c->keys[i];
	return NULL;
}

void *conf_slot(const struct conf *c, const struct conf_key *key)
{
	return (char *)c->settings + key->offset;
}

size_t conf_value_size(enum conf_type type)
{
	static const size_t sizes[] = {
		[CONF_STRING] = sizeof(const char *),
		[CONF_LIST] = sizeof(struct conf_list),
		[CONF_INTEGER] = sizeof(int64_t),
		[CONF_BOOLEAN] = sizeof(bool),
		[CONF_WORD] = sizeof(int),
		[CONF_SIZE] = sizeof(uint64_t),
		[CONF_MODE] = sizeof(unsigned),
	};

	return sizes[type];
}

/* --- one value ------------------------------------------------------------ */

static int store_string(struct conf *c, const struct conf_key *key,
			const char *text)
{
	const char **slot = conf_slot(c, key);
	int64_t n = (int64_t)strlen(text);
	const char *copy;

	if (key->max > 0 && (n < key->min || n > key->max))
		return -EINVAL;
	copy = conf_copy(c, span_str(text));
	if (!copy)
		return -ENOMEM;
	*slot = copy;
	return 0;
}

static int store_integer(struct conf *c, const struct conf_key *key,
			 const char *text)
{
	int64_t *slot = conf_slot(c, key);
	bool negative = text[0] == '-';
	uint64_t magnitude;
	int64_t value;

	if (!num_parse_u64(span_str(text + negative), INT64_MAX, &magnitude))
		return -EINVAL;
	value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (value < key->min || value > key->max)
		return -EINVAL;
	*slot = value;
	return 0;
}

static int store_size(struct conf *c, const struct conf_key *key,
		      const char *text)
{
	static const char units[] = "kMG";
	uint64_t *slot = conf_slot(c, key);
	struct span digits = span_str(text);
	const char *unit =
		digits.n > 0 ? strchr(units, digits.p[digits.n - 1]) : NULL;
	unsigned shift = 0;
	uint64_t value;

	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		digits.n--;
	}
	if (!num_parse_u64(digits, (uint64_t)INT64_MAX >> shift, &value))
		return -EINVAL;
	value <<= shift;
	if (value < (uint64_t)key->min || value > (uint64_t)key->max)
		return -EINVAL;
	*slot = value;
	return 0;
}

static int store_boolean(struct conf *c, const struct conf_key *key,
			 const char *text)
{
	static const char *const words[] = {"no",   "yes", "false",
					    "true", "off", "on"};
	bool *slot = conf_slot(c, key);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_equal_nocase(span_str(text), span_str(words[i]))) {
			*slot = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

static int store_word(struct conf *c, const struct conf_key *key,
		      const char *text)
{
	int *slot = conf_slot(c, key);

	for (int i = 0; key->words[i]; i++) {
		if (strcmp(text, key->words[i]) == 0) {
			*slot = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int store_mode(struct conf *c, const struct conf_key *key,
		      const char *text)
{
	unsigned *slot = conf_slot(c, key);
	unsigned value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return -EINVAL;
		value = value * 8 + (unsigned)(*text - '0');
		if (value > 07777)
			return -EINVAL;
	}
	*slot = value;
	return 0;
}

static int store_only_item(struct conf *c, const struct conf_key *key,
			   const char *text)
{
	conf_list_empty(c, key);
	return conf_list_append(c, key, text);
}

int conf_value_store(struct conf *c, const struct conf_key *key,
		     const char *text)
{
	static int (*const store[])(struct conf *, const struct conf_key *,
				    const char *) = {
		[CONF_STRING] = store_string,	[CONF_LIST] = store_only_item,
		[CONF_INTEGER] = store_integer, [CONF_BOOLEAN] = store_boolean,
		[CONF_WORD] = store_word,	[CONF_SIZE] = store_size,
		[CONF_MODE] = store_mode,
	};

	return store[key->type](c, key, text);
}

/* --- lists ---------------------------------------------------------------- */

void conf_list_empty(struct conf *c, const struct conf_key *key)
{
	struct conf_list *list = conf_slot(c, key);

	*list = (struct conf_list){0};
}

/* Room doubles whenever the number of items is a power of two. */
int conf_list_append(struct conf *c, const struct conf_key *key,
		     const char *item)
{
	struct conf_list *list = conf_slot(c, key);
	const char **items = (const char **)(uintptr_t)list->items;
	const char *copy = conf_copy(c, span_str(item));

	if (!copy)
		return -ENOMEM;
	if ((list->n & (list->n - 1)) == 0) {
		size_t room = list->n > 0 ? 2 * list->n : 1;
		const char **more = conf_alloc(c, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		for (size_t i = 0; i < list->n; i++)
			more[i] = items[i];
		items = more;
		list->items = more;
	}
	items[list->n++] = copy;
	return 0;
}

static struct span trim(struct span s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = span_drop(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

int conf_list_split(struct conf *c, const struct conf_key *key,
		    const char *text)
{
	struct span rest = span_str(text);

	while (rest.n > 0) {
		size_t n = span_find(rest, ',');
		struct span item = trim(span_take(rest, n));
		const char *copy;

		rest = span_drop(rest, n + 1);
		if (item.n == 0)
			continue;
		copy = conf_copy(c, item);
		if (!copy || conf_list_append(c, key, copy) < 0)
			return -ENOMEM;
	}
	return 0;
}
