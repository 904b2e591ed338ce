/* SPDX-License-Identifier: ISC */
#include "config/live.h"

#include "store/database_settings.h"
#include "store/place.h"

#include <errno.h>
#include <string.h>

static const char idle_key[] = "idle_timeout", maildir_key[] = "maildir";

struct reading {
	struct configuration *c;
	struct buf *error;
};

static void tell(struct reading *r, const char *name, struct span expected)
{
	if (r->error->n)
		return;
	buf_add_str(r->error, "settings: ");
	buf_add_escaped(r->error, span_str(name));
	buf_add_str(r->error, ": expected ");
	buf_add_span(r->error, expected);
	buf_add_str(r->error, "; passed over (set it anew by LIMITS, or DELETE "
			      "FROM settings)");
}

static int take(const char *name, const char *value, void *context)
{
	struct reading *r = context;
	char memory[256];
	struct buf expected;
	int failed;

	buf_init(&expected, memory, sizeof(memory));
	if (strcmp(name, maildir_key) == 0 &&
	    place_check_template(span_str(value), &expected) < 0) {
		tell(r, name, span_str("a template of a path"));
		return 0;
	}
	failed = conf_override(&r->c->conf, span_str(name), value, &expected);
	if (failed == -EINVAL)
		tell(r, name, buf_span(&expected));
	return failed == -ENOMEM ? failed : 0;
}

static int pass_over(const char *name, const char *value, void *context)
{
	(void)name;
	(void)value;
	(void)context;
	return 0;
}

int live_read(struct configuration *c, struct database *db, struct buf *error)
{
	struct reading r = {c, error};
	int failed;

	/* Can they be read at all?  What is open shows one state throughout. */
	failed = database_texts_list(db, DATABASE_SETTINGS, pass_over, NULL,
				     error);
	if (failed < 0)
		return failed;
	conf_restore(&c->conf);
	return database_texts_list(db, DATABASE_SETTINGS, take, &r, error);
}

/* --- changing one --- */

bool live_is_default(const char *value)
{
	return strcmp(value, "default") == 0;
}

bool live_is_limit(const char *name)
{
	static const char *const others[] = {maildir_key, "log_level",
					     "max_users"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i]) == 0)
			return false;
	}
	return true;
}

const char *live_find_limit(const struct configuration *c, struct span word)
{
	const char *name;

	for (size_t i = 0; (name = conf_live_name(&c->conf, i)); i++) {
		if (live_is_limit(name) &&
		    span_equal_nocase(word, span_str(name)))
			return name;
	}
	return NULL;
}

int live_try(struct configuration *c, const char *name, const char *value,
	     struct buf *expected)
{
	if (!live_is_default(value))
		return conf_override(&c->conf, span_str(name), value, expected);
	conf_restore(&c->conf);
	return 0;
}

bool live_wants_force(const struct configuration *c, const char *name)
{
	return strcmp(name, idle_key) == 0 &&
	       c->settings.idle_timeout < LIVE_LEAST_IDLE_S;
}

int live_make_maildir(struct span word, char template[LIVE_TEXT],
		      struct buf *error)
{
	bool is_default = span_equal(word, span_str("default"));
	struct buf out;

	buf_init(&out, template, LIVE_TEXT);
	while (word.n > 1 && word.p[word.n - 1] == '/')
		word.n--;
	buf_add_span(&out, word);
	if (span_find(word, '%') == word.n && !is_default)
		buf_add_str(&out, "/%u");
	if (!buf_str(&out)) {
		buf_add_str(error, "the path is too long");
		return -EINVAL;
	}
	return is_default ? 0 : place_check_template(span_str(template), error);
}

int live_store(struct database *db, const char *name, const char *value,
	       struct buf *error)
{
	int failed;

	if (!live_is_default(value))
		return database_text_set(db, DATABASE_SETTINGS, name, value,
					 error);
	failed = database_text_delete(db, DATABASE_SETTINGS, name, error);
	return failed == -ENOENT ? 0 : failed;
}
