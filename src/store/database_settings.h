/* SPDX-License-Identifier: ISC */
/*
 * Three tables of names and texts in the database: settings that were changed
 * at run time, the policy for passwords, and roles with their rights. What the
 * names and texts mean is not decided here. Failures are those of
 * store/database.h.
 */
#ifndef STORE_DATABASE_SETTINGS_H
#define STORE_DATABASE_SETTINGS_H

#include "base/buf.h"
#include "store/database.h"

enum database_table {
	DATABASE_SETTINGS, /* name, value */
	DATABASE_POLICY,   /* name, value */
	DATABASE_ROLES,	   /* name, rights separated by blanks */
};

/* Adds the text to *value. -ENOENT (without a text in *error): there is none.
 */
__attribute__((warn_unused_result)) int
database_text_get(struct database *db, enum database_table table,
		  const char *name, struct buf *value, struct buf *error);

/* Adds it, or replaces what was there. -EINVAL: the name is empty. */
__attribute__((warn_unused_result)) int
database_text_set(struct database *db, enum database_table table,
		  const char *name, const char *value, struct buf *error);

/* -ENOENT: there is none. */
__attribute__((warn_unused_result)) int
database_text_delete(struct database *db, enum database_table table,
		     const char *name, struct buf *error);

/* Calls `each` for all of them in the order of the names. A result other than 0
 * ends the list and becomes its result. */
__attribute__((warn_unused_result)) int database_texts_list(
	struct database *db, enum database_table table,
	int (*each)(const char *name, const char *value, void *context),
	void *context, struct buf *error);

#endif
