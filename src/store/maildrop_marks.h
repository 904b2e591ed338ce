/* SPDX-License-Identifier: ISC */
/*
 * Sets of messages: bit n - 1, counted from the lowest of an octet, stands for
 * message n. A NULL set is empty.
 */
#ifndef STORE_MAILDROP_MARKS_H
#define STORE_MAILDROP_MARKS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool maildrop_is_marked(const uint8_t *marks, uint32_t number)
{
	return marks && (marks[(number - 1) / 8] >> ((number - 1) % 8) & 1);
}

/* The first from `number` to `last` that is marked; last + 1 if none is. */
static inline uint32_t maildrop_next_marked(const uint8_t *marks,
					    uint32_t number, uint32_t last)
{
	if (!marks)
		return last + 1;
	while (number <= last && !maildrop_is_marked(marks, number)) {
		if ((number - 1) % 8 == 0 && marks[(number - 1) / 8] == 0)
			number += 8;
		else
			number++;
	}
	return number <= last ? number : last + 1;
}

/* How many from 1 to `last` are marked. */
static inline uint32_t maildrop_count_marked(const uint8_t *marks,
					     uint32_t last)
{
	uint32_t count = 0;

	for (uint32_t n = maildrop_next_marked(marks, 1, last); n <= last;
	     n = maildrop_next_marked(marks, n + 1, last))
		count++;
	return count;
}

#endif
