/* SPDX-License-Identifier: ISC */
/* Values that win over files and options for a while. */
#include "sys/conf_value.h"

#include <errno.h>
#include <string.h>

/* What a key was before, and the text that it was overridden with last. */
struct conf_saved {
	unsigned char value[sizeof(int64_t)]; /* any but a list */
	const char *text;
	const char *kept; /* the string of `text` */
};

static const struct conf_key *live_key(const struct conf *c, struct span name)
{
	const struct conf_key *key = conf_key_named(c, name);
	bool is_live = key && (key->flags & CONF_LIVE) &&
		       conf_value_size(key->type) <=
			       sizeof(((struct conf_saved *)0)->value);

	return is_live ? key : NULL;
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
	const struct conf_key *key = &c->keys[i];

	if (!c->origins[i].is_overridden)
		memcpy(c->saved[i].value, conf_slot(c, key),
		       conf_value_size(key->type));
}

static void live_put_back(const struct conf *c, size_t i)
{
	const struct conf_key *key = &c->keys[i];

	memcpy(conf_slot(c, key), c->saved[i].value,
	       conf_value_size(key->type));
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
	const struct conf_key *key = live_key(c, name);
	size_t i;
	int r;

	if (!key)
		return -ENOENT;
	if (!live_prepare(c))
		return -ENOMEM;
	i = (size_t)(key - c->keys);
	live_save(c, i);
	r = live_store(c, i, text);
	if (r == 0)
		c->origins[i].is_overridden = true;
	else if (r == -EINVAL)
		conf_value_expected(key, error);
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
	const struct conf_key *key = conf_key_named(c, name);
	const struct conf_origin *origin;

	if (!key)
		return NULL;
	origin = &c->origins[key - c->keys];
	if (origin->is_overridden)
		return "scmp";
	return origin->line ? "file" : "default";
}

bool conf_add_value(const struct conf *c, struct span name, struct buf *out)
{
	const struct conf_key *key = conf_key_named(c, name);

	if (key)
		conf_value_text(c, key, out);
	return key != NULL;
}
