/* SPDX-License-Identifier: ISC */
#include "stats/statistics_near.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "stats/events_ring.h"
#include "sys/clock.h"

_Static_assert(sizeof(struct statistics_identity) <= STATISTICS_PAGE &&
		       sizeof(struct statistics_counters) <= STATISTICS_PAGE,
	       "a page each");
_Static_assert(sizeof(struct statistics_head) % STATISTICS_PAGE == 0,
	       "pages begin at pages");
_Static_assert((STATISTICS_JOURNAL & (STATISTICS_JOURNAL - 1)) == 0,
	       "the remainder goes on when the number of folds begins anew");

const struct shared_kind statistics_kind = {
	.name = "stats",
	.magic = "p3sstats",
	.version = STATISTICS_VERSION,
	.size = STATISTICS_SIZE,
	.backed = sizeof(struct statistics_head),
	.mapped = sizeof(struct statistics_head),
};

/* --- opening --- */

static void statistics_forget(struct statistics *st)
{
	shared_close(st->fd, st->head, &statistics_kind);
	st->fd = -1;
	st->head = NULL;
}

int statistics_open(struct statistics *st, int run_dirfd)
{
	uint64_t never = 0;
	int failed;

	*st = STATISTICS_NONE;
	if (sysconf(_SC_PAGESIZE) != STATISTICS_PAGE)
		return -ENOTSUP;
	st->head = shared_open(run_dirfd, &statistics_kind, &st->fd);
	if (st->head) {
		atomic_compare_exchange_strong(&st->head->started_s, &never,
					       (uint64_t)clock_now_s());
		return 0;
	}
	failed = st->fd;
	st->fd = -1;
	return failed;
}

void statistics_close(struct statistics *st)
{
	statistics_forget(st);
	statistics_unmap_near(st);
}

static void statistics_give_up(struct statistics *st)
{
	statistics_forget(st);
	st->lost = true;
}

/* May the head be touched? If not, it never will be again. */
static bool statistics_is_usable(struct statistics *st)
{
	if (st->fd < 0)
		return false;
	if (shared_verify(st->fd, st->head, &statistics_kind) == 0)
		return true;
	statistics_give_up(st);
	return false;
}

/* --- pages, through memory or by system calls --- */

struct statistics_pages {
	struct statistics_identity identity;
	struct statistics_counters counters;
};

/* From memory (near: not NULL) or from the file. */
static bool statistics_read(const struct statistics *st, void *to, size_t n,
			    const void *near, off_t from)
{
	if (near)
		memcpy(to, near, n);
	return near || pread(st->fd, to, n, from) == (ssize_t)n;
}

static bool statistics_write(const struct statistics *st, const void *from,
			     size_t n, void *near, off_t to)
{
	if (near)
		memcpy(near, from, n);
	return near || pwrite(st->fd, from, n, to) == (ssize_t)n;
}

/* Whose page it is; 0: nobody's. */
static uint64_t statistics_serial(const struct statistics *st, uint64_t slot)
{
	uint64_t serial;

	return statistics_read(st, &serial, sizeof(serial),
			       statistics_near_identity(st, slot),
			       (off_t)STATISTICS_IDENTITY(slot))
		       ? serial
		       : 0;
}

/* What was written to the pages before is there before this. */
static bool statistics_set_serial(const struct statistics *st, uint64_t slot,
				  uint64_t serial)
{
	struct statistics_identity *near = statistics_near_identity(st, slot);

	if (near)
		atomic_store_explicit(&near->serial, serial,
				      memory_order_release);
	return near || statistics_write(st, &serial, sizeof(serial), NULL,
					(off_t)STATISTICS_IDENTITY(slot));
}

static bool statistics_read_pages(const struct statistics *st, uint64_t slot,
				  struct statistics_pages *pages)
{
	if (!statistics_read(st, &pages->identity, sizeof(pages->identity),
			     statistics_near_identity(st, slot),
			     (off_t)STATISTICS_IDENTITY(slot)))
		return false;
	/* A page that cannot be read is nobody's, and so is not believed. */
	if (!statistics_read(st, &pages->counters, sizeof(pages->counters),
			     statistics_near_counters(st, slot),
			     (off_t)STATISTICS_COUNTERS(slot)))
		memset(&pages->counters, 0, sizeof(pages->counters));
	return true;
}

static bool statistics_write_pages(const struct statistics *st, uint64_t slot,
				   const struct statistics_pages *pages)
{
	return statistics_write(st, &pages->counters, sizeof(pages->counters),
				statistics_near_counters(st, slot),
				(off_t)STATISTICS_COUNTERS(slot)) &&
	       statistics_write(st, &pages->identity, sizeof(pages->identity),
				statistics_near_identity(st, slot),
				(off_t)STATISTICS_IDENTITY(slot));
}

/* --- folding --- */

/*
 * The totals count the last fold's session, but its page may still say that
 * they do not, if that process was killed. False: that cannot be changed, so
 * nothing must be folded any more.
 */
static bool statistics_finish(struct statistics *st)
{
	struct statistics_head *h = st->head;
	uint64_t folds = counters_get(&h->folds);
	const struct statistics_totals *last = &h->totals[folds % 2];

	if (counters_get(&h->finished) == folds)
		return true;
	if (last->serial && last->slot < SLOTS_MAX &&
	    statistics_serial(st, last->slot) == last->serial &&
	    !statistics_set_serial(st, last->slot, 0)) {
		statistics_give_up(st);
		return false;
	}
	counters_set(&h->finished, folds);
	return true;
}

/* How long it lasted, in seconds. */
static uint64_t statistics_lasted(const struct statistics_identity *identity)
{
	uint64_t since = counters_get(&identity->started_ms);
	uint64_t now = clock_ms();

	return since < now ? (now - since) / 1000 : 0;
}

/* The totals of one session more, beside those that hold. */
static void statistics_add(struct statistics_totals *next, uint64_t slot,
			   const struct statistics_pages *pages)
{
	struct counters_folding *folding = &next->counts.folding;

	next->folds++;
	next->slot = slot;
	next->serial = counters_get(&pages->identity.serial);
	if (!statistics_add_pages(&next->counts, &pages->identity,
				  &pages->counters))
		counters_add(&folding->suspect, 1);
	counters_add(&folding->ended[statistics_end(&pages->identity)], 1);
	counters_observe(&folding->session_s,
			 statistics_lasted(&pages->identity));
}

/*
 * What is done here is not there before `folds` says so, in one store; what
 * comes behind that is done by statistics_finish() if not here.
 */
static void statistics_commit(struct statistics *st, uint64_t slot,
			      const struct statistics_pages *pages)
{
	struct statistics_head *h = st->head;
	uint64_t folds = counters_get(&h->folds);
	struct statistics_totals *next = &h->totals[(folds + 1) % 2];

	memcpy(next, &h->totals[folds % 2], sizeof(*next));
	next->folds = folds;
	statistics_add(next, slot, pages);
	counters_set(&h->journal[(folds + 1) % STATISTICS_JOURNAL],
		     next->serial);
	atomic_store_explicit(&h->folds, folds + 1, memory_order_release);
	/* As statistics_finish() does for one that gets no further. */
	if (statistics_set_serial(st, (uint32_t)slot, 0))
		counters_set(&h->finished, folds + 1);
	else
		statistics_give_up(st);
}

/* What its monitor could not tell any more. */
static void statistics_tell_fault(const struct statistics *st,
				  const struct events_event *end)
{
	struct events_event event = {
		.type = EVENTS_ERROR,
		.session = end->session,
		.pid = end->pid,
		.has_peer = end->has_peer,
		.address = end->address,
		.port = end->port,
	};
	char memory[EVENTS_TEXT + 64];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (end->text_n) {
		buf_add_str(&text, "user ");
		buf_add_span(&text, span_make(end->text, end->text_n));
		buf_add_str(&text, ": ");
	}
	buf_add_str(&text, "the session ended: ");
	buf_add_str(&text, events_reason_word(end));
	events_set_text(&event, buf_span(&text));
	(void)events_write(st->events, &event);
}

static void statistics_tell_end(const struct statistics *st,
				const struct statistics_pages *pages)
{
	const struct statistics_identity *identity = &pages->identity;
	const struct counters_front *front = &pages->counters.counts;
	struct events_event event = {
		.type = EVENTS_CLOSE,
		.session = counters_get(&identity->number),
		.pid = identity->pid,
		.reason = statistics_end(identity),
		.age_s = statistics_lasted(identity),
		.deleted = counters_get(&identity->counts.deleted),
	};
	uint32_t user_n = identity->user_n;
	struct network_address address;

	if (!st->events)
		return;
	memcpy(address.octets, (const void *)identity->address,
	       sizeof(address.octets));
	if (identity->has_peer)
		events_set_peer(&event, &address, (uint16_t)identity->port);
	events_set_text(&event,
			span_make(identity->user, user_n < STATISTICS_USER
							  ? user_n
							  : STATISTICS_USER));
	if (statistics_counters_are_sane(&pages->counters,
					 counters_get(&identity->serial))) {
		event.received = counters_get(&front->received);
		event.sent = counters_get(&front->sent);
		event.retrieved = counters_get(&front->retrieved);
	}
	(void)events_write(st->events, &event);
	if (counters_end_is_fault(event.reason))
		statistics_tell_fault(st, &event);
}

/* Folds what is there, whose ever it is. */
static void statistics_fold_pages(struct statistics *st, uint32_t slot,
				  uint64_t serial)
{
	struct statistics_pages pages;

	if (!statistics_read_pages(st, slot, &pages) ||
	    counters_get(&pages.identity.serial) != serial)
		return;
	statistics_commit(st, slot, &pages);
	statistics_tell_end(st, &pages);
}

void statistics_fold(struct statistics *st, uint32_t slot, uint64_t serial)
{
	if (slot < SLOTS_MAX && serial && statistics_is_usable(st) &&
	    statistics_finish(st))
		statistics_fold_pages(st, slot, serial);
}

void statistics_cancel(struct statistics *st, uint32_t slot, uint64_t serial)
{
	if (slot < SLOTS_MAX && serial && statistics_is_usable(st) &&
	    statistics_serial(st, slot) == serial &&
	    !statistics_set_serial(st, slot, 0))
		statistics_give_up(st);
}

/* --- taking --- */

/* Both pages get storage by being written. The serial comes last, without which
 * there is nothing. */
static bool statistics_make_pages(const struct statistics *st, uint32_t slot,
				  uint64_t serial, uint64_t number)
{
	const struct statistics_pages pages = {
		.identity.number = number,
		.identity.started_s = (uint64_t)clock_now_s(),
		.identity.started_ms = clock_ms(),
		.counters.serial = serial,
	};

	if (!statistics_write_pages(st, slot, &pages))
		return false;
	statistics_have_storage(st, slot);
	return statistics_set_serial(st, slot, serial);
}

static void statistics_at_least(_Atomic uint64_t *to, uint64_t value)
{
	if (counters_get(to) < value)
		counters_set(to, value);
}

bool statistics_take(struct statistics *st, uint32_t slot, uint64_t serial,
		     uint64_t number, uint32_t sessions)
{
	uint64_t left;

	if (slot >= SLOTS_MAX || !serial || !statistics_is_usable(st) ||
	    !statistics_finish(st))
		return false;
	left = statistics_serial(st, slot);
	if (left)
		statistics_fold_pages(st, slot, left);
	if (st->lost)
		return false;
	statistics_at_least(&st->head->peak, sessions);
	statistics_at_least(&st->head->top, (uint64_t)slot + 1);
	return statistics_make_pages(st, slot, serial, number);
}

/* --- the door --- */

void statistics_refused(struct statistics *st, enum counters_refusal why)
{
	if (statistics_is_usable(st))
		counters_add_shared(&st->head->door.refused[why], 1);
}

void statistics_uncounted(struct statistics *st)
{
	if (statistics_is_usable(st))
		counters_add_shared(&st->head->door.uncounted, 1);
}
