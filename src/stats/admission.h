/* SPDX-License-Identifier: ISC */
/*
 * Admission: how many sessions there are, in all, for each source network (an
 * IPv4 address, an IPv6 /64) and for each user, counted through a file in
 * run_dir that every process maps. No daemon is needed, and a process may be
 * killed anywhere.
 *
 * The file `admission` has a fixed size, is sparse (a few pages for a few
 * sessions), and is made by whoever comes first. Each session has a slot in
 * it; the slots are the truth, the counters are derived. That a session lives
 * is a kernel lock on one octet of one of the files `alive.NNN` (256 slots
 * each), held through a descriptor of its own that the session's processes
 * inherit: however they die, it is gone, and whoever meets a limit removes
 * ("folds") the slots whose lock is gone before refusing anybody.
 *
 * Changes are made under a record lock of the file that the kernel frees when
 * its holder dies. (A process-owned one on purpose: children that were forked
 * before do not share it, and so cannot keep it.) A mark in the file tells the
 * next one that the counters were being changed, who then derives them anew.
 *
 * Trust: only processes that can write run_dir can write these files. What is
 * in them is nevertheless checked, so a damaged, truncated or replaced file
 * costs counts, never a crash: the size is looked at under the lock before
 * each use. (Only somebody who truncates it in the microseconds between could
 * raise SIGBUS, and only a process of our own could.)
 *
 * Blocking: the lock is waited for at most ADMISSION_WAIT_MS. One struct
 * admission per process; several threads must not use it at once.
 */
#ifndef STATS_ADMISSION_H
#define STATS_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/network.h"

enum {
	ADMISSION_SLOTS = 65536, /* the most sessions that can be counted */
	ADMISSION_SHARD = 256,	 /* slots to a file alive.NNN */
	ADMISSION_WAIT_MS = 100,
	/* dead slots are looked for at most once in that time, for the whole
	 * and for each network */
	ADMISSION_FOLD_MS = 1000,
};

struct slots_file; /* stats/slots.h */
struct statistics; /* stats/statistics.h */

struct admission {
	int run_dirfd; /* the caller's, must stay open */
	int fd;	       /* -1: there is no file; everybody is let in */
	struct slots_file *file;
	/* Where each session that enters is to be counted, and is folded
	 * before its place is given back; set by the caller after opening, and
	 * his. NULL: nowhere. */
	struct statistics *statistics;
};

struct admission_limits {
	uint32_t sessions;    /* in all; 0: no limit but ADMISSION_SLOTS */
	uint32_t per_network; /* 0: no limit */
};

struct admission_user_limits {
	uint32_t per_user; /* 0: no limit, as in the next */
	uint32_t per_user_and_network;
};

enum admission_verdict {
	ADMISSION_ENTERED,
	ADMISSION_FULL,		/* max_sessions, or no slot is left */
	ADMISSION_NETWORK_FULL, /* max_sessions_per_network */
	ADMISSION_USER_FULL,	/* max_sessions_per_user */
	ADMISSION_USER_NETWORK_FULL,
	/* the file cannot be used now: serve, log once; there is no ticket */
	ADMISSION_UNAVAILABLE,
};

/*
 * A session's place. Valid also with no place at all (ADMISSION_NO_TICKET),
 * on which every function does nothing.
 */
struct admission_ticket {
	int fd; /* holds the liveness lock (CLOEXEC); -1: not ours to hold */
	uint32_t slot;
	uint64_t serial; /* 0: no place */
	uint64_t number; /* the session's, for people */
	bool counted;	 /* there are pages of statistics for it */
};

#define ADMISSION_NO_TICKET                                                    \
	(struct admission_ticket)                                              \
	{                                                                      \
		.fd = -1                                                       \
	}

/*
 * The decisions themselves, for so many sessions that there are already. Pure.
 */
enum admission_verdict admission_judge(const struct admission_limits *limits,
				       uint32_t sessions, uint32_t network);
enum admission_verdict
admission_judge_user(const struct admission_user_limits *limits, uint32_t user,
		     uint32_t user_and_network);

/*
 * Opens or makes the file. 0 or a negative errno; either way *a can be used
 * with the other functions (after a failure they are all unavailable) and is
 * to be closed. Later uses find out if the file was removed or replaced, and
 * open or make it again.
 */
__attribute__((warn_unused_result)) int admission_open(struct admission *a,
						       int run_dirfd);

/* Unmaps and closes; gives up no ticket. */
void admission_close(struct admission *a);

/*
 * A session from `peer` asks to be let in; peer NULL: unknown, counts in all
 * only. `exempt`: the network's limit is not for it (it is counted all the
 * same). *ticket is always set, with a place only for ADMISSION_ENTERED.
 *
 * The processes that are to keep the place occupied inherit ticket->fd; a
 * parent that forked them calls admission_hand_over() and keeps the rest for
 * admission_leave().
 */
__attribute__((warn_unused_result)) enum admission_verdict
admission_enter(struct admission *a, const struct network_address *peer,
		bool exempt, const struct admission_limits *limits,
		struct admission_ticket *ticket);

/*
 * Notes in the ticket's slot whose session it has turned out to be (by a hash
 * with a secret of the file), unless the user has as many others as he may:
 * ADMISSION_ENTERED, ADMISSION_USER_FULL or ADMISSION_USER_NETWORK_FULL. A
 * name that is noted stays until there is another one, or the place is given
 * back. ADMISSION_UNAVAILABLE: not counted. Looks through all slots in use if
 * there is a limit.
 */
__attribute__((warn_unused_result)) enum admission_verdict
admission_name(struct admission *a, const struct admission_ticket *ticket,
	       struct span user, const struct admission_user_limits *limits);

/* Closes ticket->fd of this process; the place stays with those who have it. */
void admission_hand_over(struct admission_ticket *ticket);

/*
 * Gives the place back at once (the holder itself at its end, or the parent
 * that reaped it), and closes ticket->fd. Does nothing for a place that was
 * already folded, even if it has a new holder. If it fails, the place is
 * folded when somebody needs it.
 */
void admission_leave(struct admission *a, struct admission_ticket *ticket);

/* The same for a session that never came to be, which is not counted in the
 * statistics either. */
void admission_cancel(struct admission *a, struct admission_ticket *ticket);

/*
 * Notes in the ticket's slot which Maildir (device and inode of the folder)
 * the session has locked, and since when (now); forgotten with the place. No
 * lock is taken and no file opened: works after a change of uid and in a
 * sandbox.
 */
void admission_hold(struct admission *a, const struct admission_ticket *ticket,
		    dev_t dev, ino_t ino);

/*
 * Since when some session has held that Maildir, in seconds of the wall clock;
 * 0: unknown. Looks through all slots in use. A hint for a reply: the Maildir's
 * lock is what counts.
 */
int64_t admission_held_since(struct admission *a, dev_t dev, ino_t ino);

#endif
