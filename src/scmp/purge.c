/* SPDX-License-Identifier: ISC */
/* Deleting users, and the mail of those who are deleted. */
#include "config/places.h"
#include "scmp/account.h"
#include "scmp/belongings.h"
#include "scmp/commands.h"
#include "scmp/prompt.h"
#include "scmp/purge_hint.h"
#include "scmp/sharing.h"
#include "store/index.h"
#include "store/place_remove.h"

#include <errno.h>
#include <string.h>

/* --- removing --- */

static int report(const struct scmp *s, const char *name, const char *path,
		  const struct place_removed *removed)
{
	scmp_say(s, "Removed the mail of user %s: %llu files in %s.", name,
		 (unsigned long long)removed->files, path);
	if (removed->failed == -EXDEV)
		return scmp_fail(s, STATUS_FAILED,
				 "%s: not all of %s could be removed: "
				 "something is mounted in it; that stays",
				 name, path);
	if (removed->failed)
		return scmp_fail(s, STATUS_FAILED,
				 "%s: not all of %s could be removed: %s", name,
				 path, strerror(-removed->failed));
	return STATUS_OK;
}

static int refuse(const struct scmp *s, const char *name, const char *path,
		  int failed)
{
	if (failed == -EWOULDBLOCK)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: a session is using %s; its mail stays "
				 "until that has ended",
				 name, path);
	return scmp_fail(s, STATUS_REFUSED, "%s: %s: %s", name, path,
			 failed == -EXDEV ? "is not beneath mail_roots"
			 : failed == -ELOOP
				 ? "is, or leads over, a symbolic link, which "
				   "is not followed"
				 : strerror(-failed));
}

static int remove_mail(const struct scmp *s, const char *name,
		       const struct belongings *b)
{
	struct place_removed removed;
	const char *const *roots;
	size_t n;
	int r;

	roots = places_mail_roots(&s->configuration.settings, b->by_root, &n);
	r = place_remove(b->path, roots, n, &removed);
	if (r == 0)
		return report(s, name, b->path, &removed);
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND,
				 "%s: there is no mail in %s", name, b->path);
	return refuse(s, name, b->path, r);
}

/* The index goes with the mail, not before it. */
static int remove_all(const struct scmp *s, const char *name,
		      const struct belongings *b)
{
	int status = remove_mail(s, name, b), r;

	if (status == STATUS_REFUSED || !b->index[0])
		return status;
	r = index_remove(b->index);
	if (r == 0)
		return status;
	return scmp_fail(s, STATUS_FAILED,
			 "%s: the index in %s could not be removed: %s", name,
			 b->index, strerror(-r));
}

/* Finds what is to be removed, and whether something forbids it. */
static int look(struct scmp *s, const struct user_row *row,
		struct belongings *b)
{
	const char *const *roots;
	int r = belongings_find(s, row, b), failed;
	size_t n;

	if (r != STATUS_OK)
		return r;
	roots = places_mail_roots(&s->configuration.settings, b->by_root, &n);
	failed = place_check_removable(b->path, roots, n);
	if (failed && belongings_may_be_at(b->path))
		return refuse(s, row->name, b->path, failed);
	return sharing_check(s, row->name, b->path);
}

static bool ask(const struct scmp *s, const char *what, const char *name,
		const char *path)
{
	char question[PLACE_PATH_SIZE + 512];
	struct buf out;

	buf_init(&out, question, sizeof(question));
	buf_add_str(&out, what);
	buf_add_escaped(&out, span_str(name));
	buf_add_str(&out, ", all that is in ");
	buf_add_escaped(&out, span_str(path));
	buf_add_str(&out, "? [y/N] ");
	return buf_str(&out) && confirm(s, question);
}

/* --- user purge --- */

static int place_of_deleted(struct scmp *s, const char *word,
			    struct database_user *user)
{
	const char *name = scmp_account_name(s, word);
	char memory[USERS_ERROR_SIZE];
	unsigned fields = 0;
	struct buf error;
	int r;

	if (!name)
		return STATUS_REFUSED;
	buf_init(&error, memory, sizeof(memory));
	r = database_user_find(&s->db, span_str(name), user, &error);
	database_user_clear(user);
	if (r == 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "user %s is not deleted; `user del --purge` "
				 "removes both",
				 name);
	if (r != -ENOENT)
		return scmp_fail_database(s, r, &error);
	database_user_init(user);
	memcpy(user->row.name, name, strlen(name) + 1);
	return account_take_options(s, user, &fields);
}

static int look_deleted(struct scmp *s, const char *word,
			struct database_user *user, struct belongings *b)
{
	int r = STATUS_OK;

	if (!s->is_open)
		r = scmp_open(s, DATABASE_READ);
	if (r == STATUS_OK)
		r = place_of_deleted(s, word, user);
	if (r == STATUS_OK)
		r = look(s, &user->row, b);
	/* It must not be open across the fork, and keeps writers waiting. */
	scmp_close(s);
	return r;
}

static int purge_one(struct scmp *s, const char *word)
{
	struct database_user user;
	struct belongings b;
	int r = look_deleted(s, word, &user, &b);

	if (r != STATUS_OK)
		return r;
	if (!ask(s, "Remove the mail of the deleted user ", user.row.name,
		 b.path))
		return STATUS_REFUSED;
	/* The answer may have taken its time. */
	if (!scmp_given(s, OPTION_YES))
		r = look_deleted(s, word, &user, &b);
	if (r != STATUS_OK)
		return r;
	return belongings_as_owner(s, user.row.name, &b, remove_all);
}

int user_purge(struct scmp *s)
{
	return account_each(s, purge_one);
}

/* --- user del --- */

static int delete_row(struct scmp *s, const char *name)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_user_delete(&s->db, span_str(name), &error);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

/* The row as it is now; with other mail than was asked about it stays. */
static int look_again(struct scmp *s, struct database_user *user,
		      const char *asked, struct belongings *b)
{
	char memory[USERS_ERROR_SIZE], name[USERS_NAME_SIZE];
	struct buf error;
	int r;

	memcpy(name, user->row.name, sizeof(name));
	database_user_clear(user);
	buf_init(&error, memory, sizeof(memory));
	r = database_user_find(&s->db, span_str(name), user, &error);
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND,
				 "%s has been deleted meanwhile", name);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	r = look(s, &user->row, b);
	if (r != STATUS_OK || !asked || strcmp(asked, b->path) == 0)
		return r;
	return scmp_fail(s, STATUS_REFUSED,
			 "%s: the mail is in %s now; nothing was removed", name,
			 b->path);
}

/* Nobody else gets that mail between the look and the change. */
static int delete_looked_at(struct scmp *s, struct database_user *user,
			    const char *asked, struct belongings *b)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r, failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_begin(&s->db, &error);
	if (failed)
		return scmp_fail_database(s, failed, &error);
	r = look_again(s, user, asked, b);
	if (r == STATUS_OK)
		r = delete_row(s, user->row.name);
	if (r == STATUS_OK)
		failed = database_commit(&s->db, &error);
	if (failed)
		r = scmp_fail_database(s, failed, &error);
	if (r != STATUS_OK)
		database_rollback(&s->db);
	return r;
}

static int delete_with_mail(struct scmp *s, struct database_user *user)
{
	bool asks = !scmp_given(s, OPTION_YES);
	struct belongings before, b;
	int r = asks ? look(s, &user->row, &before) : STATUS_OK;

	if (r != STATUS_OK)
		return r;
	if (asks && !ask(s, "Delete the user and remove the mail of ",
			 user->row.name, before.path))
		return STATUS_REFUSED;
	/* The row first: so no login comes in between. */
	r = delete_looked_at(s, user, asks ? before.path : NULL, &b);
	scmp_close(s);
	if (r != STATUS_OK)
		return r;
	scmp_say(s, "Deleted user %s.", user->row.name);
	r = belongings_as_owner(s, user->row.name, &b, remove_all);
	/* Who never got any mail is deleted all the same. */
	if (r == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (r != STATUS_OK)
		purge_hint(s, &user->row);
	return r;
}

static int delete_alone(struct scmp *s, const struct user_row *row)
{
	int r = delete_row(s, row->name);

	if (r != STATUS_OK)
		return r;
	scmp_say(s, "Deleted user %s.", row->name);
	purge_hint(s, row);
	return STATUS_OK;
}

static int delete_one(struct scmp *s, const char *word)
{
	struct database_user user;
	int r = STATUS_OK;

	if (!s->is_open)
		r = scmp_open(s, DATABASE_WRITE);
	if (r == STATUS_OK)
		r = account_find(s, word, &user);
	if (r != STATUS_OK)
		return r;
	if (scmp_given(s, OPTION_PURGE))
		r = delete_with_mail(s, &user);
	else
		r = delete_alone(s, &user.row);
	database_user_clear(&user);
	return r;
}

int user_del(struct scmp *s)
{
	return account_each(s, delete_one);
}
