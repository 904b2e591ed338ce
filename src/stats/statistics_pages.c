/* SPDX-License-Identifier: ISC */
/*
 * A session's pages: what they are worth to others, and those of this process.
 */
#include "stats/statistics.h"

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
	return statistics_map_at(
		st, STATISTICS_IDENTITIES + (uint64_t)slot * STATISTICS_PAGE,
		STATISTICS_PAGE, place);
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
	return statistics_map(
		st, STATISTICS_COUNTERS + (uint64_t)slot * STATISTICS_PAGE,
		STATISTICS_PAGE);
}

void statistics_unmap(void *page)
{
	if (page)
		munmap(page, STATISTICS_PAGE);
}

enum { STATISTICS_REGION = SLOTS_MAX * STATISTICS_PAGE };

struct statistics_region statistics_map_region(const struct statistics *st)
{
	return (struct statistics_region){
		statistics_map(st, STATISTICS_COUNTERS, STATISTICS_REGION)};
}

struct statistics_counters *
statistics_keep_own(const struct statistics_region *region, uint32_t slot)
{
	size_t before = (size_t)slot * STATISTICS_PAGE;
	size_t behind = before + STATISTICS_PAGE;
	char *pages = region->pages;

	if (!pages)
		return NULL;
	if (slot >= SLOTS_MAX) {
		munmap(pages, STATISTICS_REGION);
		return NULL;
	}
	if (before)
		munmap(pages, before);
	if (behind < STATISTICS_REGION)
		munmap(pages + behind, STATISTICS_REGION - behind);
	return (struct statistics_counters *)(pages + before);
}

/* --- when the file is cut --- */

enum { STATISTICS_SURVIVING = 2 };

/* Read by the handler, so an entry is there before it is counted. */
static struct {
	uintptr_t from, to;
} statistics_surviving[STATISTICS_SURVIVING];
static volatile sig_atomic_t statistics_surviving_n;

static bool statistics_survives(uintptr_t at)
{
	for (int i = 0; i < statistics_surviving_n; i++) {
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

static int statistics_survive_range(const void *from, size_t n)
{
	struct sigaction act = {
		.sa_sigaction = statistics_on_sigbus,
		.sa_flags = SA_SIGINFO,
	};
	int i = statistics_surviving_n;

	if (!from)
		return 0;
	if (i == STATISTICS_SURVIVING)
		return -ENOSPC;
	statistics_surviving[i].from = (uintptr_t)from;
	statistics_surviving[i].to = (uintptr_t)from + n;
	statistics_surviving_n = i + 1;
	return sigaction(SIGBUS, &act, NULL) < 0 ? -errno : 0;
}

int statistics_survive(void *page)
{
	return statistics_survive_range(page, STATISTICS_PAGE);
}

int statistics_survive_region(const struct statistics_region *region)
{
	return statistics_survive_range(region->pages, STATISTICS_REGION);
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
