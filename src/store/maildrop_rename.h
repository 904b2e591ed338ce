/* SPDX-License-Identifier: ISC */
/* Renaming a message without overwriting another one. */
#ifndef STORE_MAILDROP_RENAME_H
#define STORE_MAILDROP_RENAME_H

#include <stdbool.h>

#include "store/maildrop.h"
#include "store/maildrop_seek.h"

/*
 * Renames between two open folders. Returns 0; -EEXIST: the name is taken,
 * nothing has happened; -ENOENT; or another negative errno.
 */
int maildrop_rename(int from_dir, const char *from, int to_dir, const char *to)
	__attribute__((warn_unused_result));

/*
 * The name in cur/ that UPDATE gives to a message, by new_mail, mark_seen and
 * whether it was retrieved. False: it keeps its place and name; also where the
 * name would get too long or says things that are not flags.
 */
bool maildrop_name_after(const struct maildrop_options *,
			 const struct maildrop_file *, bool retrieved,
			 char to[INDEX_NAME_MAX + 1]);

#endif
