/* SPDX-License-Identifier: ISC */
#include "store/database_users.h"

#include <errno.h>
#include <string.h>

#include "proto/network.h"
#include "store/database_sql.h"
#include "store/place.h"
#include "sys/clock.h"

/* --- columns --- */

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER, /* uint32_t with a bool that says whether there is one */
	COLUMN_YES,    /* bool */
};

#define AT(member)	      offsetof(struct database_user, member)
#define TEXT(member)	      COLUMN_TEXT, AT(member), sizeof_member(member)
#define sizeof_member(member) sizeof(((struct database_user *)0)->member)

/*
 * What of a row is written and read, in the order of the bits of enum
 * database_field. Of the parameters of a statement, column i is the i + 1st.
 */
static const struct column {
	const char *name;
	enum column_kind kind;
	size_t offset, size; /* a number: where the bool is */
} columns[] = {
	{"name", TEXT(row.name)},
	{"password", TEXT(row.password)},
	{"secret", TEXT(row.secret)},
	{"role", TEXT(row.role)},
	{"maildir", TEXT(row.maildir)},
	{"home", TEXT(row.home)},
	{"uid", COLUMN_NUMBER, AT(row.uid), AT(row.has_uid)},
	{"gid", COLUMN_NUMBER, AT(row.gid), AT(row.has_gid)},
	{"enabled", COLUMN_YES, AT(row.enabled), 0},
	{"networks", TEXT(row.networks)},
	{"max_sessions", COLUMN_NUMBER, AT(row.max_sessions),
	 AT(row.has_max_sessions)},
	{"must_change", COLUMN_YES, AT(row.must_change), 0},
	{"display_name", TEXT(display_name)},
	{"comment", TEXT(comment)},
};
enum {
	COLUMNS = sizeof(columns) / sizeof(columns[0]),
	PARAMETER_NOW = COLUMNS + 1,
	PARAMETER_FIELDS,
	PARAMETER_WHO,
	/* of what is read, behind the columns */
	RESULT_ID = COLUMNS,
	RESULT_CREATED,
	RESULT_CHANGED,
	SQL_SIZE = 2048,
};
_Static_assert((1 << COLUMNS) - 1 == DATABASE_FIELDS_ALL,
	       "each field is a column");

static void columns_name_all(struct buf *sql)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		buf_add_str(sql, columns[i].name);
		buf_add_char(sql, ',');
	}
}

static void column_bind(sqlite3_stmt *statement, int i,
			const struct database_user *user)
{
	const char *at = (const char *)user + columns[i].offset;
	const char *has = (const char *)user + columns[i].size;

	switch (columns[i].kind) {
	case COLUMN_TEXT:
		database_bind_text(statement, i + 1, at);
		break;
	case COLUMN_NUMBER:
		if (*(const bool *)has)
			(void)sqlite3_bind_int64(statement, i + 1,
						 *(const uint32_t *)at);
		else
			(void)sqlite3_bind_null(statement, i + 1);
		break;
	case COLUMN_YES:
		(void)sqlite3_bind_int(statement, i + 1, *(const bool *)at);
		break;
	}
}

static bool column_read(sqlite3_stmt *statement, int i,
			struct database_user *user)
{
	char *at = (char *)user + columns[i].offset;
	sqlite3_int64 number;

	if (columns[i].kind == COLUMN_TEXT)
		return database_text(statement, i, at, columns[i].size);
	number = sqlite3_column_int64(statement, i);
	if (number < 0 || number > UINT32_MAX - 1)
		return false;
	if (columns[i].kind == COLUMN_YES) {
		*(bool *)at = number != 0;
		return true;
	}
	*(bool *)((char *)user + columns[i].size) =
		sqlite3_column_type(statement, i) != SQLITE_NULL;
	*(uint32_t *)at = (uint32_t)number;
	return true;
}

/* --- what can be stored --- */

static bool is_name(const char *name)
{
	if (!name[0])
		return false;
	for (; *name; name++) {
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	}
	return true;
}

static bool are_networks(struct span list)
{
	struct network network;

	while (list.n) {
		struct span one = span_take(list, span_find(list, ','));

		list = span_drop(list, one.n + 1);
		/* a login without a network, as in passwd-files */
		if (!span_equal(one, span_str("local")) &&
		    !network_parse(one, &network))
			return false;
	}
	return true;
}

/* NULL, or what is wrong with those of the fields. */
static const char *user_fault(const struct database_user *user, unsigned fields)
{
	const struct user_row *row = &user->row;

	if ((fields & DATABASE_NAME) && !is_name(row->name))
		return "a name must have 1 to 255 octets and no control "
		       "characters";
	if ((fields & DATABASE_MAILDIR) && row->maildir[0] &&
	    !place_template_is_valid(span_str(row->maildir)))
		return "the Maildir must be an absolute path, or begin with %h";
	if ((fields & DATABASE_HOME) && row->home[0] && row->home[0] != '/')
		return "the home must be an absolute path";
	if ((fields & DATABASE_UID) && row->has_uid &&
	    (!row->uid || row->uid == (uid_t)-1))
		return "the uid must be from 1 to 4294967294";
	if ((fields & DATABASE_GID) && row->has_gid &&
	    (!row->gid || row->gid == (gid_t)-1))
		return "the gid must be from 1 to 4294967294";
	if ((fields & DATABASE_NETWORKS) &&
	    !are_networks(span_str(row->networks)))
		return "networks must be addresses or networks such as "
		       "192.0.2.0/24, separated by commas";
	if ((fields & DATABASE_ROLE) && !is_name(row->role))
		return "a role must have a name";
	return NULL;
}

static int user_validate(struct database *db, const struct database_user *user,
			 unsigned fields, struct span name, struct buf *error)
{
	const char *why = user_fault(user, fields);

	if (!why)
		return 0;
	return database_refuse(db, -EINVAL, "user", name, why, error);
}

void database_user_init(struct database_user *user)
{
	memset(user, 0, sizeof(*user));
	user->row.enabled = true;
	memcpy(user->row.role, "user", 5);
}

void database_user_clear(struct database_user *user)
{
	explicit_bzero(user, sizeof(*user));
}

/* --- adding, changing, removing --- */

/* The same as what database_failed() says, with the user's name. */
static int user_failed(struct database *db, int failed, struct span name,
		       struct buf *error)
{
	const char *why = failed == -EEXIST   ? "the name is taken"
			  : failed == -ENOENT ? "there is no such user"
					      : NULL;

	if (!why)
		return failed;
	buf_reset(error);
	return database_refuse(db, failed, "user", name, why, error);
}

static int user_prepare_add(struct database *db, sqlite3_stmt **statement,
			    struct buf *error)
{
	char memory[SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	if (!db->statements[DATABASE_USER_ADD]) {
		buf_add_str(&sql, "INSERT INTO users(");
		columns_name_all(&sql);
		buf_add_str(&sql, "created,changed) VALUES(");
		for (size_t i = 0; i < COLUMNS; i++)
			buf_add_str(&sql, "?,");
		buf_add_str(&sql, "?,?15)");
	}
	return database_prepare(db, DATABASE_USER_ADD, buf_str(&sql), statement,
				error);
}
_Static_assert(PARAMETER_NOW == 15, "as in the statement");

int database_user_add(struct database *db, struct database_user *user,
		      struct buf *error)
{
	struct span name = span_str(user->row.name);
	int64_t now = clock_now_s();
	sqlite3_stmt *statement;
	int failed;

	failed = user_validate(db, user, DATABASE_FIELDS_ALL, name, error);
	if (!failed)
		failed = user_prepare_add(db, &statement, error);
	if (failed)
		return failed;
	for (int i = 0; i < COLUMNS; i++)
		column_bind(statement, i, user);
	(void)sqlite3_bind_int64(statement, PARAMETER_NOW, now);
	failed = database_run(db, statement, error);
	if (!failed) {
		user->id = sqlite3_last_insert_rowid(db->handle);
		user->created = user->changed = now;
	}
	database_finish(db, statement);
	return user_failed(db, failed, name, error);
}

/* One statement for whatever is to be changed, for the sake of imports. */
static int user_prepare_change(struct database *db, sqlite3_stmt **statement,
			       struct buf *error)
{
	char memory[SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	if (!db->statements[DATABASE_USER_CHANGE]) {
		buf_add_str(&sql, "UPDATE users SET ");
		for (size_t i = 0; i < COLUMNS; i++) {
			buf_add_str(&sql, columns[i].name);
			buf_add_str(&sql, "=iif(?16&");
			buf_add_u64(&sql, (uint64_t)1 << i);
			buf_add_str(&sql, ",?");
			buf_add_u64(&sql, i + 1);
			buf_add_char(&sql, ',');
			buf_add_str(&sql, columns[i].name);
			buf_add_str(&sql, "),");
		}
		buf_add_str(&sql, "changed=?15 WHERE name=?17");
	}
	return database_prepare(db, DATABASE_USER_CHANGE, buf_str(&sql),
				statement, error);
}
_Static_assert(PARAMETER_FIELDS == 16 && PARAMETER_WHO == 17,
	       "as in the statement");

int database_user_change(struct database *db, struct span name, unsigned fields,
			 const struct database_user *user, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = user_validate(db, user, fields, name, error);
	if (!failed)
		failed = user_prepare_change(db, &statement, error);
	if (failed)
		return failed;
	for (int i = 0; i < COLUMNS; i++)
		column_bind(statement, i, user);
	(void)sqlite3_bind_int64(statement, PARAMETER_NOW, clock_now_s());
	(void)sqlite3_bind_int64(statement, PARAMETER_FIELDS, fields);
	(void)sqlite3_bind_text(statement, PARAMETER_WHO, name.p, (int)name.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = -ENOENT;
	database_finish(db, statement);
	/* Only a new name can be taken. */
	return user_failed(db, failed,
			   failed == -EEXIST ? span_str(user->row.name) : name,
			   error);
}

int database_user_delete(struct database *db, struct span name,
			 struct buf *error)
{
	sqlite3_stmt *statement;
	int failed = database_prepare(db, DATABASE_ONCE,
				      "DELETE FROM users WHERE name=?",
				      &statement, error);

	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, name.p, (int)name.n,
				SQLITE_STATIC);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = -ENOENT;
	database_finish(db, statement);
	return user_failed(db, failed, name, error);
}

/* --- reading --- */

static int user_prepare_read(struct database *db, enum database_statement kind,
			     const char *where, sqlite3_stmt **statement,
			     struct buf *error)
{
	char memory[SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	buf_add_str(&sql, "SELECT ");
	columns_name_all(&sql);
	buf_add_str(&sql, "id,created,changed FROM users ");
	buf_add_str(&sql, where);
	return database_prepare(db, kind, buf_str(&sql), statement, error);
}

static int user_read(struct database *db, sqlite3_stmt *statement,
		     struct database_user *user, struct buf *error)
{
	const char *why = NULL;

	memset(user, 0, sizeof(*user));
	for (int i = 0; i < COLUMNS && !why; i++) {
		if (!column_read(statement, i, user))
			why = columns[i].name;
	}
	user->id = sqlite3_column_int64(statement, RESULT_ID);
	user->created = sqlite3_column_int64(statement, RESULT_CREATED);
	user->changed = sqlite3_column_int64(statement, RESULT_CHANGED);
	if (why) {
		database_refuse(db, 0, "user", span_str(user->row.name), why,
				error);
		buf_add_str(error, " is too long or out of range; change it");
	} else {
		why = user_fault(user, DATABASE_FIELDS_ALL);
		if (why)
			database_refuse(db, 0, "user", span_str(user->row.name),
					why, error);
	}
	if (!why)
		return 0;
	database_user_clear(user);
	return -EBADMSG;
}

int database_user_find(struct database *db, struct span name,
		       struct database_user *user, struct buf *error)
{
	sqlite3_stmt *statement;
	int more, failed;

	failed = user_prepare_read(db, DATABASE_USER_FIND, "WHERE name=?",
				   &statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_text(statement, 1, name.p, (int)name.n,
				SQLITE_STATIC);
	more = database_step(db, statement, error);
	if (more > 0)
		failed = user_read(db, statement, user, error);
	else
		failed = more < 0 ? more : -ENOENT;
	database_finish(db, statement);
	return failed;
}

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

	failed = user_prepare_read(db, DATABASE_ONCE,
				   "WHERE name GLOB ? ORDER BY name "
				   "LIMIT ? OFFSET ?",
				   &statement, error);
	if (failed)
		return failed;
	failed = mask_bind(db, statement, 1, search->mask, error);
	(void)sqlite3_bind_int64(statement, 2,
				 search->limit ? (int64_t)search->limit : -1);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)search->offset);
	while (!failed && (more = database_step(db, statement, error)) > 0) {
		failed = user_read(db, statement, &user, error);
		if (!failed) {
			failed = each(&user, context);
		} else if (search->damaged && buf_str(error)) {
			search->damaged(error->p, context);
			buf_reset(error);
			failed = 0;
		}
	}
	database_user_clear(&user);
	database_finish(db, statement);
	return failed ? failed : more;
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
