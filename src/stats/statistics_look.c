/* SPDX-License-Identifier: ISC */
#include "stats/statistics_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stats/admission_life.h"
#include "sys/clock.h"

enum { LOOK_TRIES = 8 };

/* --- the file --- */

void statistics_look_init(struct statistics_look *look, int run_dirfd)
{
	*look = (struct statistics_look){.run_dirfd = run_dirfd, .fd = -1};
}

void statistics_look_close(struct statistics_look *look)
{
	if (look->fd >= 0)
		close(look->fd);
	look->fd = -1;
}

/* Is it still the one that others find under the name, and whole? */
static bool look_is_current(const struct statistics_look *look)
{
	return look->fd >= 0 &&
	       shared_is_whole(look->fd, &statistics_kind) == 0;
}

static bool look_read(const struct statistics_look *look, void *to, size_t n,
		      uint64_t from)
{
	return pread(look->fd, to, n, (off_t)from) == (ssize_t)n;
}

static int look_open(struct statistics_look *look)
{
	if (look_is_current(look))
		return 0;
	statistics_look_close(look);
	look->fd = shared_look_fd(look->run_dirfd, &statistics_kind);
	return look->fd < 0 ? look->fd : 0;
}

/* --- sessions --- */

struct look_pages {
	struct statistics_identity identity;
	struct statistics_counters counters;
};

/* False: nobody's, or not to be read. */
static bool look_read_pages(const struct statistics_look *look, uint64_t slot,
			    struct look_pages *pages)
{
	if (!look_read(look, &pages->identity, sizeof(pages->identity),
		       STATISTICS_IDENTITY(slot)) ||
	    !counters_get(&pages->identity.serial))
		return false;
	if (!look_read(look, &pages->counters, sizeof(pages->counters),
		       STATISTICS_COUNTERS(slot)))
		memset(&pages->counters, 0, sizeof(pages->counters));
	return true;
}

/* --- sums --- */

/* A session that was read, to be added unless the totals have it. */
struct look_session {
	uint64_t serial;
	struct look_pages pages;
};

/* What one going through all places has found. */
struct look_round {
	struct statistics_head head; /* of before, without the totals */
	struct statistics_look *look;
	uint64_t top;
	bool adds_up; /* else there is room for one session, over and over */
	struct look_session *sessions;
	size_t sessions_n;
	uint64_t states[COUNTERS_STATES]; /* of those that live */
};

/*
 * Reads the totals that hold, and the number of folds that they are of. 0;
 * -EAGAIN: each time others held before they were read; -EIO.
 */
static int look_read_totals(const struct statistics_look *look,
			    struct statistics_totals *totals, uint64_t *folds)
{
	const uint64_t at = offsetof(struct statistics_head, folds);
	const uint64_t copies = offsetof(struct statistics_head, totals);
	uint64_t behind;

	for (int i = 0; i < LOOK_TRIES; i++) {
		if (!look_read(look, folds, sizeof(*folds), at))
			return -EIO;
		atomic_thread_fence(memory_order_acquire);
		if (!look_read(look, totals, sizeof(*totals),
			       copies + *folds % 2 * sizeof(*totals)))
			return -EIO;
		atomic_thread_fence(memory_order_acquire);
		if (!look_read(look, &behind, sizeof(behind), at))
			return -EIO;
		/* The next fold writes the other copy. */
		if (behind == *folds)
			return 0;
	}
	return -EAGAIN;
}

static int look_compare(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/*
 * The serials of the folds `from` to `to`, sorted. How many; -EAGAIN: they are
 * no longer remembered; -EIO.
 */
static int look_read_journal(const struct statistics_look *look, uint64_t from,
			     uint64_t to, uint64_t *serials)
{
	const uint64_t at = offsetof(struct statistics_head, journal);
	uint64_t n = to - from + 1, behind;

	if (n >= STATISTICS_JOURNAL)
		return -EAGAIN;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t place = (from + i) % STATISTICS_JOURNAL;

		if (!look_read(look, &serials[i], sizeof(*serials),
			       at + place * sizeof(*serials)))
			return -EIO;
	}
	atomic_thread_fence(memory_order_acquire);
	if (!look_read(look, &behind, sizeof(behind),
		       offsetof(struct statistics_head, folds)))
		return -EIO;
	/* One more may be under way. */
	if (behind + 1 - from >= STATISTICS_JOURNAL)
		return -EAGAIN;
	qsort(serials, n, sizeof(*serials), look_compare);
	return (int)n;
}

/*
 * The totals, and the sessions of the round that were not folded when they
 * held. One that was met had not been folded before the round began, but for
 * the last one, of which that was perhaps not yet written into its page.
 */
static int look_add_up(const struct look_round *round,
		       struct counters_totals *sum)
{
	const struct statistics_look *look = round->look;
	uint64_t first = counters_get(&round->head.folds);
	uint64_t serials[STATISTICS_JOURNAL];
	struct statistics_totals totals;
	uint64_t folds;
	int n;

	n = look_read_totals(look, &totals, &folds);
	if (n == 0)
		n = look_read_journal(look, first, folds, serials);
	if (n < 0)
		return n;
	for (size_t i = 0; i < round->sessions_n; i++) {
		const struct look_session *s = &round->sessions[i];

		if (!bsearch(&s->serial, serials, (size_t)n, sizeof(*serials),
			     look_compare))
			(void)statistics_add_pages(&totals.counts,
						   &s->pages.identity,
						   &s->pages.counters);
	}
	memcpy(sum, &totals.counts, sizeof(*sum));
	return 0;
}

static uint64_t look_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void look_add_head(const struct look_round *round,
			  struct counters_all *sum)
{
	const struct statistics_head *head = &round->head;

	memcpy(&sum->door, (const void *)&head->door, sizeof(sum->door));
	counters_set(&sum->now.peak,
		     look_least(counters_get(&head->peak), SLOTS_MAX));
	counters_set(&sum->now.started, counters_get(&head->started_s));
	for (int i = 0; i < COUNTERS_STATES; i++)
		counters_set(&sum->now.sessions[i], round->states[i]);
}

/* --- all places --- */

static bool look_begin(struct look_round *round)
{
	size_t size;

	if (!look_read(round->look, &round->head,
		       offsetof(struct statistics_head, totals), 0))
		return false;
	round->top = look_least(counters_get(&round->head.top), SLOTS_MAX);
	/* Memory only for sessions that there are. */
	size = (round->top + 1) * sizeof(*round->sessions);
	round->sessions =
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (round->sessions != MAP_FAILED)
		return true;
	round->sessions = NULL;
	return false;
}

static void look_end(struct look_round *round)
{
	if (round->sessions)
		munmap(round->sessions,
		       (round->top + 1) * sizeof(*round->sessions));
}

static void look_go_through(struct look_round *round, statistics_each *each,
			    void *context)
{
	struct admission_probe probe =
		admission_probe_begin(round->look->run_dirfd);
	struct look_session *s = round->sessions;
	struct statistics_row row;

	for (uint32_t slot = 0; slot < round->top; slot++) {
		if (!look_read_pages(round->look, slot, &s->pages))
			continue;
		s->serial = counters_get(&s->pages.identity.serial);
		if (!admission_probe_is_dead(&probe, slot)) {
			statistics_row_fill(&row, slot, &s->pages.identity,
					    &s->pages.counters, clock_ms());
			round->states[row.state]++;
			if (each && !each(context, &row))
				each = NULL;
		}
		if (round->adds_up)
			s++;
	}
	round->sessions_n = (size_t)(s - round->sessions);
	admission_probe_end(&probe);
}

static int look_once(struct statistics_look *look, statistics_each *each,
		     void *context, struct counters_all *sum)
{
	struct look_round round = {.look = look, .adds_up = sum != NULL};
	int failed = -EIO;

	if (look_begin(&round)) {
		look_go_through(&round, each, context);
		failed = sum ? look_add_up(&round, &sum->totals) : 0;
	}
	if (!failed && sum)
		look_add_head(&round, sum);
	look_end(&round);
	return failed;
}

int statistics_look_all(struct statistics_look *look, statistics_each *each,
			void *context, struct counters_all *sum)
{
	struct counters_all found = {0};
	int failed = look_open(look);

	if (failed)
		return failed;
	failed = look_once(look, each, context, sum ? &found : NULL);
	for (int i = 1; i < LOOK_TRIES && failed == -EAGAIN; i++)
		failed = look_once(look, NULL, NULL, &found);
	if (!failed && sum)
		memcpy(sum, &found, sizeof(found));
	return failed;
}
