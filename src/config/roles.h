/* SPDX-License-Identifier: ISC */
/*
 * Roles: names for sets of rights over the server (proto/scmp_code.h). Four are
 * fixed, others are made in the database.
 */
#ifndef CONFIG_ROLES_H
#define CONFIG_ROLES_H

#include <stdbool.h>

/* A fixed role: its rights with blanks between them, least role first. */
struct role {
	const char *name, *rights;
};

enum { ROLES_FIXED = 4 };
extern const struct role roles_fixed[ROLES_FIXED];

bool role_is_fixed(const char *name);
bool role_right_is_known(const char *right);

/* 1 to 31 of a-z 0-9 - _ that begin with a letter. */
bool role_name_is_valid(const char *name);

#endif
