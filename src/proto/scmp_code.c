/* SPDX-License-Identifier: ISC */
#include "proto/scmp_code.h"

static const char *const names[SCMP_CODES] = {
	[SCMP_CODE_OK] = "OK",
	[SCMP_CODE_PREAUTH] = "PREAUTH",
	[SCMP_CODE_CHANGEPW] = "CHANGEPW",
	[SCMP_CODE_GENERATED] = "GENERATED",
	[SCMP_CODE_NEXT_LOGIN] = "NEXT-LOGIN",
	[SCMP_CODE_NOCHANGE] = "NOCHANGE",
	[SCMP_CODE_AUTH] = "AUTH",
	[SCMP_CODE_PERM] = "PERM",
	[SCMP_CODE_PERM_LOCAL] = "PERM/LOCAL",
	[SCMP_CODE_NOTFOUND] = "NOTFOUND",
	[SCMP_CODE_EXISTS] = "EXISTS",
	[SCMP_CODE_CONFLICT] = "CONFLICT",
	[SCMP_CODE_LIMIT] = "LIMIT",
	[SCMP_CODE_RANGE] = "RANGE",
	[SCMP_CODE_POLICY] = "POLICY",
	[SCMP_CODE_BANNED] = "BANNED",
	[SCMP_CODE_TLS] = "TLS",
	[SCMP_CODE_UNKNOWN] = "UNKNOWN",
	[SCMP_CODE_SYNTAX] = "SYNTAX",
	[SCMP_CODE_STATE] = "STATE",
	[SCMP_CODE_TOOLONG] = "TOOLONG",
	[SCMP_CODE_TIMEOUT] = "TIMEOUT",
	[SCMP_CODE_BUSY] = "BUSY",
	[SCMP_CODE_REFUSED] = "REFUSED",
	[SCMP_CODE_SYS_TEMP] = "SYS/TEMP",
	[SCMP_CODE_SYS_PERM] = "SYS/PERM",
};

const char *const scmp_right_names[SCMP_RIGHTS + 1] = {
	"stats.read",	  "sessions.read",  "sessions.kick",   "users.read",
	"users.write",	  "users.password", "bans.read",       "bans.write",
	"config.read",	  "config.write",   "transform.write", "log.write",
	"server.control",
};

const char *scmp_code_name(enum scmp_code code)
{
	return code < SCMP_CODES ? names[code] : "?";
}

enum scmp_code scmp_code_find(struct span name)
{
	/* OK is a word of the audit, never within brackets. */
	unsigned c = SCMP_CODE_OK + 1;

	while (c < SCMP_CODES && !span_equal(name, span_str(names[c])))
		c++;
	return (enum scmp_code)c;
}

unsigned scmp_right_find(struct span name)
{
	for (unsigned i = 0; i < SCMP_RIGHTS; i++) {
		if (span_equal(name, span_str(scmp_right_names[i])))
			return 1U << i;
	}
	return 0;
}

unsigned scmp_rights_parse(struct span text)
{
	unsigned rights = 0;

	while (text.n) {
		size_t n = span_find(text, ' ');

		rights |= scmp_right_find(span_take(text, n));
		text = span_drop(text, n + 1);
	}
	return rights;
}
