/* SPDX-License-Identifier: ISC */
/*
 * Nobody ends the sessions of accounts that may do more than himself. All are
 * asked about in one state of the database, which alone has roles: whoever is
 * not in it has none.
 */
#ifndef SCMPD_SPARING_H
#define SCMPD_SPARING_H

#include "scmpd/accounts.h"
#include "scmpd/kick.h"

struct sparing {
	struct call *call;
	struct account *account;    /* open if there is a database */
	int failed;		    /* it cannot be found out any more */
	uint32_t n;		    /* sessions that were spared */
	char last[USERS_NAME_SIZE]; /* who was asked about, */
	bool was_spared;	    /* and what came of it */
};

/* The account stays its owner's. Asks nothing yet. */
void sparing_begin(struct sparing *s, struct call *call,
		   struct account *account);

/* May the user do more than the caller? Of whom it is not known, he may. */
bool sparing_is_of(struct sparing *s, struct span user);

/* Has a match spare sessions of such users. */
void sparing_add(struct sparing *s, struct kick_match *match);

#endif
