/* SPDX-License-Identifier: ISC */
#include "store/database_memory.h"

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	PIECE_SIZE = 128 * 1024, /* also for a tree of a million users */
	HEAD = 8,		 /* in front of each block, its size */
	/* Blocks that were given back are kept by their size; the last list is
	 * of those that are larger. */
	STEP = 16,
	LISTS = 64,
};

struct memory_free {
	struct memory_free *next;
};

static struct piece {
	char *from; /* NULL: there is none */
	size_t used;
	size_t blocks;	/* that are in use */
	bool has_spilt; /* something found no room in it */
	struct memory_free *lists[LISTS + 1];
} pieces[DATABASE_MEMORIES];

/* From which is taken; NULL: from none. */
static struct piece *current;

void database_memory_begin(enum database_memory_use use)
{
	struct piece *piece = &pieces[use];
	void *from;

	current = NULL;
	if (!piece->from) {
		/* All pages at once: a fault for each costs more than all the
		 * rest. */
		from = mmap(NULL, PIECE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (from == MAP_FAILED)
			return;
		memset(piece, 0, sizeof(*piece));
		piece->from = from;
	}
	current = piece;
}

void database_memory_leave(void)
{
	current = NULL;
}

static void piece_unmap(struct piece *piece)
{
	(void)munmap(piece->from, PIECE_SIZE);
	piece->from = NULL;
}

void database_memory_end(enum database_memory_use use)
{
	struct piece *piece = &pieces[use];

	current = NULL;
	if (piece->from && !piece->blocks)
		piece_unmap(piece);
}

bool database_memory_discard(enum database_memory_use use)
{
	struct piece *piece = &pieces[use];

	current = NULL;
	if (!piece->from || piece->has_spilt)
		return false;
	piece_unmap(piece);
	return true;
}

/* NULL: it is in none. */
static struct piece *piece_of(const void *p)
{
	const char *at = p;

	for (size_t i = 0; i < DATABASE_MEMORIES; i++) {
		struct piece *piece = &pieces[i];

		if (piece->from && at >= piece->from &&
		    at < piece->from + PIECE_SIZE)
			return piece;
	}
	return NULL;
}

static int memory_roundup(int n)
{
	return (n + STEP - 1) & ~(STEP - 1);
}

static size_t block_size(const void *block)
{
	size_t n;

	memcpy(&n, (const char *)block - HEAD, sizeof(n));
	return n;
}

static struct memory_free **piece_list(struct piece *piece, size_t n)
{
	return &piece->lists[n / STEP < LISTS ? n / STEP : LISTS];
}

/* One that was given back; NULL: none is large enough. */
static void *piece_reuse(struct piece *piece, size_t n)
{
	struct memory_free **at = piece_list(piece, n);
	struct memory_free *block;

	while (*at && block_size(*at) < n)
		at = &(*at)->next;
	block = *at;
	if (block)
		*at = block->next;
	return block;
}

static void *piece_take(struct piece *piece, size_t n)
{
	char *block = piece_reuse(piece, n);

	if (!block && n + HEAD <= PIECE_SIZE - piece->used) {
		block = piece->from + piece->used + HEAD;
		memcpy(block - HEAD, &n, sizeof(n));
		piece->used += n + HEAD;
	}
	if (block)
		piece->blocks++;
	else
		piece->has_spilt = true;
	return block;
}

static void piece_give(struct piece *piece, struct memory_free *block)
{
	struct memory_free **at = piece_list(piece, block_size(block));

	block->next = *at;
	*at = block;
	piece->blocks--;
}

static int memory_size(void *p)
{
	if (!p)
		return 0;
	return (int)(piece_of(p) ? block_size(p) : malloc_usable_size(p));
}

static void *memory_take(int n)
{
	void *p =
		current ? piece_take(current, (size_t)memory_roundup(n)) : NULL;

	return p ? p : malloc((size_t)n);
}

/* What is in a piece is cleared, and gone, with the whole. */
static void memory_give(void *p)
{
	struct piece *piece = piece_of(p);

	if (piece) {
		piece_give(piece, p);
		return;
	}
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *memory_retake(void *p, int n)
{
	size_t had = (size_t)memory_size(p);
	void *q;

	if (had >= (size_t)n)
		return p;
	q = memory_take(n);
	if (!q)
		return NULL;
	memcpy(q, p, had);
	memory_give(p);
	return q;
}

static int memory_nothing(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void memory_no_more(void *unused)
{
	(void)unused;
}

const sqlite3_mem_methods database_memory = {
	.xMalloc = memory_take,
	.xFree = memory_give,
	.xRealloc = memory_retake,
	.xSize = memory_size,
	.xRoundup = memory_roundup,
	.xInit = memory_nothing,
	.xShutdown = memory_no_more,
};
