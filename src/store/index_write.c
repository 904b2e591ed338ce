/* SPDX-License-Identifier: ISC */
#include "store/index_write.h"

#include <errno.h>
#include <unistd.h>

enum { GATHER = 16 }; /* blocks written at a time */

/* Sums stay so far below their type's end that those of two files add up. */
#define OCTETS_MAX (UINT64_MAX / 4)

static int write_all(int fd, const unsigned char *p, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		p += put;
		n -= (size_t)put;
		offset += (size_t)put;
	}
	return 0;
}

/* A stretch of blocks on its way into the file. */
struct stream {
	int fd;
	uint64_t id;	/* of the file */
	uint64_t first; /* number of the first block in `blocks` */
	size_t n;	/* blocks there, the last one being filled */
	unsigned char *blocks;
};

static int flush(struct stream *s)
{
	int error;

	for (size_t i = 0; i < s->n; i++)
		index_block_seal(s->blocks + i * INDEX_BLOCK, s->id,
				 s->first + i);
	error = write_all(s->fd, s->blocks, s->n * INDEX_BLOCK,
			  s->first * INDEX_BLOCK);
	s->first += s->n;
	s->n = 0;
	return error;
}

/* Where block `number` is filled: the last one begun, or the next. */
static int at_block(struct stream *s, uint64_t number, unsigned char **block)
{
	int error = 0;

	if (number == s->first + s->n) {
		if (s->n == GATHER)
			error = flush(s);
		memset(s->blocks + s->n * INDEX_BLOCK, 0, INDEX_BLOCK);
		s->n++;
	}
	*block = s->blocks + (number - s->first) * INDEX_BLOCK;
	return error;
}

struct output {
	struct stream records, pool;
	uint64_t place; /* in the pool, after what is written */
	const struct maildrop_list *list;
	struct index_header *head;
};

static int put_name(struct output *o, const struct maildrop_item *item)
{
	struct span name = maildrop_list_name(o->list, item);
	uint64_t start = index_pool_start(o->head);
	unsigned char *block;
	int error;

	o->place = index_pool_place(o->place, name.n + item->uid_n);
	error = at_block(&o->pool, start + o->place / INDEX_BLOCK, &block);
	if (error)
		return error;
	block += o->place % INDEX_BLOCK;
	memcpy(block, name.p, name.n);
	if (item->uid_n)
		memcpy(block + name.n, maildrop_list_uid(o->list, item).p,
		       item->uid_n);
	return 0;
}

static int put_item(struct output *o, uint32_t row,
		    const struct maildrop_item *item)
{
	struct index_record record = {
		.size = item->size,
		.file_size = item->file_size,
		.name_n = item->name_n,
		.base_n = item->base_n,
		.uid_n = item->uid_n,
		.in_new = item->in_new,
		.claimed = item->claimed,
	};
	unsigned char *block;
	int error = put_name(o, item);

	if (error == 0)
		error = at_block(&o->records, index_record_block(row), &block);
	if (error)
		return error;
	record.place = o->place;
	index_record_encode(&record, block + index_record_offset(row));
	o->place += (uint64_t)item->name_n + item->uid_n;
	o->head->in_new += item->in_new;
	o->head->claimed += item->claimed;
	o->head->octets += item->size;
	if (o->head->octets > OCTETS_MAX)
		o->head->octets = OCTETS_MAX;
	return 0;
}

static int put_rows(struct output *o, uint32_t from)
{
	const struct maildrop_item *items = maildrop_list_items(o->list);
	int error = 0;

	for (uint32_t i = from; i < o->list->n && error == 0; i++)
		error = put_item(o, i - from, &items[i]);
	if (error == 0)
		error = flush(&o->records);
	if (error == 0)
		error = flush(&o->pool);
	return error;
}

int index_write(int fd, const struct maildrop_list *list, uint32_t from,
		struct index_header *head)
{
	struct maildrop_arena scratch = {0};
	unsigned char octets[INDEX_HEADER];
	struct output o = {.list = list, .head = head};
	unsigned char *blocks;
	int error = 0;

	head->count = list->n - from;
	head->in_new = 0;
	head->claimed = 0;
	head->octets = 0;
	head->pool_blocks = 0;
	if (head->count > 0) {
		blocks = maildrop_arena_add(&scratch, 2 * GATHER * INDEX_BLOCK);
		if (!blocks)
			return -ENOMEM;
		o.records = (struct stream){fd, head->id, 1, 0, blocks};
		o.pool = (struct stream){fd, head->id, index_pool_start(head),
					 0, blocks + GATHER * INDEX_BLOCK};
		error = put_rows(&o, from);
		maildrop_arena_free(&scratch);
	}
	head->pool_blocks = (o.place + INDEX_BLOCK - 1) / INDEX_BLOCK;
	index_header_encode(head, octets);
	return error ? error : write_all(fd, octets, sizeof(octets), 0);
}
