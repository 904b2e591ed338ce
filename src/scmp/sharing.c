/* SPDX-License-Identifier: ISC */
#include "scmp/sharing.h"

#include "scmp/belongings.h"
#include "store/database_users.h"
#include "store/users_each.h"

#include <errno.h>
#include <string.h>

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
	    belongings_place(sharing->s, &user->row, path) < 0 ||
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
	    (belongings_place(sharing->s, row, path) == 0 &&
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

int sharing_check(struct scmp *s, const char *name, const char *path)
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
