/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include "base/num.h"

static const char hex_digits[] = "0123456789abcdef";

/* Room for n octets at the end, already counted in; NULL if there is none. */
static char *grow(struct buf *b, size_t n)
{
	char *end;

	if (b->overflow || n > b->cap - b->n) {
		b->overflow = true;
		return NULL;
	}
	end = b->p + b->n;
	b->n += n;
	return end;
}

void buf_init(struct buf *b, void *mem, size_t cap)
{
	*b = (struct buf){.p = mem, .cap = cap};
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->overflow = false;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = grow(b, n);

	if (to && n)
		memcpy(to, p, n);
}

void buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add_span(b, span_str(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[NUM_U64_DIGITS];

	buf_add(b, digits, num_format_u64(v, digits));
}

static void put_hex(char *to, unsigned char octet)
{
	to[0] = hex_digits[octet >> 4];
	to[1] = hex_digits[octet & 15];
}

void buf_add_hex(struct buf *b, const void *p, size_t n)
{
	const unsigned char *from = p;
	char *to;

	/* Twice an n so large would wrap around. */
	to = grow(b, n <= SIZE_MAX / 2 ? 2 * n : SIZE_MAX);
	for (size_t i = 0; to && i < n; i++)
		put_hex(to + 2 * i, from[i]);
}

void buf_add_escaped(struct buf *b, struct span s)
{
	char escape[4] = {'\\', 'x'};

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 0x20 && c <= 0x7e && c != '\\') {
			buf_add_char(b, c);
			continue;
		}
		put_hex(escape + 2, (unsigned char)c);
		buf_add(b, escape, sizeof(escape));
	}
}

char *buf_str(struct buf *b)
{
	if (b->overflow || b->n == b->cap) {
		b->overflow = true;
		return NULL;
	}
	b->p[b->n] = '\0';
	return b->p;
}
