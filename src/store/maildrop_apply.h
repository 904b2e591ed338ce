/* SPDX-License-Identifier: ISC */
/*
 * The index after UPDATE, made from the one before and from what UPDATE did,
 * without reading the folders: where maildrop_watch_end() said that nobody else
 * has changed them.
 */
#ifndef STORE_MAILDROP_APPLY_H
#define STORE_MAILDROP_APPLY_H

#include <stdbool.h>

#include "store/maildrop.h"

/* Are there so many messages that reading the folders should be avoided? */
bool maildrop_apply_pays(const struct maildrop *);

/* Does the base of the index have to be written anew? */
bool maildrop_apply_is_long(struct maildrop *);

/*
 * Writes the index, with the maildrop's lock or, if the folders are still as
 * they were then, without. An attempt: the next login reads what is missing.
 */
void maildrop_apply(struct maildrop *, bool locked);

#endif
