/* SPDX-License-Identifier: ISC */
/*
 * What can be set while the server runs, in the database itself: as scmpd does
 * it, and in force for the server's next connection or login as then.
 */
#include "config/live.h"
#include "scmp/commands.h"
#include "scmp/online.h"
#include "store/database_users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- showing --- */

static json_t *setting_of(const struct scmp *s, const char *name)
{
	const struct conf *conf = &s->configuration.conf;
	char memory[LIVE_TEXT];
	struct buf value;

	buf_init(&value, memory, sizeof(memory));
	(void)conf_add_value(conf, span_str(name), &value);
	return json_pack("{ss so ss}", "name", name, "value",
			 output_text(buf_str(&value) ? memory : "", true),
			 "source", conf_source(conf, span_str(name)));
}

/* Has in the configuration what the database says. */
static int look(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = live_read(&s->configuration, &s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	/* A row that means nothing: the others do. */
	if (error.n)
		scmp_fail_text(s, STATUS_OK, &error);
	return STATUS_OK;
}

static int list_limits(struct scmp *s)
{
	const struct conf *conf = &s->configuration.conf;
	struct output output;
	const char *name;

	output_begin(&output, s, setting_columns, SETTING_COLUMNS);
	for (size_t i = 0; (name = conf_live_name(conf, i)); i++) {
		if (live_is_limit(name))
			output_add(&output, setting_of(s, name));
	}
	return output_end(&output);
}

/* --- changing --- */

static int is_possible(struct scmp *s, const char *name, const char *value)
{
	char memory[256];
	struct buf expected;
	int r;

	buf_init(&expected, memory, sizeof(memory));
	r = live_try(&s->configuration, name, value, &expected);
	if (r == 0)
		return STATUS_OK;
	return scmp_fail(s, r == -EINVAL ? STATUS_REFUSED : STATUS_FAILED,
			 "%s is %s, or default", name,
			 buf_str(&expected) ? memory : "something else");
}

static int store(struct scmp *s, const char *name, const char *value)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = live_store(&s->db, name, value, &error);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

/* More users than there may be? */
static int has_room(struct scmp *s)
{
	uint64_t most = (uint64_t)s->configuration.settings.max_users, n;
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_users_count(&s->db, NULL, &n, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (!most || most >= n)
		return STATUS_OK;
	return scmp_fail(s, STATUS_REFUSED, "there are %llu users",
			 (unsigned long long)n);
}

/* A limit that a standard has. */
static int may_be(struct scmp *s, const char *name, const char *value)
{
	if (strcmp(name, "max_users") == 0)
		return has_room(s);
	if (live_is_default(value) || scmp_given(s, OPTION_FORCE) ||
	    !live_wants_force(&s->configuration, name))
		return STATUS_OK;
	return scmp_fail(s, STATUS_REFUSED,
			 "RFC 1939 wants at least %d seconds; with --force it "
			 "is set all the same",
			 LIVE_LEAST_IDLE_S);
}

static bool is_equal(json_t *a, json_t *b)
{
	bool is_equal = json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return is_equal;
}

static int try_and_store(struct scmp *s, const char *name, const char *value,
			 bool *same)
{
	json_t *before = setting_of(s, name);
	int r = is_possible(s, name, value);

	if (r == STATUS_OK)
		r = may_be(s, name, value);
	if (r == STATUS_OK)
		r = store(s, name, value);
	if (r == STATUS_OK)
		r = look(s);
	*same = is_equal(before, setting_of(s, name));
	return r;
}

/* One transaction: what is looked at is what is changed. */
static int change(struct scmp *s, const char *name, const char *value)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	bool same = false;
	int r, status;

	buf_init(&error, memory, sizeof(memory));
	r = database_begin(&s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	status = try_and_store(s, name, value, &same);
	if (status != STATUS_OK)
		return status;
	r = database_commit(&s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	setting_tell(s, name, value, same);
	return STATUS_OK;
}

/* --- commands --- */

static int show_or_change(struct scmp *s, const char *name, const char *value)
{
	return value ? change(s, name, value)
		     : setting_show(s, setting_of(s, name));
}

int limits(struct scmp *s)
{
	const char *value = s->words_n == 2 ? s->words[1] : NULL, *name;
	int r = look(s);

	if (r != STATUS_OK)
		return r;
	if (scmp_given(s, OPTION_FORCE) && !value)
		return scmp_fail(s, STATUS_USAGE,
				 "--force is for setting a value");
	if (!s->words_n)
		return list_limits(s);
	name = live_find_limit(&s->configuration, span_str(s->words[0]));
	if (!name)
		return scmp_fail(s, STATUS_NOT_FOUND,
				 "there is no limit %s (limits lists them)",
				 s->words[0]);
	return show_or_change(s, name, value);
}

int maildir(struct scmp *s)
{
	char template[LIVE_TEXT], memory[512];
	struct buf error;
	int r = look(s);

	if (r != STATUS_OK)
		return r;
	if (!s->words_n)
		return show_or_change(s, "maildir", NULL);
	buf_init(&error, memory, sizeof(memory));
	if (live_make_maildir(span_str(s->words[0]), template, &error) < 0)
		return scmp_fail_text(s, STATUS_REFUSED, &error);
	return change(s, "maildir", template);
}

int loglevel(struct scmp *s)
{
	int r = look(s);

	return r == STATUS_OK ? show_or_change(s, "log_level",
					       s->words_n ? s->words[0] : NULL)
			      : r;
}

int user_max(struct scmp *s)
{
	unsigned long long most;
	int r = look(s);

	if (r != STATUS_OK || s->words_n)
		return r == STATUS_OK ? change(s, "max_users", s->words[0]) : r;
	most = (unsigned long long)s->configuration.settings.max_users;
	if (scmp_given(s, OPTION_JSON))
		printf("{\"max_users\":%llu}\n", most);
	else
		printf("%llu users at most%s\n", most,
		       most ? "" : "; 0 is no limit");
	return STATUS_OK;
}
