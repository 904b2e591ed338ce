/* SPDX-License-Identifier: ISC */
#include "auth/auth.h"

#include <nettle/md5.h>
#include <stdint.h>
#include <string.h>

#include "auth/derive.h"
#include "base/num.h"
#include "proto/stored.h"

_Static_assert(AUTH_DIGEST_LEN == 2 * MD5_DIGEST_SIZE, "MD5");
_Static_assert(AUTH_STORED_MAX == (int)STORED_MAX, "one limit");

/* A stored form and the memory that its pieces lie in. */
struct auth_form {
	struct stored stored;
	struct buf memory;
	char octets[STORED_MEMORY];
};

static enum stored_verdict auth_read(struct auth_form *f, const char *stored,
				     struct buf *words)
{
	buf_init(&f->memory, f->octets, sizeof(f->octets));
	return stored_read(span_str(stored), &f->memory, &f->stored, words);
}

static void auth_forget(struct auth_form *f)
{
	explicit_bzero(f, sizeof(*f));
}

bool auth_keeps_secret(const char *stored)
{
	enum scheme_encoding encoding;
	struct span rest;
	const struct scheme *scheme =
		scheme_read(span_str(stored), &encoding, &rest);

	return scheme && scheme->kind == SCHEME_SECRET;
}

bool auth_is_costly(const char *stored)
{
	struct auth_form f;
	bool is_costly = auth_read(&f, stored, NULL) == STORED_GOOD &&
			 f.stored.is_costly;

	auth_forget(&f);
	return is_costly;
}

uint32_t auth_work_us(const char *stored)
{
	uint32_t work_us = 0;

	(void)stored_work(span_str(stored), &work_us);
	return work_us;
}

bool auth_describe(const char *stored, struct buf *out)
{
	struct auth_form f;
	bool is_good = auth_read(&f, stored, out) == STORED_GOOD;

	auth_forget(&f);
	return is_good;
}

/*
 * Looks at as many octets as `given` has, wherever the first difference is and
 * however long the other one is.
 */
static bool auth_equal(struct span given, struct span other)
{
	volatile unsigned char difference = given.n != other.n;

	for (size_t i = 0; i < given.n; i++) {
		unsigned char c = 0;

		if (i < other.n)
			c = (unsigned char)other.p[i];
		difference |= c ^ (unsigned char)given.p[i];
	}
	return !difference;
}

static enum auth_verdict auth_check_form(const struct stored *s,
					 struct span password)
{
	bool whole = s->scheme->kind == SCHEME_CRYPT ||
		     s->scheme->kind == SCHEME_SECRET;
	char octets[DERIVE_MAX];
	struct buf derived;
	enum auth_verdict verdict;

	buf_init(&derived, octets, sizeof(octets));
	verdict = auth_derive(s, password, &derived);
	if (verdict == AUTH_GOOD &&
	    (!derived.n || derived.overflow ||
	     !auth_equal(buf_span(&derived), whole ? s->form : s->hash)))
		verdict = AUTH_BAD;
	explicit_bzero(octets, sizeof(octets));
	return verdict;
}

enum auth_verdict auth_check_password(const char *stored, struct span password)
{
	enum auth_verdict verdict = AUTH_UNSUPPORTED;
	struct auth_form f;

	if (auth_read(&f, stored, NULL) == STORED_GOOD)
		verdict = auth_is_password(password)
				  ? auth_check_form(&f.stored, password)
				  : AUTH_BAD;
	auth_forget(&f);
	return verdict;
}

/* --- APOP --- */

/* 32 digits to 16 octets. */
static bool auth_digest_parse(struct span hex, uint8_t out[MD5_DIGEST_SIZE])
{
	if (hex.n != AUTH_DIGEST_LEN)
		return false;
	for (size_t i = 0; i < MD5_DIGEST_SIZE; i++) {
		int high = num_hex_digit(hex.p[2 * i]);
		int low = num_hex_digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* An empty secret would let everybody in. */
static bool auth_apop_fits(struct span secret, struct span stamp,
			   const uint8_t given[MD5_DIGEST_SIZE])
{
	uint8_t wanted[MD5_DIGEST_SIZE];
	struct md5_ctx md5;
	bool equal;

	md5_init(&md5);
	md5_update(&md5, stamp.n, (const uint8_t *)stamp.p);
	md5_update(&md5, secret.n, (const uint8_t *)secret.p);
	md5_digest(&md5, sizeof(wanted), wanted);
	equal = auth_equal(span_make(given, sizeof(wanted)),
			   span_make(wanted, sizeof(wanted)));
	explicit_bzero(&md5, sizeof(md5));
	explicit_bzero(wanted, sizeof(wanted));
	return equal && secret.n;
}

enum auth_verdict auth_check_apop_secret(struct span secret, struct span stamp,
					 struct span digest_hex)
{
	uint8_t given[MD5_DIGEST_SIZE];

	return auth_digest_parse(digest_hex, given) &&
			       auth_apop_fits(secret, stamp, given)
		       ? AUTH_GOOD
		       : AUTH_BAD;
}

enum auth_verdict auth_check_apop(const char *stored, struct span stamp,
				  struct span digest_hex)
{
	struct auth_form f;
	bool is_secret = auth_read(&f, stored, NULL) == STORED_GOOD &&
			 f.stored.scheme->kind == SCHEME_SECRET;
	struct span secret = is_secret ? f.stored.form : span_str(stored);
	enum auth_verdict verdict =
		auth_check_apop_secret(secret, stamp, digest_hex);

	auth_forget(&f);
	return is_secret ? verdict : AUTH_UNSUPPORTED;
}
