/* SPDX-License-Identifier: ISC */
#include "store/database_memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	PIECE_SIZE = 80 * 1024,
	HEAD = 8, /* in front of each block, its size */
	/* Blocks that were given back are kept by their size; the last list is
	 * of those that are larger. */
	STEP = 16,
	LISTS = 64,
};

struct memory_free {
	struct memory_free *next;
};

/* The one piece. */
static struct {
	char *from; /* NULL: there is none */
	size_t used;
	size_t blocks; /* that are in use */
	struct memory_free *lists[LISTS + 1];
} piece;

void database_memory_begin(void)
{
	void *from;

	if (piece.from)
		return;
	/* All pages at once: a fault for each costs more than all the rest. */
	from = mmap(NULL, PIECE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (from == MAP_FAILED)
		return;
	memset(&piece, 0, sizeof(piece));
	piece.from = from;
}

void database_memory_end(void)
{
	if (!piece.from || piece.blocks)
		return;
	(void)munmap(piece.from, PIECE_SIZE);
	piece.from = NULL;
}

static bool is_in_piece(const void *p)
{
	const char *at = p;

	return piece.from && at >= piece.from && at < piece.from + PIECE_SIZE;
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

static struct memory_free **piece_list(size_t n)
{
	return &piece.lists[n / STEP < LISTS ? n / STEP : LISTS];
}

/* One that was given back; NULL: none is large enough. */
static void *piece_reuse(size_t n)
{
	struct memory_free **at = piece_list(n);
	struct memory_free *block;

	while (*at && block_size(*at) < n)
		at = &(*at)->next;
	block = *at;
	if (block)
		*at = block->next;
	return block;
}

static void *piece_take(size_t n)
{
	char *block = piece_reuse(n);

	if (!block && n + HEAD <= PIECE_SIZE - piece.used) {
		block = piece.from + piece.used + HEAD;
		memcpy(block - HEAD, &n, sizeof(n));
		piece.used += n + HEAD;
	}
	if (block)
		piece.blocks++;
	return block;
}

static void piece_give(struct memory_free *block)
{
	struct memory_free **at = piece_list(block_size(block));

	block->next = *at;
	*at = block;
	piece.blocks--;
}

static int memory_size(void *p)
{
	if (!p)
		return 0;
	return (int)(is_in_piece(p) ? block_size(p) : malloc_usable_size(p));
}

static void *memory_take(int n)
{
	void *p = piece.from ? piece_take((size_t)memory_roundup(n)) : NULL;

	return p ? p : malloc((size_t)n);
}

/* What is in the piece is cleared, and gone, with the whole. */
static void memory_give(void *p)
{
	if (is_in_piece(p)) {
		piece_give(p);
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
