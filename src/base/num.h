/* SPDX-License-Identifier: ISC */
/*
 * Decimal numbers, strictly: ASCII digits and nothing else. No sign, no
 * blanks, no locale. Leading zeros are allowed and mean nothing.
 *
 * Pure.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
	NUM_U64_DIGITS = 20, /* the most digits that a uint64_t needs */
};

static inline bool num_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * False, and *out as it was, for an empty span, any octet that is no digit,
 * and a value over max.
 */
bool num_parse_u64(struct span digits, uint64_t max, uint64_t *out);

/* The same, but a value that does not fit becomes UINT64_MAX. */
bool num_parse_u64_capped(struct span digits, uint64_t *out);

/* Writes the digits, without NUL, and returns how many. */
size_t num_format_u64(uint64_t v, char out[NUM_U64_DIGITS]);

/* The value of a hexadecimal digit in either case, or -1. */
int num_hex_digit(char c);

#endif
