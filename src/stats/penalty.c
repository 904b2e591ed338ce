/* SPDX-License-Identifier: ISC */
#include "stats/penalty.h"

#include <errno.h>
#include <stddef.h>

#include "stats/penalty_file.h"
#include "sys/clock.h"

enum {
	/* where nothing refuses; delays do not grow any more there */
	PENALTY_COUNT_MOST = 50,
};

/* --- the file --- */

static bool penalty_is_usable(const struct penalty *p)
{
	int failed;

	if (p->fd < 0)
		return false;
	failed = shared_verify(p->fd, p->file, &penalty_file_kind);
	/* One that was removed still serves all who have it mapped. */
	return !failed || failed == -ESTALE;
}

static uint64_t penalty_now(void)
{
	/* There is a past also just after the machine's start. */
	return clock_boot_ms() / 1000 + UINT32_MAX;
}

bool penalty_begin(const struct penalty *p, uint64_t *now)
{
	if (!penalty_is_usable(p))
		return false;
	*now = penalty_now();
	if (!penalty_file_is_ahead(p->file, *now))
		return true;
	if (p->looks)
		return false;
	penalty_file_clear(p->file, *now);
	return true;
}

/* As shared_open() or shared_look() left it. */
static int penalty_opened(struct penalty *p)
{
	int failed = p->fd;
	uint64_t now;

	if (p->file) {
		(void)penalty_begin(p, &now);
		return 0;
	}
	p->fd = -1;
	return failed;
}

int penalty_open(struct penalty *p, int run_dirfd)
{
	p->looks = false;
	p->file = shared_open(run_dirfd, &penalty_file_kind, &p->fd);
	return penalty_opened(p);
}

int penalty_look(struct penalty *p, int run_dirfd)
{
	p->looks = true;
	p->file = shared_look(run_dirfd, &penalty_file_kind, &p->fd);
	return penalty_opened(p);
}

void penalty_close(struct penalty *p)
{
	shared_close(p->fd, p->file, &penalty_file_kind);
	p->fd = -1;
	p->file = NULL;
}

/* --- decisions --- */

uint32_t penalty_delay_after(const struct penalty_rules *rules,
			     uint32_t failures)
{
	uint32_t ms = PENALTY_FIRST_MS;

	if (failures < rules->free)
		return 0;
	for (uint32_t i = rules->free; i < failures && ms < rules->most_ms; i++)
		ms *= 2;
	return ms < rules->most_ms ? ms : rules->most_ms;
}

uint32_t penalty_of_networks(const struct penalty *p, uint64_t now,
			     const struct network_address *peer)
{
	struct penalty_place narrow = penalty_file_narrow(p->file, peer);
	uint32_t failures = penalty_entry_failures(penalty_place_find(&narrow),
						   now, narrow.period);
	struct penalty_place wide;
	uint32_t of_wide;

	if (network_address_is_v4(peer))
		return failures;
	wide = penalty_file_wide(p->file, peer);
	of_wide = penalty_entry_failures(penalty_place_find(&wide), now,
					 wide.period) /
		  PENALTY_WIDE;
	return failures > of_wide ? failures : of_wide;
}

static bool penalty_is_too_many(const struct penalty_rules *rules,
				uint32_t failures)
{
	return rules->refuse && failures >= rules->refuse;
}

bool penalty_refuses(struct penalty *p, const struct penalty_rules *rules,
		     const struct network_address *peer)
{
	struct penalty_place known;
	uint64_t now;

	if (!rules->refuse || !peer || !penalty_begin(p, &now) ||
	    !penalty_is_too_many(rules, penalty_of_networks(p, now, peer)))
		return false;
	known = penalty_file_known(p->file, peer);
	return !penalty_entry_is_known(penalty_place_find(&known), now);
}

bool penalty_remembers(struct penalty *p, const struct network_address *peer,
		       struct span user, struct penalty_memory *memory)
{
	struct penalty_place pair, known;
	const struct penalty_entry *e;
	uint64_t now;

	*memory = (struct penalty_memory){0};
	if (!peer || !penalty_begin(p, &now))
		return false;
	memory->failures = penalty_of_networks(p, now, peer);
	known = penalty_file_known(p->file, peer);
	memory->knows_some =
		penalty_entry_is_known(penalty_place_find(&known), now);
	pair = penalty_file_pair(p->file, peer, user);
	e = user.n ? penalty_place_find(&pair) : NULL;
	memory->own = penalty_entry_failures(e, now, pair.period);
	memory->knows_user = penalty_entry_is_known(e, now);
	return true;
}

struct penalty_verdict penalty_judge(const struct penalty_rules *rules,
				     const struct penalty_memory *memory)
{
	uint32_t failures = memory->failures, own = memory->own;
	struct penalty_verdict verdict = {0};

	if (!memory->knows_user) {
		verdict.refused = penalty_is_too_many(rules, failures);
		verdict.delay_ms = penalty_delay_after(rules, failures);
	} else if (own) {
		verdict.refused = penalty_is_too_many(rules, own);
		verdict.delay_ms = penalty_delay_after(
			rules, own > failures ? own : failures);
	}
	return verdict;
}

struct penalty_verdict penalty_ask(struct penalty *p,
				   const struct penalty_rules *rules,
				   const struct network_address *peer,
				   struct span user)
{
	struct penalty_memory memory;

	if (!penalty_remembers(p, peer, user, &memory))
		return (struct penalty_verdict){0};
	return penalty_judge(rules, &memory);
}

uint32_t penalty_failed(struct penalty *p, const struct penalty_rules *rules,
			const struct network_address *peer, struct span user)
{
	uint32_t most = rules->refuse ? rules->refuse + PENALTY_OVER
				      : rules->free + PENALTY_COUNT_MOST;
	struct penalty_place place;
	struct penalty_entry *e;
	uint64_t now;

	if (!peer || !penalty_begin(p, &now))
		return 0;
	penalty_file_note(p->file, now);
	place = penalty_file_pair(p->file, peer, user);
	e = user.n ? penalty_place_find(&place) : NULL;
	if (e)
		penalty_entry_fail(e, now, place.period, most);
	if (!network_address_is_v4(peer)) {
		place = penalty_file_wide(p->file, peer);
		e = penalty_place_make(&place, now);
		if (e)
			penalty_entry_fail(e, now, place.period,
					   most * PENALTY_WIDE);
	}
	place = penalty_file_narrow(p->file, peer);
	e = penalty_place_make(&place, now);
	return e ? penalty_entry_fail(e, now, place.period, most) : 0;
}

static void penalty_know(const struct penalty_place *place, uint64_t now)
{
	struct penalty_entry *e = penalty_place_make(place, now);

	if (e)
		penalty_entry_know(e, now);
}

void penalty_good(struct penalty *p, const struct network_address *peer,
		  struct span user)
{
	struct penalty_place pair, known;
	uint64_t now;

	if (!peer || !user.n || !penalty_begin(p, &now))
		return;
	penalty_file_note(p->file, now);
	pair = penalty_file_pair(p->file, peer, user);
	known = penalty_file_known(p->file, peer);
	penalty_know(&pair, now);
	penalty_know(&known, now);
}
