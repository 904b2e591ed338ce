/* SPDX-License-Identifier: ISC */
#include "stats/statistics_near.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { NEAR_BITS = 64 }; /* to a word */

static size_t near_size(const struct statistics_near *near)
{
	return near->places * STATISTICS_PLACE;
}

/* --- mapping --- */

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
	near->backed = calloc((near->places + NEAR_BITS - 1) / NEAR_BITS,
			      sizeof(*near->backed));
	if (near->backed && near_map(near, st->fd)) {
		st->near = near;
		return;
	}
	free(near->backed);
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
	free(near->backed);
	*near = (struct statistics_near){0};
}

/* --- places --- */

static bool near_is_backed(const struct statistics_near *near, uint64_t slot)
{
	return near->backed[slot / NEAR_BITS] >> slot % NEAR_BITS & 1;
}

/* Written only where need be: who was forked has the same memory. */
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
