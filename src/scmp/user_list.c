/* SPDX-License-Identifier: ISC */
/* Showing users. */
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/output.h"
#include "scmp/sort.h"

#include <string.h>

static const struct output_column columns[] = {
	{.key = "name", .title = "NAME", .can_be_cut = true},
	{.key = "role", .title = "ROLE"},
	{.key = "enabled", .title = "ENABLED"},
	{.key = "scheme", .title = "SCHEME"},
	{.key = "uid", .title = "UID", .is_number = true},
	{.key = "maildir", .title = "MAILDIR", .can_be_cut = true},
	{.key = "display_name", .title = "DISPLAY NAME", .can_be_cut = true},
};

static const struct output_column all_columns[] = {
	{.key = "name", .title = "name"},
	{.key = "display_name", .title = "display name"},
	{.key = "role", .title = "role"},
	{.key = "enabled", .title = "enabled"},
	{.key = "scheme", .title = "password"},
	{.key = "must_change", .title = "must be changed"},
	{.key = "apop_secret", .title = "secret for APOP"},
	{.key = "maildir", .title = "maildir"},
	{.key = "home", .title = "home"},
	{.key = "uid", .title = "uid"},
	{.key = "gid", .title = "gid"},
	{.key = "networks", .title = "networks"},
	{.key = "max_sessions", .title = "max sessions"},
	{.key = "comment", .title = "comment"},
	{.key = "created", .title = "created", .is_time = true},
	{.key = "changed", .title = "changed", .is_time = true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *user_list_key(size_t i)
{
	return i < COUNT(all_columns) ? all_columns[i].key : NULL;
}

/* --- list --- */

struct listing {
	struct scmp *scmp;
	struct output output;
	json_t *sorted; /* where something must be known of all first */
	uint64_t offset, limit;
	size_t mask; /* which of the words it is about */
	int status;
};

static bool is_wanted(const struct scmp *s, const struct database_user *user)
{
	const char *role = scmp_value(s, OPTION_ROLE);

	if (scmp_given(s, OPTION_ENABLED) && !user->row.enabled)
		return false;
	if (scmp_given(s, OPTION_DISABLED) && user->row.enabled)
		return false;
	return !role ||
	       strcmp(role, user->row.role[0] ? user->row.role : "user") == 0;
}

static int list_one(const struct database_user *user, void *context)
{
	struct listing *l = context;

	if (!is_wanted(l->scmp, user) ||
	    account_fits_before(l->scmp, l->mask, user->row.name))
		return 0;
	if (l->sorted)
		json_array_append_new(l->sorted, account_record(user));
	else
		output_add(&l->output, account_record(user));
	return 0;
}

/* One row that another program has spoilt keeps nobody from the others. */
static void tell_damaged(const char *fault, void *context)
{
	struct listing *l = context;

	l->status = scmp_fail(l->scmp, STATUS_UNAVAILABLE, "%s", fault);
}

static int list_masks(struct listing *l)
{
	struct scmp *s = l->scmp;
	struct database_search search = {.damaged = tell_damaged};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = 0;

	buf_init(&error, memory, sizeof(memory));
	if (!l->sorted) {
		search.offset = l->offset;
		search.limit = l->limit;
	}
	for (size_t i = 0; r == 0 && i < (s->words_n ? s->words_n : 1); i++) {
		l->mask = i;
		search.mask = s->words_n ? s->words[i] : NULL;
		r = database_users_list(&s->db, &search, list_one, l, &error);
	}
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

/* The database can give a part in order by itself if nothing else is asked. */
static bool is_simple(const struct scmp *s)
{
	const char *sort = scmp_value(s, OPTION_SORT);

	return s->words_n < 2 && (!sort || strcmp(sort, "name") == 0) &&
	       !scmp_given(s, OPTION_ENABLED) &&
	       !scmp_given(s, OPTION_DISABLED) && !scmp_given(s, OPTION_ROLE);
}

int user_list(struct scmp *s)
{
	struct listing l = {.scmp = s};
	int r = sort_take_part(s, &l.offset, &l.limit), end;

	if (r != STATUS_OK)
		return r;
	if (!is_simple(s))
		l.sorted = json_array();
	output_begin(&l.output, s, columns, COUNT(columns));
	r = list_masks(&l);
	if (r == STATUS_OK && l.sorted)
		r = sort_add(s, l.sorted, &sort_by_name, l.offset, l.limit,
			     &l.output);
	json_decref(l.sorted);
	end = output_end(&l.output);
	if (r == STATUS_OK)
		r = end;
	return r == STATUS_OK ? l.status : r;
}

/* --- show --- */

static int show_one(struct scmp *s, const char *word)
{
	struct database_user user;
	json_t *record;
	int r = account_find(s, word, &user);

	if (r != STATUS_OK)
		return r;
	record = account_record(&user);
	database_user_clear(&user);
	if (word != s->words[0])
		scmp_say(s, "%s", "");
	return output_show(s, all_columns, COUNT(all_columns), record);
}

int user_show(struct scmp *s)
{
	return account_each(s, show_one);
}
