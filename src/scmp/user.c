/* SPDX-License-Identifier: ISC */
/* Adding and changing users. */
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/credentials.h"

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

static int rename_user(struct scmp *s, struct database_user *user,
		       unsigned *fields)
{
	if (!user->row.maildir[0] &&
	    !account_keep_place(s, &user->row, user->row.name))
		return scmp_fail(s, STATUS_REFUSED,
				 "--rename: it is not known where the mail of "
				 "%s is; give --maildir, too",
				 user->row.name);
	*fields |= DATABASE_MAILDIR | DATABASE_NAME;
	return take_name(s, scmp_value(s, OPTION_RENAME), user);
}

static int change_one(struct scmp *s, const char *word)
{
	struct database_user user;
	char name[USERS_NAME_SIZE];
	unsigned fields = 0;
	int r = account_find(s, word, &user);

	if (r != STATUS_OK)
		return r;
	memcpy(name, user.row.name, sizeof(name));
	r = account_take_options(s, &user, &fields);
	if (r == STATUS_OK && scmp_given(s, OPTION_RENAME))
		r = rename_user(s, &user, &fields);
	if (r == STATUS_OK && !fields)
		r = scmp_fail(s, STATUS_USAGE,
			      "name with options what is to change (see scmp "
			      "user change --help)");
	if (r == STATUS_OK)
		r = store(s, name, fields, &user);
	if (r == STATUS_OK)
		scmp_say(s, "Changed user %s.", name);
	database_user_clear(&user);
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
