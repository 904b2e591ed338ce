/* SPDX-License-Identifier: ISC */
/*
 * The layout of an index file, and the checks on it. Pure: no system calls.
 *
 * A file is a row of blocks of 4096 octets:
 *
 *	block 0         the header, its first 256 octets; the rest is zero
 *	record blocks   fixed-width records, 127 to a block
 *	pool blocks     names (and unique-ids that are not part of the name);
 *	                none lies across the border of two blocks
 *
 * All numbers are little-endian and of fixed width. The last 8 octets of each
 * block but the first are the XXH3 of the rest, seeded with the file's own
 * random number and the block's place, so that neither a block of another
 * file nor one from elsewhere in this file passes. The header has a checksum
 * of its own. Checksums find damage; they are no defence against the owner of
 * the Maildir, who could do as he likes with his mail without them.
 *
 * A tail is a file of the same layout whose rows follow those of the base that
 * it names; its header's stamps and totals are those of both together.
 */
#ifndef STORE_INDEX_FORMAT_H
#define STORE_INDEX_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
	INDEX_BLOCK = 4096,
	INDEX_PAYLOAD = INDEX_BLOCK - 8,
	INDEX_HEADER = 256,
	INDEX_RECORD = 32,
	INDEX_RECORDS_PER_BLOCK = INDEX_PAYLOAD / INDEX_RECORD,
	INDEX_NAME_MAX = 255,
	INDEX_UID_MAX = 70,
};

enum index_folder { INDEX_NEW, INDEX_CUR, INDEX_FOLDERS };

/*
 * A folder as it was before it was read. While a folder still looks like this
 * and `settled` is true, what was read then is what it holds.
 */
struct index_stamp {
	uint64_t dev, ino; /* both 0: there is no such folder */
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
	bool settled; /* no later change can have left the same times */
};

struct index_header {
	uint64_t id;	  /* random, of this file */
	uint64_t base_id; /* of a tail: the base that it continues; else 0 */
	uint32_t count;	  /* rows in this file */
	uint32_t in_new;  /* rows of this file that are in new/ */
	uint32_t claimed; /* rows whose size is not yet checked; 0: all are, */
			  /* whatever the records say */
	uint32_t base_count;  /* of a tail: rows in the base; else 0 */
	uint64_t octets;      /* sizes in this file */
	uint64_t base_octets; /* of a tail: sizes in the base; else 0 */
	uint64_t pool_blocks;
	struct index_stamp stamps[INDEX_FOLDERS];
};

struct index_record {
	uint64_t size;	    /* octets as RETR sends them */
	uint64_t file_size; /* octets of the file */
	uint64_t place;	    /* of the name, octets from the pool's start */
	uint8_t name_n;	    /* octets of the name, 1 to 255 */
	uint8_t base_n;	    /* of which the base name, 0 to name_n */
	uint8_t uid_n;	    /* octets of the unique-id behind the name; 0: */
			    /* the base name is the unique-id */
	bool in_new;
	bool claimed;
};

void index_header_encode(const struct index_header *,
			 unsigned char out[INDEX_HEADER]);

/* False: damaged, of another version, or impossible. */
bool index_header_decode(const unsigned char in[INDEX_HEADER],
			 struct index_header *);

/* Do the rows of `tail` follow those of `base`? */
bool index_header_continues(const struct index_header *tail,
			    const struct index_header *base);

/* Numbers of the first pool block and of the block after the last. */
uint64_t index_pool_start(const struct index_header *);
uint64_t index_end(const struct index_header *);

/* Where the record of row i (from 0) is. */
uint64_t index_record_block(uint32_t i);
size_t index_record_offset(uint32_t i);

void index_record_encode(const struct index_record *,
			 unsigned char out[INDEX_RECORD]);

/* False: impossible by itself or in a file with this header. */
bool index_record_decode(const unsigned char in[INDEX_RECORD],
			 const struct index_header *, struct index_record *);

/* Where in the pool a name of that record is. */
uint64_t index_name_block(const struct index_header *,
			  const struct index_record *);
size_t index_name_offset(const struct index_record *);

/* A place for n octets at or after `place` that crosses no border. */
uint64_t index_pool_place(uint64_t place, size_t n);

/* Not empty, at most 255 octets, no '/', no NUL, no leading dot. */
bool index_name_is_safe(struct span);
/* 1 to 70 octets of 0x21 to 0x7E, RFC 1939 section 7. */
bool index_uid_is_valid(struct span);

/* Writes and checks the checksum of block `number` of file `id`. */
void index_block_seal(unsigned char block[INDEX_BLOCK], uint64_t id,
		      uint64_t number);
bool index_block_is_whole(const unsigned char block[INDEX_BLOCK], uint64_t id,
			  uint64_t number);

#endif
