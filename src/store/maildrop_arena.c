/* SPDX-License-Identifier: ISC */
#include "store/maildrop_arena.h"

#include <stdint.h>
#include <sys/mman.h>

enum {
	FIRST = 16384, /* octets; untouched pages cost nothing */
	LARGE = 2 * 1024 * 1024,
};

static int grow(struct maildrop_arena *a, size_t want)
{
	size_t mapped = a->mapped ? a->mapped : FIRST;
	void *p;

	while (mapped < want) {
		if (mapped > SIZE_MAX / 2)
			return -1;
		mapped *= 2;
	}
	if (a->p)
		p = mremap(a->p, a->mapped, mapped, MREMAP_MAYMOVE);
	else
		p = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	a->p = p;
	a->mapped = mapped;
	/* A wish: large pages save a fault for each small one. */
	if (mapped >= LARGE)
		(void)madvise(p, mapped, MADV_HUGEPAGE);
	return 0;
}

void *maildrop_arena_add(struct maildrop_arena *a, size_t n)
{
	void *p;

	if (n > SIZE_MAX - a->used)
		return NULL;
	if (a->used + n > a->mapped && grow(a, a->used + n) != 0)
		return NULL;
	p = a->p + a->used;
	a->used += n;
	return p;
}

void maildrop_arena_free(struct maildrop_arena *a)
{
	if (a->p)
		munmap(a->p, a->mapped);
	*a = (struct maildrop_arena){0};
}
