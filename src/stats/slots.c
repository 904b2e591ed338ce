/* SPDX-License-Identifier: ISC */
#include "stats/slots.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct slots_slot) == 64, "layout of the file");
_Static_assert(sizeof(struct slots_network) == 32, "layout of the file");

const struct shared_kind slots_kind = {
	.name = "admission",
	.magic = "p3sadmit",
	.version = 2,
	.size = sizeof(struct slots_file),
	.backed = offsetof(struct slots_file, networks),
};

enum { SLOTS_V4_BITS = 32, SLOTS_V6_BITS = 64 };

struct slots_key slots_key_of(const struct network_address *peer)
{
	struct network n = network_of(peer, SLOTS_V4_BITS, SLOTS_V6_BITS);
	struct slots_key key;

	_Static_assert(sizeof(key.octets) == sizeof(n.base.octets), "key");
	memcpy(key.octets, n.base.octets, sizeof(key.octets));
	return key;
}

uint64_t slots_user_of(const struct slots_file *f, struct span name)
{
	return shared_hash_text(&f->header, name) | 1;
}

static void slots_suspect(struct slots_file *f)
{
	f->suspect = 1;
}

static uint32_t slots_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* --- networks --- */

static uint32_t slots_networks_backed(const struct slots_file *f)
{
	return slots_least(f->networks_backed, SLOTS_MAX);
}

static uint32_t *slots_head(struct slots_file *f, const struct slots_key *key)
{
	return &f->heads[shared_hash(&f->header, key->octets) % SLOTS_HEADS];
}

static bool slots_key_equal(const struct slots_key *a,
			    const struct slots_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * Where the index + 1 of the key's entry is written (in the head or in the
 * entry before), or NULL if there is none.
 */
static uint32_t *slots_network_link(struct slots_file *f,
				    const struct slots_key *key)
{
	uint32_t *link = slots_head(f, key);

	for (uint32_t steps = 0; *link; steps++) {
		struct slots_network *n;

		if (*link > slots_networks_backed(f) || steps == SLOTS_MAX) {
			slots_suspect(f);
			return NULL;
		}
		n = &f->networks[*link - 1];
		if (slots_key_equal(&n->key, key))
			return link;
		link = &n->next;
	}
	return NULL;
}

struct slots_network *slots_network(struct slots_file *f,
				    const struct slots_key *key)
{
	uint32_t *link = slots_network_link(f, key);

	return link ? &f->networks[*link - 1] : NULL;
}

/* An entry that is in no chain: index + 1, or 0. */
static uint32_t slots_network_spare(struct slots_file *f)
{
	uint32_t spare = f->network_free;

	if (spare > slots_networks_backed(f))
		return 0;
	if (spare) {
		f->network_free = f->networks[spare - 1].next;
		return spare;
	}
	return f->network_top < slots_networks_backed(f) ? ++f->network_top : 0;
}

/* One session more. */
static void slots_network_add(struct slots_file *f, const struct slots_key *key)
{
	struct slots_network *n = slots_network(f, key);
	uint32_t spare, *head;

	if (!n) {
		spare = slots_network_spare(f);
		if (!spare) {
			slots_suspect(f);
			return;
		}
		head = slots_head(f, key);
		n = &f->networks[spare - 1];
		*n = (struct slots_network){.key = *key, .next = *head};
		*head = spare;
	}
	n->count++;
}

static void slots_network_remove(struct slots_file *f,
				 const struct slots_key *key)
{
	uint32_t *link = slots_network_link(f, key);
	uint32_t place;
	struct slots_network *n;

	if (!link) {
		slots_suspect(f);
		return;
	}
	place = *link;
	n = &f->networks[place - 1];
	if (n->count > 1) {
		n->count--;
		return;
	}
	*link = n->next;
	*n = (struct slots_network){.next = f->network_free};
	f->network_free = place;
}

/* --- slots --- */

/* The first bit from `from` on that is set in used ^ flip, or SLOTS_NONE. */
static uint32_t slots_scan(const struct slots_file *f, uint32_t from,
			   uint64_t flip)
{
	uint64_t mask = UINT64_MAX << from % 64;

	for (uint32_t word = from / 64; word < SLOTS_WORDS; word++) {
		uint64_t bits = (f->used[word] ^ flip) & mask;

		if (bits)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
		mask = UINT64_MAX;
	}
	return SLOTS_NONE;
}

uint32_t slots_free_from(struct slots_file *f, uint32_t from)
{
	uint32_t start = f->hint < SLOTS_WORDS ? f->hint * 64 : 0;
	uint32_t slot;

	slot = slots_scan(f, from > start ? from : start, UINT64_MAX);
	if (from <= start)
		f->hint = slot == SLOTS_NONE ? SLOTS_WORDS - 1 : slot / 64;
	return slot;
}

uint32_t slots_used_from(const struct slots_file *f, uint32_t from)
{
	return from < SLOTS_MAX ? slots_scan(f, from, 0) : SLOTS_NONE;
}

bool slots_is_of(const struct slots_slot *s, const struct slots_key *key,
		 uint64_t user)
{
	if (user &&
	    atomic_load_explicit(&s->user, memory_order_relaxed) != user)
		return false;
	return !key || (s->has_key && slots_key_equal(&s->key, key));
}

uint32_t slots_number_of(const struct slots_file *f, uint32_t but,
			 const struct slots_key *key, uint64_t user)
{
	uint32_t slot = 0, n = 0;

	for (; (slot = slots_used_from(f, slot)) != SLOTS_NONE; slot++)
		n += slot != but && slots_is_of(&f->slots[slot], key, user);
	return n;
}

/* Storage for the chunk behind the first *backed entries. */
static int slots_back_chunk(int fd, uint64_t from, uint32_t size,
			    uint32_t *backed)
{
	int failed =
		shared_back(fd, from + (uint64_t)*backed * size, SLOTS_CHUNK);

	if (!failed)
		*backed += SLOTS_CHUNK / size;
	return failed;
}

int slots_back(struct slots_file *f, int fd, uint32_t slot)
{
	int failed = 0;

	if (f->network_top == f->networks_backed &&
	    f->networks_backed < SLOTS_MAX)
		failed = slots_back_chunk(
			fd, offsetof(struct slots_file, networks),
			sizeof(struct slots_network), &f->networks_backed);
	while (!failed && f->slots_backed <= slot)
		failed = slots_back_chunk(
			fd, offsetof(struct slots_file, slots),
			sizeof(struct slots_slot), &f->slots_backed);
	return failed;
}

static void slots_count(struct slots_file *f, uint32_t slot)
{
	struct slots_slot *s = &f->slots[slot];

	f->used[slot / 64] |= UINT64_C(1) << slot % 64;
	f->total++;
	if (s->has_key)
		slots_network_add(f, &s->key);
}

uint64_t slots_take(struct slots_file *f, uint32_t slot,
		    const struct slots_key *key)
{
	struct slots_slot *s = &f->slots[slot];
	/* Serials differ between files, so that a ticket of a file that was
	 * since replaced fits nothing in the new one. */
	uint64_t serial = (++f->last_serial << 1 ^ f->header.key[0]) | 1;

	if (slot >= f->top)
		f->top = slot + 1;
	s->has_key = key != NULL;
	if (key)
		s->key = *key;
	atomic_store_explicit(&s->since, 0, memory_order_relaxed);
	atomic_store_explicit(&s->dev, 0, memory_order_relaxed);
	atomic_store_explicit(&s->ino, 0, memory_order_relaxed);
	atomic_store_explicit(&s->user, 0, memory_order_relaxed);
	atomic_store_explicit(&s->serial, serial, memory_order_release);
	slots_count(f, slot);
	return serial;
}

void slots_release(struct slots_file *f, uint32_t slot)
{
	struct slots_slot *s = &f->slots[slot];

	atomic_store_explicit(&s->serial, 0, memory_order_release);
	if (s->has_key)
		slots_network_remove(f, &s->key);
	f->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	if (slot / 64 < f->hint)
		f->hint = slot / 64;
	if (f->total)
		f->total--;
	else
		slots_suspect(f);
}

/* --- the critical section --- */

/* Derives everything from the slots. */
static void slots_rebuild(struct slots_file *f)
{
	uint32_t top =
		slots_least(f->top, slots_least(f->slots_backed, SLOTS_MAX));
	uint32_t new_top = 0;

	memset(f->used, 0, sizeof(f->used));
	memset(f->heads, 0, sizeof(f->heads));
	f->network_top = f->network_free = 0;
	f->hint = f->total = f->suspect = 0;
	for (uint32_t slot = 0; slot < top; slot++) {
		if (!atomic_load_explicit(&f->slots[slot].serial,
					  memory_order_relaxed))
			continue;
		new_top = slot + 1;
		slots_count(f, slot);
	}
	/* Not before the end: whoever dies on the way leaves all to do. */
	f->top = new_top;
}

void slots_begin(struct slots_file *f)
{
	bool rebuild = atomic_load(&f->dirty) || f->suspect;

	atomic_store(&f->dirty, 1);
	if (rebuild)
		slots_rebuild(f);
}

void slots_end(struct slots_file *f)
{
	atomic_store(&f->dirty, 0);
}
