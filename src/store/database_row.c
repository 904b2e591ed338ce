/* SPDX-License-Identifier: ISC */
#include "store/database_row.h"

#include <errno.h>
#include <string.h>

#include "proto/network.h"
#include "store/place.h"

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
	COLUMNS = DATABASE_COLUMNS,
	/* of what is read, behind the columns */
	RESULT_ID = COLUMNS,
	RESULT_CREATED,
	RESULT_CHANGED,
};
_Static_assert(COLUMNS == sizeof(columns) / sizeof(columns[0]) &&
		       (1 << COLUMNS) - 1 == DATABASE_FIELDS_ALL,
	       "each field is a column");

const char *database_column_name(size_t i)
{
	return columns[i].name;
}

void database_columns_name(struct buf *sql)
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

void database_row_bind(sqlite3_stmt *statement,
		       const struct database_user *user)
{
	for (int i = 0; i < COLUMNS; i++)
		column_bind(statement, i, user);
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

bool database_text_is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static bool has_line_end(const char *text)
{
	return text[strcspn(text, "\r\n")];
}

static bool is_name(const char *name)
{
	return name[0] && database_text_is_plain(name);
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

/* What makes a row of no use, whoever wrote it. */
static const char *row_damage(const struct database_user *user, unsigned fields)
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

static bool is_template(const char *template)
{
	char memory[USERS_ERROR_SIZE];
	struct buf why;

	buf_init(&why, memory, sizeof(memory));
	return place_check_template(span_str(template), &why) == 0;
}

/*
 * What would be another line or field where rows are written as text. What
 * other programs have put into a row is read all the same, so that it can be
 * changed.
 */
static const char *row_control(const struct database_user *user,
			       unsigned fields)
{
	static const struct {
		unsigned field;
		size_t offset;
		const char *fault;
	} plain[] = {
		{DATABASE_DISPLAY_NAME, AT(display_name),
		 "the display name must have no control characters"},
		{DATABASE_COMMENT, AT(comment),
		 "the comment must have no control characters"},
		{DATABASE_HOME, AT(row.home),
		 "the home must have no control characters"},
		{DATABASE_MAILDIR, AT(row.maildir),
		 "the Maildir must have no control characters"},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if ((fields & plain[i].field) &&
		    !database_text_is_plain((const char *)user +
					    plain[i].offset))
			return plain[i].fault;
	}
	if ((fields & DATABASE_PASSWORD) && has_line_end(user->row.password))
		return "the password must have no line ends";
	if ((fields & DATABASE_SECRET) && has_line_end(user->row.secret))
		return "the secret must have no line ends";
	return NULL;
}

const char *database_user_fault(const struct database_user *user,
				unsigned fields)
{
	const char *why = row_damage(user, fields);

	if (!why)
		why = row_control(user, fields);
	if (!why && (fields & DATABASE_MAILDIR) && user->row.maildir[0] &&
	    !is_template(user->row.maildir))
		why = "the Maildir must be a path without a folder named "
		      "\".\" or \"..\" or nothing";
	return why;
}

/* --- reading --- */

int database_row_prepare(struct database *db, enum database_statement kind,
			 const char *where, sqlite3_stmt **statement,
			 struct buf *error)
{
	char memory[DATABASE_SQL_SIZE];
	struct buf sql;

	buf_init(&sql, memory, sizeof(memory));
	if (kind == DATABASE_ONCE || !db->statements[kind]) {
		buf_add_str(&sql, "SELECT ");
		database_columns_name(&sql);
		buf_add_str(&sql, "id,created,changed FROM users ");
		buf_add_str(&sql, where);
	}
	return database_prepare(db, kind, buf_str(&sql), statement, error);
}

int database_row_read(struct database *db, sqlite3_stmt *statement,
		      struct database_user *user, struct buf *error)
{
	const char *why = NULL;

	memset(user, 0, sizeof(*user));
	for (int i = 0; i < COLUMNS; i++) {
		if (!column_read(statement, i, user) && !why)
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
		why = row_damage(user, DATABASE_FIELDS_ALL);
		if (why)
			database_refuse(db, 0, "user", span_str(user->row.name),
					why, error);
	}
	return why ? -EUCLEAN : 0;
}
