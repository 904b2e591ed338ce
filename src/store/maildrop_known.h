/* SPDX-License-Identifier: ISC */
/*
 * What an index, open as a table, knows about the messages of a list. Rows are
 * counted from 1, as in store/table.h; items of the list from 0.
 */
#ifndef STORE_MAILDROP_KNOWN_H
#define STORE_MAILDROP_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"
#include "store/table.h"

/*
 * Adds the rows after number `after` that are in folders which are not fresh:
 * those have not changed. Returns 0 or as table_entry() does.
 */
int maildrop_known_add(struct table_view *, uint32_t after,
		       const bool fresh[INDEX_FOLDERS], struct maildrop_list *)
	__attribute__((warn_unused_result));

/*
 * Gives the sizes of the rows after number `after` to those items of a sorted
 * list that have none yet. Both must be in the same order; where they are not,
 * sizes stay unknown. The same holds for base names that there are several of.
 * Returns 0 or as table_entry() does.
 */
int maildrop_known_sizes(struct table_view *, uint32_t after,
			 struct maildrop_list *)
	__attribute__((warn_unused_result));

/* Is the list from its beginning, for `rows` rows, what the table says? */
bool maildrop_known_begins(struct table_view *, uint32_t rows,
			   const struct maildrop_list *);

/* Does the whole list come after row `row`, and has none of its base name? */
bool maildrop_known_precedes(struct table_view *, uint32_t row,
			     const struct maildrop_list *);

/*
 * Has each row that can be read the same base name and size as the item of its
 * number? The list has at least as many items.
 */
bool maildrop_known_agrees(struct table_view *, const struct maildrop_list *);

#endif
