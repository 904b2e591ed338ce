/* SPDX-License-Identifier: ISC */
#include "proto/scmp_text.h"

#include <stdint.h>

/* Octets that the first one of a character calls for; 0: it is none. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2) /* a later octet, or a form that is too long */
		return 0;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* RFC 3629, section 4. False if s does not begin with a character. */
static bool decode(struct span s, size_t *n, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = s.n ? (unsigned char)s.p[0] : 0x80;

	*n = length_of(first);
	if (*n == 0 || *n > s.n)
		return false;
	*code = *n == 1 ? first : first & (0x7fU >> *n);
	for (size_t i = 1; i < *n; i++) {
		unsigned char octet = (unsigned char)s.p[i];

		if ((octet & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (octet & 0x3f);
	}
	return *code >= least[*n] && *code <= 0x10ffff;
}

static bool is_printable(uint32_t code)
{
	static const struct {
		uint32_t from, to;
	} not [] = {
		{0, 0x1f},	  {0x7f, 0x9f},	    {0x2028, 0x202e},
		{0x2066, 0x2069}, {0xd800, 0xdfff}, {0xfdd0, 0xfdef},
		{0xfeff, 0xfeff},
	};

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
		if (code >= not [i].from && code <= not [i].to)
			return false;
	}
	return (code & 0xfffe) != 0xfffe;
}

size_t scmp_text_character(struct span s)
{
	uint32_t code;
	size_t n;

	if (s.n && s.p[0] >= ' ' && s.p[0] <= '~')
		return 1; /* as nearly all are */
	return decode(s, &n, &code) && is_printable(code) ? n : 0;
}

bool scmp_text_is_printable(struct span s)
{
	while (s.n) {
		size_t n = scmp_text_character(s);

		if (n == 0)
			return false;
		s = span_drop(s, n);
	}
	return true;
}

static bool is_of_name(char c)
{
	unsigned char letter = (unsigned char)c | 0x20;

	return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z') ||
	       c == '.' || c == '_' || c == '-' || c == '+' || c == '@';
}

bool scmp_text_is_user_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_of_name(s.p[i]))
			return false;
	}
	return s.n > 0 && s.n <= SCMP_NAME_MAX && s.p[0] != '.' &&
	       s.p[0] != '-';
}

bool scmp_text_is_mask(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_of_name(s.p[i]) && s.p[i] != '*' && s.p[i] != '?')
			return false;
	}
	return s.n > 0 && s.n <= SCMP_NAME_MAX;
}
