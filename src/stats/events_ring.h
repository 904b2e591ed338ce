/* SPDX-License-Identifier: ISC */
/*
 * The latest events: a file `events` of EVENTS_RECORDS records in run_dir,
 * written by all processes that have it mapped, the oldest record overwritten
 * by the newest.
 *
 * There are no locks. A writer takes a number, which is a place, and writes
 * there, the number last. Whoever stops or is killed on the way leaves one
 * record that nobody shows, as do two that meet in one place: a record holds a
 * checksum over all of it.
 *
 * Of what strangers can cause without end, refusals, and of faults only
 * EVENTS_A_SECOND of a type are told in a second, so that they do not overwrite
 * all else; how many more there were is an event of its own, told with whatever
 * comes next.
 *
 * Readers pread() and believe nothing. They know how many events they missed.
 * Trust and damage are as with stats/admission.h; a front has no part in it.
 *
 * Nothing blocks. Best effort: without the file nothing is told.
 */
#ifndef STATS_EVENTS_RING_H
#define STATS_EVENTS_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "proto/network.h"

enum {
	EVENTS_RECORDS = 4096,
	EVENTS_TEXT = 128,
	EVENTS_A_SECOND = 10, /* of each type that comes without end */
	/* a record that is not finished after so long never will be */
	EVENTS_STUCK_MS = 1000,
};

enum events_type {
	EVENTS_CONNECT,
	EVENTS_LOGIN,
	EVENTS_AUTH_FAILED,
	EVENTS_CLOSE,
	EVENTS_REFUSED,
	/* told by the daemon */
	EVENTS_KICK,
	EVENTS_BAN,
	EVENTS_AUDIT,
	EVENTS_CONFIG,
	EVENTS_ERROR, /* also by sessions */
	EVENTS_DROPPED,
	EVENTS_TYPES
};

/* "auth-failed" …; "-" for what is none. */
const char *events_type_word(unsigned type);

/* False: there is no such word. */
bool events_type_of(struct span word, enum events_type *type);

/* Members that do not belong to a type are 0. */
struct events_event {
	enum events_type type;
	uint64_t time_ms; /* since 1970; 0 to events_write(): now */
	uint64_t session; /* its number (struct statistics_row); 0: none */
	uint32_t pid;
	bool has_peer;
	struct network_address address;
	uint16_t port;
	/*
	 * connect, dropped: 0; login, auth-failed: enum counters_login;
	 * close: enum counters_end; refused: enum counters_refusal
	 */
	unsigned reason;
	unsigned method; /* login, auth-failed: enum counters_method */
	/* close */
	uint64_t age_s, received, sent, retrieved, deleted;
	/* the user's name (error: what has failed): by events_set_text(); NUL
	 * at its end */
	size_t text_n;
	char text[EVENTS_TEXT];
	/* This is not one of them, but tells of so many that were not told. */
	uint64_t more;
};

/* Whose connection it is about. */
void events_set_peer(struct events_event *event,
		     const struct network_address *address, uint16_t port);

/* Sets the text; what is not printable (stats/printable.h) becomes '?', and
 * what is longer than EVENTS_TEXT - 1 octets is cut. */
void events_set_text(struct events_event *event, struct span text);

/* The word for the reason, or "" if the type has none. */
const char *events_reason_word(const struct events_event *event);

/* --- writing --- */

struct events_file;

struct events_ring {
	int fd; /* -1: no file; also after a fork it may be closed */
	/*
	 * It was removed, replaced or cut, as was seen when it was written to:
	 * whoever looks finds another one, or none.
	 */
	bool is_lost;
	struct events_file *file;
};

/* 0 or a negative errno; either way *ring is usable and to be closed. */
__attribute__((warn_unused_result)) int events_open(struct events_ring *ring,
						    int run_dirfd);
void events_close(struct events_ring *ring);

/*
 * Adds an event, or counts it (see above). False: there is no file, or it is no
 * longer whole. One that was removed is written to for those who still read it.
 */
bool events_write(struct events_ring *ring, const struct events_event *event);

/* --- reading --- */

struct events_look {
	int run_dirfd; /* the caller's, must stay open */
	int fd;	       /* -1: not open now */
	uint64_t next; /* the number that is read next */
	/* since when, by clock_ms(), unfinished records below that number are
	 * waited for */
	uint64_t waiting_since, waiting_below;
};

/* Nothing is opened yet; run_dirfd stays the caller's. */
void events_look_init(struct events_look *look, int run_dirfd);
void events_look_close(struct events_look *look);

/* Goes back so far that at most n events are to be read before new ones. */
void events_look_back(struct events_look *look, uint32_t n);

/*
 * Reads the next event. 1: *event is set; 0: there is none now (or one is being
 * written); a negative errno (-ENOENT: nobody was here yet). *missed is how
 * many events before that could not be read. A file that replaces another is
 * read from its beginning.
 */
__attribute__((warn_unused_result)) int
events_look_next(struct events_look *look, struct events_event *event,
		 uint64_t *missed);

#endif
