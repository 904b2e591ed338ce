/* SPDX-License-Identifier: ISC */
/* Deleting users, and the mail of those who are deleted. */
#include "config/places.h"
#include "priv/identity.h"
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/prompt.h"
#include "store/place.h"
#include "store/place_remove.h"
#include "store/users_each.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a user's mail is: where, and whose. */
struct belongings {
	char path[PLACE_PATH_SIZE];
	struct identity owner;
};

static int expand(const struct scmp *s, const struct user_row *row,
		  char path[PLACE_PATH_SIZE])
{
	const char *template = row->maildir[0]
				       ? row->maildir
				       : s->configuration.settings.maildir;
	struct buf out;
	int r;

	buf_init(&out, path, PLACE_PATH_SIZE);
	r = place_expand(span_str(template), span_str(row->name),
			 span_str(row->home), &out);
	if (r == 0 && !buf_str(&out))
		r = -ENAMETOOLONG;
	return r;
}

/* The same rules as a login has. */
static int find_owner(const struct scmp *s, const struct user_row *row,
		      struct identity *owner)
{
	const struct settings *settings = &s->configuration.settings;

	if (!identity_can_change()) {
		*owner = (struct identity){geteuid(), getegid()};
		if (row->has_uid && row->uid != owner->uid)
			return scmp_fail(s, STATUS_REFUSED,
					 "%s: the mail belongs to uid %u; root "
					 "can remove it",
					 row->name, (unsigned)row->uid);
		return STATUS_OK;
	}
	if (row->has_uid)
		*owner = (struct identity){row->uid, row->uid};
	else if (identity_find(settings->mail_user, owner) < 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: there is no uid of the mail, and no "
				 "account mail_user (%s); give --uid",
				 row->name, settings->mail_user);
	if (row->has_gid)
		owner->gid = row->gid;
	if (owner->uid < (uint64_t)settings->min_uid)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: uid %u is below min_uid; its mail is not "
				 "served, and not removed",
				 row->name, (unsigned)owner->uid);
	return STATUS_OK;
}

static int find_belongings(const struct scmp *s, const struct user_row *row,
			   struct belongings *b)
{
	if (expand(s, row, b->path) < 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: the maildir template gives no path for "
				 "this user (%%d without a domain, or %%h "
				 "without --home)",
				 row->name);
	return find_owner(s, row, &b->owner);
}

/* --- is it somebody else's, too? --- */

struct sharing {
	const struct scmp *s;
	const char *name, *path;
	char other[USERS_NAME_SIZE];
};

static bool is_at_or_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

static int compare_one(const struct database_user *user, void *context)
{
	struct sharing *sharing = context;
	char path[PLACE_PATH_SIZE];

	if (strcmp(user->row.name, sharing->name) == 0 ||
	    expand(sharing->s, &user->row, path) < 0 ||
	    (!is_at_or_in(path, sharing->path) &&
	     !is_at_or_in(sharing->path, path)))
		return 0;
	memcpy(sharing->other, user->row.name, sizeof(sharing->other));
	return 1;
}

/* A row of another store, where the name itself is another user, too. */
static void compare_other(void *context, const struct user_row *row,
			  const char *fault)
{
	struct sharing *sharing = context;
	char path[PLACE_PATH_SIZE];

	if (fault || sharing->other[0])
		return;
	if (strcmp(row->name, sharing->name) == 0 ||
	    (expand(sharing->s, row, path) == 0 &&
	     (is_at_or_in(path, sharing->path) ||
	      is_at_or_in(sharing->path, path))))
		memcpy(sharing->other, row->name, sizeof(sharing->other));
}

/* The database that is open has been looked at, and must not be opened twice.
 */
static int check_other_stores(struct scmp *s, struct sharing *sharing)
{
	const struct conf_list *all = &s->configuration.settings.users;
	const char *specs[USERS_STORES_MAX];
	char memory[USERS_ERROR_SIZE];
	struct users users;
	struct buf error;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < all->n && n < USERS_STORES_MAX; i++) {
		const char *path = strchr(all->items[i], ':');

		if (!path || strcmp(path + 1, s->db.path) != 0)
			specs[n++] = all->items[i];
	}
	if (n == 0)
		return STATUS_OK;
	buf_init(&error, memory, sizeof(memory));
	if (users_open(&users, specs, n, &error) < 0)
		return scmp_fail(s, STATUS_REFUSED, SPAN_FMT,
				 SPAN_ARG(buf_span(&error)));
	r = users_each(&users, compare_other, sharing);
	if (sharing->other[0])
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: the mail in %s is that of user %s in "
				 "another store of `users`, too; it stays",
				 sharing->name, sharing->path, sharing->other);
	if (r < 0 && r != -ENOENT)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: another store of `users` cannot be read "
				 "whole, so the mail may be somebody's; it "
				 "stays (see pop3-session --check)",
				 sharing->name);
	return STATUS_OK;
}

static int check_sharing(struct scmp *s, const char *name, const char *path)
{
	struct sharing sharing = {.s = s, .name = name, .path = path};
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_users_list(&s->db, &all, compare_one, &sharing, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (r > 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: the mail in %s is user %s's, too; it "
				 "stays",
				 name, path, sharing.other);
	return check_other_stores(s, &sharing);
}

/* --- removing --- */

static int report(const struct scmp *s, const char *name, const char *path,
		  const struct place_removed *removed)
{
	scmp_say(s, "Removed the mail of user %s: %llu files in %s.", name,
		 (unsigned long long)removed->files, path);
	if (removed->failed)
		return scmp_fail(s, STATUS_FAILED,
				 "%s: not all of %s could be removed: %s", name,
				 path, strerror(-removed->failed));
	return STATUS_OK;
}

static int remove_mail(const struct scmp *s, const char *name,
		       const struct belongings *b)
{
	bool privileged = identity_can_change();
	struct place_removed removed;
	const char *const *roots;
	size_t n;
	int r;

	roots = places_mail_roots(&s->configuration.settings, privileged, &n);
	r = identity_become(&b->owner);
	if (r < 0)
		return scmp_fail(s, STATUS_FAILED,
				 "%s: cannot become uid %u: %s", name,
				 (unsigned)b->owner.uid, strerror(-r));
	r = place_remove(b->path, roots, n, &removed);
	if (r == 0)
		return report(s, name, b->path, &removed);
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND,
				 "%s: there is no mail in %s", name, b->path);
	if (r == -EWOULDBLOCK)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: a session is using %s; its mail stays "
				 "until that has ended",
				 name, b->path);
	return scmp_fail(s, STATUS_REFUSED, "%s: %s: %s", name, b->path,
			 r == -EXDEV ? "is not beneath mail_roots"
			 : r == -ELOOP
				 ? "is, or leads over, a symbolic link, which "
				   "is not followed"
				 : strerror(-r));
}

/* As the owner, in a process of its own, since there is no way back. */
static int remove_in_child(const struct scmp *s, const char *name,
			   const struct belongings *b)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = remove_mail(s, name, b);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return scmp_fail(s, STATUS_FAILED, "%s: %s", name,
				 strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
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

static int purge_one(struct scmp *s, const char *word)
{
	struct database_user user;
	struct belongings b;
	int r;

	if (!s->is_open)
		r = scmp_open(s, DATABASE_READ);
	else
		r = STATUS_OK;
	if (r == STATUS_OK)
		r = place_of_deleted(s, word, &user);
	if (r == STATUS_OK)
		r = find_belongings(s, &user.row, &b);
	if (r == STATUS_OK)
		r = check_sharing(s, user.row.name, b.path);
	/* It must not be open across the fork. */
	scmp_close(s);
	if (r != STATUS_OK)
		return r;
	if (!ask(s, "Remove the mail of the deleted user ", user.row.name,
		 b.path))
		return STATUS_REFUSED;
	return remove_in_child(s, user.row.name, &b);
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
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "Deleted user %s.", name);
	return STATUS_OK;
}

static int delete_with_mail(struct scmp *s, const struct user_row *row)
{
	struct belongings b;
	int r = find_belongings(s, row, &b);

	if (r == STATUS_OK)
		r = check_sharing(s, row->name, b.path);
	if (r != STATUS_OK)
		return r;
	if (!ask(s, "Delete the user and remove the mail of ", row->name,
		 b.path))
		return STATUS_REFUSED;
	/* The row first: so no login comes in between. */
	r = delete_row(s, row->name);
	scmp_close(s);
	if (r == STATUS_OK)
		r = remove_in_child(s, row->name, &b);
	return r == STATUS_NOT_FOUND ? STATUS_OK : r;
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
		r = delete_with_mail(s, &user.row);
	else
		r = delete_row(s, user.row.name);
	database_user_clear(&user);
	return r;
}

int user_del(struct scmp *s)
{
	return account_each(s, delete_one);
}
