/* SPDX-License-Identifier: ISC */
/*
 * The lock of a maildrop: flock(2) on the Maildir itself, which leaves nothing
 * behind; where that cannot be had (NFS), a byte-range lock on the file
 * pop3-session.lock in it. Either is freed by the kernel when its holder ends.
 */
#ifndef STORE_MAILDROP_LOCK_H
#define STORE_MAILDROP_LOCK_H

#define MAILDROP_LOCK_NAME "pop3-session.lock"

/*
 * Locks the Maildir open (not by O_PATH) as dir, without waiting. Returns 0
 * and through *file the descriptor that holds the lock, or -1 if dir itself
 * does; -EWOULDBLOCK: somebody else has it; or another negative errno. Where
 * the lock file cannot be made because the disk is read-only nobody can change
 * anything, and no lock is needed.
 */
int maildrop_lock(int dir, int *file) __attribute__((warn_unused_result));

/* Frees it; closes *file and sets it to -1. */
void maildrop_unlock(int dir, int *file);

#endif
