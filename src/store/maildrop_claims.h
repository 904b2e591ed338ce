/* SPDX-License-Identifier: ISC */
/*
 * Sizes that were taken from the names of very many files and have to be
 * compared with the files before they count as known.
 */
#ifndef STORE_MAILDROP_CLAIMS_H
#define STORE_MAILDROP_CLAIMS_H

#include "store/maildrop.h"

/*
 * Looks at no more than `most` further messages. Returns as maildrop_tend()
 * does. When all are checked, the index is told so.
 */
int maildrop_claims_check(struct maildrop *, uint32_t most)
	__attribute__((warn_unused_result));

/*
 * One was wrong: lists the maildrop anew for the sessions to come, believing
 * no name. The tables that were given out are no longer the maildrop's.
 * Returns -ESTALE.
 */
int maildrop_claims_lied(struct maildrop *);

#endif
