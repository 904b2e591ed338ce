/* SPDX-License-Identifier: ISC */
#include "proto/line.h"

void line_reset(struct line_reader *r, char *mem, size_t limit)
{
	*r = (struct line_reader){.mem = mem, .limit = limit};
}

bool line_is_begun(const struct line_reader *r)
{
	return r->used > 0 || r->skipping;
}

/* Keeps the beginning of a line, or gives up on it. */
static void keep(struct line_reader *r, struct span part)
{
	if (r->skipping)
		return;
	/* Whatever comes, its LF would be over the limit. */
	if (part.n >= r->limit - r->used) {
		r->skipping = true;
		r->used = 0;
		return;
	}
	if (part.n)
		memcpy(r->mem + r->used, part.p, part.n);
	r->used += part.n;
}

/* text: the line up to its LF. */
static enum line_verdict judge(struct span text, struct span *line)
{
	if (text.n && text.p[text.n - 1] == '\r')
		text.n--;
	if (span_find(text, '\r') < text.n || span_find(text, '\0') < text.n)
		return LINE_MALFORMED;
	*line = text;
	return LINE_READY;
}

enum line_verdict line_feed(struct line_reader *r, struct span *in,
			    struct span *line)
{
	size_t end = span_find(*in, '\n');
	struct span text = span_take(*in, end);

	*line = span_make("", 0);
	if (end == in->n) {
		keep(r, *in);
		*in = span_drop(*in, in->n);
		return LINE_MORE;
	}
	*in = span_drop(*in, end + 1);
	if (r->used || r->skipping || text.n >= r->limit) {
		keep(r, text);
		text = span_make(r->mem, r->used);
	}
	if (r->skipping) {
		r->skipping = false;
		return LINE_TOO_LONG;
	}
	r->used = 0;
	return judge(text, line);
}
