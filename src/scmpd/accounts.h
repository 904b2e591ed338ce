/* SPDX-License-Identifier: ISC */
/* What commands about accounts share. Each of these answers when it fails. */
#ifndef SCMPD_ACCOUNTS_H
#define SCMPD_ACCOUNTS_H

#include "auth/auth.h"
#include "scmpd/call.h"
#include "store/database_users.h"

#include <stdbool.h>

/* A database that is open for a command, and the account that it is about. */
struct account {
	struct database db;
	bool is_open;
	bool is_changing;
	struct database_user user;
	unsigned rights; /* of the user's role */
	struct buf error;
	char error_memory[USERS_ERROR_SIZE];
};

/* Where a function of the database may put the text of its failure. */
struct buf *account_error(struct account *a);

/* Answers for such a failure, a negative errno with that text. False. */
bool account_fail(struct call *call, struct account *a, int failed);

/*
 * Opens the database (to write: in a transaction) and finds the account that
 * a word of the command names. False: answered, nothing is open.
 */
__attribute__((warn_unused_result)) bool account_open(struct call *call,
						      struct account *a,
						      struct span name,
						      enum database_mode mode);

/* The same without an account. */
__attribute__((warn_unused_result)) bool
account_open_database(struct call *call, struct account *a,
		      enum database_mode mode);

/* Stores the fields of a->user and commits. False: answered. */
__attribute__((warn_unused_result)) bool
account_store(struct call *call, struct account *a, unsigned fields);

/* Commits what was changed otherwise. False: answered. */
__attribute__((warn_unused_result)) bool account_commit(struct call *call,
							struct account *a);

/* Is there a user of that name in any store? The database is closed. False:
 * answered. */
__attribute__((warn_unused_result)) bool
account_is_anywhere(struct call *call, struct span name, bool *is_there);

/* Closes the database; a->user stays. */
void account_release(struct account *a);

/* Closes and clears; what was not committed is as it was. */
void account_close(struct account *a);

/* A name as logins look it up. False: answered ([SYNTAX]). */
__attribute__((warn_unused_result)) bool
account_take_name(struct call *call, struct span word,
		  char name[USERS_NAME_SIZE]);

/* The rights of a->user's role into a->rights. False: answered. */
__attribute__((warn_unused_result)) bool account_take_rights(struct call *call,
							     struct account *a);

/* The rights of any role. False: answered. */
__attribute__((warn_unused_result)) bool account_role_rights(struct call *call,
							     struct account *a,
							     const char *role,
							     unsigned *rights);

/* May the caller act on it? False: [PERM]. */
__attribute__((warn_unused_result)) bool
account_may_touch(struct call *call, const struct account *a);

/* Is it the caller's own, or the last enabled administrator's? Then [CONFLICT]
 * and false: nobody shuts the door on himself. `what`: "disabled". */
__attribute__((warn_unused_result)) bool
account_may_lose(struct call *call, struct account *a, const char *what);

/* Nobody gives a role that may do more than himself. False: [PERM]. */
__attribute__((warn_unused_result)) bool
account_may_give(struct call *call, struct account *a, const char *role);

/* Does the database know that role? False: [NOTFOUND]. */
__attribute__((warn_unused_result)) bool
account_has_role(struct call *call, struct account *a, const char *role);

/*
 * Makes the stored form of a password for a->user, if the policy takes it.
 * "*" or an empty one makes one by chance, which is then in *made. False:
 * answered ([POLICY], [SYS/TEMP]).
 */
enum { ACCOUNT_MADE = 128 };
__attribute__((warn_unused_result)) bool
account_make_password(struct call *call, struct account *a,
		      struct span password, char made[ACCOUNT_MADE],
		      bool *kick_on_change);

#endif
