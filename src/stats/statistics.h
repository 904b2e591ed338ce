/* SPDX-License-Identifier: ISC */
/*
 * Statistics: what sessions do and have done, kept by the sessions alone in a
 * file of run_dir. Best effort: without it mail is served all the same.
 *
 * The file `stats` has a fixed size, is sparse, and is made by whoever
 * comes first. It consists of a head (with the totals of sessions that are
 * over), then of two pages for each session: its identity, which its monitor
 * writes, and its counters, which its front writes. A session's pages are those
 * of its place in admission (stats/admission.h): the same number and serial,
 * the same kernel lock that tells that it lives, and the same lock under which
 * places are taken and given back.
 *
 * Whoever gives a place back (its holder, its parent, or whoever finds it dead)
 * first folds it: adds its pages to the totals. That happens exactly once,
 * wherever that process is killed: the new totals are written beside the old
 * ones, and one store makes them valid, which tells, too, whose they contain.
 * Those who read (stats/statistics_look.h) need no lock.
 *
 * Isolation: what a process has mapped is all that it can spoil. A front has
 * its own page of counters and nothing else; it is in its hands that its own
 * numbers are right, and what is beyond belief is not added. A monitor keeps
 * its own page of identity. Pages of others are read and written by system
 * calls, but by the parent of many sessions, which has those of the first
 * places in its memory and not in theirs (statistics_bring_near()).
 *
 * Exactness: a session is over when nobody holds its lock, so whoever counts
 * for it (front and monitor) has to hold the ticket's descriptor until then.
 *
 * Trust and damage are as with stats/admission.h. The file is never opened a
 * second time: a process that finds it replaced or cut counts no more (`lost`).
 * A process that has a page mapped survives that the
 * file is cut (statistics_survive()).
 *
 * Nothing blocks. One struct statistics per process.
 */
#ifndef STATS_STATISTICS_H
#define STATS_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"
#include "proto/network.h"
#include "stats/counters.h"
#include "stats/shared.h"
#include "stats/slots.h"

enum {
	/* To be raised with every change of the file, counters included. */
	STATISTICS_VERSION = 3,
	STATISTICS_PAGE = 4096,
	STATISTICS_USER = 256,
	/* the serials of so many folds are remembered */
	STATISTICS_JOURNAL = 8192,
};

/* --- the file --- */

/*
 * A session's page of identity: by its monitor, but for what is made when the
 * place is taken (all up to `started_ms`, and 1 connection) and the serial,
 * which is removed when it was folded.
 */
struct statistics_identity {
	_Atomic uint64_t serial;     /* 0: nobody's */
	_Atomic uint64_t number;     /* the n-th session of admission's file */
	_Atomic uint64_t started_s;  /* seconds of 1970 */
	_Atomic uint64_t started_ms; /* clock_ms() */
	_Atomic uint32_t pid;	     /* of the monitor; 0: not known yet */
	_Atomic uint32_t has_peer;   /* written after the address */
	_Atomic uint64_t address[2]; /* octets of struct network_address */
	_Atomic uint32_t port;
	_Atomic uint32_t tls;
	_Atomic uint32_t state;	 /* enum counters_state */
	_Atomic uint32_t end;	 /* enum counters_end */
	_Atomic uint32_t user_n; /* octets; 0: not known; written last */
	uint32_t spare;
	char user[STATISTICS_USER];
	struct counters_monitor counts;
};

/* A session's page of counters: by its front, but for the serial. */
struct statistics_counters {
	_Atomic uint64_t serial; /* whose it is; other ones' are not counted */
	/* as they are now, not to be added up */
	_Atomic uint64_t marks;	    /* messages marked as deleted */
	_Atomic uint64_t verb;	    /* the last one, + 1; 0: none yet */
	_Atomic uint64_t active_ms; /* clock_ms() of the last activity */
	_Atomic uint64_t messages;  /* in the maildrop, + 1; 0: not known yet */
	struct counters_front counts;
};

/* Totals of all folds up to that number, the last of which is named. */
struct statistics_totals {
	uint64_t folds;
	uint64_t slot, serial;
	struct counters_totals counts;
};

struct statistics_head {
	_Alignas(STATISTICS_PAGE) struct shared_header header;
	_Atomic uint64_t started_s;
	/* How many folds there were; totals[folds % 2] are of that many. */
	_Atomic uint64_t folds;
	_Atomic uint64_t finished; /* of these, nothing is left to be done */
	_Atomic uint64_t top;	   /* no place from here on was ever used */
	_Atomic uint64_t peak;
	struct counters_door door;
	struct statistics_totals totals[2];
	/* the serial of fold n at n % STATISTICS_JOURNAL */
	_Atomic uint64_t journal[STATISTICS_JOURNAL];
};

/* Where a place's pages are, in octets: one behind the other. */
#define STATISTICS_PLACE ((uint64_t)2 * STATISTICS_PAGE)
#define STATISTICS_IDENTITY(slot)                                              \
	((uint64_t)sizeof(struct statistics_head) +                            \
	 (uint64_t)(slot)*STATISTICS_PLACE)
#define STATISTICS_COUNTERS(slot) (STATISTICS_IDENTITY(slot) + STATISTICS_PAGE)
#define STATISTICS_SIZE		  STATISTICS_IDENTITY(SLOTS_MAX)

extern const struct shared_kind statistics_kind;

/* Can what a page counts be so, and is the page of counters the session's? */
bool statistics_identity_is_sane(const struct statistics_identity *identity);
bool statistics_counters_are_sane(const struct statistics_counters *counters,
				  uint64_t serial);

/* Adds a session to totals, so far as its pages are sane. False: not all. */
bool statistics_add_pages(struct counters_totals *to,
			  const struct statistics_identity *identity,
			  const struct statistics_counters *counters);

/* How a session ended, as far as its page is to be believed. */
enum counters_end statistics_end(const struct statistics_identity *identity);

/* --- opening --- */

struct events_ring; /* stats/events_ring.h */

/* Pages that are reached through memory. */
struct statistics_near {
	char *pages;	  /* of the first places, as in the file */
	uint32_t places;  /* 0: none, or none in this process */
	uint64_t *backed; /* a bit each: touching them cannot fail */
};

struct statistics {
	int fd; /* -1: no file, or given up */
	/* There was one that is no longer what it was, or what others find
	 * under the name, as was seen when it was used: who serves many
	 * sessions should be replaced by a new process. */
	bool lost;
	struct statistics_head *head;
	struct statistics_near *near; /* NULL: none */
	/* Where folding tells of the end of a session; NULL: nowhere. The
	 * caller sets it, and it stays the caller's. */
	struct events_ring *events;
};

/* A process that has none: every function does nothing then. */
#define STATISTICS_NONE                                                        \
	(struct statistics)                                                    \
	{                                                                      \
		.fd = -1                                                       \
	}

/*
 * Opens or makes the file. 0 or a negative errno (-ENOTSUP: pages of memory are
 * not of STATISTICS_PAGE octets here); either way *st can be used and is to be
 * closed.
 */
__attribute__((warn_unused_result)) int statistics_open(struct statistics *st,
							int run_dirfd);

/* Unmaps the head and closes the file; single pages that were mapped stay. */
void statistics_close(struct statistics *st);

/*
 * For the parent of many sessions: maps the pages of the first places, so that
 * their sessions are taken and folded by plain stores. A place is reached so
 * once this process has given its pages storage itself: touching what has none
 * kills on a full disk. Survives that the file is cut (statistics_survive()).
 * Where it fails, all goes by system calls.
 *
 * Nobody who is forked has them, and must be told so: it sets near->places to
 * 0. *near must stay where it is.
 */
void statistics_bring_near(struct statistics *st, struct statistics_near *near,
			   uint32_t places);

/* --- by admission, under its lock --- */

/*
 * The place was taken by a new session, whose serial and number these are, one
 * of `sessions` now. What was left there by one that nobody folded is folded.
 * False: it is not counted (no file, no storage); its pages must not be mapped.
 */
bool statistics_take(struct statistics *st, uint32_t slot, uint64_t serial,
		     uint64_t number, uint32_t sessions);

/* The place is about to be free: see above. Once for a serial, however often
 * it is called. */
void statistics_fold(struct statistics *st, uint32_t slot, uint64_t serial);

/* The same for a session that never came to be: nothing is counted of it. */
void statistics_cancel(struct statistics *st, uint32_t slot, uint64_t serial);

/* --- by whoever opens the door --- */

void statistics_refused(struct statistics *st, enum counters_refusal why);

/* A session is served that has no pages here. */
void statistics_uncounted(struct statistics *st);

/* --- a session's own pages --- */

/* Maps one page; NULL: not possible. To be unmapped by the next, or by exit. */
struct statistics_identity *statistics_map_identity(const struct statistics *st,
						    uint32_t slot);
struct statistics_counters *statistics_map_counters(const struct statistics *st,
						    uint32_t slot);

/*
 * For the parent of many sessions: keeps a place free in memory where each of
 * them maps its page of identity, so that surviving a file that is cut
 * (statistics_survive()) has been seen to once for all. NULL: not possible.
 */
void *statistics_reserve(void);
/* As statistics_map_identity(), there (NULL: anywhere). */
struct statistics_identity *
statistics_map_identity_at(const struct statistics *st, uint32_t slot,
			   void *place);
void statistics_unmap(void *page);

/*
 * For the parent of many fronts: maps the pages of all places, so that none has
 * to be mapped in their sandbox. Nothing is touched by that, and who is forked
 * has none of it but what it is lent. The first `near` places, which are used
 * most, are mapped near to what else there is, which spares a page of the page
 * tables in each front.
 */
struct statistics_region {
	void *near, *far; /* NULL: none */
	uint32_t places;  /* in the first */
};
struct statistics_region statistics_map_region(const struct statistics *st,
					       uint32_t near);

/*
 * Around a fork: the child has this page, at the address that is returned. NULL
 * without a region, or for no place (SLOTS_NONE): it has none. A page that
 * cannot be taken back would be the next ones', too: 0 or a negative errno.
 */
struct statistics_counters *
statistics_lend(const struct statistics_region *region, uint32_t slot);
__attribute__((warn_unused_result)) int
statistics_take_back(struct statistics_counters *page);

/*
 * From here on this process, and those that it forks, survive that the file is
 * cut: where one of these pages was, they get memory of their own, and what is
 * counted there is lost. For a page that is mapped (NULL: nothing is done), or
 * for a whole region. Handles SIGBUS, whose other causes kill as ever. 0 or a
 * negative errno.
 */
__attribute__((warn_unused_result)) int statistics_survive(void *page);
__attribute__((warn_unused_result)) int
statistics_survive_region(const struct statistics_region *region);

/* --- what the monitor tells of itself --- */

/* Each of these does nothing with a NULL page. */
void statistics_set_peer(struct statistics_identity *own,
			 const struct network_address *address, uint16_t port);
void statistics_set_pid(struct statistics_identity *own, pid_t pid);
void statistics_set_state(struct statistics_identity *own,
			  enum counters_state state);
void statistics_set_end(struct statistics_identity *own, enum counters_end end);
/* Once, at the login; a name that is too long is cut. */
void statistics_set_user(struct statistics_identity *own, struct span user);

#endif
