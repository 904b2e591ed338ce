/* SPDX-License-Identifier: ISC */
#include "store/passwd_extra.h"

#include <string.h>

#include "base/num.h"
#include "proto/network.h"
#include "store/place.h"

static bool passwd_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span passwd_trim(struct span s)
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

bool passwd_copy(char *to, size_t size, struct span s)
{
	if (s.n >= size)
		return false;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

bool passwd_id(struct span s, uint32_t *id, bool *has)
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

static enum passwd_verdict passwd_words(struct passwd_reading *r, struct span s)
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

enum passwd_verdict passwd_extra_read(struct span extra, struct user_row *row,
				      struct passwd_ignored *ignored)
{
	struct passwd_reading reading = {.row = row, .ignored = ignored};

	return passwd_words(&reading, extra);
}
