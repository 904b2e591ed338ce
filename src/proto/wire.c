/* SPDX-License-Identifier: ISC */
#include "proto/wire.h"

#include "proto/wire_vector.h"

/*
 * No more than WORST * n octets come out for n that go in: an LF may become
 * CRLF, a dot two dots.
 */
enum { WORST = 2 };

/* Where the encoding of one piece stands. */
struct cursor {
	const char *p; /* next octet of the input */
	char *q;       /* next octet of the output */
	size_t dots;   /* how many have been stuffed */
	char last;     /* the octet before p, LF at the beginning */
};

void wire_begin(struct wire *w, uint64_t top_lines)
{
	*w = (struct wire){
		.lines = top_lines,
		.is_blank = true,
		.last = '\n',
	};
}

bool wire_is_done(const struct wire *w)
{
	return w->is_done;
}

uint64_t wire_octets(const struct wire *w)
{
	return w->octets;
}

static void stuff(struct cursor *c)
{
	*c->q++ = '.';
	c->dots++;
}

/* Line by line, with what the C library has. */
static void encode_lines(struct cursor *c, const char *end)
{
	while (c->p < end) {
		size_t n = (size_t)(end - c->p);
		const char *lf = memchr(c->p, '\n', n);

		if (c->last == '\n' && *c->p == '.')
			stuff(c);
		if (lf)
			n = (size_t)(lf - c->p);
		memcpy(c->q, c->p, n);
		c->p += n;
		c->q += n;
		if (n)
			c->last = c->p[-1];
		if (!lf)
			return;
		if (c->last != '\r')
			*c->q++ = '\r';
		*c->q++ = '\n';
		c->p++;
		c->last = '\n';
	}
}

#ifdef WIRE_VECTOR
/*
 * Block by block, without a branch for the length of each line: a block is
 * copied as it is, and where an octet must be put in, the block's rest is
 * copied once more, one octet further. Each copy is a whole block, so one more
 * than the present one is read, and the output is written as far.
 *
 * c->p[-1] must be there. Leaves less than two blocks.
 */
static void encode_blocks(struct cursor *c, const char *end)
{
	const char *p = c->p;
	char *q = c->q;
	size_t dots = 0;

	if (p[-1] == '\n' && *p == '.') {
		*q++ = '.';
		dots++;
	}
	for (; end - p >= 2 * WIRE_BLOCK; p += WIRE_BLOCK, q += WIRE_BLOCK) {
		uint64_t lfs = wire_copy_block(q, p);

		for (; lfs; lfs &= lfs - 1) {
			size_t k = (size_t)__builtin_ctzll(lfs);

			const char *lf = p + k;

			if (lf[-1] != '\r') {
				q[k] = '\r';
				q++;
				wire_copy_block(q + k, lf);
			}
			if (lf[1] == '.') {
				q[k + 1] = '.';
				q++;
				dots++;
				wire_copy_block(q + k + 1, lf + 1);
			}
		}
	}
	/* The dot that comes next is left to the one who goes on. */
	if (p[-1] == '\n' && *p == '.') {
		q--;
		dots--;
	}
	*c = (struct cursor){p, q, c->dots + dots, p[-1]};
}
#endif

/* Encodes all n octets; out has room for WORST * n. */
static size_t encode(struct wire *w, const char *p, size_t n, char *out)
{
	struct cursor c = {.p = p, .q = out, .last = w->last};

#ifdef WIRE_VECTOR
	if (n > 2 * WIRE_BLOCK) {
		encode_lines(&c, p + 1);
		encode_blocks(&c, p + n);
	}
#endif
	encode_lines(&c, p + n);
	w->last = c.last;
	w->octets += (size_t)(c.q - out) - c.dots;
	return (size_t)(c.q - out);
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
	char last = w->last;
	size_t i = 0;

	while (i < n && !w->is_done) {
		struct span line = span_make(p + i, n - i);

		line.n = span_find(line, '\n');
		/* One CR before the line end leaves a line blank. */
		if (line.n > 1 ||
		    (line.n == 1 && (line.p[0] != '\r' || last == '\r')))
			w->is_blank = false;
		i += line.n;
		if (i == n)
			break;
		i++;
		last = '\n';
		w->is_done = is_last_line(w);
		w->is_blank = true;
	}
	return i;
}

size_t wire_encode(struct wire *w, struct span *in, char *out, size_t cap)
{
	size_t used = 0;

	/*
	 * What surely fits is encoded without looking at the room again; that
	 * needs less of it than feared, so there is a next round.
	 */
	while (in->n && !w->is_done && cap - used >= WORST) {
		size_t n = (cap - used) / WORST;

		if (n > in->n)
			n = in->n;
		if (w->lines != WIRE_WHOLE)
			n = take_wanted(w, in->p, n);
		used += encode(w, in->p, n, out + used);
		*in = span_drop(*in, n);
	}
	return used;
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

/* Counts octets one by one up to end. */
static uint64_t count_bare(char *last, const char *p, const char *end)
{
	uint64_t bare = 0;

	for (; p < end; p++) {
		bare += *p == '\n' && *last != '\r';
		*last = *p;
	}
	return bare;
}

void wire_count(struct wire_counter *c, struct span piece)
{
	const char *p = piece.p, *end;
	uint64_t bare = 0;

	if (!piece.n)
		return;
	end = p + piece.n;
#ifdef WIRE_VECTOR
	if (piece.n > WIRE_STEP) {
		size_t steps = (piece.n - 1) / WIRE_STEP;

		bare = count_bare(&c->last, p, p + 1);
		for (p++; steps > 0;) {
			size_t some =
				steps < WIRE_STEPS_MAX ? steps : WIRE_STEPS_MAX;

			bare += wire_count_bare(p, some);
			p += some * WIRE_STEP;
			steps -= some;
		}
		c->last = p[-1];
	}
#endif
	c->octets += piece.n + bare + count_bare(&c->last, p, end);
}

uint64_t wire_count_end(const struct wire_counter *c)
{
	return c->octets + (c->last == '\n' ? 0 : 2);
}
