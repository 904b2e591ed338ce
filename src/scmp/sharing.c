/* SPDX-License-Identifier: ISC */
#include "scmp/sharing.h"

#include "scmp/belongings.h"
#include "store/database_users.h"
#include "store/place_overlap.h"
#include "store/users_each.h"

#include <errno.h>
#include <string.h>

struct sharing {
	const struct scmp *s;
	const char *name, *path;
	struct place_chain chain; /* of the path */
	char other[USERS_NAME_SIZE];
	int failed; /* why it cannot be seen whether it is theirs */
};

static bool is_at_or_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* By the names, and by what is there: sessions follow links. */
static bool is_shared(struct sharing *sharing, const struct user_row *row)
{
	char path[PLACE_PATH_SIZE];
	struct place_chain chain;
	int r;

	if (belongings_place(sharing->s, row, path) < 0)
		return false;
	if (is_at_or_in(path, sharing->path) ||
	    is_at_or_in(sharing->path, path))
		return true;
	r = place_chain_look(path, &chain);
	/* No session gets there either. */
	if (r == -ELOOP || r == -ENAMETOOLONG)
		return false;
	sharing->failed = r;
	return r < 0 || place_chains_overlap(&sharing->chain, &chain);
}

static int compare_one(const struct database_user *user, void *context)
{
	struct sharing *sharing = context;

	if (strcmp(user->row.name, sharing->name) == 0 ||
	    !is_shared(sharing, &user->row))
		return 0;
	memcpy(sharing->other, user->row.name, sizeof(sharing->other));
	return 1;
}

/* A row of another store, where the name itself is another user, too. */
static void compare_other(void *context, const struct user_row *row,
			  const char *fault)
{
	struct sharing *sharing = context;

	if (fault || sharing->other[0])
		return;
	if (strcmp(row->name, sharing->name) == 0 || is_shared(sharing, row))
		memcpy(sharing->other, row->name, sizeof(sharing->other));
}

static int refuse(const struct sharing *sharing, const char *where)
{
	if (sharing->failed)
		return scmp_fail(sharing->s, STATUS_REFUSED,
				 "%s: it cannot be seen whether the mail in %s "
				 "is that of user %s%s, too: %s; it stays",
				 sharing->name, sharing->path, sharing->other,
				 where, strerror(-sharing->failed));
	return scmp_fail(sharing->s, STATUS_REFUSED,
			 "%s: the mail in %s is that of user %s%s, too; it "
			 "stays",
			 sharing->name, sharing->path, sharing->other, where);
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
		return refuse(sharing, " in another store of `users`");
	if (r < 0 && r != -ENOENT)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: another store of `users` cannot be read "
				 "whole, so the mail may be somebody's; it "
				 "stays (see pop3-session --check)",
				 sharing->name);
	return STATUS_OK;
}

int sharing_check(struct scmp *s, const char *name, const char *path)
{
	struct sharing sharing = {.s = s, .name = name, .path = path};
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	r = place_chain_look(path, &sharing.chain);
	if (r < 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: it cannot be seen whose else the mail in "
				 "%s is: %s; it stays",
				 name, path, strerror(-r));
	buf_init(&error, memory, sizeof(memory));
	r = database_users_list(&s->db, &all, compare_one, &sharing, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (r > 0)
		return refuse(&sharing, "");
	return check_other_stores(s, &sharing);
}

void sharing_tell(struct scmp *s, const struct user_row *row)
{
	struct sharing sharing = {.s = s, .name = row->name};
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE], path[PLACE_PATH_SIZE];
	struct buf error;
	int r;

	if (belongings_place(s, row, path) < 0 ||
	    place_chain_look(path, &sharing.chain) < 0 ||
	    !sharing.chain.is_whole)
		return;
	sharing.path = path;
	buf_init(&error, memory, sizeof(memory));
	r = database_users_list(&s->db, &all, compare_one, &sharing, &error);
	if (r < 0 || sharing.failed)
		(void)scmp_fail(s, STATUS_OK,
				"there is mail in %s already, and whose it is "
				"besides %s cannot be seen: " SPAN_FMT "%s",
				path, row->name, SPAN_ARG(buf_span(&error)),
				r < 0 ? "" : strerror(-sharing.failed));
	else if (r > 0)
		(void)scmp_fail(s, STATUS_OK,
				"%s: the mail in %s is that of user %s, too; "
				"--maildir gives a place of one's own",
				row->name, path, sharing.other);
	else
		scmp_say(s, "There is mail in %s already, which %s has now.",
			 path, row->name);
}
