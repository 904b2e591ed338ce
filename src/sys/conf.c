/* SPDX-License-Identifier: ISC */
#include "sys/conf.h"

#include "sys/conf_value.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct conf_origin *origin_of(const struct conf *c,
				     const struct conf_key *key)
{
	return &c->origins[key - c->keys];
}

static const struct conf_key *key_at(const struct conf *c, size_t offset)
{
	for (size_t i = 0; i < c->nkeys; i++)
		if (c->keys[i].offset == offset)
			return &c->keys[i];
	return NULL;
}

static const struct conf_origin *origin_at(const struct conf *c, size_t offset)
{
	const struct conf_key *key = key_at(c, offset);

	return key ? origin_of(c, key) : NULL;
}

/* --- defaults ------------------------------------------------------------- */

static int set_default(struct conf *c, const struct conf_key *key)
{
	const char *def = key->def ? key->def : "";

	if (key->type == CONF_LIST) {
		conf_list_empty(c, key);
		return conf_list_split(c, key, def);
	}
	if (key->type == CONF_STRING) {
		/* Not checked: an empty default can mean `must be given`. */
		*(const char **)conf_slot(c, key) = def;
		return 0;
	}
	if (!key->def) {
		memset(conf_slot(c, key), 0, conf_value_size(key->type));
		return 0;
	}
	return conf_value_store(c, key, def);
}

int conf_init(struct conf *c, const struct conf_key *keys, size_t nkeys,
	      void *settings, struct buf *error)
{
	*c = (struct conf){.keys = keys, .nkeys = nkeys, .settings = settings};
	c->origins = conf_alloc(c, nkeys * sizeof(*c->origins));
	if (!c->origins)
		return -ENOMEM;
	memset(c->origins, 0, nkeys * sizeof(*c->origins));
	for (size_t i = 0; i < nkeys; i++) {
		int r = set_default(c, &keys[i]);

		if (r < 0) {
			buf_add_str(error, keys[i].name);
			buf_add_str(error, ": its default is not allowed");
			return r;
		}
	}
	return 0;
}

/* --- files ---------------------------------------------------------------- */

static int is_conf_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 &&
	       strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static const char *join(struct conf *c, const char *a, const char *b,
			const char *d)
{
	size_t n = strlen(a) + strlen(b) + strlen(d);
	char *p = conf_alloc(c, n + 1);
	struct buf joined;

	if (!p)
		return NULL;
	buf_init(&joined, p, n + 1);
	buf_add_str(&joined, a);
	buf_add_str(&joined, b);
	buf_add_str(&joined, d);
	return buf_str(&joined);
}

/* Puts the paths of the folder's files behind the first of `*paths`, which is
 * made here. */
static int list_files(struct conf *c, const char *path, const char ***paths,
		      size_t *n)
{
	const char *folder = join(c, path, ".d", "");
	struct dirent **found = NULL;
	int count, r = -ENOMEM;

	if (!folder)
		return -ENOMEM;
	count = scandir(folder, &found, is_conf_file, by_name);
	if (count < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		count = 0;
	}
	*paths = conf_alloc(c, ((size_t)count + 1) * sizeof(**paths));
	if (!*paths)
		goto out;
	(*paths)[0] = conf_copy(c, span_str(path));
	*n = 1;
	for (int i = 0; i < count; i++)
		(*paths)[(*n)++] = join(c, folder, "/", found[i]->d_name);
	r = 0;
	for (size_t i = 0; i < *n; i++)
		if (!(*paths)[i])
			r = -ENOMEM;
out:
	for (int i = 0; i < count; i++)
		free(found[i]);
	free(found);
	return r;
}

int conf_load(struct conf *c, const char *path, bool required,
	      struct buf *error)
{
	const char **paths = NULL;
	size_t n = 0;
	int r = list_files(c, path, &paths, &n);

	if (r < 0) {
		buf_add_str(error, path);
		buf_add_str(error, ".d: ");
		buf_add_str(error, strerror(-r));
		return r;
	}
	return conf_file_read(c, paths, n, required, error);
}

/* --- the command line ----------------------------------------------------- */

static int set_key(struct conf *c, const struct conf_key *key,
		   const char *value)
{
	struct conf_origin *origin = origin_of(c, key);
	bool again = origin->line < 0;
	int r;

	if (key->type == CONF_LIST) {
		if (!again || !(key->flags & CONF_GATHER))
			conf_list_empty(c, key);
		r = conf_list_split(c, key, value);
	} else {
		r = conf_value_store(c, key, value);
	}
	if (r == 0)
		*origin = (struct conf_origin){.line = -1};
	return r;
}

int conf_set(struct conf *c, const char *assignment, struct buf *error)
{
	struct span all = span_str(assignment);
	size_t n = span_find(all, '=');
	const struct conf_key *key = conf_key_named(c, span_take(all, n));
	int r = -EINVAL;

	if (key && n < all.n) {
		r = set_key(c, key, all.p + n + 1);
		if (r == 0)
			return 0;
	}
	buf_add_str(error, "-o ");
	if (key && (key->flags & CONF_SECRET))
		buf_add_str(error, key->name);
	else
		buf_add_escaped(error, all);
	if (n == all.n) {
		buf_add_str(error, ": not of the form key=value");
	} else if (!key) {
		buf_add_str(error, ": there is no such key");
	} else if (r == -ENOMEM) {
		buf_add_str(error, ": out of memory");
	} else {
		buf_add_str(error, ": expected ");
		conf_value_expected(key, error);
	}
	return r;
}

/* --- questions ------------------------------------------------------------ */

bool conf_is_given(const struct conf *c, size_t offset)
{
	const struct conf_origin *o = origin_at(c, offset);

	return o && o->line != 0;
}

static void add_where(const struct conf_origin *o, struct buf *out)
{
	if (o && o->is_overridden) {
		buf_add_str(out, "scmp");
	} else if (!o || o->line == 0) {
		buf_add_str(out, "default");
	} else if (!o->file) {
		buf_add_str(out, "-o");
	} else {
		buf_add_escaped(out, span_str(o->file));
		buf_add_char(out, ':');
		buf_add_u64(out, (uint64_t)o->line);
	}
}

void conf_where(const struct conf *c, size_t offset, struct buf *out)
{
	add_where(origin_at(c, offset), out);
}

void conf_where_named(const struct conf *c, struct span name, struct buf *out)
{
	const struct conf_key *key = conf_key_named(c, name);

	if (key)
		add_where(origin_of(c, key), out);
}

const char *conf_name(const struct conf *c, size_t offset)
{
	const struct conf_key *key = key_at(c, offset);

	return key ? key->name : "?";
}

void conf_each_later(const struct conf *c,
		     void (*warn)(const char *name, const char *where))
{
	for (size_t i = 0; i < c->nkeys; i++) {
		char mem[512];
		struct buf where;
		const char *text;

		if (!(c->keys[i].flags & CONF_LATER) || !c->origins[i].line)
			continue;
		buf_init(&where, mem, sizeof(mem));
		add_where(&c->origins[i], &where);
		text = buf_str(&where);
		warn(c->keys[i].name, text ? text : "a file");
	}
}

void conf_print(const struct conf *c, FILE *f)
{
	for (size_t i = 0; i < c->nkeys; i++) {
		char mem[512];
		struct buf where;
		bool secret = c->keys[i].flags & CONF_SECRET;

		buf_init(&where, mem, sizeof(mem));
		add_where(&c->origins[i], &where);
		fprintf(f, "%s%s = ", secret ? "# " : "", c->keys[i].name);
		if (secret)
			fputs("(secret)", f);
		else
			conf_value_print(c, &c->keys[i], f);
		fprintf(f, " # " SPAN_FMT "\n", SPAN_ARG(buf_span(&where)));
	}
}
