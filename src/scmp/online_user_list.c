/* SPDX-License-Identifier: ISC */
/* Showing users, as scmpd tells of them. */
#include "proto/scmp_text.h"
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/online.h"
#include "scmp/sort.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_member members[] = {
	{"user", "name", RECORD_TEXT},	    {"role", NULL, RECORD_TEXT},
	{"enabled", NULL, RECORD_YES},	    {"banned", NULL, RECORD_YES},
	{"connected", NULL, RECORD_NUMBER}, {"last_login", NULL, RECORD_UNTIL},
	{"last_ip", NULL, RECORD_TEXT},
};

static const struct output_column columns[] = {
	{.key = "name", .title = "NAME", .can_be_cut = true},
	{.key = "role", .title = "ROLE"},
	{.key = "enabled", .title = "ENABLED"},
	{.key = "banned", .title = "BANNED"},
	{.key = "connected", .title = "CONNECTED", .is_number = true},
	{.key = "last_login", .title = "LAST LOGIN", .is_time = true},
	{.key = "last_ip", .title = "FROM"},
};

static const struct output_column all_columns[] = {
	{.key = "name", .title = "name"},
	{.key = "role", .title = "role"},
	{.key = "enabled", .title = "enabled"},
	{.key = "banned", .title = "banned"},
	{.key = "connected", .title = "sessions"},
	{.key = "last_login", .title = "last login", .is_time = true},
	{.key = "last_ip", .title = "from"},
};

const char *online_user_list_key(size_t i)
{
	return i < COUNT(all_columns) ? all_columns[i].key : NULL;
}

struct listing {
	struct scmp *scmp;
	json_t *found;
	size_t mask; /* which of the words it is about */
};

static bool is_wanted(const struct listing *l, const json_t *record)
{
	const struct scmp *s = l->scmp;
	const char *role = scmp_value(s, OPTION_ROLE);
	const char *name = json_string_value(json_object_get(record, "name"));
	const char *its = json_string_value(json_object_get(record, "role"));
	bool enabled = json_is_true(json_object_get(record, "enabled"));

	if (!name || (scmp_given(s, OPTION_ENABLED) && !enabled) ||
	    (scmp_given(s, OPTION_DISABLED) && enabled) ||
	    (role && (!its || strcmp(role, its) != 0)))
		return false;
	return !account_fits_before(s, l->mask, name);
}

static void keep(struct span line, void *context)
{
	struct listing *l = context;
	json_t *record = record_make(line, members, COUNT(members));

	if (is_wanted(l, record))
		json_array_append(l->found, record);
	json_decref(record);
}

static int find_all(struct listing *l)
{
	struct scmp *s = l->scmp;
	int r = STATUS_OK;
	struct request q;

	for (size_t i = 0; r == STATUS_OK && i < (s->words_n ? s->words_n : 1);
	     i++) {
		l->mask = i;
		request_begin(&q, "USERS");
		if (s->words_n)
			request_add(&q, s->words[i]);
		r = online_read(s, &q, keep, l);
	}
	return r;
}

int online_user_list(struct scmp *s)
{
	struct listing l = {.scmp = s, .found = json_array()};
	struct output output;
	uint64_t offset, limit;
	int r = sort_take_part(s, &offset, &limit), end;

	if (r == STATUS_OK)
		r = find_all(&l);
	if (r == STATUS_OK) {
		output_begin(&output, s, columns, COUNT(columns));
		r = sort_add(s, l.found, &sort_by_name, offset, limit, &output);
		end = output_end(&output);
		r = r == STATUS_OK ? end : r;
	}
	json_decref(l.found);
	return r;
}

static int show_one(struct scmp *s, const char *word)
{
	struct listing l = {.scmp = s, .found = json_array()};
	json_t *record;
	struct request q;
	int r;

	if (!scmp_text_is_user_name(span_str(word))) {
		json_decref(l.found);
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: no name of a user that SCMP knows", word);
	}
	request_begin(&q, "USERS");
	request_add(&q, word);
	r = online_read(s, &q, keep, &l);
	record = json_incref(json_array_get(l.found, 0));
	json_decref(l.found);
	if (r != STATUS_OK || !record) {
		json_decref(record);
		return r != STATUS_OK ? r
				      : scmp_fail(s, STATUS_NOT_FOUND,
						  "there is no user %s", word);
	}
	if (word != s->words[0])
		scmp_say(s, "%s", "");
	return output_show(s, all_columns, COUNT(all_columns), record);
}

int online_user_show(struct scmp *s)
{
	return online_each(s, show_one);
}
