/* SPDX-License-Identifier: ISC */
#include "proto/scheme.h"

static const struct scheme {
	struct span name;
	enum scheme_kind kind;
	struct span prefix; /* that what follows must begin with */
} schemes[] = {
	{SPAN_LITERAL("PLAIN"), SCHEME_SECRET, SPAN_LITERAL("")},
	{SPAN_LITERAL("CLEARTEXT"), SCHEME_SECRET, SPAN_LITERAL("")},
	{SPAN_LITERAL("CRYPT"), SCHEME_CRYPT, SPAN_LITERAL("")},
	{SPAN_LITERAL("SHA512-CRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$6$")},
	{SPAN_LITERAL("SHA256-CRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$5$")},
	{SPAN_LITERAL("MD5-CRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$1$")},
	{SPAN_LITERAL("BLF-CRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$2")},
	{SPAN_LITERAL("YESCRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$y$")},
	{SPAN_LITERAL("GOST-YESCRYPT"), SCHEME_CRYPT, SPAN_LITERAL("$gy$")},
};

static const struct scheme *scheme_find(struct span name)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_equal_nocase(name, schemes[i].name))
			return &schemes[i];
	}
	return NULL;
}

enum scheme_kind scheme_split(struct span stored, struct span *rest)
{
	const struct scheme *scheme;
	struct span after;
	size_t end;

	if (rest)
		*rest = stored;
	if (!stored.n)
		return SCHEME_UNKNOWN;
	if (stored.p[0] == '$')
		return SCHEME_CRYPT;
	if (stored.p[0] != '{')
		return SCHEME_UNKNOWN;
	end = span_find(stored, '}');
	if (end == stored.n)
		return SCHEME_UNKNOWN;
	scheme = scheme_find(span_drop(span_take(stored, end), 1));
	after = span_drop(stored, end + 1);
	if (rest)
		*rest = after;
	if (!scheme || !span_starts(after, scheme->prefix))
		return SCHEME_UNKNOWN;
	if (scheme->kind == SCHEME_CRYPT && !after.n)
		return SCHEME_UNKNOWN;
	return scheme->kind;
}
