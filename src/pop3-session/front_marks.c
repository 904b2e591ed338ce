/* SPDX-License-Identifier: ISC */
/* Which messages are to be deleted, and which were retrieved: bitmaps. */
#include "pop3-session/front.h"

#include <string.h>
#include <sys/mman.h>

static size_t bitmap_octets(const struct front *front)
{
	return (front->count + 7U) / 8U;
}

bool front_is_marked(const struct front *front, enum channel_bitmap which,
		     uint32_t number)
{
	const uint8_t *marks = front->marks[which];

	number--;
	return marks && (marks[number / 8] >> (number % 8) & 1);
}

bool front_mark(struct front *front, enum channel_bitmap which, uint32_t number)
{
	if (!front->marks[which]) {
		void *p =
			mmap(NULL, bitmap_octets(front), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return false;
		front->marks[which] = p;
	}
	number--;
	front->marks[which][number / 8] |= (uint8_t)(1U << (number % 8));
	return true;
}

void front_unmark_all(struct front *front, enum channel_bitmap which)
{
	if (front->marks[which])
		memset(front->marks[which], 0, bitmap_octets(front));
}

static bool is_blank(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static bool send_bitmap(struct front *front, enum channel_bitmap which)
{
	const uint8_t *marks = front->marks[which];
	size_t octets = bitmap_octets(front);
	size_t at;

	for (at = 0; marks && at < octets; at += CHANNEL_MARKS_MAX) {
		size_t n = octets - at < CHANNEL_MARKS_MAX ? octets - at
							   : CHANNEL_MARKS_MAX;
		struct channel_marks head = {which, (uint32_t)at, (uint32_t)n};

		if (is_blank(marks + at, n))
			continue;
		if (!front_send(front, CHANNEL_MARKS,
				span_make(&head, sizeof(head)),
				span_make(marks + at, n), span_make(NULL, 0)))
			return false;
	}
	return true;
}

bool front_send_marks(struct front *front)
{
	return send_bitmap(front, CHANNEL_DELETED) &&
	       send_bitmap(front, CHANNEL_RETRIEVED);
}
