/* SPDX-License-Identifier: ISC */
/*
 * Removing a Maildir with all that is in it, for good.
 */
#ifndef STORE_PLACE_REMOVE_H
#define STORE_PLACE_REMOVE_H

#include <stddef.h>
#include <stdint.h>

struct place_removed {
	uint64_t files, folders;
	/* what could not be removed: the first errno (negative), or 0 */
	int failed;
};

/*
 * Could a folder at that path be removed, as far as the path itself tells? 0,
 * or -EXDEV as below, -EINVAL or -ENAMETOOLONG. Pure.
 */
__attribute__((warn_unused_result)) int
place_check_removable(const char *path, const char *const *roots,
		      size_t nroots);

/*
 * Removes the folder at an absolute path, as the caller's uid, who is to be
 * the mail's owner already. The path must lie beneath one of the roots (with
 * none of them, anywhere) and be none of them; below the root no symbolic link
 * is followed, in the folder neither links nor mount points are. A session that
 * uses the Maildir is respected: its lock is taken first, as sessions do
 * (store/maildrop_lock.h), and kept to the end.
 *
 * 0, and *removed says what is gone; the folder itself stays where the folder
 * above it may not be written, or where something is mounted in it
 * (removed->failed then; -EXDEV is the latter). Or nothing was removed:
 *	-ENOENT       there is none
 *	-EXDEV        not beneath a root, or a root itself
 *	-EWOULDBLOCK  a session is in it
 *	-ELOOP, -ENOTDIR, -EACCES and others
 */
__attribute__((warn_unused_result)) int
place_remove(const char *path, const char *const *roots, size_t nroots,
	     struct place_removed *removed);

#endif
