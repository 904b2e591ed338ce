/* SPDX-License-Identifier: ISC */
#include "store/maildrop_list.h"

#include <errno.h>
#include <nettle/sha2.h>

#include "base/buf.h"
#include "proto/maildir.h"

enum {
	RUN = 16,   /* items sorted by insertion before merging */
	AHEAD = 16, /* items fetched into the cache before their turn */
};

/*
 * Sizes in a name can be true only if the message with CRLF is no smaller than
 * the file and no larger than one of line ends only.
 */
static void claim_sizes(struct maildrop_item *item,
			const struct maildir_name *parts)
{
	if (item->sized || !parts->has_s || !parts->has_w ||
	    parts->w < parts->s || parts->w - parts->s > parts->s + 2)
		return;
	item->file_size = parts->s;
	item->size = parts->w;
	item->claimed = true;
}

/* Puts name, NUL and unique-id at the end of the names. */
static int add_text(struct maildrop_list *l, struct span name, struct span uid,
		    uint64_t *at)
{
	char *text = maildrop_arena_add(&l->names, name.n + 1 + uid.n);

	if (!text)
		return -ENOMEM;
	memcpy(text, name.p, name.n);
	text[name.n] = 0;
	if (uid.n)
		memcpy(text + name.n + 1, uid.p, uid.n);
	*at = l->names.used - (name.n + 1 + uid.n);
	return 0;
}

int maildrop_list_add(struct maildrop_list *l, struct span name,
		      struct span uid, const struct maildrop_item *item)
{
	struct maildrop_item *to;
	struct maildir_name parts;
	uint64_t at;

	if (l->n == UINT32_MAX || add_text(l, name, uid, &at) != 0)
		return -ENOMEM;
	to = maildrop_arena_add(&l->items, sizeof(*to));
	if (!to)
		return -ENOMEM;
	maildir_name_parse(name, &parts);
	*to = *item;
	to->at = at;
	to->name_n = (uint8_t)name.n;
	to->base_n = (uint8_t)parts.base.n;
	to->uid_n = (uint8_t)uid.n;
	to->time = parts.time;
	to->hash_uid = !maildir_base_is_uid(parts.base);
	claim_sizes(to, &parts);
	l->n++;
	return 0;
}

void maildrop_list_free(struct maildrop_list *l)
{
	maildrop_arena_free(&l->items);
	maildrop_arena_free(&l->names);
	l->n = 0;
}

int maildrop_list_order(uint64_t time_a, struct span base_a, uint64_t time_b,
			struct span base_b)
{
	if (time_a != time_b)
		return time_a < time_b ? -1 : 1;
	return span_order(base_a, base_b);
}

/* What is moved about while sorting: by time first, then what is equal. */
struct key {
	uint64_t time;
	uint32_t i;
};

static bool is_after(const struct maildrop_list *l, const struct key *ka,
		     const struct key *kb)
{
	const struct maildrop_item *a = &maildrop_list_items(l)[ka->i];
	const struct maildrop_item *b = &maildrop_list_items(l)[kb->i];
	int order =
		span_order(maildrop_list_base(l, a), maildrop_list_base(l, b));

	if (order == 0)
		order = span_order(maildrop_list_name(l, a),
				   maildrop_list_name(l, b));
	if (order == 0)
		order = a->in_new - b->in_new;
	return order > 0;
}

static void sort_run(const struct maildrop_list *l, struct key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct key k = keys[i];
		size_t j = i;

		for (; j > 0 && is_after(l, &keys[j - 1], &k); j--)
			keys[j] = keys[j - 1];
		keys[j] = k;
	}
}

/* Merges two sorted neighbours: [from, from + a) and the b keys behind them. */
static void merge(const struct maildrop_list *l, const struct key *from,
		  size_t a, size_t b, struct key *to)
{
	const struct key *left = from, *right = from + a;
	const struct key *left_end = right, *right_end = right + b;

	if (b == 0 || !is_after(l, right - 1, right)) {
		memcpy(to, from, (a + b) * sizeof(*from));
		return;
	}
	while (left < left_end && right < right_end)
		*to++ = is_after(l, left, right) ? *right++ : *left++;
	memcpy(to, left, (size_t)(left_end - left) * sizeof(*left));
	to += left_end - left;
	memcpy(to, right, (size_t)(right_end - right) * sizeof(*right));
}

/*
 * Merge sort from the bottom up, of keys of equal time; returns where the
 * result is.
 */
static struct key *sort_equals(const struct maildrop_list *l, struct key *keys,
			       struct key *spare, size_t n)
{
	for (size_t i = 0; i < n; i += RUN)
		sort_run(l, keys + i, n - i < RUN ? n - i : RUN);
	for (size_t width = RUN; width < n; width *= 2) {
		struct key *swap = keys;

		for (size_t i = 0; i < n; i += 2 * width) {
			size_t a = n - i < width ? n - i : width;
			size_t b = n - i - a < width ? n - i - a : width;

			merge(l, keys + i, a, b, spare + i);
		}
		keys = spare;
		spare = swap;
	}
	return keys;
}

/* One pass of a radix sort, by the octet of the time at `shift`. */
static void scatter(const struct key *from, size_t n, unsigned shift,
		    struct key *to)
{
	uint32_t starts[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		starts[from[i].time >> shift & 255]++;
	for (size_t i = 0; i < 256; i++) {
		uint32_t count = starts[i];

		starts[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[starts[from[i].time >> shift & 255]++] = from[i];
}

/* Returns where the result is. */
static struct key *sort_by_time(struct key *keys, struct key *spare, size_t n)
{
	uint64_t differ = 0;

	for (size_t i = 1; i < n; i++)
		differ |= keys[i].time ^ keys[0].time;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		struct key *swap = keys;

		if ((differ >> shift & 255) == 0)
			continue;
		scatter(keys, n, shift, spare);
		keys = spare;
		spare = swap;
	}
	return keys;
}

static struct key *sort_keys(const struct maildrop_list *l, struct key *keys,
			     struct key *spare, size_t n)
{
	struct key *sorted = sort_by_time(keys, spare, n);

	spare = sorted == keys ? spare : keys;
	for (size_t i = 0, end; i < n; i = end) {
		struct key *from;

		for (end = i + 1; end < n; end++) {
			if (sorted[end].time != sorted[i].time)
				break;
		}
		if (end == i + 1)
			continue;
		from = sort_equals(l, sorted + i, spare + i, end - i);
		if (from != sorted + i)
			memcpy(sorted + i, from, (end - i) * sizeof(*from));
	}
	return sorted;
}

/*
 * Puts items and names into the order of the keys, so that whatever comes
 * after goes through memory from its beginning to its end.
 */
static int rearrange(struct maildrop_list *l, const struct key *keys)
{
	const struct maildrop_item *items = maildrop_list_items(l);
	struct maildrop_list to = {.n = l->n};
	struct maildrop_item *item;
	char *text;

	item = maildrop_arena_add(&to.items, sizeof(*item) * l->n);
	text = maildrop_arena_add(&to.names, l->names.used);
	if (!item || !text) {
		maildrop_list_free(&to);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < l->n; i++, item++) {
		size_t n;

		if (i + AHEAD < l->n)
			__builtin_prefetch(&items[keys[i + AHEAD].i]);
		if (i + AHEAD / 2 < l->n)
			__builtin_prefetch(maildrop_list_text(
				l, &items[keys[i + AHEAD / 2].i]));
		*item = items[keys[i].i];
		n = item->name_n + 1U + item->uid_n;
		memcpy(text, l->names.p + item->at, n);
		item->at = (uint64_t)(text - (char *)to.names.p);
		text += n;
	}
	maildrop_list_free(l);
	*l = to;
	return 0;
}

int maildrop_list_sort(struct maildrop_list *l)
{
	struct maildrop_arena scratch = {0};
	const struct maildrop_item *items = maildrop_list_items(l);
	struct key *keys;
	int error = -ENOMEM;

	if (l->n < 2)
		return 0;
	keys = maildrop_arena_add(&scratch, 2 * sizeof(*keys) * l->n);
	if (keys) {
		for (uint32_t i = 0; i < l->n; i++)
			keys[i] = (struct key){items[i].time, i};
		keys = sort_keys(l, keys, keys + l->n, l->n);
		error = rearrange(l, keys);
	}
	maildrop_arena_free(&scratch);
	return error;
}

/* "." and the SHA-256 of the base name, or of it and a NUL and the ordinal. */
static void make_uid(struct span base, uint32_t ordinal, struct buf *out)
{
	unsigned char digest[SHA256_DIGEST_SIZE];
	char number[12];
	struct buf text;
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, base.n, (const uint8_t *)base.p);
	if (ordinal > 1) {
		buf_init(&text, number, sizeof(number));
		buf_add_char(&text, 0);
		buf_add_u64(&text, ordinal);
		sha256_update(&hash, text.n, (const uint8_t *)text.p);
	}
	sha256_digest(&hash, sizeof(digest), digest);
	buf_reset(out);
	buf_add_char(out, '.');
	buf_add_hex(out, digest, sizeof(digest));
}

bool maildrop_list_are_twins(const struct maildrop_list *l, uint32_t a,
			     uint32_t b)
{
	const struct maildrop_item *items = maildrop_list_items(l);

	return items[a].time == items[b].time &&
	       span_equal(maildrop_list_base(l, &items[a]),
			  maildrop_list_base(l, &items[b]));
}

/* Gives item i another name or unique-id; neither lies in the list. */
static int set_text(struct maildrop_list *l, uint32_t i, struct span name,
		    struct span uid)
{
	struct maildrop_item *item = &maildrop_list_items(l)[i];

	item->name_n = (uint8_t)name.n;
	item->uid_n = (uint8_t)uid.n;
	return add_text(l, name, uid, &item->at);
}

int maildrop_list_rename(struct maildrop_list *l, uint32_t i, struct span name,
			 bool in_new)
{
	struct maildrop_item *item = &maildrop_list_items(l)[i];

	item->in_new = in_new;
	item->gone = false;
	item->base_n = (uint8_t)maildir_name_base(name).n;
	item->hash_uid = !maildir_base_is_uid(span_take(name, item->base_n));
	return set_text(l, i, name, span_make("", 0));
}

int maildrop_list_identify(struct maildrop_list *l)
{
	char name[UINT8_MAX], text[MAILDIR_UID_MAX];
	struct buf uid;
	uint32_t ordinal = 1;
	int error = 0;

	buf_init(&uid, text, sizeof(text));
	for (uint32_t i = 0; i < l->n && error == 0; i++) {
		const struct maildrop_item *item = &maildrop_list_items(l)[i];
		struct span base = maildrop_list_base(l, item);

		if (i > 0 && maildrop_list_are_twins(l, i - 1, i))
			ordinal++;
		else
			ordinal = 1;
		if (item->uid_n > 0 || (ordinal == 1 && !item->hash_uid))
			continue;
		make_uid(base, ordinal, &uid);
		memcpy(name, base.p, item->name_n);
		error = set_text(l, i, span_make(name, item->name_n),
				 buf_span(&uid));
	}
	return error;
}

void maildrop_list_sweep(struct maildrop_list *l)
{
	struct maildrop_item *items = maildrop_list_items(l);
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		if (!items[i].gone)
			items[n++] = items[i];
	}
	l->n = n;
	l->items.used = n * sizeof(*items);
}

uint32_t maildrop_list_find(const struct maildrop_list *l, struct span base)
{
	const struct maildrop_item *items = maildrop_list_items(l);
	struct maildir_name parts;
	uint32_t low = 0, high = l->n;

	maildir_name_parse(base, &parts);
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (maildrop_list_order(items[mid].time,
					maildrop_list_base(l, &items[mid]),
					parts.time, base) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < l->n && span_equal(maildrop_list_base(l, &items[low]), base))
		return low;
	return l->n;
}
