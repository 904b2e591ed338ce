/* SPDX-License-Identifier: ISC */
/*
 * What a kind of store can do. Private to the users*.c: the functions are those
 * of store/users.h and store/users_each.h, for one file.
 */
#ifndef STORE_USERS_DRIVER_H
#define STORE_USERS_DRIVER_H

#include <stdbool.h>

#include "store/users_each.h"

struct users_driver {
	struct span prefix;
	const char *number; /* what a row's number is */
	enum users_verdict (*find)(const char *path, struct span name,
				   struct user_row *row, struct buf *error);
	int (*facts)(const char *path, struct users_facts *facts);
	int (*each)(const char *path, struct buf *text, users_visitor *visit,
		    void *context);
	/* NULL: nothing can be left undone in such a store */
	bool (*is_left)(const char *path);
	int (*undo)(const char *path);
	/* NULL: nothing in such a store is without effect */
	int (*remarks)(const char *path,
		       void (*say)(void *context, const char *text),
		       void *context);
};

#endif
