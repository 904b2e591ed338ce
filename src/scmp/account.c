/* SPDX-License-Identifier: ISC */
#include "scmp/account.h"

#include "auth/auth.h"
#include "base/num.h"
#include "proto/network.h"
#include "scmp/commands.h"
#include "scmp/output.h"
#include "scmp/spool.h"
#include "scmp/texts.h"
#include "store/place.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* --- options into a row --- */

static int refuse(const struct scmp *s, enum option_id id, const char *why)
{
	return scmp_fail(s, STATUS_REFUSED, "--%s: %s", option_rows[id].name,
			 why);
}

/* The texts, and what is asked of them. */
static const struct text_option {
	enum option_id id;
	unsigned field;
	size_t offset, size;
} text_options[] = {
#define MEMBER(m)                                                              \
	offsetof(struct database_user, m),                                     \
		sizeof(((struct database_user *)0)->m)
	{OPTION_MAILDIR, DATABASE_MAILDIR, MEMBER(row.maildir)},
	{OPTION_HOME, DATABASE_HOME, MEMBER(row.home)},
	{OPTION_ROLE, DATABASE_ROLE, MEMBER(row.role)},
	{OPTION_NETWORKS, DATABASE_NETWORKS, MEMBER(row.networks)},
	{OPTION_DISPLAY_NAME, DATABASE_DISPLAY_NAME, MEMBER(display_name)},
	{OPTION_COMMENT, DATABASE_COMMENT, MEMBER(comment)},
#undef MEMBER
};

/* Without the blanks that people put behind commas. */
static int take_networks(const struct scmp *s, const char *value,
			 struct buf *to)
{
	struct span rest = span_str(value);

	while (rest.n) {
		struct span one = span_take(rest, span_find(rest, ','));
		struct network network;

		rest = span_drop(rest, one.n + 1);
		while (one.n && one.p[0] == ' ')
			one = span_drop(one, 1);
		while (one.n && one.p[one.n - 1] == ' ')
			one.n--;
		if (to->n)
			buf_add_char(to, ',');
		if (span_equal(one, span_str("local"))) {
			buf_add_span(to, one);
			continue;
		}
		if (!network_parse(one, &network))
			return scmp_fail(s, STATUS_REFUSED,
					 "--networks: " SPAN_FMT
					 ": not an address or a network such "
					 "as 192.0.2.0/24",
					 SPAN_ARG(one));
		network_format(&network, to);
	}
	return STATUS_OK;
}

static int check_role(struct scmp *s, const char *role)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = texts_find_role(s, role, &error);
	if (r == STATUS_OK)
		return r;
	return scmp_fail(s, (enum status)r, "--role: " SPAN_FMT,
			 SPAN_ARG(buf_span(&error)));
}

/*
 * Is the text in order, as the database will want it? It is looked at before
 * anybody is asked for a password. If not, *error says why.
 */
static bool is_text(enum option_id id, const char *value, struct buf *error)
{
	if (id == OPTION_MAILDIR && value[0] &&
	    place_check_template(span_str(value), error) < 0)
		return false;
	if (!database_text_is_plain(value))
		buf_add_str(error, "has a control character");
	else if (id == OPTION_HOME && value[0] && value[0] != '/')
		buf_add_str(error, "not an absolute path");
	return !error->n;
}

static int take_text(struct scmp *s, const struct text_option *option,
		     struct database_user *user, unsigned *fields)
{
	const char *value = scmp_value(s, option->id);
	char memory[USERS_ERROR_SIZE];
	struct buf error, to;
	int r = STATUS_OK;

	if (!value)
		return STATUS_OK;
	buf_init(&error, memory, sizeof(memory));
	if (!is_text(option->id, value, &error))
		return refuse(s, option->id,
			      buf_str(&error) ? memory : "not possible");
	buf_init(&to, (char *)user + option->offset, option->size);
	if (option->id == OPTION_NETWORKS)
		r = take_networks(s, value, &to);
	else
		buf_add_str(&to, value);
	if (option->id == OPTION_ROLE)
		r = check_role(s, value);
	if (r != STATUS_OK)
		return r;
	if (!buf_str(&to))
		return refuse(s, option->id, "too long");
	*fields |= option->field;
	return STATUS_OK;
}

static int take_number(struct scmp *s, enum option_id id, unsigned field,
		       uint32_t *to, bool *has, unsigned *fields)
{
	const char *value = scmp_value(s, id);
	char memory[256];
	struct buf error;
	uint64_t v = 0;

	if (!value)
		return STATUS_OK;
	buf_init(&error, memory, sizeof(memory));
	if (value[0] &&
	    option_number(&s->options, id, UINT32_MAX - 1, &v, &error) < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	if (value[0] && !v && field != DATABASE_MAX_SESSIONS)
		return refuse(s, id, "0 is root's; mail of root is not served");
	*to = (uint32_t)v;
	*has = value[0] != '\0';
	*fields |= field;
	return STATUS_OK;
}

static int take_yes(struct scmp *s, enum option_id yes, enum option_id no,
		    unsigned field, bool *to, unsigned *fields)
{
	if (scmp_given(s, yes) && scmp_given(s, no))
		return scmp_fail(s, STATUS_USAGE,
				 "--%s and --%s contradict each other",
				 option_rows[yes].name, option_rows[no].name);
	if (!scmp_given(s, yes) && !scmp_given(s, no))
		return STATUS_OK;
	*to = scmp_given(s, yes);
	*fields |= field;
	return STATUS_OK;
}

int account_take_options(struct scmp *s, struct database_user *user,
			 unsigned *fields)
{
	struct user_row *row = &user->row;
	size_t n = sizeof(text_options) / sizeof(text_options[0]);
	int r = STATUS_OK;

	for (size_t i = 0; r == STATUS_OK && i < n; i++)
		r = take_text(s, &text_options[i], user, fields);
	if (r == STATUS_OK)
		r = take_number(s, OPTION_UID, DATABASE_UID, &row->uid,
				&row->has_uid, fields);
	if (r == STATUS_OK)
		r = take_number(s, OPTION_GID, DATABASE_GID, &row->gid,
				&row->has_gid, fields);
	if (r == STATUS_OK)
		r = take_number(s, OPTION_MAX_SESSIONS, DATABASE_MAX_SESSIONS,
				&row->max_sessions, &row->has_max_sessions,
				fields);
	if (r == STATUS_OK)
		r = take_yes(s, OPTION_MUST_CHANGE, OPTION_NO_MUST_CHANGE,
			     DATABASE_MUST_CHANGE, &row->must_change, fields);
	if (r == STATUS_OK)
		r = take_yes(s, OPTION_ENABLED, OPTION_DISABLED,
			     DATABASE_ENABLED, &row->enabled, fields);
	return r;
}

bool account_copy(char *to, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		return false;
	memcpy(to, text, n + 1);
	return true;
}

/* --- rows by name --- */

int account_find(struct scmp *s, const char *word, struct database_user *user)
{
	char memory[USERS_ERROR_SIZE];
	const char *name;
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_user_find(&s->db, span_str(word), user, &error);
	if (r == -ENOENT) {
		name = scmp_account_name(s, word);
		if (!name)
			return STATUS_REFUSED;
		r = database_user_find(&s->db, span_str(name), user, &error);
	}
	if (r == 0)
		return STATUS_OK;
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND, "there is no user %s",
				 word);
	return scmp_fail_database(s, r, &error);
}

static int each(struct scmp *s, int (*one)(struct scmp *s, const char *word))
{
	int status = STATUS_OK;

	for (size_t i = 0; i < s->words_n; i++) {
		int r = one(s, s->words[i]);

		if (status == STATUS_OK)
			status = r;
		if (database_is_broken_off(&s->db))
			break;
	}
	return status;
}

/*
 * Of several names one transaction, as far as what is done to one can wait for
 * the others: not where mail is removed behind each. Nothing is told before it
 * is in force.
 */
int account_each(struct scmp *s, int (*one)(struct scmp *s, const char *word))
{
	bool together = s->command->need == COMMAND_WRITES && s->words_n > 1 &&
			!scmp_given(s, OPTION_PURGE);
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r, status;

	if (!together)
		return each(s, one);
	buf_init(&error, memory, sizeof(memory));
	r = spool_hold();
	if (r < 0)
		return scmp_fail(s, STATUS_FAILED, "standard output: %s",
				 strerror(-r));
	r = database_begin(&s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	status = each(s, one);
	r = database_commit(&s->db, &error);
	if (r == 0)
		return status;
	database_rollback(&s->db);
	spool_drop();
	buf_add_str(&error, "; so nothing of this was done");
	return scmp_fail_database(s, r, &error);
}

bool account_fits_before(const struct scmp *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (database_mask_fits(s->words[i], name))
			return true;
	}
	return false;
}

bool account_keep_place(const struct scmp *s, struct user_row *row,
			const char *name)
{
	const char *configured = s->configuration.settings.maildir;
	char path[PLACE_PATH_SIZE];
	struct buf expanded, template;

	buf_init(&expanded, path, sizeof(path));
	if (place_expand(span_str(row->maildir[0] ? row->maildir : configured),
			 span_str(name), span_str(row->home), &expanded) < 0)
		return false;
	buf_init(&template, row->maildir, sizeof(row->maildir));
	for (size_t i = 0; i < expanded.n; i++) {
		if (path[i] == '%')
			buf_add_char(&template, '%');
		buf_add_char(&template, path[i]);
	}
	return buf_str(&template) != NULL;
}

/* --- a row as a record --- */

/* "YESCRYPT, 16 MiB" without what follows the comma. */
json_t *account_scheme(const struct database_user *user)
{
	char memory[256];
	struct buf what;

	if (!user->row.password[0])
		return json_null();
	buf_init(&what, memory, sizeof(memory));
	(void)auth_describe(user->row.password, &what);
	what.n = span_find(buf_span(&what), ':');
	what.n = span_find(buf_span(&what), ',');
	return output_text(buf_str(&what) ? memory : "?", true);
}

static json_t *number(bool has, uint32_t v)
{
	return has ? json_integer(v) : json_null();
}

/* The networks as an array. */
static json_t *networks(const char *list)
{
	struct span rest = span_str(list);
	json_t *array = json_array();

	while (rest.n) {
		struct span one = span_take(rest, span_find(rest, ','));

		rest = span_drop(rest, one.n + 1);
		json_array_append_new(array, json_stringn(one.p, one.n));
	}
	return array;
}

json_t *account_record(const struct database_user *user)
{
	const struct user_row *row = &user->row;
	json_t *record = json_object();

	json_object_set_new(record, "name", output_text(row->name, false));
	json_object_set_new(
		record, "role",
		output_text(row->role[0] ? row->role : "user", false));
	json_object_set_new(record, "enabled", json_boolean(row->enabled));
	json_object_set_new(record, "scheme", account_scheme(user));
	json_object_set_new(record, "apop_secret",
			    json_boolean(row->secret[0] != '\0'));
	json_object_set_new(record, "must_change",
			    json_boolean(row->must_change));
	json_object_set_new(record, "maildir", output_text(row->maildir, true));
	json_object_set_new(record, "home", output_text(row->home, true));
	json_object_set_new(record, "uid", number(row->has_uid, row->uid));
	json_object_set_new(record, "gid", number(row->has_gid, row->gid));
	json_object_set_new(record, "networks", networks(row->networks));
	json_object_set_new(record, "max_sessions",
			    number(row->has_max_sessions, row->max_sessions));
	json_object_set_new(record, "display_name",
			    output_text(user->display_name, true));
	json_object_set_new(record, "comment",
			    output_text(user->comment, true));
	json_object_set_new(record, "created", json_integer(user->created));
	json_object_set_new(record, "changed", json_integer(user->changed));
	return record;
}
