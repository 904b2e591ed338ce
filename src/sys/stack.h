/* SPDX-License-Identifier: ISC
 *
 * Where on the stack a process that forks again and again does so. After a fork
 * parent and child each get a copy of every page of it that they write to; a
 * loop whose calls lie in one page costs both one page, and not two.
 */
#ifndef SYS_STACK_H
#define SYS_STACK_H

/* Calls `run` with its frame, and those of what it calls, from the beginning of
 * a page on. Returns when it does. */
void stack_run_on_page(void (*run)(void *context), void *context);

#endif
