/* SPDX-License-Identifier: ISC */
#include "proto/scmp_line.h"

#include "base/num.h"
#include "proto/scmp_verbs.h"

/* Of a token (RFC 9110, section 5.6.2), such as the name of a header. */
static bool is_of_token(char c)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	unsigned char letter = (unsigned char)c | 0x20;

	return num_is_digit(c) || (letter >= 'a' && letter <= 'z') ||
	       span_find(span_make(marks, sizeof(marks) - 1), c) <
		       sizeof(marks) - 1;
}

/* "GET /", "OPTIONS *", "GET http": without a verb of ours. */
static bool is_request(struct span line)
{
	static const struct span scheme = SPAN_LITERAL("http");
	struct span target;
	size_t n = 0;

	while (n < line.n && line.p[n] >= 'A' && line.p[n] <= 'Z')
		n++;
	target = span_drop(line, n + 1);
	if (n == 0 || target.n == 0 || line.p[n] != ' ')
		return false;
	return (target.p[0] == '/' || target.p[0] == '*' ||
		span_equal_nocase(span_take(target, scheme.n), scheme)) &&
	       scmp_verb_find(span_take(line, n)) == SCMP_VERBS;
}

static bool is_header(struct span line)
{
	size_t n = 0;

	while (n < line.n && is_of_token(line.p[n]))
		n++;
	return n > 0 && n < line.n && line.p[n] == ':';
}

bool scmp_line_is_foreign(struct span begun)
{
	unsigned char first = begun.n ? (unsigned char)begun.p[0] : ' ';

	begun = span_take(begun, SCMP_LINE_LOOK);
	return first == 0x16 || first > 0x7f || is_request(begun) ||
	       is_header(begun);
}

/* " HTTP/1.1" */
static bool ends_in_version(struct span line)
{
	static const struct span version = SPAN_LITERAL(" HTTP/1.1");
	struct span end;

	if (line.n < version.n)
		return false;
	end = span_drop(line, line.n - version.n);
	return span_starts(end, span_take(version, version.n - 3)) &&
	       num_is_digit(end.p[version.n - 3]) &&
	       end.p[version.n - 2] == '.' &&
	       num_is_digit(end.p[version.n - 1]);
}

void scmp_reader_init(struct scmp_reader *r)
{
	r->too_long = 0;
	r->head_n = 0;
	line_reset(&r->line, r->mem, SCMP_LINE_LIMIT);
}

/* Does the line look foreign with what has come of it now? */
static bool look(struct scmp_reader *r, struct span in)
{
	struct span more = span_take(span_take(in, span_find(in, '\n')),
				     sizeof(r->head) - r->head_n);

	if (more.n)
		memcpy(r->head + r->head_n, more.p, more.n);
	r->head_n += more.n;
	return scmp_line_is_foreign(span_make(r->head, r->head_n));
}

enum scmp_line_verdict scmp_reader_feed(struct scmp_reader *r, struct span *in,
					struct span *line)
{
	enum line_verdict verdict;

	*line = span_make("", 0);
	if (look(r, *in))
		return SCMP_LINE_FOREIGN;
	verdict = line_feed(&r->line, in, line);
	if (verdict == LINE_MORE)
		return SCMP_LINE_MORE;
	r->head_n = 0;
	switch (verdict) {
	case LINE_TOO_LONG:
		r->too_long++;
		return SCMP_LINE_TOO_LONG;
	case LINE_READY:
		if (!ends_in_version(*line))
			return SCMP_LINE_READY;
		*line = span_make("", 0);
		return SCMP_LINE_FOREIGN;
	default:
		return SCMP_LINE_MALFORMED;
	}
}

void scmp_reader_forget(struct scmp_reader *r)
{
	memset(r->head + r->head_n, 0, sizeof(r->head) - r->head_n);
	memset(r->mem + r->line.used, 0, sizeof(r->mem) - r->line.used);
}
