/* SPDX-License-Identifier: ISC */
/*
 * Settings that are changed while the server runs (config/live.h): LIMITS,
 * MAILDIR, LOGLEVEL and MAX_USERS show and change them. What is in force here
 * is in the configuration of struct scmpd.
 */
#ifndef SCMPD_SETTING_H
#define SCMPD_SETTING_H

#include "scmpd/accounts.h"

/*
 * Has what the database says in force, and waits for its writers as long as at
 * the start. False: there is none, or it cannot be read now, and all is as it
 * was.
 */
bool setting_look(struct scmpd *s);

/* The same for a database that is open. False: answered. */
__attribute__((warn_unused_result)) bool setting_look_at(struct call *call,
							 struct account *a);

/* Opens the database, and the same. False: answered, and nothing is open. */
__attribute__((warn_unused_result)) bool
setting_open(struct call *call, struct account *a, enum database_mode mode);

/* Adds "77 source=scmp". */
void setting_add(struct buf *out, const struct scmpd *s, const char *name);

/* Sends the record "name=77 source=scmp". */
void setting_send(struct call *call, const char *name);

/* May it be what it is now, for a moment, in the configuration? False:
 * answered. The database is open, in a transaction. */
typedef bool setting_check(struct call *call, struct account *a);

/*
 * Stores a value, or for "default" none, so that what files and options say
 * holds again; and has it in force, if `may_be` (or NULL) agrees. False:
 * answered, and nothing has changed. *same: it was like that before.
 */
__attribute__((warn_unused_result)) bool
setting_change(struct call *call, const char *name, const char *value,
	       setting_check *may_be, bool *same);

#endif
