/* SPDX-License-Identifier: ISC */
#include "sys/stack.h"

#include <alloca.h>
#include <stdint.h>

enum { PAGE = 4096 }; /* where pages are larger, it is a part of one */

__attribute__((noinline)) void stack_run_on_page(void (*run)(void *context),
						 void *context)
{
	char here;
	/* Takes what is left of the page: not an array, whose length varies. */
	/* cppcheck-suppress allocaCalled */
	char *rest = alloca(((uintptr_t)&here & (PAGE - 1)) + 1);

	/* It is there for its place alone, and so is this frame. */
	__asm__ volatile("" : : "r"(rest) : "memory");
	run(context);
	__asm__ volatile("" : : "r"(rest) : "memory");
}
