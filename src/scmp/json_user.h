/* SPDX-License-Identifier: ISC */
/*
 * A whole user, password and secret included, as a JSON object: what export
 * writes and import reads. One table for both.
 */
#ifndef SCMP_JSON_USER_H
#define SCMP_JSON_USER_H

#include "store/database_users.h"

#include <jansson.h>

/* NULL: a text is not UTF-8, which JSON must be, or no memory. */
json_t *json_user_make(const struct database_user *user);

/*
 * Into a row that was initialised; the fields that the object has are set in
 * *fields. NULL, or what is wrong with it, for "line 3 …".
 */
const char *json_user_take(const json_t *object, struct database_user *user,
			   unsigned *fields);

#endif
