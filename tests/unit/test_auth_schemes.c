/* SPDX-License-Identifier: ISC */
/*
 * Published vectors for every scheme, and new stored forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "auth/auth.h"
#include "proto/stored.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- vectors --- */

static const struct vector {
	const char *stored, *password;
} vectors[] = {
	/* libxcrypt's known answers for each of its methods */
	{"{YESCRYPT}$y$j85$LdJMENpBABJJ3hIHjB1Bi.$UvuqvbTEtM2tjSx4PNDuWDTu7ZH8"
	 "2t51dznnOS5InOD",
	 "abc"},
	{"$y$j75$.......$4BCCMdYqJIh8un09wEJiNI5xA9HEcq2bR4lB2hHmk7B",
	 "pleaseletmein"},
	{"{GOST-YESCRYPT}$gy$j75$LdJMENpBABJJ3hIHjB1Bi.$L2dOa9cEfoqtM0yxuEyxQC"
	 "ctdYVD6HCXsluuaIJe9I.",
	 "abc"},
	{"{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQp"
	 "Yn2",
	 "abc"},
	{"$2b$04$CCCCCCCCCCCCCCCCCCCCC.AKurti2nSiRoaXd0tyyeWA.1jj9Kto2", "abc"},
	{"$2a$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQpYn2", "abc"},
	{"{SHA512-CRYPT}$6$rounds=1000$saltstring$6NXfJcHAqOszRoqrAsiHaMLcALd/"
	 "df4qk51Md4dEGLXrloQi6cyqUbtHDwWpZDzImbFkZCx2eWVTYIGoe1dJi1",
	 "abc"},
	{"{SHA256-CRYPT}$5$rounds=1000$saltstring$n1MEWFPd1lEE7/KU5DhSUSLK1IJK"
	 "M0A7BOA1Fk2uBa1",
	 "abc"},
	{"{MD5-CRYPT}$1$CCCCCCCC$feWwGi1u/IRJbumxdmIKi0", "abc"},
	{"{MD5}$1$CCCCCCCC$feWwGi1u/IRJbumxdmIKi0", "abc"},
	{"{CRYPT}$md5,rounds=12$9ZLwtuTO$My0RfHdMxCWOibFsKw0990", "abc"},
	{"{CRYPT}$sha1$456$GGXpNqoJvglVTkGU$1mhAryDechbI5mQqzYx6fvVAmwtb",
	 "abc"},
	{"{CRYPT}$3$$e0fba38268d0ec66ef1cb452d5885e53", "abc"},
	{"{CRYPT}_B...CCCCqx0iPZT5wZ.", "abc"},
	{"{DES-CRYPT}CCQ4IySE25HV2", "abc"},
	/* the specification of SHA-crypt */
	{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
	 "Hello world!"},
	/* RFC 7914, section 12, N=16384 r=8 p=1, in crypt(5)'s letters */
	{"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJ"
	 "LV8D",
	 "pleaseletmein"},
	/* test.c of Argon2's reference implementation (the vectors of RFC 9106
	 * have a secret and associated data, which no stored form has) */
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPn"
	 "A4rEsF5h7TKyQwu9U1bMCHGi/4",
	 "password"},
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79"
	 "iDXuL5/0ttZwg2f/5U52iv1cDc",
	 "password"},
	{"{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3"
	 "+J4umqA32aWKB1+DSiRuBfYxFj94",
	 "differentpassword"},
	{"{ARGON2I}$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQ"
	 "an76Q5esCFVoT5MAeIM1Oq2E",
	 "password"},
	{"{ARGON2I}$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur"
	 "+GP960kN9j7emXX8zwY",
	 "password"},
	/* RFC 6070; of the long one the first block */
	{"{PBKDF2}$1$salt$1$0c60c80f961f0e71f3a9b524af6012062fe037a6",
	 "password"},
	{"{PBKDF2}$1$salt$2$ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
	 "password"},
	{"{PBKDF2}$1$salt$4096$4b007901b765489abead49d926f721d065a429c1",
	 "password"},
	{"{PBKDF2}$1$saltSALTsaltSALTsaltSALTsaltSALTsalt$4096$3d2eec4fe41c849"
	 "b80c8d83662c0e44a8b291a96",
	 "passwordPASSWORDpassword"},
	/* RFC 1321 and FIPS 180: the digests of "abc" */
	{"{PLAIN-MD5}900150983cd24fb0d6963f7d28e17f72", "abc"},
	{"{LDAP-MD5}kAFQmDzST7DWlj99KOF/cg==", "abc"},
	{"{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abc"},
	{"{SHA1}a9993e364706816aba3e25717850c26c9cd0d89d", "abc"},
	{"{SHA256}ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "abc"},
	{"{SHA512}3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj"
	 "/uu9RU1EI2Q86A4qmslPpUyknw==",
	 "abc"},
	/* the same, of the password "a" with the salt "bc" */
	{"{SMD5}kAFQmDzST7DWlj99KOF/cmJj", "a"},
	{"{SSHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J1iYw==", "a"},
	{"{SSHA256}ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa1iYw==", "a"},
	{"{SSHA512}3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCO"
	 "j/uu9RU1EI2Q86A4qmslPpUykn2Jj",
	 "a"},
	/* encoded */
	{"{SSHA.hex}a9993e364706816aba3e25717850c26c9cd0d89d6263", "a"},
	{"{ssha.HEX}A9993E364706816ABA3E25717850C26C9CD0D89D6263", "a"},
	{"{SSHA.b64}qZk+NkcGgWq6PiVxeFDCbJzQ2J1iYw", "a"},
	{"{PLAIN.hex}736563726574", "secret"},
	{"{PLAIN.b64}c2VjcmV0", "secret"},
	{"{CLEAR.base64}c2VjcmV0", "secret"},
	{"{MD5-CRYPT.b64}JDEkQ0NDQ0NDQ0MkZmVXd0dpMXUvSVJKYnVteGRtSUtpMA==",
	 "abc"},
	{"{MD5-CRYPT.hex}243124434343434343434324666557774769317"
	 "52f49524a62756d78646d494b6930",
	 "abc"},
	{"{PBKDF2.b64}"
	 "JDEkc2FsdCQxJDBjNjBjODBmOTYxZjBlNzFmM2E5YjUyNGFmNjAxMjA2MmZlMDM3YTY=",
	 "password"},
};

/* A password that is not quite the right one. */
static void spoil(char *other, const char *password)
{
	strcpy(other, password);
	other[strlen(other) - 1] ^= 1;
}

static void test_vectors(void **state)
{
	char other[100];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const char *stored = vectors[i].stored;

		print_message("%s\n", stored);
		assert_int_equal(auth_check_password(
					 stored, span_str(vectors[i].password)),
				 AUTH_GOOD);
		spoil(other, vectors[i].password);
		assert_int_equal(auth_check_password(stored, span_str(other)),
				 AUTH_BAD);
		assert_int_equal(auth_check_password(stored, span_str("")),
				 AUTH_BAD);
	}
}

/* Whatever is cut from the end or changed there, it is never right. */
static void test_damaged_vectors(void **state)
{
	char stored[300];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct span password = span_str(vectors[i].password);
		size_t n = strlen(vectors[i].stored);

		if (strstr(vectors[i].stored, "$m=65536"))
			continue;
		for (size_t cut = 1; cut <= 3; cut++) {
			memcpy(stored, vectors[i].stored, n + 1);
			if (strspn(stored + n - cut, "=") == cut)
				continue; /* padding may be missing */
			stored[n - cut] = '\0';
			assert_int_not_equal(
				auth_check_password(stored, password),
				AUTH_GOOD);
		}
	}
}

/* With letters that are all alike: up to the hash. */
static const struct {
	const char *stored, *example;
} salts[] = {
	{"$y$j75$LdJMENpBABJJ3hIHjB1Bi/$UvuqvbTEtM2tjSx4PNDuWDTu7ZH8",
	 "$y$j75$...................../$"},
	{"$gy$j75$LdJMENpBABJJ3hIHjB1Bi/$L2dOa9cEfoqtM0yxuEyxQC",
	 "$gy$j75$...................../$"},
	{"{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQp"
	 "Yn2",
	 "{BLF-CRYPT}$2y$04$.....................u"},
	{"$6$saltstring$6NXfJcHAqOszRoqrAsiHaMLcALd", "$6$.........g$"},
	{"$5$rounds=1000$saltstring$n1MEWFPd1lEE7",
	 "$5$rounds=1000$.........g$"},
	{"$1$CCCCCCCC$feWwGi1u/IRJbumxdmIKi0", "$1$.......C$"},
	{"$md5,rounds=12$9ZLwtuTO$My0RfHdMxCWOibFsKw0990",
	 "$md5,rounds=12$.......O$"},
	{"$md5$9ZLwtuTO$$My0RfHdMxCWOibFsKw0990", "$md5$.......O$$"},
	{"$sha1$456$GGXpNqoJvglVTkGU$1mhAryDechbI5mQqzYx6fvVAmwtb",
	 "$sha1$456$...............U$"},
	{"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcD",
	 "$7$C6..../...."
	 ".............e$"},
	{"{CRYPT}_B...CDEFqx0iPZT5wZ.", "{CRYPT}_B......F"},
	{"{DES-CRYPT}DCQ4IySE25HV2", "{DES-CRYPT}.C"},
	/* what may look like a salt and is none */
	{"$y$j75$$UvuqvbTEtM2tjSx4PNDuWDTu7ZH8", "$y$j75$$"},
	{"$y$j75$UvuqvbTEtM2tjSx4PNDuWDTu7ZH8", "$y$j75$"},
	{"$5$rounds=1000$n1MEWFPd1lEE7", "$5$rounds=1000$"},
	{"$sha1$456$1mhAryDechbI5mQqzYx6fvVAmwtb", "$sha1$456$"},
	{"{BLF-CRYPT}$2y$04$i15uRb1eH7NAlJ/TgeJertyknQpYn2",
	 "{BLF-CRYPT}$2y$04$"},
	{"$3$$e0fba38268d0ec66ef1cb452d5885e53", "$3$$"},
	{"$7$C6..../....$kBGj9fHznVYFQMEn", "$7$C6..../....$"},
	/* `A` is 0 in base64 */
	{"{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPn"
	 "A4rEsF5h7TKyQwu9U1bMCHGi/4",
	 "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$AAAAAAAAAAA$"},
	{"{PBKDF2}$1$salt$4096$4b007901b765489abead49d926f721d065a429c1",
	 "{PBKDF2}$1$....$4096$"},
	{"{SSHA.hex}a9993e364706816aba3e25717850c26c9cd0d89d6263",
	 "{SSHA.hex}"},
};

/* Nothing that tells one user's form from another's. */
static void test_examples_have_another_salt(void **state)
{
	static const uint8_t random[STORED_RANDOM];

	(void)state;
	for (size_t i = 0; i < COUNT(salts); i++) {
		size_t n = strlen(salts[i].example);
		char text[AUTH_STORED_MAX + 1];
		struct buf out;

		buf_init(&out, text, sizeof(text));
		assert_true(stored_example(span_str(salts[i].stored), random,
					   &out));
		assert_non_null(buf_str(&out));
		print_message("%s\n", text);
		assert_int_equal(out.n, strlen(salts[i].stored));
		assert_memory_equal(text, salts[i].example, n);
		assert_true(out.n > n);
		assert_int_equal(strspn(text + n, (char[2]){text[n]}),
				 out.n - n);
	}
}

/* An example is of the same kind, and nothing fits it. */
static void test_examples(void **state)
{
	static const uint8_t random[STORED_RANDOM] = {7, 1, 200, 40, 3};
	char text[AUTH_STORED_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct span stored = span_str(vectors[i].stored);
		char *is, *was;
		char told[2][200];
		struct buf out, words;

		print_message("%s\n", vectors[i].stored);
		buf_init(&out, text, sizeof(text));
		assert_true(stored_example(stored, random, &out));
		is = buf_str(&out);
		assert_non_null(is);
		assert_int_equal(
			auth_check_password(is, span_str(vectors[i].password)),
			AUTH_BAD);
		assert_int_equal(auth_is_costly(is),
				 auth_is_costly(vectors[i].stored));
		buf_init(&words, told[0], sizeof(told[0]));
		assert_true(auth_describe(is, &words));
		is = buf_str(&words);
		buf_init(&words, told[1], sizeof(told[1]));
		assert_true(auth_describe(vectors[i].stored, &words));
		was = buf_str(&words);
		assert_string_equal(is, was);
		/* no room: nothing is added */
		buf_init(&out, text, 10);
		assert_false(stored_example(stored, random, &out));
		assert_int_equal(out.n, 0);
	}
}

static void test_secrets_in_any_encoding_serve_apop(void **state)
{
	/* RFC 1939, section 7 */
	static const char *const forms[] = {
		"{PLAIN}tanstaaf",
		"{PLAIN.b64}dGFuc3RhYWY=", "{CLEARTEXT.HEX}74616e7374616166"};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_true(auth_keeps_secret(forms[i]));
		assert_int_equal(
			auth_check_apop(
				forms[i],
				span_str("<1896.697170952@dbc.mtview.ca.us>"),
				span_str("c4c9334bac560ecc979e58001b3e22fb")),
			AUTH_GOOD);
	}
}

/* --- too much work --- */

static const struct {
	const char *stored, *words;
} excessive[] = {
	{"$6$rounds=2000001$a$b",
	 "CRYPT asks for 2000001 rounds, over the limit of 2000000"},
	{"{SHA512-CRYPT}$6$rounds=999999999$a$b",
	 "SHA512-CRYPT asks for 999999999 rounds, over the limit of 2000000"},
	{"$5$rounds=18446744073709551615$a$b",
	 "CRYPT asks for 18446744073709551615 rounds, over the limit of "
	 "2000000"},
	{"$2b$16$CCCCCCCCCCCCCCCCCCCCC.AKurti2nSiRoaXd0tyyeWA.1jj9Kto2",
	 "CRYPT asks for 16 as cost, over the limit of 15"},
	/* 512 MiB */
	{"{YESCRYPT}$y$jET$LdJMENpBABJJ3hIHjB1Bi.$U",
	 "YESCRYPT asks for 524288 KiB of memory, over the limit of 262144"},
	{"{GOST-YESCRYPT}$gy$jET$LdJMENpBABJJ3hIHjB1Bi.$U", NULL},
	{"$7$GU..../....SodiumChloride$x", NULL},
	{"$7$C6....zzzzzSodiumChloride$x", NULL},
	{"$7$zzzzzzzzzzzSodiumChloride$x", NULL},
	{"$sha1$4000000000$GGXpNqoJvglVTkGU$1m", NULL},
	{"$md5,rounds=4000000000$9ZLwtuTO$My", NULL},
	{"{CRYPT}_zzzzCCCCqx0iPZT5wZ.", NULL},
	{"{PBKDF2}$1$salt$4000001$0c60c80f961f0e71f3a9b524af6012062fe037a6",
	 "PBKDF2 asks for 4000001 rounds, over the limit of 4000000"},
	{"{ARGON2ID}$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/u"
	 "IPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	 "ARGON2ID asks for 262145 KiB of memory, over the limit of 262144"},
	{"{ARGON2ID}$argon2id$v=19$m=65536,t=17,p=1$c29tZXNhbHQ$nf65EOgLrQMR/u"
	 "IPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	 "ARGON2ID asks for 17 passes over that much memory, over the limit of "
	 "16"},
	{"{ARGON2I}$argon2i$v=19$m=8,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR"
	 "/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	 NULL},
};

static void test_excessive_forms_cost_nothing(void **state)
{
	char text[300];
	struct buf words;

	(void)state;
	for (size_t i = 0; i < COUNT(excessive); i++) {
		print_message("%s\n", excessive[i].stored);
		assert_int_equal(auth_check_password(excessive[i].stored,
						     span_str("secret")),
				 AUTH_UNSUPPORTED);
		assert_false(auth_is_costly(excessive[i].stored));
		buf_init(&words, text, sizeof(text));
		assert_false(auth_describe(excessive[i].stored, &words));
		assert_non_null(buf_str(&words));
		assert_non_null(strstr(text, "over the limit of"));
		if (excessive[i].words)
			assert_string_equal(text, excessive[i].words);
	}
}

/* --- new forms --- */

static int make(const char *scheme, uint32_t rounds, uint32_t kib,
		const char *password, char text[AUTH_STORED_MAX + 1],
		char why[300])
{
	struct auth_cost cost = {rounds, kib};
	struct buf out, error;
	int failed;

	buf_init(&out, text, AUTH_STORED_MAX + 1);
	buf_init(&error, why, 300);
	failed = auth_make_password(span_str(scheme), &cost, span_str(password),
				    &out, &error);
	assert_non_null(buf_str(&out));
	assert_non_null(buf_str(&error));
	assert_true(failed ? !out.n && error.n : out.n && !error.n);
	return failed;
}

static void assert_made(const char *scheme, uint32_t rounds, uint32_t kib)
{
	char text[2][AUTH_STORED_MAX + 1], why[300], words[300];
	struct buf out;

	assert_int_equal(make(scheme, rounds, kib, "s3cret!", text[0], why), 0);
	assert_int_equal(make(scheme, rounds, kib, "s3cret!", text[1], why), 0);
	print_message("%s\n", text[0]);
	assert_int_equal(auth_check_password(text[0], span_str("s3cret!")),
			 AUTH_GOOD);
	assert_int_equal(auth_check_password(text[0], span_str("s3cret?")),
			 AUTH_BAD);
	buf_init(&out, words, sizeof(words));
	assert_true(auth_describe(text[0], &out));
	/* salts differ */
	assert_int_equal(strcmp(text[0], text[1]) != 0,
			 !strstr(words, "without a salt") &&
				 !auth_keeps_secret(text[0]));
}

static void test_every_scheme_can_be_made(void **state)
{
	static const char *const suffixes[] = {"", ".b64", ".hex", ".base64"};
	char name[50];

	(void)state;
	for (size_t i = 0; i < schemes_n; i++) {
		const struct scheme *s = &schemes[i];
		uint32_t kib = s->kind == SCHEME_ARGON2 ? 64 : 0;

		if (!s->can_make)
			continue;
		for (size_t k = 0; k < COUNT(suffixes); k++) {
			strcpy(name, s->name);
			strcat(name, suffixes[k]);
			assert_made(name, s->cost_min, kib);
		}
	}
	assert_made("", 1, 0);
	assert_made("ssha256", 0, 0);
}

static void test_new_ones_are_yescrypt_of_16_mib(void **state)
{
	char text[AUTH_STORED_MAX + 1], why[300];

	(void)state;
	assert_int_equal(make("", 0, 0, "s3cret", text, why), 0);
	assert_ptr_equal(strstr(text, "{CRYPT}$y$j9T$"), text);
	assert_int_equal(make("YESCRYPT", 0, 0, "s3cret", text, why), 0);
	assert_ptr_equal(strstr(text, "{CRYPT}$y$j9T$"), text);
	assert_int_equal(make("SHA512-CRYPT", 7000, 0, "s3cret", text, why), 0);
	assert_ptr_equal(strstr(text, "{SHA512-CRYPT}$6$rounds=7000$"), text);
	assert_int_equal(make("BLF-CRYPT", 5, 0, "s3cret", text, why), 0);
	assert_ptr_equal(strstr(text, "{BLF-CRYPT}$2y$05$"), text);
	assert_int_equal(make("ARGON2ID", 2, 1024, "s3cret", text, why), 0);
	assert_ptr_equal(
		strstr(text, "{ARGON2ID}$argon2id$v=19$m=1024,t=2,p=1$"), text);
	assert_int_equal(make("PLAIN", 0, 0, "s3cret", text, why), 0);
	assert_string_equal(text, "{PLAIN}s3cret");
}

static void test_what_cannot_be_made(void **state)
{
	static const struct {
		const char *scheme;
		uint32_t rounds, kib;
		const char *password, *why;
	} cases[] = {
		{"ROT13", 0, 0, "a", "ROT13: no such scheme"},
		{"SSHA.b32", 0, 0, "a", "SSHA.b32: no such scheme"},
		{"MD5", 0, 0, "a", "MD5: no new ones are made; choose another"},
		{"DES-CRYPT", 0, 0, "a", NULL},
		{"SSHA", 1, 0, "a", "SSHA: has no cost to choose"},
		{"YESCRYPT", 0, 64, "a", "YESCRYPT: has no memory to choose"},
		{"SHA512-CRYPT", 999, 0, "a",
		 "SHA512-CRYPT: the cost must be from 1000 to 2000000 rounds"},
		{"SHA512-CRYPT", 2000001, 0, "a", NULL},
		{"ARGON2ID", 1, 262145, "a", NULL},
		{"ARGON2ID", 64, 65536, "a", NULL},
		{"ARGON2ID", 1, 7, "a", NULL},
		{"", 0, 0, "",
		 "a password must have 1 to 511 octets, none of them NUL"},
		{"BLF-CRYPT", 0, 0,
		 "1234567890123456789012345678901234567890"
		 "123456789012345678901234567890123",
		 NULL},
	};
	char text[AUTH_STORED_MAX + 1], why[300];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].scheme);
		assert_int_equal(make(cases[i].scheme, cases[i].rounds,
				      cases[i].kib, cases[i].password, text,
				      why),
				 -EINVAL);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
	}
}

static void test_what_does_not_fit_is_not_half_made(void **state)
{
	char text[100], why[300], password[512];
	struct buf out, error;

	(void)state;
	for (size_t room = 0; room < 70; room++) {
		buf_init(&out, text, room);
		buf_init(&error, why, sizeof(why));
		assert_int_equal(auth_make_password(span_str("SSHA512"), NULL,
						    span_str("secret"), &out,
						    &error),
				 -ENOBUFS);
		assert_int_equal(out.n, 0);
	}
	/* no stored form is that long */
	memset(password, 'p', 511);
	password[511] = '\0';
	buf_init(&out, text, sizeof(text));
	buf_init(&error, why, sizeof(why));
	assert_int_equal(auth_make_password(span_str("PLAIN.hex"), NULL,
					    span_str(password), &out, &error),
			 -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_damaged_vectors),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_examples_have_another_salt),
		cmocka_unit_test(test_secrets_in_any_encoding_serve_apop),
		cmocka_unit_test(test_excessive_forms_cost_nothing),
		cmocka_unit_test(test_every_scheme_can_be_made),
		cmocka_unit_test(test_new_ones_are_yescrypt_of_16_mib),
		cmocka_unit_test(test_what_cannot_be_made),
		cmocka_unit_test(test_what_does_not_fit_is_not_half_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
