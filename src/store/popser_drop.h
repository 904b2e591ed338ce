/* SPDX-License-Identifier: ISC */
/*
 * A maildrop as popser kept it: at login what is in new/ moves to cur/ as
 * NAME:2,S, and each message has a line in popser.log (store/popser_log.h),
 * which is the index too: a message is read once, to be counted. Nothing is
 * made in the Maildir.
 *
 * A second source for maildrop_relist() and two steps of maildrop_commit(),
 * used where the options have a `popser`; all with the maildrop's lock held.
 * popser.log is in the folder index_dirfd.
 *
 * Whatever instruction is the last one before a crash:
 *  - moves are on the disk in popser.log before the first of them happens. One
 *    that is recorded and has not happened is made at the next login, and is
 *    nothing to undo.
 *  - UPDATE sets Y before it removes a file and takes the lines away after. At
 *    the next login a Y whose file is gone loses its line; one whose file is
 *    still there is a message as any other, since its client was never told
 *    that it went.
 *
 * What cannot be recorded (full disk, popser.log unreadable) is not moved: it
 * is served from where it is.
 */
#ifndef STORE_POPSER_DROP_H
#define STORE_POPSER_DROP_H

#include <stdbool.h>
#include <stdint.h>

#include "store/maildrop.h"
#include "store/maildrop_arena.h"
#include "store/maildrop_list.h"
#include "store/popser_log.h"

struct popser_options {
	const char *log;     /* name of the file in index_dirfd */
	const char *maildir; /* the Maildir's absolute path */
};

/* A login under way. Private. */
struct popser_login {
	struct maildrop *d;
	struct popser_log log;
	struct maildrop_arena path; /* the Maildir's, escaped */
	struct maildrop_list rows;  /* its lines */
	struct maildrop_arena plans;
};

/*
 * Reads the lines about this Maildir. Returns 0 or -ENOMEM; trouble with the
 * file itself goes to popser_why of the maildrop.
 */
int popser_begin(struct popser_login *, struct maildrop *)
	__attribute__((warn_unused_result));

/* Gives the messages of a sorted list the sizes that are recorded. */
void popser_recall(struct popser_login *, struct maildrop_list *);

/*
 * Records and moves. The list, all sized, is replaced by one of how it is then,
 * with unique-ids, in the same order. Returns 0 or -ENOMEM.
 */
int popser_move(struct popser_login *, struct maildrop_list *)
	__attribute__((warn_unused_result));

void popser_end(struct popser_login *);

/* Before the messages of the set are removed, and after. */
void popser_before_update(struct maildrop *, const uint8_t *deleted);
void popser_after_update(struct maildrop *, bool all_removed);

#endif
