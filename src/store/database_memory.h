/* SPDX-License-Identifier: ISC */
/*
 * Memory for the database library. Private to the database_*.c.
 *
 * Passwords pass through it, so none is given back uncleared. A login opens the
 * database, asks one thing, and closes it: what that takes comes from one
 * piece, which is mapped with one call, never searched for room, and given back
 * whole. What does not fit, and whatever is asked for while there is no piece,
 * comes from malloc(3).
 */
#ifndef STORE_DATABASE_MEMORY_H
#define STORE_DATABASE_MEMORY_H

#include <sqlite3.h>

/* For SQLITE_CONFIG_MALLOC. */
extern const sqlite3_mem_methods database_memory;

/* Takes a piece, unless there is one or none can be had. */
void database_memory_begin(void);

/* Gives it back, unless something in it is still in use. */
void database_memory_end(void);

#endif
