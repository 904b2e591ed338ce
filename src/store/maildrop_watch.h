/* SPDX-License-Identifier: ISC */
/*
 * Does anybody else change the folders while UPDATE does? If not, what the
 * index will hold follows from what it held, and the folders need not be read
 * to know it, however large they are.
 *
 * From before the first change, inotify tells every change of either folder, in
 * the order in which they happened, since each is made and told under the
 * folder's own lock in the kernel. At the end the folder's time of modification
 * is set to the present by our own hand, which is told, too: if by then nothing
 * was told but what we did, the folder holds what it held before, our changes,
 * and nothing else, and this is so while it bears the times that it has now. A
 * later change cannot hide: it sets both times to the kernel's coarse clock,
 * while ours is of a finer one and differs from the time of status change.
 *
 * Local file systems only. Everything that is not as expected (no descriptor
 * to be had, events lost, a change of somebody else at any time) means that
 * nothing is known and the folders have to be read next time.
 */
#ifndef STORE_MAILDROP_WATCH_H
#define STORE_MAILDROP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "store/index_format.h"
#include "store/maildrop.h"

struct maildrop_watch {
	int fd; /* -1: not watching */
	int marks[INDEX_FOLDERS];
	uint64_t seed;	   /* random, what the hash begins with */
	uint64_t expected; /* a hash over what we did, in order */
	bool is_void;	   /* it is known already that it will not do */
};

/*
 * Begins, if the folders are still what was listed. The descriptor is to be
 * closed when nobody waits: that takes the kernel some milliseconds.
 */
void maildrop_watch_begin(struct maildrop_watch *, struct maildrop *);

/* What we did: a name has gone from a folder, or come to it by renaming. */
void maildrop_watch_removed(struct maildrop_watch *, enum index_folder,
			    const char *name);
void maildrop_watch_moved(struct maildrop_watch *, enum index_folder from,
			  const char *old_name, enum index_folder to,
			  const char *name);

/*
 * Was all that happened our own doing? Then the stamps of the folders as they
 * are now are set. The folders that we `touched` get a new time.
 */
bool maildrop_watch_end(struct maildrop_watch *, const struct maildrop *,
			struct index_stamp stamps[INDEX_FOLDERS]);

#endif
