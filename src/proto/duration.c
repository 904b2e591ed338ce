/* SPDX-License-Identifier: ISC */
#include "proto/duration.h"

#include "base/num.h"

/* Seconds of a unit, or 0. */
static uint64_t unit_of(char letter)
{
	switch (letter) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	case 'w':
		return 7 * 24 * 60 * 60;
	default:
		return 0;
	}
}

bool duration_parse(struct span text, uint64_t *seconds)
{
	uint64_t unit = text.n ? unit_of(text.p[text.n - 1]) : 0, number;

	if (unit)
		text.n--;
	if (!num_parse_u64(text, UINT32_MAX, &number))
		return false;
	*seconds = number * (unit ? unit : 1);
	return true;
}
