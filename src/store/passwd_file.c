/* SPDX-License-Identifier: ISC */
#include "store/passwd_file.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "store/place.h"
#include "store/text_file.h"
#include "store/users_each.h"

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
			   "(third field), or nothing",
	[PASSWD_BAD_GID] = "must have a number from 1 to 4294967294 as gid "
			   "(fourth field), or nothing",
	[PASSWD_BAD_HOME] = "must have an absolute path of at most 1023 octets "
			    "as home (sixth field), or nothing",
	[PASSWD_BAD_MAIL] = "must have an absolute path, or one that begins "
			    "with ~/ or %h where there is a home, in "
			    "userdb_mail=maildir:PATH; other formats than "
			    "maildir cannot be served",
	[PASSWD_BAD_EXTRA] = "has allow_nets, which is not supported and would "
			     "be no restriction; remove it",
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
	return s;
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

/* maildir:PATH[:OPTIONS] as a template in row->maildir. */
static bool passwd_mail(struct span value, struct user_row *row)
{
	const struct span kind = SPAN_LITERAL("maildir:");
	struct span path;
	struct buf out;

	if (!span_starts(value, kind))
		return false;
	path = span_drop(value, kind.n);
	path = span_take(path, span_find(path, ':'));
	buf_init(&out, row->maildir, sizeof(row->maildir));
	if (path.n && path.p[0] == '~') {
		buf_add_str(&out, "%h");
		path = span_drop(path, 1);
		if (path.n && path.p[0] != '/')
			return false;
	}
	buf_add_span(&out, path);
	if (!buf_str(&out))
		return false;
	if (span_starts(buf_span(&out), span_str("%h")) && !row->home[0])
		return false;
	return place_template_is_valid(buf_span(&out));
}

static enum passwd_verdict passwd_word(struct span word, struct user_row *row)
{
	struct span key = span_take(word, span_find(word, '='));
	struct span value = span_drop(word, key.n + 1);

	if (span_equal(key, span_str("userdb_mail")) &&
	    !passwd_mail(value, row))
		return PASSWD_BAD_MAIL;
	if (span_equal(key, span_str("allow_nets")))
		return PASSWD_BAD_EXTRA;
	if (span_equal(key, span_str("nologin")))
		row->enabled = false;
	return PASSWD_ROW;
}

static enum passwd_verdict passwd_extra(struct span s, struct user_row *row)
{
	for (s = passwd_trim(s); s.n; s = passwd_trim(s)) {
		enum passwd_verdict verdict;
		size_t n = 0;

		while (n < s.n && !passwd_is_blank(s.p[n]))
			n++;
		verdict = passwd_word(span_take(s, n), row);
		if (verdict != PASSWD_ROW)
			return verdict;
		s = span_drop(s, n);
	}
	return PASSWD_ROW;
}

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

static enum passwd_verdict
passwd_fields_parse(const struct span fields[PASSWD_FIELDS],
		    struct user_row *row)
{
	struct span password = fields[PASSWD_PASSWORD];
	struct span home = fields[PASSWD_HOME];

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
	return passwd_extra(fields[PASSWD_EXTRA], row);
}

enum passwd_verdict passwd_line_parse(struct span line, struct user_row *row)
{
	struct span fields[PASSWD_FIELDS];
	enum passwd_verdict verdict;

	if (!passwd_trim(line).n || line.p[0] == '#')
		return PASSWD_SKIP;
	if (span_find(line, '\0') < line.n)
		return PASSWD_NUL;
	if (passwd_cut(line, fields) < 2)
		return PASSWD_NO_FIELDS;
	memset(row, 0, sizeof(*row));
	verdict = passwd_fields_parse(fields, row);
	if (verdict != PASSWD_ROW)
		user_row_clear(row);
	return verdict;
}

/* --- the file --- */

static void passwd_complain(const char *path, uint64_t line, struct span name,
			    const char *what, struct buf *error)
{
	buf_add_str(error, error->n ? "; " : "");
	buf_add_str(error, "passwd-file:");
	buf_add_escaped(error, span_str(path));
	buf_add_str(error, ": line ");
	buf_add_u64(error, line);
	if (name.n && name.n < USERS_NAME_SIZE) {
		buf_add_str(error, " (user ");
		buf_add_escaped(error, name);
		buf_add_str(error, ")");
	}
	buf_add_str(error, " ");
	buf_add_str(error, what);
}

static const char passwd_too_long[] =
	"is over 4096 octets and was skipped; shorten it";

struct passwd_search {
	const char *path;
	struct span name;
	struct user_row *row;
	struct buf *error;
	enum users_verdict verdict;
	uint64_t skipped; /* first line that was too long */
};

/* One line of a search. Once decided, the rest is only read. */
static void passwd_search_line(struct passwd_search *s, struct span line,
			       uint64_t number, bool is_long)
{
	enum passwd_verdict verdict;
	bool wanted = s->verdict == USERS_UNKNOWN &&
		      span_equal(passwd_line_name(line), s->name);

	if (is_long && !wanted && !s->skipped)
		s->skipped = number;
	if (!wanted)
		return;
	if (is_long) {
		s->verdict = USERS_PERMFAIL;
		passwd_complain(s->path, number, s->name, passwd_too_long,
				s->error);
		return;
	}
	verdict = passwd_line_parse(line, s->row);
	if (verdict == PASSWD_SKIP)
		return;
	s->verdict = verdict == PASSWD_ROW ? USERS_FOUND : USERS_PERMFAIL;
	if (verdict != PASSWD_ROW)
		passwd_complain(s->path, number, s->name,
				passwd_line_remedy(verdict), s->error);
}

static void passwd_search_file(struct passwd_search *s, struct text_file *t)
{
	enum text_verdict verdict;
	struct span line;
	int failed = 0;

	do {
		verdict = text_next(t, &line, &failed);
		if (verdict == TEXT_LINE || verdict == TEXT_LONG)
			passwd_search_line(s, line, t->line,
					   verdict == TEXT_LONG);
	} while (verdict == TEXT_LINE || verdict == TEXT_LONG);
	/* A row that was read before the fault is as good as ever. */
	if (verdict == TEXT_FAILED && s->verdict == USERS_UNKNOWN) {
		s->verdict = users_fault(failed);
		users_cannot_read("passwd-file:", s->path, failed, s->error);
	} else if (s->skipped && s->verdict != USERS_PERMFAIL)
		passwd_complain(s->path, s->skipped, span_str(NULL),
				passwd_too_long, s->error);
}

enum users_verdict passwd_file_find(const char *path, struct span name,
				    struct user_row *row, struct buf *error)
{
	struct passwd_search search = {.path = path,
				       .name = name,
				       .row = row,
				       .error = error,
				       .verdict = USERS_UNKNOWN};
	struct text_file t;
	int failed;

	failed = text_open(&t, path, PASSWD_LINE_MAX);
	if (failed) {
		users_cannot_read("passwd-file:", path, failed, error);
		return users_fault(failed);
	}
	passwd_search_file(&search, &t);
	text_close(&t);
	return search.verdict;
}

/* A walk over all rows. */
struct passwd_walk {
	const char *path;
	struct buf *text;
	users_visitor *visit;
	void *context;
	int first; /* fault */
};

/* What is wrong is in w->text by now. */
static void passwd_walk_fault(struct passwd_walk *w, int failed)
{
	w->visit(w->context, NULL, buf_str(w->text) ? w->text->p : w->path);
	buf_reset(w->text);
	if (w->first == 0)
		w->first = failed;
}

static void passwd_walk_line(struct passwd_walk *w, struct span line,
			     uint64_t number)
{
	struct user_row row;
	enum passwd_verdict verdict = passwd_line_parse(line, &row);

	if (verdict == PASSWD_ROW)
		w->visit(w->context, &row, NULL);
	user_row_clear(&row);
	if (verdict == PASSWD_ROW || verdict == PASSWD_SKIP)
		return;
	passwd_complain(w->path, number,
			verdict == PASSWD_NO_FIELDS ? span_str(NULL)
						    : passwd_line_name(line),
			passwd_line_remedy(verdict), w->text);
	passwd_walk_fault(w, -EINVAL);
}

/* 0, or why it cannot be read on. */
static int passwd_walk_file(struct passwd_walk *w, struct text_file *t)
{
	struct span line;
	int failed = 0;

	while (true) {
		switch (text_next(t, &line, &failed)) {
		case TEXT_LINE:
			passwd_walk_line(w, line, t->line);
			break;
		case TEXT_LONG:
			passwd_complain(w->path, t->line, span_str(NULL),
					passwd_too_long, w->text);
			passwd_walk_fault(w, -EINVAL);
			break;
		case TEXT_END:
			return 0;
		case TEXT_FAILED:
			return failed;
		}
	}
}

int passwd_file_each(const char *path, struct buf *text, users_visitor *visit,
		     void *context)
{
	struct passwd_walk w = {path, text, visit, context, 0};
	struct text_file t;
	int failed = text_open(&t, path, PASSWD_LINE_MAX);

	if (!failed) {
		failed = passwd_walk_file(&w, &t);
		text_close(&t);
	}
	if (failed) {
		(void)users_cannot_read("passwd-file:", path, failed, text);
		passwd_walk_fault(&w, failed);
	}
	return w.first;
}

int passwd_file_facts(const char *path, struct users_facts *facts)
{
	enum text_verdict verdict;
	struct text_file t;
	struct span line;
	int failed;

	failed = text_open(&t, path, PASSWD_LINE_MAX);
	if (failed)
		return failed;
	do {
		struct span fields[PASSWD_FIELDS];

		verdict = text_next(&t, &line, &failed);
		if (verdict == TEXT_LINE && line.n && line.p[0] != '#' &&
		    passwd_cut(line, fields) > 1)
			users_facts_add(facts, fields[PASSWD_PASSWORD]);
	} while ((verdict == TEXT_LINE || verdict == TEXT_LONG) &&
		 !(facts->keeps_secret && facts->example_is_hash));
	text_close(&t);
	return failed;
}
