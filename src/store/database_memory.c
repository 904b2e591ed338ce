/* SPDX-License-Identifier: ISC */
#include "store/database_memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	PIECE_SIZE = 128 * 1024,
	HEAD = 8, /* in front of each block, its size */
};

/* The one piece. */
static struct {
	char *from; /* NULL: there is none */
	size_t used;
	size_t blocks; /* that are not free yet */
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
	piece.from = from;
	piece.used = piece.blocks = 0;
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
	return (n + 7) & ~7;
}

static void *piece_take(size_t n)
{
	char *at = piece.from + piece.used;

	if (!piece.from || n + HEAD > PIECE_SIZE - piece.used)
		return NULL;
	memcpy(at, &n, sizeof(n));
	piece.used += n + HEAD;
	piece.blocks++;
	return at + HEAD;
}

static int memory_size(void *p)
{
	size_t n;

	if (!p)
		return 0;
	if (!is_in_piece(p))
		return (int)malloc_usable_size(p);
	memcpy(&n, (char *)p - HEAD, sizeof(n));
	return (int)n;
}

static void *memory_take(int n)
{
	void *p = piece_take((size_t)memory_roundup(n));

	return p ? p : malloc((size_t)n);
}

static void memory_give(void *p)
{
	size_t n = (size_t)memory_size(p);

	if (!is_in_piece(p)) {
		explicit_bzero(p, n);
		free(p);
		return;
	}
	/* Cleared, and gone, with the whole; the last one can be had again. */
	piece.blocks--;
	if ((char *)p + n == piece.from + piece.used)
		piece.used -= n + HEAD;
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
