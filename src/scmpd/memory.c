/* SPDX-License-Identifier: ISC */
#include "scmpd/memory.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void give_back(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* (realloc(3) would leave a copy where it moves.) */
static void *resize(void *p, size_t n)
{
	size_t before = p ? malloc_usable_size(p) : 0;
	void *new = malloc(n);

	if (!new)
		return NULL;
	if (p)
		memcpy(new, p, before < n ? before : n);
	give_back(p);
	return new;
}

void memory_clear_of_events(void)
{
	event_set_mem_functions(malloc, resize, give_back);
}
