/* SPDX-License-Identifier: ISC */
/*
 * Makes the list of messages: from the index as far as the folders are
 * unchanged, else from the folders, with the sizes that the index knows.
 */
#ifndef STORE_MAILDROP_RELIST_H
#define STORE_MAILDROP_RELIST_H

#include "store/index.h"
#include "store/maildrop.h"

enum maildrop_relist_how {
	MAILDROP_LIST,	/* at login */
	MAILDROP_AGAIN, /* after damage: no index; the same list or none */
	MAILDROP_AFTER, /* after UPDATE, without the lock, for the index only */
	MAILDROP_EXACT, /* after a lie: believes neither index nor names */
};

/*
 * Lists the open maildrop and replaces its tables. For MAILDROP_AGAIN the old
 * tables are what the new list is compared with: -ESTALE if it is another.
 * Returns 0 or a negative errno as maildrop_open() does.
 */
int maildrop_relist(struct maildrop *, enum maildrop_relist_how)
	__attribute__((warn_unused_result));

/* Closes the descriptors of the tables; there are none then. */
void maildrop_close_tables(struct maildrop *);

/* Where the index is. */
int maildrop_index_dir(const struct maildrop *);

#endif
