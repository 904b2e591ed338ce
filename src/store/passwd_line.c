/* SPDX-License-Identifier: ISC */
#include "store/passwd_line.h"

#include <string.h>

#include "base/num.h"
#include "proto/network.h"
#include "store/place.h"

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

static bool passwd_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span passwd_trim(struct span s)
{
	while (s.n && passwd_is_blank(s.p[0]))
		s = span_drop(s, 1);
	while (s.n && passwd_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Takes what is before the first `end` (or all) off the front. */
static struct span passwd_take(struct span *s, char end)
{
	struct span piece = span_take(*s, span_find(*s, end));

	*s = span_drop(*s, piece.n + 1);
	return piece;
}

struct span passwd_line_name(struct span line)
{
	return span_take(line, span_find(line, ':'));
}

static bool passwd_copy(char *to, size_t size, struct span s)
{
	if (s.n >= size)
		return false;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

/* An id that may be missing; 0 and the two that mean "none" are refused. */
static bool passwd_id(struct span s, uint32_t *id, bool *has)
{
	uint64_t v;

	*has = s.n > 0;
	if (!s.n)
		return true;
	if (!num_parse_u64(s, UINT32_MAX - 1, &v) || !v)
		return false;
	*id = (uint32_t)v;
	return true;
}

/* --- values with variables --- */

/* The long names of variables, as templates have them; without blanks. */
static const struct passwd_variable {
	struct span name, item;
} passwd_variables[] = {
	{SPAN_LITERAL("user"), SPAN_LITERAL("%u")},
	{SPAN_LITERAL("user|lower"), SPAN_LITERAL("%Lu")},
	{SPAN_LITERAL("user|username"), SPAN_LITERAL("%n")},
	{SPAN_LITERAL("user|username|lower"), SPAN_LITERAL("%Ln")},
	{SPAN_LITERAL("user|domain"), SPAN_LITERAL("%d")},
	{SPAN_LITERAL("user|domain|lower"), SPAN_LITERAL("%Ld")},
	{SPAN_LITERAL("username"), SPAN_LITERAL("%n")},
	{SPAN_LITERAL("domain"), SPAN_LITERAL("%d")},
	{SPAN_LITERAL("home"), SPAN_LITERAL("%h")},
};

static bool passwd_variable(struct span name, struct buf *out)
{
	size_t n = sizeof(passwd_variables) / sizeof(passwd_variables[0]);
	char memory[32];
	struct buf plain;

	buf_init(&plain, memory, sizeof(memory));
	for (size_t i = 0; i < name.n; i++) {
		if (!passwd_is_blank(name.p[i]))
			buf_add_char(&plain, name.p[i]);
	}
	for (size_t i = 0; i < n && !plain.overflow; i++) {
		if (!span_equal(passwd_variables[i].name, buf_span(&plain)))
			continue;
		buf_add_span(out, passwd_variables[i].item);
		return true;
	}
	return false;
}

/* A path with ~ and %{…} as a template of store/place.h. */
static bool passwd_template(struct span path, struct buf *out)
{
	if (path.n && path.p[0] == '~') {
		buf_add_str(out, "%h");
		path = span_drop(path, 1);
		if (path.n && path.p[0] != '/')
			return false;
	}
	while (path.n) {
		if (!span_starts(path, span_str("%{"))) {
			size_t n = span_starts(path, span_str("%%")) ? 2 : 1;

			buf_add_span(out, span_take(path, n));
			path = span_drop(path, n);
			continue;
		}
		path = span_drop(path, 2);
		if (span_find(path, '}') == path.n ||
		    !passwd_variable(passwd_take(&path, '}'), out))
			return false;
	}
	return !out->overflow;
}

/* --- extra fields --- */

/* What is known of a line on the way through its extra fields. */
struct passwd_reading {
	struct user_row *row;
	struct passwd_ignored *ignored;
	struct span mail; /* a path; empty: none yet */
	bool has_networks;
};

static void passwd_ignore(struct passwd_reading *r, struct span name)
{
	if (!r->ignored || r->ignored->n == PASSWD_IGNORED_MAX)
		return;
	for (size_t i = 0; i < r->ignored->n; i++) {
		if (span_equal(r->ignored->names[i], name))
			return;
	}
	r->ignored->names[r->ignored->n++] = name;
}

typedef enum passwd_verdict passwd_taker(struct passwd_reading *r,
					 struct span value);

static enum passwd_verdict passwd_take_networks(struct passwd_reading *r,
						struct span value)
{
	struct user_row *row = r->row;
	struct span rest = value;

	if (r->has_networks || !value.n ||
	    !passwd_copy(row->networks, sizeof(row->networks), value))
		return PASSWD_BAD_NETWORKS;
	r->has_networks = true;
	while (rest.n) {
		struct span item = passwd_take(&rest, ',');
		struct network network;

		if (!network_parse(item, &network) &&
		    !span_equal(item, span_str("local")))
			return PASSWD_BAD_NETWORKS;
	}
	return PASSWD_ROW;
}

static enum passwd_verdict passwd_take_lock(struct passwd_reading *r,
					    struct span value)
{
	(void)value;
	r->row->enabled = false;
	return PASSWD_ROW;
}

static enum passwd_verdict passwd_take_user(struct passwd_reading *r,
					    struct span value)
{
	struct user_row *row = r->row;

	if (!place_name_is_safe(value) ||
	    !passwd_copy(row->mail_user, sizeof(row->mail_user), value))
		return PASSWD_BAD_USER;
	return PASSWD_ROW;
}

static enum passwd_verdict passwd_take_uid(struct passwd_reading *r,
					   struct span value)
{
	return passwd_id(value, &r->row->uid, &r->row->has_uid)
		       ? PASSWD_ROW
		       : PASSWD_BAD_UID;
}

static enum passwd_verdict passwd_take_gid(struct passwd_reading *r,
					   struct span value)
{
	return passwd_id(value, &r->row->gid, &r->row->has_gid)
		       ? PASSWD_ROW
		       : PASSWD_BAD_GID;
}

/* Here variables are replaced at once: a home is no template. */
static enum passwd_verdict passwd_take_home(struct passwd_reading *r,
					    struct span value)
{
	char memory[USERS_PATH_SIZE];
	struct user_row *row = r->row;
	struct buf template, home;

	row->home[0] = '\0';
	if (!value.n)
		return PASSWD_ROW;
	buf_init(&template, memory, sizeof(memory));
	buf_init(&home, row->home, sizeof(row->home));
	if (!passwd_template(value, &template) ||
	    place_expand(buf_span(&template), span_str(row->name),
			 span_str(NULL), &home) < 0 ||
	    !buf_str(&home))
		return PASSWD_BAD_HOME;
	return PASSWD_ROW;
}

static enum passwd_verdict passwd_take_path(struct passwd_reading *r,
					    struct span value)
{
	r->mail = value;
	return value.n ? PASSWD_ROW : PASSWD_BAD_MAIL;
}

/* maildir:PATH[:OPTION…] */
static enum passwd_verdict passwd_take_mail(struct passwd_reading *r,
					    struct span value)
{
	const struct span kind = SPAN_LITERAL("maildir:");
	const struct span inbox = SPAN_LITERAL("INBOX=");

	if (!span_starts(value, kind))
		return PASSWD_BAD_MAIL;
	value = span_drop(value, kind.n);
	r->mail = passwd_take(&value, ':');
	while (value.n) {
		struct span option = passwd_take(&value, ':');

		if (span_starts(option, inbox))
			r->mail = span_drop(option, inbox.n);
		else if (option.n)
			passwd_ignore(
				r, span_take(option, span_find(option, '=')));
	}
	return r->mail.n ? PASSWD_ROW : PASSWD_BAD_MAIL;
}

static enum passwd_verdict passwd_take_driver(struct passwd_reading *r,
					      struct span value)
{
	(void)r;
	return span_equal(value, span_str("maildir")) ? PASSWD_ROW
						      : PASSWD_BAD_MAIL;
}

static enum passwd_verdict passwd_take_proxy(struct passwd_reading *r,
					     struct span value)
{
	(void)r;
	(void)value;
	return PASSWD_BAD_PROXY;
}

static const struct passwd_extra {
	struct span name;
	passwd_taker *take;
} passwd_extras[] = {
	{SPAN_LITERAL("allow_nets"), passwd_take_networks},
	{SPAN_LITERAL("allow_real_nets"), passwd_take_networks},
	{SPAN_LITERAL("nologin"), passwd_take_lock},
	{SPAN_LITERAL("fail"), passwd_take_lock},
	{SPAN_LITERAL("user"), passwd_take_user},
	{SPAN_LITERAL("userdb_user"), passwd_take_user},
	{SPAN_LITERAL("userdb_uid"), passwd_take_uid},
	{SPAN_LITERAL("userdb_gid"), passwd_take_gid},
	{SPAN_LITERAL("userdb_home"), passwd_take_home},
	{SPAN_LITERAL("userdb_mail"), passwd_take_mail},
	{SPAN_LITERAL("userdb_mail_path"), passwd_take_path},
	{SPAN_LITERAL("userdb_mail_driver"), passwd_take_driver},
	{SPAN_LITERAL("proxy"), passwd_take_proxy},
	{SPAN_LITERAL("proxy_maybe"), passwd_take_proxy},
};

static enum passwd_verdict passwd_word(struct passwd_reading *r,
				       struct span word)
{
	struct span name = passwd_take(&word, '=');

	for (size_t i = 0; i < sizeof(passwd_extras) / sizeof(passwd_extras[0]);
	     i++) {
		if (span_equal(passwd_extras[i].name, name))
			return passwd_extras[i].take(r, word);
	}
	passwd_ignore(r, name);
	return PASSWD_ROW;
}

/* A word ends at a blank, but not at one within %{…}. */
static size_t passwd_word_length(struct span s)
{
	bool inside = false;
	size_t n;

	for (n = 0; n < s.n && (inside || !passwd_is_blank(s.p[n])); n++) {
		if (s.p[n] == '{' && n && s.p[n - 1] == '%')
			inside = span_find(span_drop(s, n), '}') < s.n - n;
		else if (s.p[n] == '}')
			inside = false;
	}
	return n;
}

/* Behind all others, since the home may come later in the line. */
static enum passwd_verdict passwd_set_mail(struct passwd_reading *r)
{
	struct user_row *row = r->row;
	struct buf out;

	if (!r->mail.n)
		return PASSWD_ROW;
	buf_init(&out, row->maildir, sizeof(row->maildir));
	if (!passwd_template(r->mail, &out) || !buf_str(&out))
		return PASSWD_BAD_MAIL;
	if (span_starts(buf_span(&out), span_str("%h")) && !row->home[0])
		return PASSWD_BAD_MAIL;
	return place_template_is_valid(buf_span(&out)) ? PASSWD_ROW
						       : PASSWD_BAD_MAIL;
}

static enum passwd_verdict passwd_extra(struct passwd_reading *r, struct span s)
{
	for (s = passwd_trim(s); s.n; s = passwd_trim(s)) {
		size_t n = passwd_word_length(s);
		enum passwd_verdict verdict = passwd_word(r, span_take(s, n));

		if (verdict != PASSWD_ROW)
			return verdict;
		s = span_drop(s, n);
	}
	return passwd_set_mail(r);
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

static enum passwd_verdict
passwd_fields_read(const struct span fields[PASSWD_FIELDS],
		   struct passwd_reading *r)
{
	struct span password = fields[PASSWD_PASSWORD];
	struct span home = fields[PASSWD_HOME];
	struct user_row *row = r->row;

	if (!fields[PASSWD_NAME].n ||
	    !passwd_copy(row->name, sizeof(row->name), fields[PASSWD_NAME]))
		return PASSWD_BAD_NAME;
	if (!passwd_copy(row->password, sizeof(row->password), password))
		return PASSWD_LONG_PASSWORD;
	row->enabled =
		password.n && password.p[0] != '!' && password.p[0] != '*';
	if (!passwd_id(fields[PASSWD_UID], &row->uid, &row->has_uid))
		return PASSWD_BAD_UID;
	if (!passwd_id(fields[PASSWD_GID], &row->gid, &row->has_gid))
		return PASSWD_BAD_GID;
	if (home.n && home.p[0] != '/')
		return PASSWD_BAD_HOME;
	if (!passwd_copy(row->home, sizeof(row->home), home))
		return PASSWD_BAD_HOME;
	return passwd_extra(r, fields[PASSWD_EXTRA]);
}

enum passwd_verdict passwd_line_read(struct span line, struct user_row *row,
				     struct passwd_ignored *ignored)
{
	struct passwd_reading reading = {.row = row, .ignored = ignored};
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
	verdict = passwd_fields_read(fields, &reading);
	if (verdict != PASSWD_ROW)
		user_row_clear(row);
	return verdict;
}

enum passwd_verdict passwd_line_parse(struct span line, struct user_row *row)
{
	return passwd_line_read(line, row, NULL);
}
