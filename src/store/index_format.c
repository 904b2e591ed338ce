/* SPDX-License-Identifier: ISC */
#include "store/index_format.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const unsigned char magic[8] = {'p', '3', 's', 'i', 'd', 'x', '\n', 1};

enum {
	STAMP_SETTLED = 1, /* bits of a stamp */
	RECORD_NEW = 1,	   /* bits of a record */
	RECORD_CLAIMED = 2,
	RECORD_BITS = RECORD_NEW | RECORD_CLAIMED,
	CHECKSUM = 8, /* octets */
};

/* Moves through the octets of a header or a record. */
struct writer {
	unsigned char *p;
};

struct reader {
	const unsigned char *p;
};

static void put(struct writer *w, uint64_t v, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		*w->p++ = (unsigned char)(v >> (8 * i));
}

static uint64_t get(struct reader *r, size_t octets)
{
	uint64_t v = 0;

	for (size_t i = 0; i < octets; i++)
		v |= (uint64_t)*r->p++ << (8 * i);
	return v;
}

static void put_stamp(struct writer *w, const struct index_stamp *s)
{
	put(w, s->dev, 8);
	put(w, s->ino, 8);
	put(w, (uint64_t)s->mtime_s, 8);
	put(w, (uint64_t)s->ctime_s, 8);
	put(w, s->mtime_ns, 4);
	put(w, s->ctime_ns, 4);
	put(w, s->settled ? STAMP_SETTLED : 0, 8);
}

static void get_stamp(struct reader *r, struct index_stamp *s)
{
	s->dev = get(r, 8);
	s->ino = get(r, 8);
	s->mtime_s = (int64_t)get(r, 8);
	s->ctime_s = (int64_t)get(r, 8);
	s->mtime_ns = (uint32_t)get(r, 4);
	s->ctime_ns = (uint32_t)get(r, 4);
	s->settled = get(r, 8) == STAMP_SETTLED;
}

static uint64_t header_checksum(const unsigned char *head)
{
	return XXH3_64bits(head, INDEX_HEADER - CHECKSUM);
}

void index_header_encode(const struct index_header *h,
			 unsigned char out[INDEX_HEADER])
{
	struct writer w = {out + sizeof(magic)};

	memset(out, 0, INDEX_HEADER);
	memcpy(out, magic, sizeof(magic));
	put(&w, h->id, 8);
	put(&w, h->base_id, 8);
	put(&w, h->count, 4);
	put(&w, h->in_new, 4);
	put(&w, h->claimed, 4);
	put(&w, h->base_count, 4);
	put(&w, h->octets, 8);
	put(&w, h->base_octets, 8);
	put(&w, h->pool_blocks, 8);
	for (size_t i = 0; i < INDEX_FOLDERS; i++)
		put_stamp(&w, &h->stamps[i]);
	w.p = out + INDEX_HEADER - CHECKSUM;
	put(&w, header_checksum(out), CHECKSUM);
}

/* Every name takes at least one octet of the pool and at most a block. */
static bool header_is_possible(const struct index_header *h)
{
	if (h->id == 0 || h->id == h->base_id || h->in_new > h->count ||
	    h->claimed > h->count || h->pool_blocks > h->count)
		return false;
	if (h->base_id == 0 && (h->base_count || h->base_octets))
		return false;
	return h->base_count <= UINT32_MAX - h->count &&
	       h->base_octets <= UINT64_MAX - h->octets;
}

bool index_header_decode(const unsigned char in[INDEX_HEADER],
			 struct index_header *h)
{
	struct reader r = {in + sizeof(magic)};
	struct reader sum = {in + INDEX_HEADER - CHECKSUM};

	if (memcmp(in, magic, sizeof(magic)) != 0 ||
	    get(&sum, CHECKSUM) != header_checksum(in))
		return false;
	h->id = get(&r, 8);
	h->base_id = get(&r, 8);
	h->count = (uint32_t)get(&r, 4);
	h->in_new = (uint32_t)get(&r, 4);
	h->claimed = (uint32_t)get(&r, 4);
	h->base_count = (uint32_t)get(&r, 4);
	h->octets = get(&r, 8);
	h->base_octets = get(&r, 8);
	h->pool_blocks = get(&r, 8);
	for (size_t i = 0; i < INDEX_FOLDERS; i++)
		get_stamp(&r, &h->stamps[i]);
	return header_is_possible(h);
}

bool index_header_continues(const struct index_header *tail,
			    const struct index_header *base)
{
	return base->base_id == 0 && tail->base_id == base->id &&
	       tail->base_count == base->count &&
	       tail->base_octets == base->octets;
}

uint64_t index_pool_start(const struct index_header *h)
{
	return 1 + ((uint64_t)h->count + INDEX_RECORDS_PER_BLOCK - 1) /
			   INDEX_RECORDS_PER_BLOCK;
}

uint64_t index_end(const struct index_header *h)
{
	return index_pool_start(h) + h->pool_blocks;
}

uint64_t index_record_block(uint32_t i)
{
	return 1 + i / INDEX_RECORDS_PER_BLOCK;
}

size_t index_record_offset(uint32_t i)
{
	return (size_t)(i % INDEX_RECORDS_PER_BLOCK) * INDEX_RECORD;
}

void index_record_encode(const struct index_record *r,
			 unsigned char out[INDEX_RECORD])
{
	struct writer w = {out};

	put(&w, r->size, 8);
	put(&w, r->file_size, 8);
	put(&w, r->place, 8);
	put(&w, r->name_n, 1);
	put(&w, r->base_n, 1);
	put(&w, r->uid_n, 1);
	put(&w,
	    (r->in_new ? RECORD_NEW : 0U) | (r->claimed ? RECORD_CLAIMED : 0U),
	    5);
}

bool index_record_decode(const unsigned char in[INDEX_RECORD],
			 const struct index_header *h, struct index_record *r)
{
	struct reader reader = {in};
	uint64_t bits, end;

	r->size = get(&reader, 8);
	r->file_size = get(&reader, 8);
	r->place = get(&reader, 8);
	r->name_n = (uint8_t)get(&reader, 1);
	r->base_n = (uint8_t)get(&reader, 1);
	r->uid_n = (uint8_t)get(&reader, 1);
	bits = get(&reader, 5);
	r->in_new = bits & RECORD_NEW;
	r->claimed = bits & RECORD_CLAIMED;

	end = index_name_offset(r) + r->name_n + r->uid_n;
	return bits <= RECORD_BITS && r->name_n > 0 && r->base_n <= r->name_n &&
	       r->uid_n <= INDEX_UID_MAX && end <= INDEX_PAYLOAD &&
	       r->place / INDEX_BLOCK < h->pool_blocks;
}

uint64_t index_name_block(const struct index_header *h,
			  const struct index_record *r)
{
	return index_pool_start(h) + r->place / INDEX_BLOCK;
}

size_t index_name_offset(const struct index_record *r)
{
	return r->place % INDEX_BLOCK;
}

uint64_t index_pool_place(uint64_t place, size_t n)
{
	if (place % INDEX_BLOCK + n > INDEX_PAYLOAD)
		place += INDEX_BLOCK - place % INDEX_BLOCK;
	return place;
}

bool index_name_is_safe(struct span name)
{
	return name.n >= 1 && name.n <= INDEX_NAME_MAX && name.p[0] != '.' &&
	       span_find(name, '/') == name.n && span_find(name, 0) == name.n;
}

bool index_uid_is_valid(struct span uid)
{
	for (size_t i = 0; i < uid.n; i++) {
		if (uid.p[i] < 0x21 || uid.p[i] > 0x7e)
			return false;
	}
	return uid.n >= 1 && uid.n <= INDEX_UID_MAX;
}

static uint64_t block_checksum(const unsigned char *block, uint64_t id,
			       uint64_t number)
{
	return XXH3_64bits_withSeed(block, INDEX_PAYLOAD, id + number);
}

void index_block_seal(unsigned char block[INDEX_BLOCK], uint64_t id,
		      uint64_t number)
{
	struct writer w = {block + INDEX_PAYLOAD};

	put(&w, block_checksum(block, id, number), CHECKSUM);
}

bool index_block_is_whole(const unsigned char block[INDEX_BLOCK], uint64_t id,
			  uint64_t number)
{
	struct reader r = {block + INDEX_PAYLOAD};

	return get(&r, CHECKSUM) == block_checksum(block, id, number);
}
