/* SPDX-License-Identifier: ISC */
#include "proto/scheme.h"

#define PLAIN_ROW(word)                                                        \
	{                                                                      \
		.name = (word), .kind = SCHEME_SECRET, .can_make = true,       \
		.help = "the password itself (APOP and CRAM-MD5 need it)"      \
	}
#define DIGEST_ROW(word, how, in, text)                                        \
	{                                                                      \
		.name = (word), .kind = SCHEME_DIGEST, .hash = (how),          \
		.encoding = (in), .can_make = true, .help = (text)             \
	}
#define SALTED_ROW(word, how, text)                                            \
	{                                                                      \
		.name = (word), .kind = SCHEME_DIGEST, .hash = (how),          \
		.salted = true, .encoding = SCHEME_BASE64, .can_make = true,   \
		.help = (text)                                                 \
	}
#define UNSALTED " without a salt: to be replaced"
#define FAST	 ", a fast hash: to be replaced"

const struct scheme schemes[] = {
	{.name = "YESCRYPT",
	 .help = "yescrypt, which wants memory; the usual one",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$y$",
	 .written = "CRYPT",
	 .setting = "$y$",
	 .can_make = true,
	 .cost_unit = "cost (one more doubles the memory; 5 are 16 MiB)",
	 .cost_min = 1,
	 .cost_usual = 5,
	 .cost_max = 9},
	{.name = "ARGON2ID",
	 .help = "Argon2id (RFC 9106), which wants memory",
	 .kind = SCHEME_ARGON2,
	 .prefix = "$argon2id$",
	 .can_make = true,
	 .cost_unit = "passes",
	 .cost_min = 1,
	 .cost_usual = 3,
	 .cost_max = 64},
	{.name = "ARGON2I",
	 .help = "Argon2i (RFC 9106)",
	 .kind = SCHEME_ARGON2,
	 .prefix = "$argon2i$",
	 .can_make = true,
	 .cost_unit = "passes",
	 .cost_min = 1,
	 .cost_usual = 4,
	 .cost_max = 64},
	{.name = "BLF-CRYPT",
	 .help = "bcrypt; takes 72 octets of a password",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$2",
	 .setting = "$2y$",
	 .can_make = true,
	 .cost_unit = "cost (one more doubles the time)",
	 .cost_min = 4,
	 .cost_usual = 10,
	 .cost_max = 15},
	{.name = "SHA512-CRYPT",
	 .help = "SHA-512, iterated by crypt(3)",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$6$",
	 .setting = "$6$",
	 .can_make = true,
	 .cost_unit = "rounds",
	 .cost_min = 1000,
	 .cost_usual = 100000,
	 .cost_max = 2000000},
	{.name = "SHA256-CRYPT",
	 .help = "SHA-256, iterated by crypt(3)",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$5$",
	 .setting = "$5$",
	 .can_make = true,
	 .cost_unit = "rounds",
	 .cost_min = 1000,
	 .cost_usual = 100000,
	 .cost_max = 2000000},
	{.name = "PBKDF2",
	 .help = "PBKDF2 with HMAC-SHA-1, in Dovecot's form",
	 .kind = SCHEME_PBKDF2,
	 .prefix = "$1$",
	 .can_make = true,
	 .cost_unit = "rounds",
	 .cost_min = 1000,
	 .cost_usual = 100000,
	 .cost_max = 4000000},
	{.name = "GOST-YESCRYPT",
	 .help = "yescrypt with GOST R 34.11-2012",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$gy$",
	 .written = "CRYPT",
	 .setting = "$gy$",
	 .can_make = true,
	 .cost_unit = "cost (one more doubles the memory; 5 are 16 MiB)",
	 .cost_min = 1,
	 .cost_usual = 5,
	 .cost_max = 9},
	{.name = "CRYPT",
	 .help = "any string of crypt(3); new ones are yescrypt",
	 .kind = SCHEME_CRYPT,
	 .setting = "$y$",
	 .can_make = true,
	 .cost_unit = "cost (one more doubles the memory; 5 are 16 MiB)",
	 .cost_min = 1,
	 .cost_usual = 5,
	 .cost_max = 9},
	{.name = "MD5-CRYPT",
	 .help = "MD5, iterated by crypt(3): to be replaced",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$1$",
	 .setting = "$1$",
	 .can_make = true},
	{.name = "MD5",
	 .help = "the same as MD5-CRYPT, as old files write it",
	 .kind = SCHEME_CRYPT,
	 .prefix = "$1$"},
	{.name = "DES-CRYPT",
	 .help = "the first crypt(3), of 8 octets: to be replaced",
	 .kind = SCHEME_CRYPT},
	SALTED_ROW("SSHA512", SCHEME_SHA512, "SHA-512 with a salt" FAST),
	SALTED_ROW("SSHA256", SCHEME_SHA256, "SHA-256 with a salt" FAST),
	SALTED_ROW("SSHA", SCHEME_SHA1, "SHA-1 with a salt" FAST),
	SALTED_ROW("SMD5", SCHEME_MD5, "MD5 with a salt" FAST),
	DIGEST_ROW("SHA512", SCHEME_SHA512, SCHEME_BASE64, "SHA-512" UNSALTED),
	DIGEST_ROW("SHA256", SCHEME_SHA256, SCHEME_BASE64, "SHA-256" UNSALTED),
	DIGEST_ROW("SHA", SCHEME_SHA1, SCHEME_BASE64, "SHA-1" UNSALTED),
	DIGEST_ROW("SHA1", SCHEME_SHA1, SCHEME_BASE64, "SHA-1" UNSALTED),
	DIGEST_ROW("LDAP-MD5", SCHEME_MD5, SCHEME_BASE64, "MD5" UNSALTED),
	DIGEST_ROW("PLAIN-MD5", SCHEME_MD5, SCHEME_HEX, "MD5" UNSALTED),
	PLAIN_ROW("PLAIN"),
	PLAIN_ROW("CLEARTEXT"),
	PLAIN_ROW("CLEAR"),
};

const size_t schemes_n = sizeof(schemes) / sizeof(schemes[0]);

/* Of bare strings of crypt(3). */
static const struct scheme bare = {
	.name = "CRYPT",
	.kind = SCHEME_CRYPT,
	.prefix = "$",
};

static const struct scheme *scheme_find(struct span name)
{
	for (size_t i = 0; i < schemes_n; i++) {
		if (span_equal_nocase(name, span_str(schemes[i].name)))
			return &schemes[i];
	}
	return NULL;
}

const struct scheme *scheme_find_encoded(struct span words,
					 enum scheme_encoding *encoding)
{
	static const struct {
		struct span suffix;
		enum scheme_encoding encoding;
	} suffixes[] = {
		{SPAN_LITERAL("b64"), SCHEME_BASE64},
		{SPAN_LITERAL("base64"), SCHEME_BASE64},
		{SPAN_LITERAL("hex"), SCHEME_HEX},
	};
	size_t dot = span_find(words, '.');
	const struct scheme *scheme = scheme_find(span_take(words, dot));

	if (!scheme)
		return NULL;
	*encoding = scheme->encoding;
	if (dot == words.n)
		return scheme;
	words = span_drop(words, dot + 1);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!span_equal_nocase(words, suffixes[i].suffix))
			continue;
		*encoding = suffixes[i].encoding;
		return scheme;
	}
	return NULL;
}

const struct scheme *scheme_read(struct span stored,
				 enum scheme_encoding *encoding,
				 struct span *rest)
{
	size_t end;

	*encoding = SCHEME_AS_IS;
	*rest = stored;
	if (stored.n && stored.p[0] == '$')
		return &bare;
	if (!stored.n || stored.p[0] != '{')
		return NULL;
	end = span_find(stored, '}');
	if (end == stored.n)
		return NULL;
	*rest = span_drop(stored, end + 1);
	return scheme_find_encoded(span_drop(span_take(stored, end), 1),
				   encoding);
}
