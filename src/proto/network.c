/* SPDX-License-Identifier: ISC */
#include "proto/network.h"

#include "base/num.h"

enum {
	V4_OCTETS = 4,
	V4_AT = 12, /* where the IPv4 address lies in the 16 octets */
	GROUPS = 8, /* 16-bit groups of an IPv6 address */
	GROUP_DIGITS = 4,
};

static const uint8_t v4_prefix[V4_AT] = {[10] = 0xff, [11] = 0xff};

/* --- reading ---------------------------------------------------------- */

/* Four decimal numbers; "01" might be meant as octal and is refused. */
static bool parse_v4(struct span text, uint8_t out[V4_OCTETS])
{
	for (int i = 0; i < V4_OCTETS; i++) {
		size_t dot = span_find(text, '.');
		struct span part = span_take(text, dot);
		uint64_t v;

		if ((i < V4_OCTETS - 1) != (dot < text.n))
			return false;
		if (part.n > 3 || (part.n > 1 && part.p[0] == '0') ||
		    !num_parse_u64(part, UINT8_MAX, &v))
			return false;
		out[i] = (uint8_t)v;
		text = span_drop(text, dot + 1);
	}
	return true;
}

static bool parse_group(struct span text, uint8_t out[2])
{
	unsigned v = 0;

	if (text.n < 1 || text.n > GROUP_DIGITS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int digit = num_hex_digit(text.p[i]);

		if (digit < 0)
			return false;
		v = v << 4 | (unsigned)digit;
	}
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
	return true;
}

/*
 * Groups with a colon between each two, nothing at either end; the last may be
 * an IPv4 address, if that is allowed. Returns the number of octets written,
 * or -1. Empty text is no groups.
 */
static int parse_groups(struct span text, bool may_end_v4, uint8_t out[16])
{
	int n = 0;

	while (text.n) {
		size_t colon = span_find(text, ':');
		struct span part = span_take(text, colon);

		if (colon == text.n && may_end_v4 && n <= V4_AT &&
		    parse_v4(part, out + n))
			return n + V4_OCTETS;
		if (n == 16 || !parse_group(part, out + n))
			return -1;
		n += 2;
		if (colon == text.n)
			break;
		text = span_drop(text, colon + 1);
		if (!text.n)
			return -1; /* a colon at the end */
	}
	return n;
}

/* Index of "::", or the length if there is none. */
static size_t find_gap(struct span text)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.p[i] == ':' && text.p[i + 1] == ':')
			return i;
	}
	return text.n;
}

static bool parse_v6(struct span text, uint8_t out[16])
{
	size_t gap = find_gap(text);
	uint8_t left[16], right[16];
	int nleft, nright;

	nleft = parse_groups(span_take(text, gap), gap == text.n, left);
	if (gap == text.n) {
		if (nleft != 16)
			return false;
		memcpy(out, left, 16);
		return true;
	}
	nright = parse_groups(span_drop(text, gap + 2), true, right);
	/* The gap stands for at least one group. */
	if (nleft < 0 || nright < 0 || nleft + nright > 14)
		return false;
	memset(out, 0, 16);
	memcpy(out, left, (size_t)nleft);
	memcpy(out + 16 - nright, right, (size_t)nright);
	return true;
}

bool network_address_parse(struct span text, struct network_address *out)
{
	struct network_address a = {{0}};

	if (span_find(text, ':') < text.n) {
		if (!parse_v6(text, a.octets))
			return false;
	} else {
		memcpy(a.octets, v4_prefix, V4_AT);
		if (!parse_v4(text, a.octets + V4_AT))
			return false;
	}
	*out = a;
	return true;
}

/* The network of the first `bits` bits of an address. */
static struct network cut(const struct network_address *a, unsigned bits)
{
	struct network n = {.bits = bits};
	unsigned whole = bits / 8;

	memcpy(n.base.octets, a->octets, whole);
	if (bits % 8)
		n.base.octets[whole] =
			a->octets[whole] & (uint8_t)(0xff00 >> bits % 8);
	return n;
}

bool network_parse(struct span text, struct network *out)
{
	size_t slash = span_find(text, '/');
	bool has_length = slash < text.n;
	struct span length = span_drop(text, slash + 1);
	unsigned before = NETWORK_V4_BITS;
	struct network_address a;
	uint64_t bits;

	text = span_take(text, slash);
	if (!network_address_parse(text, &a))
		return false;
	/* The writing counts: the length of ::ffff:0:0/96 is one of IPv6. */
	if (span_find(text, ':') < text.n)
		before = 0;
	bits = NETWORK_BITS - before;
	if (has_length && !num_parse_u64(length, bits, &bits))
		return false;
	*out = cut(&a, before + (unsigned)bits);
	return true;
}

/* --- asking ----------------------------------------------------------- */

bool network_address_equal(const struct network_address *a,
			   const struct network_address *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

bool network_address_is_v4(const struct network_address *a)
{
	return memcmp(a->octets, v4_prefix, V4_AT) == 0;
}

bool network_is_loopback(const struct network_address *a)
{
	static const struct network_address v6 = {{[15] = 1}};

	if (network_address_is_v4(a))
		return a->octets[V4_AT] == 127;
	return network_address_equal(a, &v6);
}

bool network_contains(const struct network *n, const struct network_address *a)
{
	struct network around = cut(a, n->bits);

	if (network_address_is_v4(a) && n->bits < NETWORK_V4_BITS)
		return false;
	return network_address_equal(&around.base, &n->base);
}

struct network network_of(const struct network_address *a, unsigned v4_bits,
			  unsigned v6_bits)
{
	unsigned before = network_address_is_v4(a) ? NETWORK_V4_BITS : 0;
	unsigned bits = before ? v4_bits : v6_bits;
	unsigned max = NETWORK_BITS - before;

	return cut(a, before + (bits < max ? bits : max));
}

/* --- writing ---------------------------------------------------------- */

static void format_v4(const uint8_t *octets, struct buf *out)
{
	for (int i = 0; i < V4_OCTETS; i++) {
		if (i > 0)
			buf_add_char(out, '.');
		buf_add_u64(out, octets[i]);
	}
}

static unsigned group_at(const uint8_t *octets, int i)
{
	return (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
}

static void format_group(unsigned v, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = v >> shift & 15;

		begun = begun || digit || shift == 0;
		if (begun)
			buf_add_char(out, digits[digit]);
	}
}

/*
 * The run of zero groups to be written as "::": the longest, of several the
 * first, of at least two groups (RFC 5952, section 4.2). Returns its length,
 * 0 if there is none.
 */
static int find_zeros(const uint8_t *octets, int *first)
{
	int best = 0, run = 0;

	for (int i = 0; i < GROUPS; i++) {
		run = group_at(octets, i) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*first = i + 1 - run;
		}
	}
	return best >= 2 ? best : 0;
}

static void format_v6(const uint8_t *octets, struct buf *out)
{
	int first = GROUPS;
	int zeros = find_zeros(octets, &first);

	for (int i = 0; i < GROUPS; i++) {
		if (zeros && i == first) {
			buf_add_str(out, "::");
			i += zeros - 1;
			continue;
		}
		if (i > 0 && !(zeros && i == first + zeros))
			buf_add_char(out, ':');
		format_group(group_at(octets, i), out);
	}
}

void network_address_format(const struct network_address *a, struct buf *out)
{
	if (network_address_is_v4(a))
		format_v4(a->octets + V4_AT, out);
	else
		format_v6(a->octets, out);
}

void network_format(const struct network *n, struct buf *out)
{
	bool v4 = network_address_is_v4(&n->base);

	network_address_format(&n->base, out);
	buf_add_char(out, '/');
	buf_add_u64(out, v4 ? n->bits - NETWORK_V4_BITS : n->bits);
}
