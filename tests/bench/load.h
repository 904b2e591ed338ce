/* SPDX-License-Identifier: ISC */
/*
 * The load generator: each mode logs in to a POP3 server on 127.0.0.1 and
 * prints one line of `key=value` figures.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load {
	uint16_t port;
	const char *user; /* printf template with one %u, or a name */
	const char *password;
	unsigned first, users; /* numbers first … first + users - 1 */
	unsigned at_once;      /* connections */
	unsigned total;	       /* sessions, repetitions or samples */
	unsigned number;       /* message, 0: the last */
	unsigned pause_ms;     /* between samples of `open` */
	const char *sizes;     /* file of `learn`: octets on the wire */
	bool dele;	       /* delete all after the retrieval */
};

/* Whole sessions, `at_once` at a time, `total` in all: greeting, USER, PASS,
 * STAT, QUIT, end of file. */
int load_logins(const struct load *);

/* Logs in `total` users and holds them until stdin ends. */
int load_idle(const struct load *);

/* Retrieves all messages once with every check: octets against LIST, line
 * ends, dot-stuffing; writes what each takes on the wire to `sizes`. */
int load_learn(const struct load *);

/* Pipelined RETR of all messages on `at_once` connections, `total` times,
 * every message's length checked against `sizes`. With `dele` the whole
 * session is timed: connect, RETR, DELE, QUIT. */
int load_retr(const struct load *);

/* `total` times: from PASS to the replies of STAT, LIST n, UIDL n, and the
 * first octet of message n; medians. */
int load_open(const struct load *);

/* The name of user `i` (from 0) of the load. */
void load_user(const struct load *, unsigned i, char *out, size_t cap);

#endif
