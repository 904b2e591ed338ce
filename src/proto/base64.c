/* SPDX-License-Identifier: ISC */
#include "proto/base64.h"

#include <stdint.h>

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Takes the padding away. False if it is not as it should be. */
static bool base64_unpad(struct span *text, enum base64_padding padding)
{
	size_t whole = text->n, n = 0;

	while (n < 2 && n < whole && text->p[whole - 1 - n] == '=')
		n++;
	text->n = whole - n;
	if (padding == BASE64_BARE || (padding == BASE64_EITHER && !n))
		return !n && whole % 4 != 1;
	return whole % 4 == 0;
}

bool base64_decode(struct span text, enum base64_padding padding,
		   struct buf *out)
{
	uint32_t bits = 0;
	unsigned waiting = 0; /* of the bits are not yet in *out */

	if (!base64_unpad(&text, padding))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int value = base64_value(text.p[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		waiting += 6;
		if (waiting < 8)
			continue;
		waiting -= 8;
		buf_add_char(out, (char)(bits >> waiting));
		bits &= (1u << waiting) - 1;
	}
	return !bits && !out->overflow;
}

void base64_encode(struct span octets, enum base64_padding padding,
		   struct buf *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";

	for (size_t i = 0; i < octets.n; i += 3) {
		uint32_t bits = 0;
		size_t n = octets.n - i < 3 ? octets.n - i : 3;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			       (k < n ? (unsigned char)octets.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			if (k <= n)
				buf_add_char(
					out,
					letters[bits >> (18 - 6 * k) & 63]);
			else if (padding != BASE64_BARE)
				buf_add_char(out, '=');
		}
	}
}
