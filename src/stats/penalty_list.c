/* SPDX-License-Identifier: ISC */
#include "stats/penalty_list.h"

#include <errno.h>

#include "stats/penalty_file.h"

int penalty_is_shared(const struct penalty *p)
{
	return p->fd < 0 ? -EBADF
			 : shared_verify(p->fd, p->file, &penalty_file_kind);
}

static bool penalty_concerns(const struct network *which,
			     const struct network *n)
{
	return !which || network_contains(which, &n->base) ||
	       network_contains(n, &which->base);
}

/* Of an entry of `failed`. */
static uint64_t penalty_period(const struct network *n)
{
	bool is_wide = n->bits < 64;

	return is_wide ? PENALTY_FORGET_S / PENALTY_WIDE : PENALTY_FORGET_S;
}

/* False: an entry without failures, or of others. */
static bool penalty_take(const struct penalty *p, struct penalty_entry *e,
			 uint64_t now, const struct network *which,
			 struct penalty_row *row)
{
	uint64_t period;

	if (!penalty_file_network(p->file, e, &row->network) ||
	    !penalty_concerns(which, &row->network))
		return false;
	period = penalty_period(&row->network);
	row->failures = penalty_entry_failures(e, now, period);
	row->left_s = penalty_entry_left(e, now, period);
	return row->failures && row->left_s;
}

static void penalty_tell(const struct penalty *p, uint64_t now,
			 const struct penalty_rules *rules,
			 struct penalty_row *row)
{
	bool is_wide = penalty_period(&row->network) != PENALTY_FORGET_S;
	const struct penalty_memory memory = {
		.failures = is_wide ? row->failures / PENALTY_WIDE
				    : penalty_of_networks(p, now,
							  &row->network.base),
	};
	struct penalty_verdict verdict = penalty_judge(rules, &memory);
	struct penalty_place known =
		penalty_file_known(p->file, &row->network.base);

	row->refused = verdict.refused;
	row->delay_ms = verdict.refused ? 0 : verdict.delay_ms;
	row->is_known = !is_wide &&
			penalty_entry_is_known(penalty_place_find(&known), now);
}

bool penalty_next(const struct penalty *p, const struct penalty_rules *rules,
		  const struct network *which, size_t *at,
		  struct penalty_row *row)
{
	const size_t n = (size_t)PENALTY_FILE_BUCKETS * PENALTY_FILE_WAYS;
	uint64_t now;

	if (*at >= n || !penalty_begin(p, &now))
		return false;
	while (*at < n) {
		size_t i = (*at)++;
		struct penalty_entry *e =
			&p->file->failed[i / PENALTY_FILE_WAYS]
					[i % PENALTY_FILE_WAYS];

		if (penalty_take(p, e, now, which, row)) {
			penalty_tell(p, now, rules, row);
			return true;
		}
	}
	return false;
}

static uint32_t penalty_forgive_networks(struct penalty_file *f, uint64_t now,
					 const struct network *which)
{
	struct penalty_entry *e = &f->failed[0][0];
	uint32_t forgiven = 0;

	for (size_t i = 0; i < sizeof(f->failed) / sizeof(*e); i++) {
		struct network n;

		if (penalty_file_network(f, &e[i], &n) &&
		    penalty_concerns(which, &n))
			forgiven += penalty_entry_forgive(
					    &e[i], now, penalty_period(&n)) > 0;
	}
	return forgiven;
}

static uint32_t penalty_forgive_users(struct penalty_file *f, uint64_t now,
				      const struct network *which)
{
	struct penalty_entry *e = &f->pairs[0][0];
	uint32_t forgiven = 0;

	for (size_t i = 0; i < sizeof(f->pairs) / sizeof(*e); i++) {
		struct network n;

		if (penalty_file_pair_network(&e[i], &n) &&
		    penalty_concerns(which, &n))
			forgiven += penalty_entry_forgive(&e[i], now,
							  PENALTY_FORGET_S) > 0;
	}
	return forgiven;
}

int penalty_forgive(struct penalty *p, const struct network *which,
		    struct penalty_forgiven *n)
{
	uint64_t now;
	int failed = penalty_is_shared(p);

	if (failed)
		return failed;
	if (p->looks)
		return -EROFS;
	if (!penalty_begin(p, &now))
		return -EBADMSG;
	n->networks = penalty_forgive_networks(p->file, now, which);
	n->users = penalty_forgive_users(p->file, now, which);
	return 0;
}
