/* SPDX-License-Identifier: ISC */
#include "store/passwd_file.h"

#include <errno.h>
#include <string.h>

#include "store/text_file.h"
#include "store/users_each.h"

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
		s->verdict = USERS_DAMAGED;
		memset(s->row, 0, sizeof(*s->row));
		passwd_complain(s->path, number, s->name, passwd_too_long,
				s->error);
		return;
	}
	verdict = passwd_line_parse(line, s->row);
	if (verdict == PASSWD_SKIP)
		return;
	s->verdict = verdict == PASSWD_ROW ? USERS_FOUND : USERS_DAMAGED;
	if (verdict == PASSWD_ROW) {
		s->row->number = (int64_t)number;
		return;
	}
	passwd_line_salvage(line, s->row);
	passwd_complain(s->path, number, s->name, passwd_line_remedy(verdict),
			s->error);
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
	} else if (s->skipped && s->verdict != USERS_DAMAGED)
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
		verdict = text_next(&t, &line, &failed);
		if (verdict == TEXT_LINE)
			users_facts_add(facts, passwd_line_password(line));
	} while ((verdict == TEXT_LINE || verdict == TEXT_LONG) &&
		 !users_facts_are_full(facts));
	text_close(&t);
	return failed;
}

/* --- what has no effect --- */

enum { PASSWD_REMARKS = 64, PASSWD_REMARK_NAME = 40 };

/* Names without effect in a file, each once. */
struct passwd_remarks {
	size_t n;
	struct passwd_remark {
		char name[PASSWD_REMARK_NAME];
		uint64_t line; /* the first */
		uint64_t lines;
	} items[PASSWD_REMARKS];
};

static void passwd_remark(struct passwd_remarks *r, struct span name,
			  uint64_t line)
{
	struct passwd_remark *item;
	struct buf text;
	char memory[PASSWD_REMARK_NAME];

	buf_init(&text, memory, sizeof(memory));
	buf_add_escaped(&text, name);
	if (!buf_str(&text)) {
		buf_reset(&text);
		buf_add_str(&text, "(a long name)");
		(void)buf_str(&text);
	}
	for (size_t i = 0; i < r->n; i++) {
		item = &r->items[i];
		if (strcmp(item->name, memory) == 0) {
			item->lines++;
			return;
		}
	}
	if (r->n == PASSWD_REMARKS)
		return;
	item = &r->items[r->n++];
	memcpy(item->name, memory, text.n + 1);
	item->line = line;
	item->lines = 1;
}

static void passwd_remark_line(struct passwd_remarks *r, struct span line,
			       uint64_t number)
{
	struct passwd_ignored ignored;
	struct user_row row;

	if (passwd_line_read(line, &row, &ignored) == PASSWD_ROW) {
		for (size_t i = 0; i < ignored.n; i++)
			passwd_remark(r, ignored.names[i], number);
	}
	user_row_clear(&row);
}

static void passwd_tell_remark(const char *path,
			       const struct passwd_remark *item,
			       struct buf *text)
{
	buf_reset(text);
	buf_add_str(text, "passwd-file:");
	buf_add_escaped(text, span_str(path));
	buf_add_str(text, ": line ");
	buf_add_u64(text, item->line);
	buf_add_str(text, ": the extra field ");
	buf_add_str(text, item->name);
	buf_add_str(text, " has no effect here");
	if (item->lines > 1) {
		buf_add_str(text, " (it is in ");
		buf_add_u64(text, item->lines);
		buf_add_str(text, " lines)");
	}
}

int passwd_file_remarks(const char *path,
			void (*say)(void *context, const char *text),
			void *context)
{
	struct passwd_remarks remarks = {0};
	char memory[USERS_ERROR_SIZE];
	enum text_verdict verdict;
	struct text_file t;
	struct span line;
	struct buf text;
	int failed;

	failed = text_open(&t, path, PASSWD_LINE_MAX);
	if (failed)
		return failed;
	do {
		verdict = text_next(&t, &line, &failed);
		if (verdict == TEXT_LINE)
			passwd_remark_line(&remarks, line, t.line);
	} while (verdict == TEXT_LINE || verdict == TEXT_LONG);
	text_close(&t);
	buf_init(&text, memory, sizeof(memory));
	for (size_t i = 0; i < remarks.n; i++) {
		passwd_tell_remark(path, &remarks.items[i], &text);
		if (buf_str(&text))
			say(context, memory);
	}
	return failed;
}
