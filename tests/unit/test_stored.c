/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/stored.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TAG  "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
#define SHA1 "0c60c80f961f0e71f3a9b524af6012062fe037a6"

#define NO_CRYPT                                                               \
	": not a string of crypt(3), or not of a method whose cost is known"
#define NO_ARGON2 ": not of the form $argon2id$v=19$m=N,t=N,p=N$salt$hash"

static const struct stored_case {
	const char *stored;
	enum stored_verdict verdict;
	const char *words;
} cases[] = {
	{"{PLAIN}secret", STORED_GOOD, "PLAIN"},
	{"{plain}", STORED_GOOD, "PLAIN"},
	{"{PLAIN.b64}c2VjcmV0", STORED_GOOD, "PLAIN"},
	{"{PLAIN.b64}c2VjcmU", STORED_GOOD, "PLAIN"},
	{"{PLAIN.b64}c2VjcmV", STORED_DAMAGED, "PLAIN: no base64"},
	{"{PLAIN.b64}c2Vjcm!0", STORED_DAMAGED, "PLAIN: no base64"},
	{"{PLAIN.hex}7x", STORED_DAMAGED, "PLAIN: not hexadecimal"},
	{"{PLAIN.hex}7300", STORED_DAMAGED, "PLAIN: has a NUL"},
	{"", STORED_UNKNOWN, "no scheme in braces"},
	{"secret", STORED_UNKNOWN, "no scheme in braces"},
	{"{ROT13}frperg", STORED_UNKNOWN, "an unknown scheme"},
	{"{PLAIN", STORED_UNKNOWN, "an unknown scheme"},
	/* crypt(3) */
	{"{CRYPT}abFZSxKKdq5s6", STORED_GOOD, "CRYPT"},
	{"{CRYPT}abFZSxKKdq5s", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"{CRYPT}abFZSxKKdq5!6", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"{CRYPT}", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"{CRYPT}*0", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"{CRYPT}!", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$6$salt$hash", STORED_GOOD, "CRYPT, 5000 rounds"},
	{"$6$salt$", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$6$salt", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$5$rounds=7$salt$hash", STORED_GOOD, "CRYPT, 7 rounds"},
	{"$5$rounds=7x$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$5$rounds=$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$5$rounds=+7$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$5$rounds=99999999999999999999$salt$hash", STORED_DAMAGED,
	 "CRYPT" NO_CRYPT},
	{"{SHA512-CRYPT}$5$salt$hash", STORED_DAMAGED,
	 "SHA512-CRYPT: does not begin as its scheme says"},
	{"$y$j9T$salt$hash", STORED_GOOD, "CRYPT, 16384 KiB of memory"},
	{"$y$j75$salt$hash", STORED_GOOD, "CRYPT, 1024 KiB of memory"},
	{"{YESCRYPT}$y$jDT$salt$hash", STORED_GOOD,
	 "YESCRYPT, 262144 KiB of memory"},
	{"$y$jET$salt$hash", STORED_EXCESSIVE,
	 "CRYPT asks for 524288 KiB of memory, over the limit of 262144"},
	{"$y$j9Tz$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$y$j9z$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$y$j9!$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$y$j9", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$7$66..../....salt$hash", STORED_GOOD, "CRYPT, 256 KiB of memory"},
	{"$7$66....0....salt$hash", STORED_GOOD, "CRYPT, 512 KiB of memory"},
	{"$7$66....0...", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$2b$12$salthash", STORED_GOOD, "CRYPT, 12 as cost"},
	{"$2$12$salthash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$2b$1x$salthash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$2b$12salthash$", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$1$salt$hash", STORED_GOOD, "CRYPT"},
	{"{CRYPT}_B...CCCCqx0iPZT5wZ.", STORED_GOOD, "CRYPT, 13 rounds"},
	{"{CRYPT}_B..", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$sha1$456$salt$hash", STORED_GOOD, "CRYPT, 456 rounds"},
	{"$md5$salt$hash", STORED_GOOD, "CRYPT, 4096 rounds"},
	{"$md5,rounds=12$salt$hash", STORED_GOOD, "CRYPT, 12 rounds"},
	{"$md5,turns=12$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	{"$new$salt$hash", STORED_DAMAGED, "CRYPT" NO_CRYPT},
	/* Argon2 */
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" TAG, STORED_GOOD,
	 "ARGON2ID, 256 KiB of memory, 2 passes"},
	{"{ARGON2ID}$argon2id$m=256,t=1,p=1$c29tZXNhbHQ$" TAG, STORED_GOOD,
	 "ARGON2ID, 256 KiB of memory, 1 pass"},
	{"{ARGON2ID}$argon2id$v=18$m=256,t=2,p=1$c29tZXNhbHQ$" TAG,
	 STORED_DAMAGED, "ARGON2ID: not a version that is known"},
	{"{ARGON2ID}$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" TAG,
	 STORED_DAMAGED, "ARGON2ID: does not begin as its scheme says"},
	{"{ARGON2ID}$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$" TAG,
	 STORED_DAMAGED, "ARGON2ID" NO_ARGON2},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ", STORED_DAMAGED,
	 "ARGON2ID" NO_ARGON2},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ=$" TAG,
	 STORED_DAMAGED, "ARGON2ID: salt or hash is no base64"},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" TAG "==",
	 STORED_DAMAGED, "ARGON2ID: salt or hash is no base64"},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", STORED_DAMAGED,
	 "ARGON2ID: a length or parameter is out of its range"},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXM$" TAG, STORED_DAMAGED,
	 "ARGON2ID: a length or parameter is out of its range"},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$" TAG,
	 STORED_DAMAGED, "ARGON2ID: a length or parameter is out of its range"},
	{"{ARGON2ID}$argon2id$v=19$m=15,t=2,p=2$c29tZXNhbHQ$" TAG,
	 STORED_DAMAGED, "ARGON2ID: a length or parameter is out of its range"},
	{"{ARGON2ID}$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHQ$" TAG,
	 STORED_EXCESSIVE,
	 "ARGON2ID asks for 5 passes over that much memory, over the limit of "
	 "4"},
	/* PBKDF2 */
	{"{PBKDF2}$1$salt$1$" SHA1, STORED_GOOD, "PBKDF2, 1 rounds"},
	{"{PBKDF2}$1$$1$" SHA1, STORED_GOOD, "PBKDF2, 1 rounds"},
	{"{PBKDF2}$1$salt$0$" SHA1, STORED_DAMAGED,
	 "PBKDF2: not of the form $1$salt$rounds$hash"},
	{"{PBKDF2}$1$salt$1$" SHA1 "00", STORED_DAMAGED,
	 "PBKDF2: not of the form $1$salt$rounds$hash"},
	{"{PBKDF2}$1$salt$1$", STORED_DAMAGED,
	 "PBKDF2: not of the form $1$salt$rounds$hash"},
	{"{PBKDF2}$2$salt$1$" SHA1, STORED_DAMAGED,
	 "PBKDF2: does not begin as its scheme says"},
	/* digests */
	{"{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", STORED_GOOD,
	 "SHA, without a salt"},
	{"{SHA}" SHA1, STORED_GOOD, "SHA, without a salt"},
	{"{SHA.b64}" SHA1, STORED_GOOD, "SHA, without a salt"},
	{"{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2A==", STORED_DAMAGED,
	 "SHA: too long or too short"},
	{"{SSHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J1iYw==", STORED_GOOD, "SSHA"},
	{"{SSHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", STORED_DAMAGED,
	 "SSHA: too long or too short"},
};

static void test_read(void **state)
{
	char octets[STORED_MEMORY], text[300];
	struct buf memory, words;
	struct stored s;

	(void)state;
	buf_init(&memory, octets, sizeof(octets));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct stored_case *c = &cases[i];

		print_message("%s\n", c->stored);
		buf_init(&words, text, sizeof(text));
		assert_int_equal(
			stored_read(span_str(c->stored), &memory, &s, &words),
			c->verdict);
		assert_non_null(buf_str(&words));
		assert_string_equal(text, c->words);
		assert_int_equal(
			stored_read(span_str(c->stored), &memory, &s, NULL),
			c->verdict);
	}
}

static void test_lengths(void **state)
{
	char stored[STORED_MAX + 2], octets[STORED_MEMORY];
	struct buf memory;
	struct stored s;

	(void)state;
	memset(stored, 'a', sizeof(stored));
	memcpy(stored, "{PLAIN}", 7);
	buf_init(&memory, octets, sizeof(octets));
	assert_int_equal(
		stored_read(span_make(stored, STORED_MAX), &memory, &s, NULL),
		STORED_GOOD);
	assert_int_equal(s.form.n, STORED_MAX - 7);
	assert_int_equal(stored_read(span_make(stored, STORED_MAX + 1), &memory,
				     &s, NULL),
			 STORED_UNKNOWN);
	buf_init(&memory, octets, STORED_MAX - 7);
	assert_int_equal(
		stored_read(span_make(stored, STORED_MAX), &memory, &s, NULL),
		STORED_DAMAGED);
}

static void test_pieces(void **state)
{
	char octets[STORED_MEMORY];
	struct buf memory;
	struct stored s;

	(void)state;
	buf_init(&memory, octets, sizeof(octets));
	assert_int_equal(
		stored_read(span_str("{ARGON2I}$argon2i$v=16$m=64,t=3,p=4$c29t"
				     "ZXNhbHQ$" TAG),
			    &memory, &s, NULL),
		STORED_GOOD);
	assert_int_equal(s.version, 16);
	assert_int_equal(s.memory_kib, 64);
	assert_int_equal(s.rounds, 3);
	assert_int_equal(s.lanes, 4);
	assert_true(span_equal(s.salt, span_str("somesalt")));
	assert_int_equal(s.hash.n, 32);
	assert_true(s.is_costly);
	assert_int_equal(stored_read(span_str("{PBKDF2}$1$sa.lt$77$" SHA1),
				     &memory, &s, NULL),
			 STORED_GOOD);
	assert_true(span_equal(s.salt, span_str("sa.lt")));
	assert_int_equal(s.rounds, 77);
	assert_false(s.is_costly);
	assert_int_equal(
		stored_read(span_str("{SHA.HEX}" SHA1), &memory, &s, NULL),
		STORED_GOOD);
	assert_memory_equal(s.hash.p, "\x0c\x60\xc8\x0f", 4);
	assert_int_equal(s.salt.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
