/* SPDX-License-Identifier: ISC */
/*
 * What commands about users share: options into a row, a row into a record,
 * and rows by name.
 */
#ifndef SCMP_ACCOUNT_H
#define SCMP_ACCOUNT_H

#include "scmp/scmp.h"
#include "store/database_users.h"

#include <jansson.h>

/*
 * Takes the options about a user into the row and sets the bits of *fields.
 * STATUS_OK, or a status after a message.
 */
__attribute__((warn_unused_result)) int
account_take_options(struct scmp *s, struct database_user *user,
		     unsigned *fields);

/*
 * Finds a user by the word as it stands there, or else by the name that logins
 * would look up. STATUS_OK, or a status after a message.
 */
__attribute__((warn_unused_result)) int
account_find(struct scmp *s, const char *word, struct database_user *user);

/*
 * Runs `one` for each of the words; the first status that is not STATUS_OK.
 * What a command changes for several users is in force for all of them at
 * once; --purge takes one after another.
 */
__attribute__((warn_unused_result)) int
account_each(struct scmp *s, int (*one)(struct scmp *s, const char *word));

/* Does the name fit one of the first n words, which are masks? */
bool account_fits_before(const struct scmp *s, size_t n, const char *name);

/*
 * Makes the path that the mail of `name` has with this row (and the
 * configuration) the row's own, so that it is found there whatever the user is
 * called. False: no path, or too long a one; the row's is not of use then.
 */
bool account_keep_place(const struct scmp *s, struct user_row *row,
			const char *name);

/* A text into a member of a row: false, and nothing changed, if it is longer.
 */
bool account_copy(char *to, size_t size, const char *text);

/* The row without password and secret; NULL: no memory. */
json_t *account_record(const struct database_user *user);

/* "the scheme of the password, such as YESCRYPT": "-" where there is none. */
json_t *account_scheme(const struct database_user *user);

#endif
