/* SPDX-License-Identifier: ISC */
#include "proto/import.h"

#include "base/num.h"

#include <string.h>

enum {
	SHADOW_NAME,
	SHADOW_PASSWORD,
	SHADOW_CHANGED,
	SHADOW_EXPIRES = 7,
	SHADOW_FIELDS = 9,
};

const char *const import_format_names[IMPORT_FORMATS] = {
	[IMPORT_PASSWD] = "passwd",
	[IMPORT_SHADOW] = "shadow",
	[IMPORT_AUTHFILE] = "authfile",
	[IMPORT_JSON] = "json",
};

static const char *const texts[IMPORT_VERDICTS] = {
	[IMPORT_OK] = "is fine",
	[IMPORT_NUL] = "holds a NUL octet; remove it",
	[IMPORT_NO_FIELDS] = "has not the nine fields of /etc/shadow",
	[IMPORT_NO_NAME] = "must begin with a name",
	[IMPORT_BAD_DAY] = "has something else than a number in a field "
			   "behind the password",
	[IMPORT_NO_ACCOUNT] = "is an account that nobody logs in to (locked, "
			      "no password)",
};

const char *import_verdict_text(enum import_verdict verdict)
{
	return texts[verdict];
}

static struct span trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_drop(s, 1);
	return s;
}

bool import_line_is_empty(struct span line)
{
	line = trim(line);
	return !line.n || line.p[0] == '#';
}

struct span import_field(struct span line, unsigned n)
{
	for (; n; n--)
		line = span_drop(line, span_find(line, ':') + 1);
	return span_take(line, span_find(line, ':'));
}

static size_t count_fields(struct span line)
{
	size_t n = 1;

	for (size_t i = 0; i < line.n; i++)
		n += line.p[i] == ':';
	return n;
}

static bool is_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!num_is_digit(s.p[i]))
			return false;
	}
	return true;
}

static bool has_days(struct span line)
{
	for (unsigned i = SHADOW_CHANGED; i < SHADOW_FIELDS; i++) {
		if (!is_digits(import_field(line, i)))
			return false;
	}
	return true;
}

static bool is_shadow(struct span line)
{
	bool empty = true;

	if (count_fields(line) != SHADOW_FIELDS || !has_days(line))
		return false;
	for (unsigned i = SHADOW_CHANGED; i < SHADOW_FIELDS; i++)
		empty = empty && !import_field(line, i).n;
	return empty || import_field(line, SHADOW_CHANGED).n;
}

enum import_format import_guess(struct span line)
{
	const struct span key = SPAN_LITERAL("username");
	struct span text = trim(line);

	if (text.n && text.p[0] == '{')
		return IMPORT_JSON;
	if (span_starts(line, key)) {
		text = trim(span_drop(line, key.n));
		if (text.n && text.p[0] == '=')
			return IMPORT_AUTHFILE;
	}
	return is_shadow(line) ? IMPORT_SHADOW : IMPORT_PASSWD;
}

struct import_password import_password_of(struct span field)
{
	struct import_password p = {.form = field};

	while (p.form.n && (p.form.p[0] == '!' || p.form.p[0] == '*')) {
		p.form = span_drop(p.form, 1);
		p.is_locked = true;
	}
	p.is_elsewhere = span_equal(p.form, span_make("x", 1));
	if (p.is_elsewhere)
		p.form = span_drop(p.form, 1);
	if (!p.form.n)
		p.is_locked = true;
	return p;
}

static bool is_salt(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '.' && c <= '9'))
			return false;
	}
	return true;
}

bool import_is_old_crypt(struct span form)
{
	if (form.n == 13)
		return is_salt(form);
	return form.n == 20 && form.p[0] == '_' && is_salt(span_drop(form, 1));
}

enum import_verdict import_shadow_parse(struct span line, uint64_t today,
					struct import_shadow *out)
{
	struct span changed = import_field(line, SHADOW_CHANGED);
	struct import_shadow shadow = {.name = import_field(line, 0)};
	uint64_t day;

	if (span_find(line, '\0') < line.n)
		return IMPORT_NUL;
	if (count_fields(line) != SHADOW_FIELDS)
		return IMPORT_NO_FIELDS;
	if (!shadow.name.n)
		return IMPORT_NO_NAME;
	if (!has_days(line))
		return IMPORT_BAD_DAY;
	shadow.password =
		import_password_of(import_field(line, SHADOW_PASSWORD));
	/* "*" and "!": daemons' accounts. An empty one is somebody's. */
	if (!shadow.password.form.n && import_field(line, SHADOW_PASSWORD).n)
		return IMPORT_NO_ACCOUNT;
	shadow.must_change = num_parse_u64_capped(changed, &day) && !day;
	shadow.has_expired =
		num_parse_u64_capped(import_field(line, SHADOW_EXPIRES),
				     &day) &&
		day <= today;
	*out = shadow;
	return IMPORT_OK;
}
