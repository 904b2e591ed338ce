/* SPDX-License-Identifier: ISC */
#include "base/num.h"

enum scan { SCAN_NUMBER, SCAN_OVERFLOW, SCAN_ERROR };

static enum scan scan_u64(struct span digits, uint64_t *out)
{
	enum scan result = digits.n ? SCAN_NUMBER : SCAN_ERROR;
	uint64_t v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		unsigned d = (unsigned)(digits.p[i] - '0');

		if (!num_is_digit(digits.p[i]))
			return SCAN_ERROR;
		if (v > (UINT64_MAX - d) / 10)
			result = SCAN_OVERFLOW;
		v = v * 10 + d;
	}
	*out = v;
	return result;
}

bool num_parse_u64(struct span digits, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (scan_u64(digits, &v) != SCAN_NUMBER || v > max)
		return false;
	*out = v;
	return true;
}

bool num_parse_u64_capped(struct span digits, uint64_t *out)
{
	uint64_t v;
	enum scan scan = scan_u64(digits, &v);

	if (scan == SCAN_ERROR)
		return false;
	*out = scan == SCAN_NUMBER ? v : UINT64_MAX;
	return true;
}

size_t num_format_u64(uint64_t v, char out[NUM_U64_DIGITS])
{
	char digits[NUM_U64_DIGITS];
	size_t n = 0;

	do {
		digits[NUM_U64_DIGITS - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	memcpy(out, digits + NUM_U64_DIGITS - n, n);
	return n;
}

int num_hex_digit(char c)
{
	if (num_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
