/* SPDX-License-Identifier: ISC */
/* Values that win over files and options for a while. */
#include "sys/conf_value.h"

#include <errno.h>
#include <string.h>

/* What a key was before, and the text that it was overridden with last. */
struct conf_saved {
	bool boolean;
	int word;
	int64_t integer;
	const char *string;
	const char *text;
	const char *kept; /* the string of `text` */
};

static size_t live_index(const struct conf *c, struct span name)
{
	for (size_t i = 0; i < c->nkeys; i++) {
		if ((c->keys[i].flags & CONF_LIVE) &&
		    span_equal(name, span_str(c->keys[i].name)))
			return i;
	}
	return c->nkeys;
}

static bool live_prepare(struct conf *c)
{
	size_t octets = c->nkeys * sizeof(*c->saved);

	if (c->saved)
		return true;
	c->saved = conf_alloc(c, octets);
	if (c->saved)
		memset(c->saved, 0, octets);
	return c->saved != NULL;
}

static void live_save(const struct conf *c, size_t i)
{
	const void *slot = conf_slot(c, &c->keys[i]);
	struct conf_saved *saved = &c->saved[i];

	if (c->origins[i].is_overridden)
		return;
	switch (c->keys[i].type) {
	case CONF_INTEGER:
		saved->integer = *(const int64_t *)slot;
		break;
	case CONF_WORD:
		saved->word = *(const int *)slot;
		break;
	case CONF_BOOLEAN:
		saved->boolean = *(const bool *)slot;
		break;
	default:
		saved->string = *(const char *const *)slot;
		break;
	}
}

static void live_put_back(const struct conf *c, size_t i)
{
	void *slot = conf_slot(c, &c->keys[i]);
	const struct conf_saved *saved = &c->saved[i];

	switch (c->keys[i].type) {
	case CONF_INTEGER:
		*(int64_t *)slot = saved->integer;
		break;
	case CONF_WORD:
		*(int *)slot = saved->word;
		break;
	case CONF_BOOLEAN:
		*(bool *)slot = saved->boolean;
		break;
	default:
		*(const char **)slot = saved->string;
		break;
	}
}

/* The memory of a string is that of the last time, if it is the same. */
static int live_store(struct conf *c, size_t i, const char *text)
{
	struct conf_saved *saved = &c->saved[i];
	const struct conf_key *key = &c->keys[i];
	int r;

	if (key->type == CONF_STRING && saved->text &&
	    strcmp(saved->text, text) == 0) {
		*(const char **)conf_slot(c, key) = saved->kept;
		return 0;
	}
	r = conf_value_store(c, key, text);
	if (r == 0 && key->type == CONF_STRING) {
		saved->kept = *(const char *const *)conf_slot(c, key);
		saved->text = saved->kept;
	}
	return r;
}

int conf_override(struct conf *c, struct span name, const char *text,
		  struct buf *error)
{
	size_t i = live_index(c, name);
	int r;

	if (i == c->nkeys || c->keys[i].type == CONF_LIST)
		return -ENOENT;
	if (!live_prepare(c))
		return -ENOMEM;
	live_save(c, i);
	r = live_store(c, i, text);
	if (r == 0)
		c->origins[i].is_overridden = true;
	else if (r == -EINVAL)
		conf_value_expected(&c->keys[i], error);
	return r;
}

void conf_restore(struct conf *c)
{
	for (size_t i = 0; c->saved && i < c->nkeys; i++) {
		if (c->origins[i].is_overridden)
			live_put_back(c, i);
		c->origins[i].is_overridden = false;
	}
}

const char *conf_live_name(const struct conf *c, size_t i)
{
	for (size_t k = 0; k < c->nkeys; k++) {
		if ((c->keys[k].flags & CONF_LIVE) && i-- == 0)
			return c->keys[k].name;
	}
	return NULL;
}

const char *conf_source(const struct conf *c, struct span name)
{
	for (size_t i = 0; i < c->nkeys; i++) {
		if (!span_equal(name, span_str(c->keys[i].name)))
			continue;
		if (c->origins[i].is_overridden)
			return "scmp";
		return c->origins[i].line ? "file" : "default";
	}
	return NULL;
}

bool conf_add_value(const struct conf *c, struct span name, struct buf *out)
{
	for (size_t i = 0; i < c->nkeys; i++) {
		const struct conf_key *key = &c->keys[i];
		const void *slot = conf_slot(c, key);

		if (!span_equal(name, span_str(key->name)))
			continue;
		if (key->type == CONF_INTEGER)
			buf_add_u64(out, (uint64_t) * (const int64_t *)slot);
		else if (key->type == CONF_WORD)
			buf_add_str(out, key->words[*(const int *)slot]);
		else if (key->type == CONF_BOOLEAN)
			buf_add_str(out, *(const bool *)slot ? "yes" : "no");
		else if (key->type == CONF_STRING)
			buf_add_str(out, *(const char *const *)slot);
		return true;
	}
	return false;
}
