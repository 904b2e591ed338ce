/* SPDX-License-Identifier: ISC */
/*
 * Passwords and secrets as the options say: asked for, read, made, or none;
 * held to the policy; and put into their stored form.
 */
#ifndef SCMP_CREDENTIALS_H
#define SCMP_CREDENTIALS_H

#include "scmp/prompt.h"
#include "store/database_users.h"

/*
 * A new password as the options say (not --hash-fd, --no-password), held to
 * the policy for this name; `made` says that it is one of --generate.
 * STATUS_OK, or a status after a message.
 */
__attribute__((warn_unused_result)) int
credentials_password(struct scmp *s, const char *name, struct secret *password,
		     bool *made);

/* Its stored form after --scheme, --cost and --memory. */
__attribute__((warn_unused_result)) int
credentials_store(const struct scmp *s, const struct secret *password,
		  struct secret *stored);

/*
 * Takes password and secret into the user's row, and sets in *fields what has
 * changed. With `optional` nobody is asked where the options are about the
 * secret alone. *password is a generated one, to be shown once, or empty.
 */
__attribute__((warn_unused_result)) int
credentials_take(struct scmp *s, bool optional, struct database_user *user,
		 unsigned *fields, struct secret *password);

/* Shows a generated password: alone with --quiet. Clears it. */
void credentials_show(const struct scmp *s, const char *name,
		      struct secret *password);

#endif
