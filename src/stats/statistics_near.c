/* SPDX-License-Identifier: ISC */
#include "stats/statistics_near.h"

#include <sys/mman.h>

enum { NEAR_BITS = 64 }; /* to a word */

static size_t near_size(const struct statistics_near *near)
{
	return near->places * STATISTICS_PLACE;
}

static size_t near_bits_size(const struct statistics_near *near)
{
	return (near->places + NEAR_BITS - 1) / NEAR_BITS * sizeof(uint64_t);
}

/* --- mapping --- */

/* Not from the heap: each bit that is set would leave who was forked before a
 * copy of a page. */
static bool near_make_bits(struct statistics_near *near)
{
	void *map = mmap(NULL, near_bits_size(near), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return false;
	near->backed = map;
	(void)madvise(map, near_bits_size(near), MADV_DONTFORK);
	return true;
}

static bool near_map(struct statistics_near *near, int fd)
{
	void *map = mmap(NULL, near_size(near), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_NORESERVE, fd,
			 (off_t)STATISTICS_IDENTITY(0));

	if (map == MAP_FAILED)
		return false;
	near->pages = map;
	if (madvise(map, near_size(near), MADV_DONTFORK) == 0 &&
	    statistics_survive_range(map, near_size(near)) == 0)
		return true;
	munmap(map, near_size(near));
	return false;
}

void statistics_bring_near(struct statistics *st, struct statistics_near *near,
			   uint32_t places)
{
	if (st->fd < 0 || st->near || !places)
		return;
	near->places = places < SLOTS_MAX ? places : SLOTS_MAX;
	if (near_make_bits(near)) {
		if (near_map(near, st->fd)) {
			st->near = near;
			return;
		}
		munmap(near->backed, near_bits_size(near));
	}
	*near = (struct statistics_near){0};
}

void statistics_unmap_near(struct statistics *st)
{
	struct statistics_near *near = st->near;

	st->near = NULL;
	/* Who was forked frees nothing: it would copy pages for it. */
	if (!near || !near->places)
		return;
	statistics_survive_no_more(near->pages);
	munmap(near->pages, near_size(near));
	munmap(near->backed, near_bits_size(near));
	*near = (struct statistics_near){0};
}

/* --- places --- */

static bool near_is_backed(const struct statistics_near *near, uint64_t slot)
{
	return near->backed[slot / NEAR_BITS] >> slot % NEAR_BITS & 1;
}

void statistics_have_storage(const struct statistics *st, uint64_t slot)
{
	struct statistics_near *near = st->near;

	if (near && slot < near->places && !near_is_backed(near, slot))
		near->backed[slot / NEAR_BITS] |= UINT64_C(1)
						  << slot % NEAR_BITS;
}

static void *near_page(const struct statistics *st, uint64_t slot, uint64_t at)
{
	const struct statistics_near *near = st->near;

	if (!near || slot >= near->places || !near_is_backed(near, slot))
		return NULL;
	return near->pages + slot * STATISTICS_PLACE + at;
}

struct statistics_identity *
statistics_near_identity(const struct statistics *st, uint64_t slot)
{
	return near_page(st, slot, 0);
}

struct statistics_counters *
statistics_near_counters(const struct statistics *st, uint64_t slot)
{
	return near_page(st, slot, STATISTICS_PAGE);
}
