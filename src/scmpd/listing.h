/* SPDX-License-Identifier: ISC */
/*
 * Lists out of the database. They are sent in pieces, each of which is read
 * anew behind the last that was sent of the one before: neither a slow reader
 * nor a long list takes memory or keeps writers out.
 */
#ifndef SCMPD_LISTING_H
#define SCMPD_LISTING_H

#include "scmpd/call.h"

#include <stddef.h>

/*
 * The state of a list: so many octets of zeros, to be given back by free().
 * NULL: answered, also where the database cannot be read, which is to be known
 * before +OK.
 */
__attribute__((warn_unused_result)) void *listing_begin(struct call *call,
							size_t size);

/*
 * The rest of a list cannot be read: call_break(), and the reason in the log,
 * but for another writer, since it is tried again then. `what`: "USERS";
 * `failed` and `why` as of a function of the database.
 */
void listing_break(struct call *call, const char *what, int failed,
		   struct buf *why);

/* A row that is passed over, so that it hides no others: it is logged, if it is
 * among the first that are (*n so far). */
void listing_pass_over(const char *what, unsigned *n, const char *row);

#endif
