/* SPDX-License-Identifier: ISC */
#include "store/authfile.h"

#include <errno.h>
#include <string.h>

#include "store/text_file.h"
#include "store/users_each.h"

enum {
	AUTHFILE_LINE_MAX = 1000,
	AUTHFILE_LINES = 2,
};

static const struct authfile_line {
	struct span key;
	const char *remedy;
	bool is_name;
} authfile_lines[AUTHFILE_LINES] = {
	{SPAN_LITERAL("username"), "must be `username = NAME`", true},
	{SPAN_LITERAL("password"), "must be `password = SECRET`", false},
};

/* NULL, and *value set, or what is wrong with the line. */
static const char *authfile_parse(const struct authfile_line *want,
				  struct span line, struct span *value)
{
	if (!span_starts(line, want->key))
		return want->remedy;
	line = span_drop(line, want->key.n);
	while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = span_drop(line, 1);
	if (!span_starts(line, span_str("= ")))
		return want->remedy;
	*value = span_drop(line, 2);
	if (!value->n)
		return "has no value behind `= `";
	if (span_find(*value, '\0') < value->n)
		return "holds a NUL octet, remove it";
	if (!want->is_name)
		return NULL;
	if (value->n >= USERS_NAME_SIZE)
		return "has a name over 255 octets";
	if (strchr(" \t", value->p[value->n - 1]))
		return "has a blank at the end of the name, remove it";
	return NULL;
}

static int authfile_wrong(const char *path, uint64_t line, const char *what,
			  struct buf *error)
{
	buf_add_str(error, "authfile:");
	buf_add_escaped(error, span_str(path));
	buf_add_str(error, ": line ");
	buf_add_u64(error, line);
	buf_add_str(error, " ");
	buf_add_str(error, what);
	return -EINVAL;
}

static void authfile_keep(struct user_row *row, bool is_name, struct span value)
{
	static const char scheme[] = "{PLAIN}";
	char *to = is_name ? row->name : row->password;

	if (!is_name) {
		memcpy(to, scheme, sizeof(scheme) - 1);
		to += sizeof(scheme) - 1;
	}
	if (value.n)
		memcpy(to, value.p, value.n);
	to[value.n] = '\0';
}

/* Reads both lines and sees that nothing follows. 0 or a negative errno. */
static int authfile_lines_read(struct text_file *t, const char *path,
			       struct user_row *row, struct buf *error)
{
	struct span line, value = {0};
	const char *wrong;
	int failed = 0;

	for (size_t i = 0; i < AUTHFILE_LINES; i++) {
		switch (text_next(t, &line, &failed)) {
		case TEXT_LINE:
			break;
		case TEXT_LONG:
			return authfile_wrong(path, t->line,
					      "is over 1000 octets", error);
		case TEXT_END:
			return authfile_wrong(path, i + 1,
					      authfile_lines[i].remedy, error);
		case TEXT_FAILED:
			return users_cannot_read("authfile:", path, failed,
						 error);
		}
		wrong = authfile_parse(&authfile_lines[i], line, &value);
		if (wrong)
			return authfile_wrong(path, t->line, wrong, error);
		authfile_keep(row, authfile_lines[i].is_name, value);
	}
	switch (text_next(t, &line, &failed)) {
	case TEXT_END:
		return 0;
	case TEXT_FAILED:
		return users_cannot_read("authfile:", path, failed, error);
	default:
		return authfile_wrong(path, t->line,
				      "is too much: only two lines belong here",
				      error);
	}
}

static int authfile_read(const char *path, struct user_row *row,
			 struct buf *error)
{
	struct text_file t;
	int failed;

	failed = text_open(&t, path, AUTHFILE_LINE_MAX);
	if (failed)
		return users_cannot_read("authfile:", path, failed, error);
	memset(row, 0, sizeof(*row));
	row->enabled = true;
	failed = authfile_lines_read(&t, path, row, error);
	text_close(&t);
	if (failed)
		user_row_clear(row);
	return failed;
}

int authfile_each(const char *path, struct buf *text, users_visitor *visit,
		  void *context)
{
	struct user_row row;
	int failed = authfile_read(path, &row, text);

	if (failed)
		visit(context, NULL, buf_str(text) ? text->p : path);
	else
		visit(context, &row, NULL);
	user_row_clear(&row);
	return failed;
}

enum users_verdict authfile_find(const char *path, struct span name,
				 struct user_row *row, struct buf *error)
{
	int failed = authfile_read(path, row, error);

	if (failed)
		return users_fault(failed);
	if (span_equal(name, span_str(row->name)))
		return USERS_FOUND;
	user_row_clear(row);
	return USERS_UNKNOWN;
}

int authfile_facts(const char *path, struct users_facts *facts)
{
	char text[USERS_ERROR_SIZE];
	struct buf discard;
	struct user_row row;
	int failed;

	buf_init(&discard, text, sizeof(text));
	failed = authfile_read(path, &row, &discard);
	if (!failed)
		users_facts_add(facts, span_str(row.password));
	user_row_clear(&row);
	return failed;
}
