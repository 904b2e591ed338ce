/* SPDX-License-Identifier: ISC */
/*
 * Do two paths lead to the same mail, or one of them into the other's? Not by
 * their names: links and bind mounts make two paths of one folder, and sessions
 * follow both.
 */
#ifndef STORE_PLACE_OVERLAP_H
#define STORE_PLACE_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store/place.h"

/* What a path leads to, and over: about 32 KiB. */
struct place_chain {
	bool is_whole; /* something is at the path itself: the first of them */
	size_t n;
	struct place_link {
		dev_t device;
		ino_t inode;
	} links[PLACE_PATH_SIZE / 2]; /* from the path up to the root */
};

/*
 * Looks at an absolute path, as far as it is there; links are followed. 0, or a
 * negative errno (*chain is not of use then): where the path leads cannot be
 * seen, as with -EACCES, or it leads nowhere, as with -ELOOP. May block as long
 * as file systems do.
 */
__attribute__((warn_unused_result)) int
place_chain_look(const char *path, struct place_chain *chain);

/*
 * Is what is at one path the same as at the other, in it or around it, even
 * where nothing is yet? Only a bind mount of something that lies in one of the
 * two is not seen through. Pure.
 */
bool place_chains_overlap(const struct place_chain *a,
			  const struct place_chain *b);

#endif
