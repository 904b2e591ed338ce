/* SPDX-License-Identifier: ISC */
/*
 * The user stores: who may log in, with which stored password form, and where
 * the mail is. Several stores can be configured; they are asked in order and
 * the first one that knows the name decides, even if a later one would say
 * something else.
 *
 *	sqlite:PATH        any number, the embedded database (store/database.h)
 *	passwd-file:PATH   many users, Dovecot's format (store/passwd_file.h)
 *	authfile:PATH      one user (store/authfile.h)
 *
 * A store is read anew for every search, so that a change is in force with the
 * next login. Nothing of it stays in memory: what was read lies in pages that
 * are cleared and given back before a function returns. Calls read files and
 * so may block as long as a disk does; users_find() waits for whoever writes a
 * database, up to four seconds or as long as the program says, nothing else
 * waits. Not for use by several threads.
 *
 * No text that is handed out as `error` contains a password, or anything else
 * of a row but the user's name (escaped) and the number of its line.
 */
#ifndef STORE_USERS_H
#define STORE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/span.h"
#include "sys/file_stamp.h"

enum {
	USERS_STORES_MAX = 8,
	/* the following count the NUL at the end */
	USERS_NAME_SIZE = 256,
	USERS_PASSWORD_SIZE = 1024,
	USERS_PATH_SIZE = 1024,
	USERS_SECRET_SIZE = 256,
	USERS_NETWORKS_SIZE = 1024,
	USERS_ROLE_SIZE = 32,
	/* how long users_find() waits for others, if nobody says else, and goes
	 * on reading, in all
	 */
	USERS_WAIT_MS = 4000,
	/* hashes of a store that are compared for what is usual there: what is
	 * behind them changes little, and time is bounded */
	USERS_HASHES_MOST = 1024,
	/* room that is enough for every `error` text */
	USERS_ERROR_SIZE = 2048,
};

/* One user. Holds a secret: to be cleared with user_row_clear(). */
struct user_row {
	char name[USERS_NAME_SIZE];
	/* as stored, with its scheme: for auth_check_password() */
	char password[USERS_PASSWORD_SIZE];
	/* false: the account is locked; to be answered like a wrong password,
	 * and as late: check against users_example() and discard the result */
	bool enabled;
	bool has_uid, has_gid;
	bool has_max_sessions;
	bool must_change;	    /* the password was set by somebody else */
	uid_t uid;		    /* never 0 */
	gid_t gid;		    /* never 0 */
	char home[USERS_PATH_SIZE]; /* empty: none */
	/* The user's own template for place_expand(); empty: the configured
	 * one is to be used. */
	char maildir[USERS_PATH_SIZE];
	/* For the methods that need the secret itself (APOP, CRAM-MD5), where
	 * it is kept beside the password. Empty: there is none. */
	char secret[USERS_SECRET_SIZE];
	/* Addresses and networks, separated by commas, from which alone this
	 * user may log in. Empty: from everywhere. */
	char networks[USERS_NETWORKS_SIZE];
	char role[USERS_ROLE_SIZE]; /* empty: the store has none, a `user` */
	uint32_t max_sessions;	    /* at once; 0: no limit */
	/* Whose mail it is, for the template; empty: the user's own. */
	char mail_user[USERS_NAME_SIZE];
	/* Where it stands in its store: the number of its line, or its id; 0:
	 * there is but one. */
	int64_t number;
};

enum users_verdict {
	USERS_FOUND,
	USERS_UNKNOWN,	/* every store was read and none has the name */
	USERS_TEMPFAIL, /* a store cannot be read now: [SYS/TEMP] */
	USERS_PERMFAIL, /* a store or the user's row is wrong, somebody has to
			   mend it: [SYS/PERM] */
	USERS_DAMAGED,	/* the row alone (users_find_login(), and drivers) */
};

/* What is known of a store as a whole, of the file as it was at `stamp`. */
struct users_facts {
	struct file_stamp stamp;
	bool keeps_secret; /* some row has a plain secret */
	uint32_t hashes;   /* looked at so far; never over USERS_HASHES_MOST */
	/* A stored form, which no password matches, of the same scheme and cost
	 * as the costliest of the forms that were looked at and can be used;
	 * its work as in proto/stored.h.  Empty: there is none. */
	uint32_t example_work_us;
	char example[USERS_NAME_SIZE];
};

struct users_driver;

/* One configured store. */
struct users_store {
	const struct users_driver *driver;
	char path[USERS_PATH_SIZE];
	struct users_facts facts;
};

/* All of them; needs no closing. */
struct users {
	size_t n;
	/* USERS_WAIT_MS. Whoever has others to serve meanwhile sets less after
	 * users_open(), and USERS_TEMPFAIL comes sooner. */
	unsigned wait_ms;
	/*
	 * Does work(path) with the rights over files of that owner, and
	 * returns its result, or a negative errno if that cannot be had. What a
	 * database's writer left who died in mid-commit can be undone only so.
	 * NULL: with the rights that the process has. Set by the program after
	 * users_open().
	 */
	int (*as_owner)(uid_t uid, gid_t gid, int (*work)(const char *path),
			const char *path);
	struct users_store stores[USERS_STORES_MAX];
};

/* Has it a journal beside it, which also who only reads may have to write? */
bool users_store_is_database(const struct users_store *store);

/*
 * Takes the configured stores in their order. Only parses: no file is touched.
 * 0, or -EINVAL with a text in *error that names the store and the remedy
 * (unknown kind, no path, path not absolute or too long, too many, none).
 */
__attribute__((warn_unused_result)) int users_open(struct users *u,
						   const char *const *specs,
						   size_t n, struct buf *error);

/*
 * Looks for a user by the exact octets of the name. Only with
 * USERS_FOUND *row is set; otherwise it is cleared or as it was. With
 * USERS_TEMPFAIL and USERS_PERMFAIL *error says which file, line and remedy.
 * With the other two *error may hold a remark that is worth a line in the log
 * (a line too long to be read was skipped), else it is empty. A store is always
 * read to its end, so that the place of a row in the file cannot be told from
 * the time.
 */
__attribute__((warn_unused_result)) enum users_verdict
users_find(struct users *u, struct span name, struct user_row *row,
	   struct buf *error);

/*
 * The same for who checks a password next, and answers a wrong one as if the
 * row was sound, lest it tells that there is one: a damaged row is
 * USERS_DAMAGED, and *row has of name, password, secret, enabled and networks
 * what could be read. Without a password it is not enabled.
 */
__attribute__((warn_unused_result)) enum users_verdict
users_find_login(struct users *u, struct span name, struct user_row *row,
		 struct buf *error);

/*
 * As users_find() of one store, counted from 0, for who only wants to know:
 * what a writer left who died in mid-commit stays as it is (USERS_TEMPFAIL, and
 * users_is_left() says so), while users_find() undoes it.
 */
enum users_verdict users_look(const struct users *u, size_t store,
			      struct span name, struct user_row *row,
			      struct buf *error);
bool users_is_left(const struct users *u, size_t store);

/* What a row's number is in that store: "line", "id", or NULL. */
const char *users_number_word(const struct users *u, size_t store);

/*
 * Does some row keep a plain secret, so that APOP is worth offering? Remembered
 * as long as the files do not change (one stat a store; how changes are told is
 * in sys/file_stamp.h), so a parent that asks before it forks spares its
 * children the reading, whatever they need of the facts. False if nothing can
 * be read.
 */
bool users_offer_apop(struct users *u);

/*
 * A row that an unknown user's password is checked against, the result being
 * discarded, so that the answer takes as long as for a wrong password: same
 * scheme and cost as the costliest hash of all stores, as far as they were
 * looked at, or a plain secret where there is no hash. (With the costliest, who
 * has a cheaper one can be made to take as long as well; the other way round
 * nothing helps.) Remembered like the above. To be called for every login,
 * whoever it is: where the facts have to be read, that must not tell who is
 * unknown. The row has no name, and no password matches it.
 */
void users_example(struct users *u, struct user_row *row);

/* Overwrites the whole row with zeros in a way that is not optimised away. */
void user_row_clear(struct user_row *row);

/*
 * For the stores' own use.
 */

/* Says in *error that the file cannot be read; returns `failed` (negative). */
int users_cannot_read(const char *kind, const char *path, int failed,
		      struct buf *error);

/* A number of errno in words, where nothing better is known. */
const char *users_error_text(int number);

/* How long this search may still wait for somebody else, in milliseconds. */
unsigned users_wait_ms(void);

/* Has a search been going on for so long that it should read no more? False
 * where there is none. Then reading fails with -ETIMEDOUT. */
bool users_is_late(void);

/* The verdict for a negative errno: has somebody to mend something, or not? */
enum users_verdict users_fault(int failed);

/* Takes a row's stored form into account. */
void users_facts_add(struct users_facts *facts, struct span stored);

/* Can no further row change anything? */
bool users_facts_are_full(const struct users_facts *facts);

#endif
