/* SPDX-License-Identifier: ISC */
#include "store/passwd_line.h"

#include <string.h>

#include "store/passwd_extra.h"

enum passwd_field {
	PASSWD_NAME,
	PASSWD_PASSWORD,
	PASSWD_UID,
	PASSWD_GID,
	PASSWD_GECOS,
	PASSWD_HOME,
	PASSWD_SHELL,
	PASSWD_EXTRA, /* all the rest, colons included */
	PASSWD_FIELDS,
};

static const char *const passwd_remedies[PASSWD_VERDICTS] = {
	[PASSWD_ROW] = "is fine",
	[PASSWD_SKIP] = "is no row",
	[PASSWD_NUL] = "holds a NUL octet; remove it",
	[PASSWD_NO_FIELDS] = "must be NAME:{SCHEME}PASSWORD or have further "
			     "fields behind that",
	[PASSWD_BAD_NAME] = "must begin with a name of 1 to 255 octets",
	[PASSWD_LONG_PASSWORD] = "has a password over 1023 octets",
	[PASSWD_BAD_UID] = "must have a number from 1 to 4294967294 as uid "
			   "(third field, or userdb_uid), or nothing",
	[PASSWD_BAD_GID] = "must have a number from 1 to 4294967294 as gid "
			   "(fourth field, or userdb_gid), or nothing",
	[PASSWD_BAD_HOME] = "must have an absolute path of at most 1023 octets "
			    "as home (sixth field, or userdb_home), or nothing",
	[PASSWD_BAD_MAIL] = "must have an absolute path, or one that begins "
			    "with ~/ or %h where there is a home, in "
			    "userdb_mail=maildir:PATH; other formats than "
			    "maildir cannot be served",
	[PASSWD_BAD_NETWORKS] = "must have addresses and networks such as "
				"192.0.2.0/24 in allow_nets, separated by "
				"commas, at most 1023 octets, and in one such "
				"field only",
	[PASSWD_BAD_USER] = "has a name in user= that cannot be a user's",
	[PASSWD_BAD_PROXY] = "says that the mail is on another server (proxy); "
			     "it cannot be served from here",
};

const char *passwd_line_remedy(enum passwd_verdict verdict)
{
	return passwd_remedies[verdict];
}

struct span passwd_line_name(struct span line)
{
	return span_take(line, span_find(line, ':'));
}

/* --- the line --- */

/* Cuts the line; fields that are not there are empty. How many there are. */
static size_t passwd_cut(struct span line, struct span fields[PASSWD_FIELDS])
{
	size_t n = 0;

	memset(fields, 0, PASSWD_FIELDS * sizeof(fields[0]));
	for (; n < PASSWD_EXTRA; n++) {
		size_t colon = span_find(line, ':');

		fields[n] = span_take(line, colon);
		if (colon == line.n)
			return n + 1;
		line = span_drop(line, colon + 1);
	}
	fields[n] = line;
	return n + 1;
}

struct span passwd_line_password(struct span line)
{
	struct span fields[PASSWD_FIELDS];

	if (!line.n || line.p[0] == '#')
		return span_str(NULL);
	passwd_cut(line, fields);
	return fields[PASSWD_PASSWORD];
}

static bool passwd_is_locked(struct span password)
{
	return !password.n || password.p[0] == '!' || password.p[0] == '*';
}

static enum passwd_verdict
passwd_fields_read(const struct span fields[PASSWD_FIELDS],
		   struct user_row *row, struct passwd_ignored *ignored)
{
	struct span password = fields[PASSWD_PASSWORD];
	struct span home = fields[PASSWD_HOME];

	if (!fields[PASSWD_NAME].n ||
	    !passwd_copy(row->name, sizeof(row->name), fields[PASSWD_NAME]))
		return PASSWD_BAD_NAME;
	if (!passwd_copy(row->password, sizeof(row->password), password))
		return PASSWD_LONG_PASSWORD;
	row->enabled = !passwd_is_locked(password);
	if (!passwd_id(fields[PASSWD_UID], &row->uid, &row->has_uid))
		return PASSWD_BAD_UID;
	if (!passwd_id(fields[PASSWD_GID], &row->gid, &row->has_gid))
		return PASSWD_BAD_GID;
	if (home.n && home.p[0] != '/')
		return PASSWD_BAD_HOME;
	if (!passwd_copy(row->home, sizeof(row->home), home))
		return PASSWD_BAD_HOME;
	return passwd_extra_read(fields[PASSWD_EXTRA], row, ignored);
}

enum passwd_verdict passwd_line_read(struct span line, struct user_row *row,
				     struct passwd_ignored *ignored)
{
	struct span fields[PASSWD_FIELDS];
	enum passwd_verdict verdict;

	if (ignored)
		ignored->n = 0;
	if (!passwd_trim(line).n || line.p[0] == '#')
		return PASSWD_SKIP;
	if (span_find(line, '\0') < line.n)
		return PASSWD_NUL;
	if (passwd_cut(line, fields) < 2)
		return PASSWD_NO_FIELDS;
	memset(row, 0, sizeof(*row));
	verdict = passwd_fields_read(fields, row, ignored);
	if (verdict != PASSWD_ROW)
		user_row_clear(row);
	return verdict;
}

void passwd_line_salvage(struct span line, struct user_row *row)
{
	struct span name = passwd_line_name(line);
	struct span password = passwd_line_password(line);

	memset(row, 0, sizeof(*row));
	if (passwd_copy(row->name, sizeof(row->name), name) &&
	    passwd_copy(row->password, sizeof(row->password), password))
		row->enabled = !passwd_is_locked(password);
}

enum passwd_verdict passwd_line_parse(struct span line, struct user_row *row)
{
	return passwd_line_read(line, row, NULL);
}
