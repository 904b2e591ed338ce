/* SPDX-License-Identifier: ISC */
/* Adding and changing users. */
#include "scmp/account.h"
#include "scmp/belongings.h"
#include "scmp/commands.h"
#include "scmp/credentials.h"
#include "scmp/sharing.h"
#include "store/database_rules.h"
#include "store/index.h"

#include <errno.h>
#include <string.h>

/* What is there is told before anybody is asked for a password. */
static int check_free(struct scmp *s, const char *name)
{
	char memory[USERS_ERROR_SIZE];
	struct database_user there;
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_user_find(&s->db, span_str(name), &there, &error);
	database_user_clear(&there);
	if (r == -ENOENT)
		return STATUS_OK;
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	return scmp_fail(s, STATUS_EXISTS,
			 "there is a user %s already (user change and user "
			 "passwd change it)",
			 name);
}

static int take_name(struct scmp *s, const char *word,
		     struct database_user *user)
{
	const char *name = scmp_account_name(s, word);

	if (!name)
		return STATUS_REFUSED;
	memcpy(user->row.name, name, strlen(name) + 1);
	return check_free(s, name);
}

static int add(struct scmp *s, struct database_user *user)
{
	char memory[USERS_ERROR_SIZE];
	struct secret password;
	unsigned fields = 0;
	struct buf error;
	int r;

	r = account_take_options(s, user, &fields);
	if (r == STATUS_OK)
		r = credentials_take(s, false, user, &fields, &password);
	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	r = database_user_add(&s->db, user, &error);
	if (r < 0) {
		secret_clear(&password);
		return scmp_fail_database(s, r, &error);
	}
	scmp_say(s, "Added user %s.", user->row.name);
	if (!scmp_given(s, OPTION_MAILDIR))
		sharing_tell(s, &user->row);
	credentials_show(s, user->row.name, &password);
	return STATUS_OK;
}

int user_add(struct scmp *s)
{
	struct database_user user;
	int r;

	database_user_init(&user);
	r = take_name(s, s->words[0], &user);
	if (r == STATUS_OK)
		r = add(s, &user);
	database_user_clear(&user);
	return r;
}

/* Stores the fields of a user who was found. */
static int store(struct scmp *s, const char *name, unsigned fields,
		 const struct database_user *user)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_user_change(&s->db, span_str(name), fields, user, &error);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

/* --- changing --- */

/* A change under way, of a single user. */
struct change {
	struct database_user before, user;
	unsigned fields;
	/* Where a login finds the mail; "" where there is no path for it. */
	char from[PLACE_PATH_SIZE], to[PLACE_PATH_SIZE];
	bool kept;	/* it would be elsewhere under the new name */
	uint64_t rules; /* that named the user, and bear the new name now */
};

static void find_place(const struct scmp *s, const struct user_row *row,
		       char path[PLACE_PATH_SIZE])
{
	if (belongings_place(s, row, path) < 0)
		path[0] = '\0';
}

/* Unless --maildir says where it is to be, mail stays where it was. */
static int keep_place(struct scmp *s, struct change *c)
{
	struct user_row *before = &c->before.row;

	if (scmp_given(s, OPTION_MAILDIR) || !c->from[0] ||
	    strcmp(c->from, c->to) == 0)
		return STATUS_OK;
	c->kept = account_keep_place(s, before, before->name);
	if (!c->kept)
		return scmp_fail(s, STATUS_REFUSED,
				 "--rename: %s is too long a path for a row; "
				 "give --maildir, too",
				 c->from);
	memcpy(c->user.row.maildir, before->maildir, sizeof(before->maildir));
	memcpy(c->to, c->from, sizeof(c->to));
	c->fields |= DATABASE_MAILDIR;
	return STATUS_OK;
}

static int take_change(struct scmp *s, struct change *c)
{
	bool renames = scmp_given(s, OPTION_RENAME);
	int r;

	c->before = c->user;
	find_place(s, &c->before.row, c->from);
	r = account_take_options(s, &c->user, &c->fields);
	if (r == STATUS_OK && renames)
		r = take_name(s, scmp_value(s, OPTION_RENAME), &c->user);
	if (r != STATUS_OK)
		return r;
	c->fields |= renames ? DATABASE_NAME : 0;
	if (!c->fields)
		return scmp_fail(
			s, STATUS_USAGE,
			"name with options what is to change (see scmp "
			"user change --help)");
	find_place(s, &c->user.row, c->to);
	return renames ? keep_place(s, c) : STATUS_OK;
}

/* The name, and what is banned by it: both or neither. */
static int store_renamed(struct scmp *s, struct change *c)
{
	const char *name = c->before.row.name;
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_begin(&s->db, &error);
	if (r == 0)
		r = database_user_change(&s->db, span_str(name), c->fields,
					 &c->user, &error);
	if (r == 0)
		r = database_rules_rename(&s->db, name, c->user.row.name,
					  &c->rules, &error);
	if (r == 0)
		r = database_commit(&s->db, &error);
	if (r == 0)
		return STATUS_OK;
	database_rollback(&s->db);
	return scmp_fail_database(s, r, &error);
}

static void report_change(const struct scmp *s, const struct change *c)
{
	const char *name = c->before.row.name;

	scmp_say(s, "Changed user %s.", name);
	if (c->kept)
		scmp_say(s,
			 "The mail stays in %s; a new user %s would need a "
			 "--maildir elsewhere.",
			 c->from, name);
	else if (c->from[0] && strcmp(c->from, c->to) != 0 &&
		 belongings_may_be_at(c->from))
		scmp_say(s,
			 "The mail in %s is not moved; logins look in %s from "
			 "now on.",
			 c->from, c->to[0] ? c->to : "no folder");
	if (c->rules)
		scmp_say(s, "The ban of %s is that of %s now.", name,
			 c->user.row.name);
}

static int remove_index(const struct scmp *s, const char *name,
			const struct belongings *b)
{
	int r = index_remove(b->index);

	if (r == 0)
		return STATUS_OK;
	return scmp_fail(s, STATUS_FAILED,
			 "%s: the index in %s is of no use any more, and could "
			 "not be removed: %s",
			 name, b->index, strerror(-r));
}

/* The next login makes another one under the new name. */
static int drop_index(struct scmp *s, const struct change *c)
{
	char after[PLACE_PATH_SIZE];
	struct belongings b = {0};

	belongings_index(s, &c->before.row, b.index);
	belongings_index(s, &c->user.row, after);
	if (!b.index[0] || strcmp(b.index, after) == 0 ||
	    strcmp(b.index, c->from) == 0 || !belongings_may_be_at(b.index))
		return STATUS_OK;
	if (belongings_find(s, &c->before.row, &b) != STATUS_OK)
		return STATUS_OK; /* so nobody could log in either */
	/* It must not be open across the fork. */
	scmp_close(s);
	return belongings_as_owner(s, c->before.row.name, &b, remove_index);
}

static int make_change(struct scmp *s, struct change *c)
{
	bool renames;
	int r = take_change(s, c);

	if (r != STATUS_OK)
		return r;
	renames = c->fields & DATABASE_NAME;
	r = renames ? store_renamed(s, c)
		    : store(s, c->before.row.name, c->fields, &c->user);
	if (r != STATUS_OK)
		return r;
	report_change(s, c);
	return renames ? drop_index(s, c) : STATUS_OK;
}

static int change_one(struct scmp *s, const char *word)
{
	struct change c = {0};
	int r = account_find(s, word, &c.user);

	if (r != STATUS_OK)
		return r;
	r = make_change(s, &c);
	database_user_clear(&c.before);
	database_user_clear(&c.user);
	return r;
}

int user_change(struct scmp *s)
{
	if (scmp_given(s, OPTION_RENAME) && s->words_n > 1)
		return scmp_fail(s, STATUS_USAGE,
				 "--rename is for one user at a time");
	return account_each(s, change_one);
}

static int passwd(struct scmp *s, struct database_user *user)
{
	struct secret password;
	unsigned fields = 0;
	int r = account_take_options(s, user, &fields);

	if (r == STATUS_OK)
		r = credentials_take(s, true, user, &fields, &password);
	if (r != STATUS_OK)
		return r;
	/* A password that was to be changed has been, unless it says else. */
	if ((fields & DATABASE_PASSWORD) && !(fields & DATABASE_MUST_CHANGE)) {
		user->row.must_change = false;
		fields |= DATABASE_MUST_CHANGE;
	}
	r = store(s, user->row.name, fields, user);
	if (r != STATUS_OK) {
		secret_clear(&password);
		return r;
	}
	scmp_say(s, "Changed the %s of user %s.",
		 fields & DATABASE_PASSWORD ? "password" : "secret",
		 user->row.name);
	credentials_show(s, user->row.name, &password);
	return STATUS_OK;
}

int user_passwd(struct scmp *s)
{
	struct database_user user;
	int r = account_find(s, s->words[0], &user);

	if (r != STATUS_OK)
		return r;
	r = passwd(s, &user);
	database_user_clear(&user);
	return r;
}

static int set_enabled(struct scmp *s, const char *word, bool enabled)
{
	struct database_user user;
	int r = account_find(s, word, &user);

	if (r != STATUS_OK)
		return r;
	user.row.enabled = enabled;
	r = store(s, user.row.name, DATABASE_ENABLED, &user);
	if (r == STATUS_OK)
		scmp_say(s, "User %s %s.", user.row.name,
			 enabled ? "can log in" : "cannot log in any more");
	if (r == STATUS_OK && enabled && !user.row.password[0])
		scmp_say(s, "(Not before there is a password: user passwd.)");
	database_user_clear(&user);
	return r;
}

static int enable(struct scmp *s, const char *word)
{
	return set_enabled(s, word, true);
}

static int disable(struct scmp *s, const char *word)
{
	return set_enabled(s, word, false);
}

int user_enable(struct scmp *s)
{
	return account_each(s, enable);
}

int user_disable(struct scmp *s)
{
	return account_each(s, disable);
}
