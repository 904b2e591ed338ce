/* SPDX-License-Identifier: ISC */
#include "config/live.h"

#include "store/database_settings.h"
#include "store/place.h"

#include <errno.h>
#include <string.h>

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
	if (strcmp(name, "maildir") == 0 &&
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
