/* SPDX-License-Identifier: ISC */
#include "store/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool rules_holds(int64_t until, int64_t now)
{
	return !until || until > now;
}

/* The later of two times. */
static int64_t rules_later(int64_t a, int64_t b)
{
	return !a || !b ? 0 : a > b ? a : b;
}

/* --- putting in --- */

/* Room for one more of `size` octets: the array, grown if need be, or NULL. */
static void *rules_grow(void *items, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *grown;

	if (n < *room)
		return items;
	grown = reallocarray(items, more, size);
	if (grown)
		*room = more;
	return grown;
}

static int rules_add_network(struct rules_networks *to, struct span what,
			     int64_t until)
{
	struct rules_network *items, item = {.until = until};

	if (!network_parse(what, &item.network))
		return -EINVAL;
	if (to->n == RULES_MAX)
		return -ENOSPC;
	items = rules_grow(to->items, to->n, &to->room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	to->items = items;
	items[to->n++] = item;
	return 0;
}

int rules_ban_network(struct rules *r, struct span what, int64_t until)
{
	return rules_add_network(&r->bans, what, until);
}

int rules_allow_network(struct rules *r, struct span what, int64_t until)
{
	int failed = rules_add_network(&r->allows, what, until);

	if (!failed)
		rules_allow_nobody(r, until);
	return failed;
}

void rules_allow_nobody(struct rules *r, int64_t until)
{
	r->allows_until =
		r->has_allows ? rules_later(r->allows_until, until) : until;
	r->has_allows = true;
}

int rules_ban_user(struct rules *r, struct span name, int64_t until)
{
	struct rules_user *users, user = {.n = name.n, .until = until};

	if (r->users_n == RULES_MAX)
		return -ENOSPC;
	users = rules_grow(r->users, r->users_n, &r->users_room,
			   sizeof(*users));
	if (!users)
		return -ENOMEM;
	r->users = users;
	user.name = malloc(name.n + 1);
	if (!user.name)
		return -ENOMEM;
	if (name.n)
		memcpy(user.name, name.p, name.n);
	users[r->users_n++] = user;
	return 0;
}

/* --- sorting --- */

/* By beginnings, the wider of two with one beginning first. */
static int rules_order(const void *a, const void *b)
{
	const struct rules_network *one = a, *other = b;
	int order = memcmp(&one->network.base, &other->network.base,
			   sizeof(one->network.base));

	if (order)
		return order;
	return (one->network.bits > other->network.bits) -
	       (one->network.bits < other->network.bits);
}

static bool rules_is_within(const struct network *inner,
			    const struct network *outer)
{
	unsigned octets = outer->bits / 8, rest = outer->bits % 8;
	const uint8_t *a = inner->base.octets, *b = outer->base.octets;

	if (inner->bits < outer->bits || memcmp(a, b, octets) != 0)
		return false;
	return !rest || (a[octets] ^ b[octets]) >> (8 - rest) == 0;
}

/* Of one network there is one entry, which holds as long as the longest. */
static void rules_merge(struct rules_networks *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct rules_network *item = &list->items[i];
		struct rules_network *last = &list->items[kept ? kept - 1 : 0];

		if (kept && rules_order(item, last) == 0)
			last->until = rules_later(last->until, item->until);
		else
			list->items[kept++] = *item;
	}
	list->n = kept;
}

static void rules_sort_networks(struct rules_networks *list)
{
	uint32_t outer = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(list->items[0]),
		      rules_order);
	rules_merge(list);
	for (uint32_t i = 0; i < list->n; i++) {
		struct rules_network *item = &list->items[i];

		while (outer &&
		       !rules_is_within(&item->network,
					&list->items[outer - 1].network))
			outer = list->items[outer - 1].outer;
		item->outer = outer;
		outer = i + 1;
	}
}

static struct span rules_name(const struct rules_user *user)
{
	return span_make(user->name, user->n);
}

static int rules_order_users(const void *a, const void *b)
{
	return span_order(rules_name(a), rules_name(b));
}

static void rules_sort_users(struct rules *r)
{
	size_t kept = 0;

	if (r->users_n)
		qsort(r->users, r->users_n, sizeof(r->users[0]),
		      rules_order_users);
	for (size_t i = 0; i < r->users_n; i++) {
		struct rules_user *user = &r->users[i];
		struct rules_user *last = &r->users[kept ? kept - 1 : 0];

		if (kept && rules_order_users(user, last) == 0) {
			last->until = rules_later(last->until, user->until);
			free(user->name);
		} else {
			r->users[kept++] = *user;
		}
	}
	r->users_n = kept;
}

void rules_sort(struct rules *r)
{
	rules_sort_networks(&r->bans);
	rules_sort_networks(&r->allows);
	rules_sort_users(r);
}

/* --- asking --- */

/* The narrowest network around the address that holds now, or NULL. */
static const struct rules_network *
rules_find(const struct rules_networks *list,
	   const struct network_address *address, int64_t now)
{
	size_t from = 0, to = list->n;
	uint32_t at;

	/* the last that does not begin behind the address */
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memcmp(&list->items[middle].network.base, address,
			   sizeof(*address)) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (at = (uint32_t)from; at; at = list->items[at - 1].outer) {
		const struct rules_network *item = &list->items[at - 1];

		if (rules_holds(item->until, now) &&
		    network_contains(&item->network, address))
			return item;
	}
	return NULL;
}

enum rules_verdict rules_ask(const struct rules *r,
			     const struct network_address *address, int64_t now,
			     struct network *by)
{
	const struct rules_network *ban = rules_find(&r->bans, address, now);

	if (ban) {
		if (by)
			*by = ban->network;
		return RULES_BANNED;
	}
	if (!r->has_allows || !rules_holds(r->allows_until, now))
		return RULES_LET_IN;
	return rules_find(&r->allows, address, now) ? RULES_LET_IN
						    : RULES_NOT_ALLOWED;
}

bool rules_bans_user(const struct rules *r, struct span name, int64_t now)
{
	size_t from = 0, to = r->users_n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = span_order(rules_name(&r->users[middle]), name);

		if (!order)
			return rules_holds(r->users[middle].until, now);
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

void rules_clear(struct rules *r)
{
	for (size_t i = 0; i < r->users_n; i++)
		free(r->users[i].name);
	free(r->users);
	free(r->bans.items);
	free(r->allows.items);
	memset(r, 0, sizeof(*r));
}

bool rules_list_has(struct span list, const struct network_address *address)
{
	while (list.n) {
		struct span item = span_take(list, span_find(list, ','));
		struct network network;

		list = span_drop(list, item.n + 1);
		if (!address ? span_equal(item, span_str("local"))
			     : network_parse(item, &network) &&
				       network_contains(&network, address))
			return true;
	}
	return false;
}
