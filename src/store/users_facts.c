/* SPDX-License-Identifier: ISC */
/* What is known of a store as a whole. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "proto/stored.h"
#include "store/users_driver.h"

/* Whether the form keeps a secret, whatever else it is. */
static bool users_is_secret(struct span stored)
{
	enum scheme_encoding encoding;
	struct span rest;
	const struct scheme *scheme = scheme_read(stored, &encoding, &rest);

	return scheme && scheme->kind == SCHEME_SECRET;
}

static void users_take_example(struct users_facts *facts, struct span stored,
			       uint32_t work_us)
{
	char text[USERS_NAME_SIZE];
	uint8_t random[STORED_RANDOM];
	struct buf example;

	/* Only time is at stake: a fixed text would do, too. */
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		memset(random, 0, sizeof(random));
	buf_init(&example, text, sizeof(text));
	if (!stored_example(stored, random, &example) || !buf_str(&example))
		return;
	facts->example_work_us = work_us;
	memcpy(facts->example, text, example.n + 1);
}

void users_facts_add(struct users_facts *facts, struct span stored)
{
	bool is_secret = users_is_secret(stored);
	uint32_t work_us;

	facts->keeps_secret |= is_secret;
	if (is_secret ? facts->example[0] != '\0'
		      : facts->hashes == USERS_HASHES_MOST)
		return;
	if (!stored_work(stored, &work_us))
		return;
	facts->hashes += !is_secret;
	if (!facts->example[0] || work_us > facts->example_work_us)
		users_take_example(facts, stored, work_us);
}

bool users_facts_are_full(const struct users_facts *facts)
{
	return facts->keeps_secret && facts->hashes == USERS_HASHES_MOST;
}

/* The facts as of now. */
static const struct users_facts *users_facts_of(struct users_store *store)
{
	struct users_facts *facts = &store->facts;
	struct users_facts fresh = {0};
	int failed;

	file_stamp_take(store->path, &fresh.stamp);
	if (file_stamp_is_same(&facts->stamp, &fresh.stamp))
		return facts;
	failed = store->driver->facts(store->path, &fresh);
	if (failed) /* to be asked again */
		memset(&fresh.stamp, 0, sizeof(fresh.stamp));
	else
		file_stamp_keep(&fresh.stamp);
	/* While somebody writes, what was true before is good enough. */
	if (failed != -EBUSY && failed != -EOWNERDEAD)
		*facts = fresh;
	return facts;
}

bool users_offer_apop(struct users *u)
{
	bool offer = false;

	for (size_t i = 0; i < u->n; i++)
		offer |= users_facts_of(&u->stores[i])->keeps_secret;
	return offer;
}

/* What to go by where no store has a row. */
static void users_example_of_none(struct users_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	users_facts_add(facts, span_str("{PLAIN}"));
}

void users_example(struct users *u, struct user_row *row)
{
	const struct users_facts *costliest = NULL;
	struct users_facts none;

	for (size_t i = 0; i < u->n; i++) {
		const struct users_facts *facts = users_facts_of(&u->stores[i]);

		if (facts->example[0] &&
		    (!costliest ||
		     facts->example_work_us > costliest->example_work_us))
			costliest = facts;
	}
	if (!costliest) {
		users_example_of_none(&none);
		costliest = &none;
	}
	memset(row, 0, sizeof(*row));
	memcpy(row->password, costliest->example, sizeof(costliest->example));
}
