/* SPDX-License-Identifier: ISC */
#include "scmp/json_user.h"

#include <stddef.h>
#include <string.h>

enum member_kind { MEMBER_TEXT, MEMBER_NUMBER, MEMBER_YES };

#define AT(m)	offsetof(struct database_user, m)
#define TEXT(m) MEMBER_TEXT, AT(m), sizeof(((struct database_user *)0)->m)

static const struct member {
	const char *key;
	unsigned field;
	enum member_kind kind;
	size_t offset, size; /* a number: where the bool is */
} members[] = {
	{"name", DATABASE_NAME, TEXT(row.name)},
	{"password", DATABASE_PASSWORD, TEXT(row.password)},
	{"secret", DATABASE_SECRET, TEXT(row.secret)},
	{"role", DATABASE_ROLE, TEXT(row.role)},
	{"maildir", DATABASE_MAILDIR, TEXT(row.maildir)},
	{"home", DATABASE_HOME, TEXT(row.home)},
	{"uid", DATABASE_UID, MEMBER_NUMBER, AT(row.uid), AT(row.has_uid)},
	{"gid", DATABASE_GID, MEMBER_NUMBER, AT(row.gid), AT(row.has_gid)},
	{"enabled", DATABASE_ENABLED, MEMBER_YES, AT(row.enabled), 0},
	{"networks", DATABASE_NETWORKS, TEXT(row.networks)},
	{"max_sessions", DATABASE_MAX_SESSIONS, MEMBER_NUMBER,
	 AT(row.max_sessions), AT(row.has_max_sessions)},
	{"must_change", DATABASE_MUST_CHANGE, MEMBER_YES, AT(row.must_change),
	 0},
	{"display_name", DATABASE_DISPLAY_NAME, TEXT(display_name)},
	{"comment", DATABASE_COMMENT, TEXT(comment)},
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

/* NULL only where it cannot be made; nothing at all is null. */
static json_t *make(const struct member *m, const struct database_user *user)
{
	const char *at = (const char *)user + m->offset;

	switch (m->kind) {
	case MEMBER_TEXT:
		return at[0] ? json_string(at) : json_null();
	case MEMBER_YES:
		return json_boolean(*(const bool *)at);
	case MEMBER_NUMBER:
		return *(const bool *)((const char *)user + m->size)
			       ? json_integer(*(const uint32_t *)at)
			       : json_null();
	}
	return NULL;
}

json_t *json_user_make(const struct database_user *user)
{
	json_t *object = json_object();

	for (int i = 0; i < MEMBERS; i++) {
		json_t *value = make(&members[i], user);

		if (!value) {
			json_decref(object);
			return NULL;
		}
		if (json_is_null(value))
			continue;
		if (json_object_set_new(object, members[i].key, value) < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static const char *take_text(const struct member *m, const json_t *value,
			     char *at)
{
	size_t n = json_string_length(value);

	if (!json_is_string(value) && !json_is_null(value))
		return "has something else than a text where one belongs";
	if (n >= m->size)
		return "has a text that is too long";
	if (n)
		memcpy(at, json_string_value(value), n);
	at[n] = '\0';
	return strlen(at) == n ? NULL : "has a text with a NUL";
}

static const char *take_number(const json_t *value, uint32_t *at, bool *has)
{
	json_int_t v = json_integer_value(value);

	if (!json_is_integer(value) && !json_is_null(value))
		return "has something else than a number where one belongs";
	if (v < 0 || v >= UINT32_MAX)
		return "has a number that is out of range";
	*at = (uint32_t)v;
	*has = json_is_integer(value);
	return NULL;
}

static const char *take(const struct member *m, const json_t *value,
			struct database_user *user)
{
	char *at = (char *)user + m->offset;

	switch (m->kind) {
	case MEMBER_TEXT:
		return take_text(m, value, at);
	case MEMBER_NUMBER:
		return take_number(value, (uint32_t *)at,
				   (bool *)((char *)user + m->size));
	case MEMBER_YES:
		if (!json_is_boolean(value))
			return "has something else than true or false where "
			       "one belongs";
		*(bool *)at = json_is_true(value);
		return NULL;
	}
	return NULL;
}

static const struct member *find(const char *key)
{
	for (int i = 0; i < MEMBERS; i++) {
		if (strcmp(members[i].key, key) == 0)
			return &members[i];
	}
	return NULL;
}

const char *json_user_take(const json_t *object, struct database_user *user,
			   unsigned *fields)
{
	const char *key, *fault;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		const struct member *m = find(key);

		if (!m)
			return "has a member that users do not have";
		fault = take(m, value, user);
		if (fault)
			return fault;
		*fields |= m->field;
	}
	if (!(*fields & DATABASE_NAME))
		return "has no name";
	return NULL;
}
