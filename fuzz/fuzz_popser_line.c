/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a line of popser.log: one that is accepted keeps every promise
 * of its header and, written anew, is accepted as the same; any octets as a
 * path survive being written and read.
 */
#include "fuzz.h"

#include "store/popser_log.h"

static int is_record(const struct popser_record *a,
		     const struct popser_record *b)
{
	return span_equal(a->maildir, b->maildir) && a->moved == b->moved &&
	       a->in_new == b->in_new && a->deleted == b->deleted &&
	       a->size == b->size && span_equal(a->uid, b->uid) &&
	       span_equal(span_make(a->name, a->name_n),
			  span_make(b->name, b->name_n));
}

static void check_line(struct span line)
{
	static char memory[POPSER_LINE_MAX + 1];
	struct popser_record r, again;
	struct buf b;

	if (!popser_record_parse(line, &r))
		return;
	REQUIRE(index_name_is_safe(span_make(r.name, r.name_n)));
	REQUIRE(r.name[r.name_n] == '\0');
	REQUIRE(index_uid_is_valid(r.uid));
	REQUIRE(!(r.moved && r.in_new));
	REQUIRE(r.maildir.n == 0 || r.maildir.p[0] == '/');
	REQUIRE(popser_original(span_make(r.name, r.name_n)).n <= r.name_n);
	buf_init(&b, memory, sizeof(memory));
	popser_record_format(&r, &b);
	if (b.overflow) /* longer than any path can be */
		return;
	REQUIRE(b.n > 0 && b.p[b.n - 1] == '\n');
	REQUIRE(popser_record_parse(span_take(buf_span(&b), b.n - 1), &again));
	REQUIRE(is_record(&r, &again));
}

/* A canonical path has no two slashes in a row, so nothing looks escaped. */
static void check_path(struct span path)
{
	static char escaped[3 * 4096], back[4096];
	struct buf a, b;

	path = span_take(path, sizeof(back));
	for (size_t i = 1; i < path.n; i++) {
		if (path.p[i] == '/' && path.p[i - 1] == '/')
			return;
	}
	buf_init(&a, escaped, sizeof(escaped));
	popser_escape(path, &a);
	REQUIRE(!a.overflow);
	REQUIRE(span_find(buf_span(&a), '\n') == a.n);
	REQUIRE(span_find(buf_span(&a), '\t') == a.n);
	buf_init(&b, back, sizeof(back));
	popser_unescape(buf_span(&a), &b);
	REQUIRE(span_equal(buf_span(&b), path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_line(span_make(data, n));
	check_path(span_make(data, n));
	return 0;
}
