/* SPDX-License-Identifier: ISC */
#include "proto/wire.h"

#include "proto/wire_copy.h"

/*
 * No more than WORST * n octets come out for n that go in: an LF may become
 * CRLF, a dot two dots. The copy may write SLACK octets beyond them.
 */
enum { WORST = 2, SLACK = 16 };

void wire_begin(struct wire *w, uint64_t top_lines)
{
	*w = (struct wire){
		.lines = top_lines,
		.is_blank = true,
		.last = '\n',
	};
}

/* Encodes all n octets; out has room for WORST * n + SLACK. */
static size_t encode(struct wire *w, const char *p, size_t n, char *out)
{
	const char *end = p + n;
	size_t stuffed = 0;
	char last = w->last;
	char *q = out;

	while (p < end) {
		size_t k;

		if (last == '\n' && *p == '.') {
			*q++ = '.';
			stuffed++;
		}
		k = wire_copy_line(q, p, (size_t)(end - p));
		if (k)
			last = p[k - 1];
		p += k;
		q += k;
		if (p == end)
			break;
		if (last != '\r')
			*q++ = '\r';
		*q++ = '\n';
		p++;
		last = '\n';
	}
	w->last = last;
	w->octets += (size_t)(q - out) - stuffed;
	return (size_t)(q - out);
}

/* At the end of a line: is it the last one that is wanted? */
static bool is_last_line(struct wire *w)
{
	if (w->in_body)
		return --w->lines == 0;
	w->in_body = w->is_blank;
	return w->in_body && w->lines == 0;
}

/* How many of the n octets are wanted; takes the state beyond those. */
static size_t take_wanted(struct wire *w, const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		const char *lf = memchr(p + i, '\n', n - i);
		size_t line = lf ? (size_t)(lf - p) - i : n - i;

		/* A CR before the line end leaves a line blank, only one. */
		if (line > 1 || (line == 1 && p[i] != '\r') ||
		    (line == 1 && w->last == '\r' && i == 0))
			w->is_blank = false;
		i += line;
		if (!lf)
			break;
		i++;
		w->is_done = is_last_line(w);
		if (w->is_done)
			break;
		w->is_blank = true;
	}
	return i;
}

size_t wire_encode(struct wire *w, struct span *in, char *out, size_t cap)
{
	size_t used = 0;

	while (in->n && !w->is_done && cap - used >= WORST + SLACK) {
		size_t n = (cap - used - SLACK) / WORST;

		if (n > in->n)
			n = in->n;
		if (w->lines != WIRE_WHOLE)
			n = take_wanted(w, in->p, n);
		used += encode(w, in->p, n, out + used);
		*in = span_drop(*in, n);
	}
	return used;
}

bool wire_is_done(const struct wire *w)
{
	return w->is_done;
}

size_t wire_end(struct wire *w, char out[WIRE_END_MAX])
{
	size_t n = 0;

	if (w->last != '\n') {
		memcpy(out, "\r\n", 2);
		n = 2;
		w->octets += 2;
		w->last = '\n';
	}
	memcpy(out + n, ".\r\n", 3);
	return n + 3;
}

uint64_t wire_octets(const struct wire *w)
{
	return w->octets;
}

void wire_count_begin(struct wire_counter *c)
{
	*c = (struct wire_counter)WIRE_COUNTER_INIT;
}

void wire_count(struct wire_counter *c, struct span piece)
{
	uint64_t bare = 0;
	char last = c->last;

	for (size_t i = 0; i < piece.n; i++) {
		bare += piece.p[i] == '\n' && last != '\r';
		last = piece.p[i];
	}
	c->octets += piece.n + bare;
	c->last = last;
}

uint64_t wire_count_end(const struct wire_counter *c)
{
	return c->octets + (c->last == '\n' ? 0 : 2);
}
