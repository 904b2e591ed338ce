/* SPDX-License-Identifier: ISC */
/*
 * The codes of SCMP replies, and the names of rights that commands want. Both
 * are texts on the wire and numbers inside. Pure.
 */
#ifndef PROTO_SCMP_CODE_H
#define PROTO_SCMP_CODE_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Up to SCMP_CODE_NOCHANGE a reply begins with +OK, behind that with -ERR. A
 * handler's result is one of them.
 */
enum scmp_code {
	SCMP_CODE_OK, /* no code: +OK alone */
	SCMP_CODE_PREAUTH,
	SCMP_CODE_CHANGEPW,
	SCMP_CODE_GENERATED, /* its detail is a new password */
	SCMP_CODE_NEXT_LOGIN,
	SCMP_CODE_NOCHANGE,
	SCMP_CODE_AUTH,
	SCMP_CODE_PERM,
	SCMP_CODE_PERM_LOCAL,
	SCMP_CODE_NOTFOUND,
	SCMP_CODE_EXISTS,
	SCMP_CODE_CONFLICT,
	SCMP_CODE_LIMIT,
	SCMP_CODE_RANGE,
	SCMP_CODE_POLICY,
	SCMP_CODE_BANNED,
	SCMP_CODE_TLS,
	SCMP_CODE_UNKNOWN,
	SCMP_CODE_SYNTAX,
	SCMP_CODE_STATE,
	SCMP_CODE_TOOLONG,
	SCMP_CODE_TIMEOUT,
	SCMP_CODE_BUSY,
	SCMP_CODE_REFUSED,
	SCMP_CODE_SYS_TEMP,
	SCMP_CODE_SYS_PERM,
	SCMP_CODES, /* how many; as a reply's code: one that we do not know */
};

/* "PERM/LOCAL"; "OK" for SCMP_CODE_OK, as in the audit. Never NULL. */
const char *scmp_code_name(enum scmp_code code);

static inline bool scmp_code_is_error(enum scmp_code code)
{
	return code > SCMP_CODE_NOCHANGE;
}

/* SCMP_CODES if there is none of that name; upper case only. */
enum scmp_code scmp_code_find(struct span name);

/* Bits; what custom roles are made of, named `area.action`. */
enum scmp_right {
	SCMP_RIGHT_STATS_READ = 1 << 0,
	SCMP_RIGHT_SESSIONS_READ = 1 << 1,
	SCMP_RIGHT_SESSIONS_KICK = 1 << 2,
	SCMP_RIGHT_USERS_READ = 1 << 3,
	SCMP_RIGHT_USERS_WRITE = 1 << 4,
	SCMP_RIGHT_USERS_PASSWORD = 1 << 5,
	SCMP_RIGHT_BANS_READ = 1 << 6,
	SCMP_RIGHT_BANS_WRITE = 1 << 7,
	SCMP_RIGHT_CONFIG_READ = 1 << 8,
	SCMP_RIGHT_CONFIG_WRITE = 1 << 9,
	SCMP_RIGHT_TRANSFORM_WRITE = 1 << 10,
	SCMP_RIGHT_LOG_WRITE = 1 << 11,
	SCMP_RIGHT_SERVER_CONTROL = 1 << 12,
	SCMP_RIGHTS = 13, /* how many */
	SCMP_RIGHTS_ALL = (1 << SCMP_RIGHTS) - 1,
};

/* "stats.read" is that of bit 0, and so on; NULL ends. */
extern const char *const scmp_right_names[SCMP_RIGHTS + 1];

/* The bit of a name, or 0. */
unsigned scmp_right_find(struct span name);

/* The bits of names with blanks between them; what is unknown gives none. */
unsigned scmp_rights_parse(struct span names);

#endif
