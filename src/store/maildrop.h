/* SPDX-License-Identifier: ISC */
/*
 * One maildrop: a Maildir, locked, listed, fetched from and updated.
 *
 * For the monitor, which by then is the mail owner and has put itself behind a
 * sandbox: all work is done relative to descriptors opened here, with names of
 * one component. What other programs do in the Maildir at the same time is
 * taken for granted; what is hostile in it (FIFOs, links, strange names, a
 * forged index) neither blocks nor refuses.
 *
 * The list of messages lives in files that table_open() reads (store/table.h).
 * They are kept in the Maildir or in index_dirfd as an index, which is a cache:
 * while the folders are unchanged they are not read. Where it cannot be
 * written the same file is made in memory.
 *
 * Nothing is removed or renamed but by maildrop_commit(), or for popser.
 *
 * Memory: what listing needs is mapped and unmapped within the call. Between
 * calls a maildrop keeps its descriptors (at most 7) and, until the next
 * maildrop_tend(), windows on the table and what it had to remember of names
 * that changed. No malloc(3).
 *
 * All functions block on the disk only. Returned errors are negative errnos.
 */
#ifndef STORE_MAILDROP_H
#define STORE_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "store/index_format.h"

struct maildrop_options {
	bool keep_new;	 /* new_mail = keep: UPDATE moves nothing */
	bool mark_seen;	 /* what was retrieved gets the flag S at UPDATE */
	bool no_index;	 /* neither read nor write an index */
	int index_dirfd; /* folder of this user's index, -1: the Maildir */

	/*
	 * Not NULL: moves at login and records as popser did; index_dirfd is
	 * the folder of popser.log then, and no_index and keep_new are to be
	 * set (store/popser_drop.h).
	 */
	const struct popser_options *popser;

	/*
	 * What the Maildir's path names now, asked once after locking: if it
	 * is not what was locked, maildrop_open() fails with -ESTALE. May be
	 * NULL: not checked.
	 */
	int (*path_stat)(void *context, struct stat *);

	/*
	 * Asked now and then while much is read: false gives up with
	 * -ECANCELED (the client has gone, the deadline has passed). May be
	 * NULL: go on.
	 */
	bool (*go_on)(void *context);
	void *context;
};

struct maildrop_work;
struct popser_options;

struct maildrop {
	/* To be read by the caller. */
	uint32_t count;	     /* messages */
	uint32_t skipped;    /* entries of new/ and cur/ that are no files, */
	mode_t skipped_kind; /* the kind of the first (S_IFMT), */
	uint32_t unreadable; /* files left out: their size is unknown and */
	int unreadable_why;  /* reading the first of them failed so (errno) */
	int index_why;	     /* 0, or why the index could not be written */
	int popser_why;	     /* 0, or what went wrong with popser.log: errno */
	uint32_t popser_undone; /* messages that an UPDATE cut short left */
	uint64_t octets;	/* sum of the sizes of the messages */

	/* Private. */
	struct maildrop_options options;
	int dir;		    /* the Maildir; bears the lock */
	int lock;		    /* the lock file, where flock fails; -1 */
	int folders[INDEX_FOLDERS]; /* new/ and cur/; -1 */
	int tables[2];		    /* base and tail; -1 */
	struct index_stamp stamps[INDEX_FOLDERS];
	bool has_new;		     /* something was listed from new/ */
	struct maildrop_work *work;  /* mapped while needed */
	bool touched[INDEX_FOLDERS]; /* by our own UPDATE */
	int watch;		     /* of the folders, to be closed; -1 */
	bool index_is_known;	     /* after UPDATE; not yet written */
	const uint8_t *deleted, *retrieved; /* what it follows from */
	bool claims;		 /* some sizes are not yet checked, */
	uint32_t claims_checked; /* messages up to this number are, */
	bool claims_unsure;	 /* some of them could not be */
	bool lied;		 /* one was wrong */
	bool popser_recorded;	 /* popser.log has this listing */
};

/*
 * Locks and lists the Maildir open as dirfd (O_PATH is enough; it stays the
 * caller's). Returns 0; -EWOULDBLOCK: another session has it; -ESTALE: the path
 * names another folder by now, open it again and retry; -ECANCELED; or another
 * error: the storage is broken. After a failure nothing is held.
 *
 * Renames nothing (but for popser). Messages are the regular files in new/ and
 * cur/ that do not begin with a dot; what is missing is empty.
 */
int maildrop_open(struct maildrop *, int dirfd, const struct maildrop_options *)
	__attribute__((warn_unused_result));

/*
 * The descriptors to be handed to the front and to table_open(): 0 to 2 of
 * them, read-only or sealed against writing, owned by the maildrop. Returns
 * how many.
 */
size_t maildrop_tables(const struct maildrop *, int fds[2]);

/*
 * Opens message `number` for reading: a regular file, O_NOFOLLOW, O_NONBLOCK,
 * O_CLOEXEC; the caller closes it. It is found by its base name where its name
 * has changed since. Returns the descriptor; -ENOENT: it is gone; -ERANGE: no
 * such number; -EBADMSG: the table is damaged, call maildrop_refresh();
 * -ESTALE: the size that was given out is wrong, see maildrop_tend(); or the
 * error of opening it (-EACCES, -EMFILE ...).
 */
int maildrop_fetch(struct maildrop *, uint32_t number)
	__attribute__((warn_unused_result));

/*
 * Lists again after either side found the table damaged. Returns 0: the same
 * numbers, sizes and unique-ids as before are in new tables, to be handed out
 * anew; -ESTALE: that list cannot be had any more, end the session without
 * UPDATE; or another error.
 */
int maildrop_refresh(struct maildrop *) __attribute__((warn_unused_result));

/*
 * For idle moments: gives back what was mapped, so that a waiting session is
 * small, and does a slice (about a millisecond) of what maildrop_open() put
 * off: of very many messages whose names tell their sizes for the first time,
 * some are checked at once, the others here, and each when it is fetched.
 *
 * Returns 1: there is more, call again when nothing else is to be done; 0:
 * nothing is left to do; -ESTALE: a name lied, a size that was given out is
 * wrong: end the session without UPDATE; the next one has it right.
 */
int maildrop_tend(struct maildrop *);

struct maildrop_outcome {
	uint32_t removed; /* messages that are gone now */
	uint32_t failed;  /* messages that could not be removed */
	uint32_t moved;	  /* from new/ to cur/, or renamed to bear a flag */
	uint32_t unmoved; /* could not be; they stay as they are */
	uint64_t removed_octets; /* sizes as listed */
	int failed_why;		 /* the first failed removal, errno */
	int unmoved_why;	 /* the first failed move, errno */
	int sync_why;		 /* failed fsync, errno */
	int quota_why;		 /* maildirsize could not be written, errno */
};

/*
 * UPDATE, RFC 1939 section 6: removes the messages whose bit is set in
 * `deleted` (bit n - 1 for message n, lowest bit of an octet first; (count + 7)
 * / 8 octets; NULL: none), moves what was listed in new/ to cur/, flags what is
 * set in `retrieved` (may be NULL) where mark_seen asks for it, brings the
 * folders to the disk, and frees the lock, whatever happened.
 *
 * Returns 0 if all that was to be removed is removed, and on the disk; else
 * -EIO, and the outcome, which is always set, tells. A message that somebody
 * else removed counts as removed. Moves are an attempt: failed ones do not make
 * UPDATE fail.
 */
int maildrop_commit(struct maildrop *, const uint8_t *deleted,
		    const uint8_t *retrieved, struct maildrop_outcome *)
	__attribute__((warn_unused_result));

/*
 * At the end of every session, after the reply to QUIT if there was one:
 * finishes what was put off, and brings the index up to date with what UPDATE
 * did where that saves the next session time. Needs no lock, and so is in
 * nobody's way. May sleep some milliseconds. Mostly there is nothing to do.
 */
void maildrop_settle(struct maildrop *);

/* Gives all back, the lock included. May be called again. */
void maildrop_close(struct maildrop *);

#endif
