/* SPDX-License-Identifier: ISC */
#include "scmp/import_line.h"

#include "auth/auth.h"
#include "scmp/json_user.h"

#include <string.h>

enum {
	FIELD_PASSWORD = 1,
	FIELD_GECOS = 4,
	/* What a line of a passwd-file says something of. */
	PASSWD_FIELDS = DATABASE_NAME | DATABASE_PASSWORD | DATABASE_UID |
			DATABASE_GID | DATABASE_HOME | DATABASE_MAILDIR |
			DATABASE_ENABLED | DATABASE_NETWORKS |
			DATABASE_DISPLAY_NAME,
	SHADOW_FIELDS = DATABASE_NAME | DATABASE_PASSWORD | DATABASE_ENABLED |
			DATABASE_MUST_CHANGE,
};

static char text[512];

static const char *unusable(const char *stored)
{
	struct buf out;

	buf_init(&out, text, sizeof(text));
	buf_add_str(&out, "has a password that cannot be used: ");
	if (auth_describe(stored, &out))
		return NULL;
	return buf_str(&out) ? text : "has a password that cannot be used";
}

/* `!` and `*` lock what is behind them. */
static const char *unusable_unlocked(const char *stored)
{
	stored += strspn(stored, "!*");
	return stored[0] ? unusable(stored) : NULL;
}

const char *import_take_password(struct import_password password,
				 struct database_user *user)
{
	char *to = user->row.password;
	struct buf stored;

	if (password.is_elsewhere)
		return "has its password in another file; import that one, "
		       "such as /etc/shadow";
	if (password.is_locked)
		user->row.enabled = false;
	buf_init(&stored, to, sizeof(user->row.password));
	if (import_is_old_crypt(password.form))
		buf_add_str(&stored, "{CRYPT}");
	buf_add_span(&stored, password.form);
	if (!buf_str(&stored))
		return "has a password that is too long";
	return to[0] ? unusable(to) : NULL;
}

/* The part of the comment that is the name, by custom. */
static void take_gecos(struct span gecos, struct database_user *user)
{
	struct span name = span_take(gecos, span_find(gecos, ','));
	struct buf out;

	buf_init(&out, user->display_name, sizeof(user->display_name));
	buf_add_span(&out, name);
	if (!buf_str(&out))
		user->display_name[0] = '\0';
}

static const char *take_passwd(struct span line, struct database_user *user,
			       struct passwd_ignored *ignored)
{
	char role[USERS_ROLE_SIZE];
	enum passwd_verdict verdict;

	memcpy(role, user->row.role, sizeof(role));
	verdict = passwd_line_read(line, &user->row, ignored);
	memcpy(user->row.role, role, sizeof(role));
	if (verdict != PASSWD_ROW)
		return passwd_line_remedy(verdict);
	take_gecos(import_field(line, FIELD_GECOS), user);
	return import_take_password(
		import_password_of(import_field(line, FIELD_PASSWORD)), user);
}

static const char *take_shadow(struct span line, uint64_t today,
			       struct database_user *user)
{
	struct import_shadow shadow;
	enum import_verdict verdict = import_shadow_parse(line, today, &shadow);

	if (verdict != IMPORT_OK)
		return import_verdict_text(verdict);
	if (shadow.name.n >= sizeof(user->row.name))
		return "has a name over 255 octets";
	memcpy(user->row.name, shadow.name.p, shadow.name.n);
	user->row.name[shadow.name.n] = '\0';
	user->row.must_change = shadow.must_change;
	if (shadow.has_expired)
		user->row.enabled = false;
	return import_take_password(shadow.password, user);
}

static const char *take_json(struct span line, struct database_user *user,
			     unsigned *fields)
{
	json_t *object =
		json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	const char *fault;

	if (!json_is_object(object))
		fault = "is no JSON object";
	else
		fault = json_user_take(object, user, fields);
	json_decref(object);
	if (!fault)
		fault = unusable_unlocked(user->row.password);
	return fault;
}

unsigned import_line_updates(enum import_format format,
			     const struct database_user *user, unsigned fields)
{
	const struct user_row *row = &user->row;
	const struct {
		unsigned field;
		bool has;
	} words[] = {
		{DATABASE_ENABLED, !row->enabled},
		{DATABASE_MUST_CHANGE, row->must_change},
		{DATABASE_NETWORKS, row->networks[0]},
		{DATABASE_MAILDIR, row->maildir[0]},
		{DATABASE_HOME, row->home[0]},
		{DATABASE_UID, row->has_uid},
		{DATABASE_GID, row->has_gid},
		{DATABASE_DISPLAY_NAME, user->display_name[0]},
	};

	fields &= ~(unsigned)DATABASE_NAME;
	/* A member that is there says what it says. */
	if (format == IMPORT_JSON)
		return fields;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i].has)
			fields &= ~words[i].field;
	}
	return fields;
}

const char *import_line_take(enum import_format format, struct span line,
			     uint64_t today, struct database_user *user,
			     unsigned *fields, struct passwd_ignored *ignored)
{
	ignored->n = 0;
	switch (format) {
	case IMPORT_PASSWD:
		*fields = PASSWD_FIELDS;
		return take_passwd(line, user, ignored);
	case IMPORT_SHADOW:
		*fields = SHADOW_FIELDS;
		return take_shadow(line, today, user);
	case IMPORT_JSON:
		*fields = 0;
		return take_json(line, user, fields);
	default:
		return "is of a format of more than one line";
	}
}
