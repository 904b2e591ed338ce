/* SPDX-License-Identifier: ISC */
#include "sys/conf_value.h"

#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
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

void *conf_slot(const struct conf *c, const struct conf_key *key)
{
	return (char *)c->settings + key->offset;
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

/* --- in words ------------------------------------------------------------- */

static void add_integer(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void add_range(const struct conf_key *key, struct buf *b)
{
	buf_add_str(b, " from ");
	add_integer(b, key->min);
	if (key->max == INT64_MAX) {
		buf_add_str(b, " up");
	} else {
		buf_add_str(b, " to ");
		add_integer(b, key->max);
	}
	if (key->unit) {
		buf_add_char(b, ' ');
		buf_add_str(b, key->unit);
	}
}

static void add_words(const struct conf_key *key, struct buf *b)
{
	for (size_t i = 0; key->words[i]; i++) {
		if (i > 0)
			buf_add_str(b, key->words[i + 1] ? ", " : " or ");
		buf_add_str(b, key->words[i]);
	}
}

void conf_value_expected(const struct conf_key *key, struct buf *b)
{
	switch (key->type) {
	case CONF_STRING:
		buf_add_str(b, "text");
		if (key->max > 0) {
			buf_add_str(b, " of a length");
			add_range(key, b);
		}
		break;
	case CONF_LIST:
		buf_add_str(b, "a list");
		break;
	case CONF_INTEGER:
		buf_add_str(b, "a number");
		add_range(key, b);
		break;
	case CONF_BOOLEAN:
		buf_add_str(b, "yes or no");
		break;
	case CONF_WORD:
		add_words(key, b);
		break;
	case CONF_SIZE:
		buf_add_str(b, "a size (k, M, G may follow)");
		add_range(key, b);
		break;
	case CONF_MODE:
		buf_add_str(b, "octal permissions such as 0600");
		break;
	}
}

static bool is_plain(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.:%@-[]/";

	return *text && strspn(text, allowed) == strlen(text) &&
	       !strstr(text, "//");
}

void conf_print_quoted(const char *text, FILE *f)
{
	if (is_plain(text)) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		/* "${NAME}" would be taken from the environment. */
		if (strchr("\"\\$", *text))
			fputc('\\', f);
		if (*text == '\n')
			fputs("\\n", f);
		else
			fputc(*text, f);
	}
	fputc('"', f);
}

static void print_list(const struct conf_list *list, FILE *f)
{
	fputc('{', f);
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			fputs(", ", f);
		conf_print_quoted(list->items[i], f);
	}
	fputc('}', f);
}

void conf_value_print(const struct conf *c, const struct conf_key *key, FILE *f)
{
	const void *slot = conf_slot(c, key);

	switch (key->type) {
	case CONF_STRING:
		conf_print_quoted(*(const char *const *)slot, f);
		break;
	case CONF_LIST:
		print_list(slot, f);
		break;
	case CONF_INTEGER:
		fprintf(f, "%" PRId64, *(const int64_t *)slot);
		break;
	case CONF_BOOLEAN:
		fputs(*(const bool *)slot ? "yes" : "no", f);
		break;
	case CONF_WORD:
		fputs(key->words[*(const int *)slot], f);
		break;
	case CONF_SIZE:
		fprintf(f, "%" PRIu64, *(const uint64_t *)slot);
		break;
	case CONF_MODE:
		fprintf(f, "%04o", *(const unsigned *)slot);
		break;
	}
}
