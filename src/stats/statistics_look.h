/* SPDX-License-Identifier: ISC */
/*
 * Statistics for somebody who only wants to know (stats/statistics.h): without
 * a lock, without mapping, and believing nothing. The file is read into memory
 * of one's own, each field is checked, and whatever is in it, or is done to it
 * meanwhile, costs at worst right numbers.
 *
 * Sums are exact: each session is counted once, be it live, dead or folded just
 * now. They do not become less as long as the file is the same (but for what a
 * front that was taken over takes back of its own).
 *
 * Nothing blocks. The file is looked for anew with each call if it was removed
 * or replaced.
 */
#ifndef STATS_STATISTICS_LOOK_H
#define STATS_STATISTICS_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/network.h"
#include "stats/counters.h"
#include "stats/statistics.h"

struct statistics_look {
	int run_dirfd; /* the caller's, must stay open */
	int fd;	       /* -1: not open now */
};

/* One session. All is within its bounds, also in a suspect one. */
struct statistics_row {
	uint32_t slot;
	uint64_t serial; /* what stats/control.h asks to end */
	uint64_t number; /* the session's id for people */
	bool suspect;	 /* something in its pages cannot be */
	uint32_t pid;	 /* 0: not known */
	bool has_peer;
	struct network_address address;
	uint16_t port;
	bool tls;
	enum counters_state state;
	size_t user_n;		    /* 0: not known yet */
	char user[STATISTICS_USER]; /* UTF-8 without controls; NUL at its end */
	int64_t started_s;	    /* seconds of 1970 */
	uint64_t age_ms, idle_ms;
	uint64_t received, sent; /* octets */
	uint64_t retrieved, topped;
	uint64_t retrieved_octets;
	uint64_t marks; /* messages marked as deleted now */
	int verb;	/* enum pop3_verb, COUNTERS_OTHER_VERB; -1: none yet */
};

/* Called for each session; false: no more of them. */
typedef bool statistics_each(void *context, const struct statistics_row *row);

/* Nothing is opened yet; run_dirfd stays the caller's. */
void statistics_look_init(struct statistics_look *look, int run_dirfd);
void statistics_look_close(struct statistics_look *look);

/*
 * Calls `each` (may be NULL) for every session that lives, in order of places,
 * and sets *sum (may be NULL). 0; -ENOENT: there is no file yet; -EAGAIN: it
 * changed too fast for a sum; another negative errno: it cannot be read, or is
 * none of ours (-EBADMSG). *sum is set with 0 only; `each` may have been called
 * with -EAGAIN, too.
 */
__attribute__((warn_unused_result)) int
statistics_look_all(struct statistics_look *look, statistics_each *each,
		    void *context, struct counters_all *sum);

/* The file that was read last; differs for another one. 0: none. */
uint64_t statistics_look_file(const struct statistics_look *look);

#endif
