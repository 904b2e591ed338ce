/* SPDX-License-Identifier: ISC */
/*
 * A session's pages: what they are worth to others, and those of this process.
 */
#include "stats/statistics_near.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- what pages are worth --- */

enum counters_end statistics_end(const struct statistics_identity *identity)
{
	uint32_t end =
		atomic_load_explicit(&identity->end, memory_order_relaxed);

	return end < COUNTERS_ENDS ? (enum counters_end)end
				   : COUNTERS_END_UNKNOWN;
}

bool statistics_identity_is_sane(const struct statistics_identity *identity)
{
	return counters_are_sane((const _Atomic uint64_t *)&identity->counts,
				 COUNTERS_WORDS(identity->counts));
}

bool statistics_counters_are_sane(const struct statistics_counters *counters,
				  uint64_t serial)
{
	return counters_get(&counters->serial) == serial &&
	       counters_are_sane((const _Atomic uint64_t *)&counters->counts,
				 COUNTERS_WORDS(counters->counts));
}

bool statistics_add_pages(struct counters_totals *to,
			  const struct statistics_identity *identity,
			  const struct statistics_counters *counters)
{
	uint64_t serial = counters_get(&identity->serial);
	uint64_t connections = counters_get(&to->monitor.connections);
	bool identity_is_sane = statistics_identity_is_sane(identity);
	bool counters_are = statistics_counters_are_sane(counters, serial);

	if (identity_is_sane)
		counters_sum((_Atomic uint64_t *)&to->monitor,
			     (const _Atomic uint64_t *)&identity->counts,
			     COUNTERS_WORDS(to->monitor));
	if (counters_are)
		counters_sum((_Atomic uint64_t *)&to->front,
			     (const _Atomic uint64_t *)&counters->counts,
			     COUNTERS_WORDS(to->front));
	/* Nobody's page says how many connections it is. */
	counters_set(&to->monitor.connections, connections);
	counters_add(&to->monitor.connections, 1);
	return identity_is_sane && counters_are;
}

/* --- mapping --- */

static void *statistics_map_at(const struct statistics *st, uint64_t from,
			       size_t n, void *place)
{
	int flags = MAP_SHARED | MAP_NORESERVE | (place ? MAP_FIXED : 0);
	void *map;

	if (st->fd < 0)
		return NULL;
	map = mmap(place, n, PROT_READ | PROT_WRITE, flags, st->fd,
		   (off_t)from);
	return map == MAP_FAILED ? NULL : map;
}

static void *statistics_map(const struct statistics *st, uint64_t from,
			    size_t n)
{
	return statistics_map_at(st, from, n, NULL);
}

struct statistics_identity *statistics_map_identity(const struct statistics *st,
						    uint32_t slot)
{
	return statistics_map_identity_at(st, slot, NULL);
}

struct statistics_identity *
statistics_map_identity_at(const struct statistics *st, uint32_t slot,
			   void *place)
{
	if (slot >= SLOTS_MAX)
		return NULL;
	return statistics_map_at(st, STATISTICS_IDENTITY(slot), STATISTICS_PAGE,
				 place);
}

void *statistics_reserve(void)
{
	void *place = mmap(NULL, STATISTICS_PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (place == MAP_FAILED)
		return NULL;
	if (statistics_survive(place) == 0)
		return place;
	statistics_unmap(place);
	return NULL;
}

struct statistics_counters *statistics_map_counters(const struct statistics *st,
						    uint32_t slot)
{
	if (slot >= SLOTS_MAX)
		return NULL;
	return statistics_map(st, STATISTICS_COUNTERS(slot), STATISTICS_PAGE);
}

void statistics_unmap(void *page)
{
	if (page)
		munmap(page, STATISTICS_PAGE);
}

/* Of some places, not to be inherited. */
static void *statistics_map_places(const struct statistics *st, uint32_t from,
				   uint32_t to)
{
	size_t n = (size_t)(to - from) * STATISTICS_PLACE;
	void *pages =
		n ? statistics_map(st, STATISTICS_IDENTITY(from), n) : NULL;

	if (pages && madvise(pages, n, MADV_DONTFORK) < 0) {
		munmap(pages, n);
		pages = NULL;
	}
	return pages;
}

struct statistics_region statistics_map_region(const struct statistics *st,
					       uint32_t near)
{
	struct statistics_region region = {
		.places = near < SLOTS_MAX ? near : SLOTS_MAX};

	/* In this order, for each mapping goes below the one before. */
	region.near = statistics_map_places(st, 0, region.places);
	region.far = statistics_map_places(st, region.places, SLOTS_MAX);
	return region;
}

struct statistics_counters *
statistics_lend(const struct statistics_region *region, uint32_t slot)
{
	bool is_far = slot >= region->places;
	char *places = is_far ? region->far : region->near;
	size_t at = (size_t)(is_far ? slot - region->places : slot) *
			    STATISTICS_PLACE +
		    STATISTICS_PAGE;

	if (!places || slot >= SLOTS_MAX ||
	    madvise(places + at, STATISTICS_PAGE, MADV_DOFORK) < 0)
		return NULL;
	return (struct statistics_counters *)(void *)(places + at);
}

int statistics_take_back(struct statistics_counters *page)
{
	if (page && madvise(page, STATISTICS_PAGE, MADV_DONTFORK) < 0)
		return -errno;
	return 0;
}

/* --- when the file is cut --- */

enum { STATISTICS_SURVIVING = 4 };

/* Read by the handler, so `to` is written last, and removed first. */
static struct {
	volatile uintptr_t from, to; /* to 0: not in use */
} statistics_surviving[STATISTICS_SURVIVING];

static bool statistics_survives(uintptr_t at)
{
	for (int i = 0; i < STATISTICS_SURVIVING; i++) {
		if (at >= statistics_surviving[i].from &&
		    at < statistics_surviving[i].to)
			return true;
	}
	return false;
}

/*
 * Not in one step (MAP_FIXED), which the fronts' filter forbids; there is no
 * other thread that could come between.
 */
static void statistics_on_sigbus(int number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(STATISTICS_PAGE - 1UL);
	int saved = errno;

	(void)context;
	if (!statistics_survives(page) ||
	    munmap((void *)page, STATISTICS_PAGE) < 0 ||
	    mmap((void *)page, STATISTICS_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)page)
		(void)signal(number, SIG_DFL); /* it comes again, and kills */
	errno = saved;
}

int statistics_survive_range(const void *from, size_t n)
{
	struct sigaction act = {
		.sa_sigaction = statistics_on_sigbus,
		.sa_flags = SA_SIGINFO,
	};
	int i = 0;

	if (!from || !n)
		return 0;
	while (i < STATISTICS_SURVIVING && statistics_surviving[i].to)
		i++;
	if (i == STATISTICS_SURVIVING)
		return -ENOSPC;
	statistics_surviving[i].from = (uintptr_t)from;
	statistics_surviving[i].to = (uintptr_t)from + n;
	return sigaction(SIGBUS, &act, NULL) < 0 ? -errno : 0;
}

void statistics_survive_no_more(const void *from)
{
	for (int i = 0; i < STATISTICS_SURVIVING; i++) {
		if (statistics_surviving[i].from == (uintptr_t)from)
			statistics_surviving[i].to = 0;
	}
}

int statistics_survive(void *page)
{
	return statistics_survive_range(page, STATISTICS_PAGE);
}

int statistics_survive_region(const struct statistics_region *region)
{
	int failed = statistics_survive_range(
		region->near, (size_t)region->places * STATISTICS_PLACE);

	return failed ? failed
		      : statistics_survive_range(
				region->far,
				(size_t)(SLOTS_MAX - region->places) *
					STATISTICS_PLACE);
}

/* --- what the monitor tells of itself --- */

static void statistics_set(_Atomic uint32_t *field, uint32_t value)
{
	atomic_store_explicit(field, value, memory_order_release);
}

void statistics_set_peer(struct statistics_identity *own,
			 const struct network_address *address, uint16_t port)
{
	uint64_t halves[2];

	if (!own)
		return;
	_Static_assert(sizeof(halves) == sizeof(address->octets), "address");
	memcpy(halves, address->octets, sizeof(halves));
	counters_set(&own->address[0], halves[0]);
	counters_set(&own->address[1], halves[1]);
	statistics_set(&own->port, port);
	statistics_set(&own->has_peer, 1);
}

void statistics_set_pid(struct statistics_identity *own, pid_t pid)
{
	if (own)
		statistics_set(&own->pid, (uint32_t)pid);
}

void statistics_set_state(struct statistics_identity *own,
			  enum counters_state state)
{
	if (own)
		statistics_set(&own->state, state);
}

void statistics_set_end(struct statistics_identity *own, enum counters_end end)
{
	if (own)
		statistics_set(&own->end, end);
}

void statistics_set_user(struct statistics_identity *own, struct span user)
{
	size_t n = span_take(user, STATISTICS_USER - 1).n;

	if (!own)
		return;
	statistics_set(&own->user_n, 0);
	if (n)
		memcpy(own->user, user.p, n);
	statistics_set(&own->user_n, (uint32_t)n);
}
