/* SPDX-License-Identifier: ISC */
/*
 * A list of POP3 sessions as they were at one moment: found, put in order, and
 * written as records a part at a time, however slowly they are read.
 *
 * All lists together have a bound (SESSION_LIST_MOST), since each is kept until
 * its reader has it all.
 */
#ifndef SCMPD_SESSION_LIST_H
#define SCMPD_SESSION_LIST_H

#include "base/buf.h"
#include "base/span.h"
#include "proto/network.h"
#include "stats/statistics_look.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SESSION_LIST_MOST = 200000 };

/* Which sessions: all that is given must fit. */
struct session_filter {
	uint64_t number;	       /* the session's id; 0: any */
	const char *mask;	       /* of the user's name; NULL: any */
	bool is_own;		       /* `user` alone, who may be nobody */
	struct span user;	       /* exactly; only with is_own */
	const struct network *network; /* NULL: any */
	struct span state;	       /* its word; empty: any */
	uint64_t idle_ms;	       /* who was heard of since then: not */
	bool without_marks;	       /* who has marked messages: not */
};

bool session_filter_fits(const struct session_filter *filter,
			 const struct statistics_row *row);

struct session;

struct session_list {
	struct session *items;
	size_t n, room;
	size_t next; /* what is to be written next */
};

/*
 * Finds them. 0, also if there is no file yet; -EBUSY: too many are kept for
 * other readers; -ENOMEM; or what statistics_look_all() says. Either way the
 * list is to be freed.
 */
__attribute__((warn_unused_result)) int
session_list_find(struct session_list *list, struct statistics_look *look,
		  const struct session_filter *filter);
void session_list_free(struct session_list *list);

/* Is there a key of that name in records, perhaps with - before it? */
bool session_list_has_key(struct span key);

/* Orders by a key, then by id; descending behind a -. */
void session_list_sort(struct session_list *list, struct span key);

/* Keeps the first n only. */
void session_list_cut(struct session_list *list, size_t n);

/* Adds the fields of the next one. False: there are no more. */
bool session_list_write(struct session_list *list, struct buf *out);

#endif
