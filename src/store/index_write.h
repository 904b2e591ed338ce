/* SPDX-License-Identifier: ISC */
/*
 * Writes a finished list, or its end, as a table that store/table.h reads.
 */
#ifndef STORE_INDEX_WRITE_H
#define STORE_INDEX_WRITE_H

#include <stdint.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"

/*
 * Writes the list's items from number `from` (counted from 0) into the empty
 * file fd. The caller sets id, base_id, base_count, base_octets and stamps of
 * the header; the rest is set here. The header is written last, so that a file
 * left half-written is none. Returns 0 or a negative errno.
 */
int index_write(int fd, const struct maildrop_list *, uint32_t from,
		struct index_header *) __attribute__((warn_unused_result));

#endif
