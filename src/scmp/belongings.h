/* SPDX-License-Identifier: ISC */
/*
 * What a user has besides the row: the Maildir, the folder of the index, and
 * the uid that both belong to. All as a login would find it.
 */
#ifndef SCMP_BELONGINGS_H
#define SCMP_BELONGINGS_H

#include "priv/identity.h"
#include "scmp/scmp.h"
#include "store/place.h"
#include "store/users.h"

#include <stdbool.h>

struct belongings {
	char path[PLACE_PATH_SIZE];  /* of the Maildir */
	char index[PLACE_PATH_SIZE]; /* beneath index_dir; "": in the Maildir */
	struct identity owner;
	bool by_root; /* who looks for them can become the owner */
};

/* Where the Maildir is. 0, or why there is no path, as place_expand(). */
__attribute__((warn_unused_result)) int
belongings_place(const struct scmp *s, const struct user_row *row,
		 char path[PLACE_PATH_SIZE]);

/* The folder that index_dir gives the user, "" for none. */
void belongings_index(const struct scmp *s, const struct user_row *row,
		      char path[PLACE_PATH_SIZE]);

/*
 * All of it; STATUS_OK, or STATUS_REFUSED after a message with the remedy for
 * this command.
 */
__attribute__((warn_unused_result)) int
belongings_find(const struct scmp *s, const struct user_row *row,
		struct belongings *b);

/*
 * Runs `act` as the owner, in a process of its own, since there is no way back;
 * the database must not be open. The status that `act` returns, or another
 * after a message.
 */
__attribute__((warn_unused_result)) int
belongings_as_owner(const struct scmp *s, const char *name,
		    const struct belongings *b,
		    int (*act)(const struct scmp *s, const char *name,
			       const struct belongings *b));

/* Is something at the path, as far as one can see? */
bool belongings_may_be_at(const char *path);

#endif
