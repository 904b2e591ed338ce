/* SPDX-License-Identifier: ISC */
#include "config/roles.h"

#include "proto/scmp_code.h"

#include <stddef.h>
#include <string.h>

#define VIEWS	 "stats.read sessions.read users.read bans.read config.read"
#define OPERATES VIEWS " sessions.kick users.password bans.write"

const struct role roles_fixed[ROLES_FIXED] = {
	{"user", ""},
	{"viewer", VIEWS},
	{"operator", OPERATES},
	{"admin", OPERATES " users.write config.write transform.write "
			   "log.write server.control"},
};

bool role_is_fixed(const char *name)
{
	for (int i = 0; i < ROLES_FIXED; i++) {
		if (strcmp(name, roles_fixed[i].name) == 0)
			return true;
	}
	return false;
}

bool role_right_is_known(const char *right)
{
	return scmp_right_find(span_str(right)) != 0;
}

bool role_name_is_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n < 32 && !name[n] && name[0] >= 'a' && name[0] <= 'z';
}
