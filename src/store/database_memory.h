/* SPDX-License-Identifier: ISC */
/*
 * Memory for the database library. Private to the database_*.c.
 *
 * Passwords pass through it, so none is given back uncleared. A login opens the
 * database, asks one thing, and closes it: what that takes comes from one
 * piece, which is mapped with one call, never searched for room, and given back
 * whole. A connection that is kept (store/database_kept.h) has a piece of its
 * own. What does not fit, and whatever is asked for while there is no piece to
 * take from, comes from malloc(3).
 */
#ifndef STORE_DATABASE_MEMORY_H
#define STORE_DATABASE_MEMORY_H

#include <sqlite3.h>
#include <stdbool.h>

/* For SQLITE_CONFIG_MALLOC. */
extern const sqlite3_mem_methods database_memory;

enum database_memory_use {
	DATABASE_MEMORY_LOOK,
	DATABASE_MEMORY_KEPT,
	DATABASE_MEMORIES,
};

/* Takes from that piece from now on, and maps it unless it is there. Where none
 * can be had, all works without. */
void database_memory_begin(enum database_memory_use use);

/* Takes from none, for now. */
void database_memory_leave(void);

/* The same, and gives the piece back, unless something in it is in use. */
void database_memory_end(enum database_memory_use use);

/* The same whatever is in use, for who knows that nothing points to it. False:
 * something found no room and is elsewhere; nothing was given back. */
bool database_memory_discard(enum database_memory_use use);

#endif
