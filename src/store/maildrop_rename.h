/* SPDX-License-Identifier: ISC */
/* Renaming a message without overwriting another one. */
#ifndef STORE_MAILDROP_RENAME_H
#define STORE_MAILDROP_RENAME_H

/*
 * Renames between two open folders. Returns 0; -EEXIST: the name is taken,
 * nothing has happened; -ENOENT; or another negative errno.
 */
int maildrop_rename(int from_dir, const char *from, int to_dir, const char *to)
	__attribute__((warn_unused_result));

#endif
