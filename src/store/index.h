/* SPDX-License-Identifier: ISC */
/*
 * The files of a maildrop's index: pop3-session.index, the base, and
 * pop3-session.index.tail, what came later. They are written under another
 * name and then renamed: whoever reads the old ones goes on doing so. A new
 * base makes an old tail void, since a tail names its base. Each base, and each
 * base with its tail, is true by itself for the stamps it bears; so writers who
 * do not hold the maildrop's lock may make an index old or void, but never
 * wrong.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"

enum { INDEX_BASE, INDEX_TAIL, INDEX_FILES };

struct index_files {
	size_t n; /* 0: there is none; 1: a base; 2: base and tail */
	int fds[INDEX_FILES]; /* read-only; -1 */
	struct index_header heads[INDEX_FILES];
	bool unlocked; /* the caller writes without holding the lock */
};

/* An index that is not there. */
#define INDEX_FILES_NONE                                                       \
	{                                                                      \
		.fds = { -1, -1 }                                              \
	}

/*
 * Opens what there is and has a sound header. Never fails: a bad index is like
 * a missing one.
 */
void index_find(int dirfd, struct index_files *);

/* The stamps that hold for all of the index; n > 0. */
const struct index_stamp *index_stamps(const struct index_files *);

/*
 * Replaces the base by the list (which = INDEX_BASE; a tail is removed), or
 * the tail by the list's items from number `from` on. With a dirfd of -1 the
 * file is made in memory, where nobody can write to it, and the index on the
 * disk stays as it is. Returns 0 or a negative errno, and then the descriptors
 * are as before.
 */
int index_put(int dirfd, int which, const struct maildrop_list *, uint32_t from,
	      const struct index_stamp stamps[INDEX_FOLDERS],
	      struct index_files *) __attribute__((warn_unused_result));

/*
 * All sizes in the file fd of the index have been checked by now: says so in
 * its header, if it still is the index's. An attempt.
 */
void index_confirm(int dirfd, int which, int fd);

/* Takes away a base that was found damaged. */
void index_drop(int dirfd);

/*
 * Removes what an index consists of from a folder of its own, and the folder if
 * nothing else is in it. The path itself must be no symbolic link. 0, also if
 * there is none, or a negative errno.
 */
int index_remove(const char *folder) __attribute__((warn_unused_result));

void index_close(struct index_files *);

#endif
