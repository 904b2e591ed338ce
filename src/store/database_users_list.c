/* SPDX-License-Identifier: ISC */
#include "store/database_users.h"

#include <errno.h>

#include "store/database_row.h"

/* As a pattern of GLOB, which knows [ as well. */
static const char *mask_pattern(const char *mask, char *memory, size_t size)
{
	struct buf out;

	buf_init(&out, memory, size);
	if (!mask)
		mask = "*";
	for (; *mask; mask++) {
		if (*mask == '[')
			buf_add_str(&out, "[[]");
		else
			buf_add_char(&out, *mask);
	}
	return buf_str(&out);
}

static int mask_bind(struct database *db, sqlite3_stmt *statement, int at,
		     const char *mask, struct buf *error)
{
	char memory[3 * USERS_NAME_SIZE];
	const char *pattern = mask_pattern(mask, memory, sizeof(memory));

	if (!pattern)
		return database_refuse(db, -EINVAL, "mask",
				       span_take(span_str(mask), 40),
				       "is too long", error);
	(void)sqlite3_bind_text(statement, at, pattern, -1, SQLITE_TRANSIENT);
	return 0;
}

int database_users_list(struct database *db,
			const struct database_search *search,
			int (*each)(const struct database_user *, void *),
			void *context, struct buf *error)
{
	struct database_user user;
	sqlite3_stmt *statement;
	int more = 0, failed;

	failed = database_row_prepare(db, DATABASE_ONCE,
				      "WHERE name GLOB ?1 AND name>?4 "
				      "ORDER BY name LIMIT ?2 OFFSET ?3",
				      &statement, error);
	if (failed)
		return failed;
	failed = mask_bind(db, statement, 1, search->mask, error);
	(void)sqlite3_bind_int64(statement, 2,
				 search->limit ? (int64_t)search->limit : -1);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)search->offset);
	(void)sqlite3_bind_text(statement, 4,
				search->after ? search->after : "", -1,
				SQLITE_STATIC);
	while (!failed && (more = database_step(db, statement, error)) > 0) {
		failed = database_row_read(db, statement, &user, error);
		if (!failed) {
			failed = each(&user, context);
		} else if (search->damaged && buf_str(error)) {
			search->damaged(error->p, context);
			buf_reset(error);
			failed = 0;
		} else {
			failed = -EBADMSG;
		}
	}
	database_user_clear(&user);
	database_finish(db, statement);
	return failed ? failed : more;
}

bool database_mask_fits(const char *mask, const char *name)
{
	char memory[3 * USERS_NAME_SIZE];
	const char *pattern = mask_pattern(mask, memory, sizeof(memory));

	return pattern && sqlite3_strglob(pattern, name) == 0;
}

static int count_finish(struct database *db, sqlite3_stmt *statement,
			uint64_t *n, struct buf *error)
{
	int more = database_step(db, statement, error);

	if (more > 0)
		*n = (uint64_t)sqlite3_column_int64(statement, 0);
	database_finish(db, statement);
	return more < 0 ? more : 0;
}

int database_users_count(struct database *db, const char *mask, uint64_t *n,
			 struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = database_prepare(db, DATABASE_ONCE,
				  mask ? "SELECT count(*) FROM users "
					 "WHERE name GLOB ?"
				       : "SELECT count(*) FROM users",
				  &statement, error);
	if (failed)
		return failed;
	if (mask)
		failed = mask_bind(db, statement, 1, mask, error);
	if (!failed)
		return count_finish(db, statement, n, error);
	database_finish(db, statement);
	return failed;
}

int database_users_count_role(struct database *db, const char *role,
			      uint64_t *n, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = database_prepare(db, DATABASE_ONCE,
				  "SELECT count(*) FROM users "
				  "WHERE enabled AND role=?",
				  &statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, role, -1, SQLITE_STATIC);
	return count_finish(db, statement, n, error);
}
