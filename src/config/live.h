/* SPDX-License-Identifier: ISC */
/*
 * Settings that were changed while the server runs, through SCMP: they stand in
 * the database's table `settings` under the names of their keys, and win over
 * configuration files and options, whose values are the defaults.
 */
#ifndef CONFIG_LIVE_H
#define CONFIG_LIVE_H

#include "base/buf.h"
#include "config/settings.h"
#include "store/database.h"
#include "store/users.h"

#include <stdbool.h>

/*
 * Puts into c->settings what the database says now, and what the configuration
 * says of everything else. A row that is unknown or has an impossible value is
 * passed over: *error then has a text about the first of them (and the result
 * is 0). 0, or a negative errno, after which all is as it was.
 */
__attribute__((warn_unused_result)) int
live_read(struct configuration *c, struct database *db, struct buf *error);

/* --- changing one: the same for who asks scmpd and for who writes himself ---
 */

enum {
	/* RFC 1939, section 3: an autologout timer of 10 minutes at least. */
	LIVE_LEAST_IDLE_S = 600,
	LIVE_TEXT = USERS_PATH_SIZE, /* room for a value, with its NUL */
};

/* The word that stands for what files and options say. */
bool live_is_default(const char *value);

/* Is that key a limit? The others (maildir, log_level, max_users) have commands
 * of their own. */
bool live_is_limit(const char *name);

/* The limit of that name, in any case, as the table has it; or NULL. */
const char *live_find_limit(const struct configuration *c, struct span word);

/*
 * Has the value in c->settings, until live_read() puts back what the database
 * says, so that it can be looked at before it is stored. 0, or -EINVAL with
 * what is expected, or -ENOMEM.
 */
__attribute__((warn_unused_result)) int live_try(struct configuration *c,
						 const char *name,
						 const char *value,
						 struct buf *expected);

/* Does a value of that key, as it is in c->settings, want to be forced? */
bool live_wants_force(const struct configuration *c, const char *name);

/*
 * The template of `maildir` that a word stands for: a folder is one with a
 * folder in it for each user. 0, or -EINVAL with what is wrong.
 */
__attribute__((warn_unused_result)) int
live_make_maildir(struct span word, char template[LIVE_TEXT],
		  struct buf *error);

/* Stores a value that was tried, or that there is none. 0, or a negative errno
 * with *error. */
__attribute__((warn_unused_result)) int live_store(struct database *db,
						   const char *name,
						   const char *value,
						   struct buf *error);

#endif
