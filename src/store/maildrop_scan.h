/* SPDX-License-Identifier: ISC */
/*
 * Reading the folders of a Maildir.
 *
 * What counts as a message: a regular file in new/ or cur/ whose name does not
 * begin with a dot.
 */
#ifndef STORE_MAILDROP_SCAN_H
#define STORE_MAILDROP_SCAN_H

#include <stdint.h>
#include <sys/types.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"

struct maildrop_skips {
	uint32_t n;  /* entries that are neither files nor begin with a dot */
	mode_t kind; /* of the first, S_IFMT */
};

/*
 * Opens a folder for reading below dirfd, not through a symbolic link. Returns
 * the descriptor; -1 (not an errno) through *fd if there is no such folder.
 */
int maildrop_open_folder(int dirfd, enum index_folder, int *fd)
	__attribute__((warn_unused_result));

/* The folder as it is now, `settled` unset; all zero for a folder of -1. */
int maildrop_stamp(int fd, struct index_stamp *)
	__attribute__((warn_unused_result));

/*
 * Does the file system take a folder's times from this machine's coarse clock
 * at the moment of the change, and show them at once? Elsewhere the clock is
 * another machine's, or what is shown may be old.
 */
bool maildrop_has_our_clock(int fd);

/* Is it the same folder, unchanged? `settled` does not matter. */
bool maildrop_stamp_is_same(const struct index_stamp *,
			    const struct index_stamp *);

/*
 * Adds the messages of a folder to the list, and tells how the folder was
 * before. If it changes meanwhile it is read anew a few times, since a file
 * that is renamed while a folder is read may be missed. A folder that has
 * changed within the clock's present tick is read in the next, milliseconds
 * later. Returns 0 or a negative errno.
 */
int maildrop_scan(int fd, enum index_folder, struct maildrop_list *,
		  struct index_stamp *, struct maildrop_skips *)
	__attribute__((warn_unused_result));

/*
 * Files that are renamed while they are read may be listed under both names:
 * of items of the same base name in a sorted list, those that are no longer
 * there are taken out.
 */
void maildrop_drop_ghosts(struct maildrop_list *,
			  const int folders[INDEX_FOLDERS]);

#endif
