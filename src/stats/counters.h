/* SPDX-License-Identifier: ISC */
/*
 * What is counted: one table that says of every number what it is called, how
 * it is labelled and where it lies. Whatever adds counters, reads them or
 * shows them (the statistics file, STATUS, METRICS) goes through it.
 *
 * The counters are in sets, by who writes them and where they lie:
 *
 *	door     in the file's head, by everybody, atomically
 *	monitor  in the session's page of identity, by its monitor
 *	front    in the session's page of counters, by its front
 *	folding  in the totals only, made of a session when it is over
 *	now      in no file: what the reader finds
 *
 * All are 64 bits wide and atomic, so that a reader never meets half of one;
 * a set is nothing but such words. Where there is one writer, it counts by
 * counters_add(), which is a load and a store and no locked instruction.
 *
 * Nothing here blocks, allocates or fails.
 */
#ifndef STATS_COUNTERS_H
#define STATS_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/pop3.h"

/* What a counter of one session may reach, for it to be believed. */
#define COUNTERS_MOST (UINT64_C(1) << 47)

/* Why somebody was not let in at the door. */
enum counters_refusal {
	COUNTERS_BANNED,
	COUNTERS_NOT_ALLOWED, /* there is an allow list, and it is not on it */
	COUNTERS_FAILURES,    /* penalty_refuse */
	COUNTERS_FULL,	      /* max_sessions */
	COUNTERS_NETWORK_FULL,
	COUNTERS_DRAINING,
	COUNTERS_UNSERVED, /* no process, memory or descriptor for it */
	COUNTERS_REFUSALS
};

enum counters_method { COUNTERS_PASS, COUNTERS_APOP, COUNTERS_METHODS };

/* What became of an attempt to log in. */
enum counters_login {
	COUNTERS_LOGGED_IN,
	COUNTERS_CREDENTIALS, /* user, password, or one who is kept out */
	COUNTERS_IN_USE,      /* another session has the maildrop's lock */
	COUNTERS_USER_FULL,   /* a limit of sessions of one user */
	COUNTERS_PENALTY,
	COUNTERS_CLEARTEXT,
	COUNTERS_NO_METHOD,
	COUNTERS_TEMPORARY,
	COUNTERS_PERMANENT,
	COUNTERS_LOGINS
};

enum counters_timeout {
	COUNTERS_LOGIN_TIMEOUT,
	COUNTERS_IDLE_TIMEOUT,
	COUNTERS_TIMEOUTS
};

enum counters_result { COUNTERS_OK, COUNTERS_ERR, COUNTERS_RESULTS };

/* How a session ended. */
enum counters_end {
	COUNTERS_END_UNKNOWN, /* nobody said: it was killed */
	COUNTERS_END_LOGGED_OUT,
	COUNTERS_END_HUNG_UP,
	COUNTERS_END_ERRORS,
	COUNTERS_END_AUTH_LIMIT,
	COUNTERS_END_IDLE,
	COUNTERS_END_LOGIN_TIMEOUT,
	COUNTERS_END_SHUTDOWN,
	COUNTERS_END_KICKED,
	COUNTERS_END_STORAGE,
	COUNTERS_END_NO_MAILDROP,
	COUNTERS_END_FRONT_DIED,
	COUNTERS_END_PROTOCOL,
	COUNTERS_END_INTERNAL,
	COUNTERS_ENDS
};

/* Where a session is (RFC 1939, section 3). */
enum counters_state {
	COUNTERS_AUTHORIZATION,
	COUNTERS_TRANSACTION,
	COUNTERS_UPDATE,
	COUNTERS_STATES
};

enum {
	COUNTERS_OTHER_VERB = POP3_VERBS, /* what is no verb of ours */
	COUNTERS_VERBS,
	/* upper bounds 1, 2, 4 … 65536 and none */
	COUNTERS_BUCKETS = 18,
};

/* How many values were at most 1, at most 2 …, each in one bucket only. */
struct counters_histogram {
	_Atomic uint64_t buckets[COUNTERS_BUCKETS];
	_Atomic uint64_t sum; /* of the values */
};

struct counters_door {
	_Atomic uint64_t refused[COUNTERS_REFUSALS];
	_Atomic uint64_t uncounted; /* sessions that have no page here */
};

struct counters_monitor {
	_Atomic uint64_t connections; /* 1 */
	_Atomic uint64_t logins[COUNTERS_METHODS][COUNTERS_LOGINS];
	_Atomic uint64_t lock_conflicts;
	_Atomic uint64_t timeouts[COUNTERS_TIMEOUTS];
	/* what UPDATE has removed */
	_Atomic uint64_t deleted, deleted_octets;
	struct counters_histogram login_ms;
};

struct counters_front {
	_Atomic uint64_t commands[COUNTERS_VERBS][COUNTERS_RESULTS];
	_Atomic uint64_t received, sent; /* octets of POP3 */
	_Atomic uint64_t retrieved, topped;
	_Atomic uint64_t retrieved_octets, topped_octets;
	_Atomic uint64_t errors;    /* lines that were no valid command */
	_Atomic uint64_t cleartext; /* passwords refused for it */
	struct counters_histogram command_ms;
};

struct counters_folding {
	_Atomic uint64_t ended[COUNTERS_ENDS];
	_Atomic uint64_t suspect; /* pages that were not believed */
	struct counters_histogram session_s;
};

struct counters_now {
	_Atomic uint64_t sessions[COUNTERS_STATES];
	_Atomic uint64_t peak;	  /* most sessions at a time */
	_Atomic uint64_t started; /* when the file was made, seconds of 1970 */
};

/* What of sessions that are over is kept. */
struct counters_totals {
	struct counters_monitor monitor;
	struct counters_front front;
	struct counters_folding folding;
};

struct counters_all {
	struct counters_totals totals;
	struct counters_door door;
	struct counters_now now;
};

/* How many numbers a set, or all of them, consist of. */
#define COUNTERS_WORDS(type) (sizeof(type) / sizeof(uint64_t))

/* --- counting --- */

/* By the only writer. */
static inline void counters_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(
		counter,
		atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* By one of several writers. */
static inline void counters_add_shared(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t counters_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void counters_set(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, value, memory_order_relaxed);
}

/* The bucket that a value is counted in. */
unsigned counters_bucket(uint64_t value);

/* The largest value of a bucket; UINT64_MAX for the last one. */
uint64_t counters_bound(unsigned bucket);

/* Counts a value; by the only writer. */
void counters_observe(struct counters_histogram *histogram, uint64_t value);

/* --- sets as words --- */

/*
 * Adds n words to others. What would not fit stays at the largest number, so
 * that sums do not begin anew.
 */
void counters_sum(_Atomic uint64_t *to, const _Atomic uint64_t *from, size_t n);

/* Is none of these n words more than COUNTERS_MOST? */
bool counters_are_sane(const _Atomic uint64_t *words, size_t n);

/* --- the table --- */

enum counters_kind {
	COUNTERS_COUNTER,
	COUNTERS_GAUGE,
	COUNTERS_HISTOGRAM,
};

struct counters_label {
	const char *name;		  /* NULL: there is no such label */
	const char *(*value)(unsigned i); /* printable, no quoting needed */
	unsigned n;			  /* how many values there are */
};

/*
 * Some numbers of a family. Rows of one family follow each other, and have
 * the same kind, help and names of labels.
 */
struct counters_row {
	const char *family; /* without _total, _bucket … */
	const char *help;   /* one sentence without a period at its end */
	const char *unit; /* the family's last word if it is a unit, or NULL */
	enum counters_kind kind;
	unsigned divisor; /* to be divided by to be shown in `unit`; 0: not */
	size_t word;	  /* of the first number in struct counters_all */
	struct counters_label labels[2];
};

extern const struct counters_row counters_rows[];
extern const size_t counters_rows_n;

/* How many values (numbers, or whole histograms) a row has: with two labels
 * the second one changes first. */
unsigned counters_values(const struct counters_row *row);

/* How many words each of them has: 1, or those of a histogram. */
size_t counters_row_words(const struct counters_row *row);

/* The words of the i-th. */
const _Atomic uint64_t *counters_at(const struct counters_all *all,
				    const struct counters_row *row, unsigned i);

/* The value of the i-th one's label 0 or 1. */
const char *counters_label(const struct counters_row *row, unsigned i,
			   unsigned which);

/* --- words --- */

/* As in labels; never NULL: "-" for what is no member of the enum. */
const char *counters_refusal_word(unsigned refusal);
const char *counters_method_word(unsigned method);
const char *counters_login_word(unsigned login);
const char *counters_timeout_word(unsigned timeout);
const char *counters_end_word(unsigned end);

/* Was that nobody's wish, but something that went wrong here? */
bool counters_end_is_fault(unsigned end);
const char *counters_state_word(unsigned state);
const char *counters_verb_word(unsigned verb); /* "RETR", "other" */

#endif
