/* SPDX-License-Identifier: ISC */
/*
 * Users in the database, and further credentials of theirs. For programs that
 * keep them; logins go by store/users.h. Failures are those of
 * store/database.h.
 */
#ifndef STORE_DATABASE_USERS_H
#define STORE_DATABASE_USERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "store/database.h"
#include "store/users.h"

enum {
	/* with the NUL at the end */
	DATABASE_TEXT_SIZE = 1024,
	DATABASE_WORD_SIZE = 256,
};

/* A whole row. Holds secrets: to be cleared with database_user_clear(). */
struct database_user {
	int64_t id;	     /* set by the functions that read or add */
	struct user_row row; /* an empty text is the same as none */
	char display_name[DATABASE_WORD_SIZE];
	char comment[DATABASE_TEXT_SIZE];
	int64_t created, changed; /* seconds since 1970 */
};

/* Which members count in database_user_change(). */
enum database_field {
	DATABASE_NAME = 1 << 0,
	DATABASE_PASSWORD = 1 << 1,
	DATABASE_SECRET = 1 << 2,
	DATABASE_ROLE = 1 << 3,
	DATABASE_MAILDIR = 1 << 4,
	DATABASE_HOME = 1 << 5,
	DATABASE_UID = 1 << 6, /* none unless row.has_uid; so gid and limit */
	DATABASE_GID = 1 << 7,
	DATABASE_ENABLED = 1 << 8,
	DATABASE_NETWORKS = 1 << 9,
	DATABASE_MAX_SESSIONS = 1 << 10,
	DATABASE_MUST_CHANGE = 1 << 11,
	DATABASE_DISPLAY_NAME = 1 << 12,
	DATABASE_COMMENT = 1 << 13,
	DATABASE_FIELDS_ALL = (1 << 14) - 1,
};

/* A user that is enabled, has the role `user` and nothing else yet. */
void database_user_init(struct database_user *user);
void database_user_clear(struct database_user *user);

/*
 * NULL, or why those of the fields cannot be stored. Stricter than what is
 * read: a row with which nobody can log in, or that has a control character in
 * a text, must be there to be mended.
 */
const char *database_user_fault(const struct database_user *user,
				unsigned fields);

/* Has a text of a row no control character? Else it is not stored. */
bool database_text_is_plain(const char *text);

/*
 * Adds a user: all members but id, created and changed, which are set.
 * -EEXIST: the name is taken. -EINVAL: no name, an unusable path, uid 0, …
 */
__attribute__((warn_unused_result)) int
database_user_add(struct database *db, struct database_user *user,
		  struct buf *error);

/* Stores the members in `fields` for the user of that name. -ENOENT, -EEXIST
 * (a new name is taken), -EINVAL. */
__attribute__((warn_unused_result)) int
database_user_change(struct database *db, struct span name, unsigned fields,
		     const struct database_user *user, struct buf *error);

/* Removes the user and all credentials; the mail stays. -ENOENT. */
__attribute__((warn_unused_result)) int
database_user_delete(struct database *db, struct span name, struct buf *error);

/* By the exact name. -ENOENT (without a text in *error): there is none. */
__attribute__((warn_unused_result)) int
database_user_find(struct database *db, struct span name,
		   struct database_user *user, struct buf *error);

/* What a list is of. */
struct database_search {
	const char *mask;  /* with * and ?; NULL: all */
	const char *after; /* only names behind this one; NULL: all */
	uint64_t offset;
	uint64_t limit; /* 0: no limit */
	/* Told of a damaged row, which is then skipped. NULL: it ends the list
	 * with -EBADMSG. */
	void (*damaged)(const char *fault, void *context);
};

/*
 * Calls `each` for every user whose name fits the mask, in the order of the
 * names' octets. The row belongs to the list and is cleared behind the call. A
 * result other than 0 ends the list and becomes its result. `each` must not
 * change the database.
 */
__attribute__((warn_unused_result)) int database_users_list(
	struct database *db, const struct database_search *search,
	int (*each)(const struct database_user *user, void *context),
	void *context, struct buf *error);

/* Does a list with that mask (NULL: all) have the name? */
bool database_mask_fits(const char *mask, const char *name);

/* How many users fit the mask (NULL: how many there are). */
__attribute__((warn_unused_result)) int
database_users_count(struct database *db, const char *mask, uint64_t *n,
		     struct buf *error);

/* How many users there are of that role who are enabled. */
__attribute__((warn_unused_result)) int
database_users_count_role(struct database *db, const char *role, uint64_t *n,
			  struct buf *error);

/*
 * Further credentials: application passwords (kind `app`, with a label),
 * SCRAM verifiers (kind `scram-sha-256`, no label). They go with their user.
 */
struct database_credential {
	char kind[DATABASE_WORD_SIZE];
	char label[DATABASE_WORD_SIZE];
	char value[USERS_PASSWORD_SIZE];
	int64_t created, last_used; /* seconds since 1970; 0: never */
};

/* Adds it, or replaces that of the same kind and label. -ENOENT: no user. */
__attribute__((warn_unused_result)) int
database_credential_set(struct database *db, struct span user,
			const struct database_credential *credential,
			struct buf *error);

/* -ENOENT: there is none. */
__attribute__((warn_unused_result)) int
database_credential_delete(struct database *db, struct span user,
			   const char *kind, const char *label,
			   struct buf *error);

/* As database_users_list(), for one user. */
__attribute__((warn_unused_result)) int database_credentials_list(
	struct database *db, struct span user,
	int (*each)(const struct database_credential *credential,
		    void *context),
	void *context, struct buf *error);

#endif
