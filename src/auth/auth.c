/* SPDX-License-Identifier: ISC */
#include "auth/auth.h"

#include <crypt.h>
#include <errno.h>
#include <nettle/md5.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "proto/scheme.h"

_Static_assert(AUTH_PASSWORD_MAX < CRYPT_MAX_PASSPHRASE_SIZE, "crypt(3)");
_Static_assert(AUTH_DIGEST_LEN == 2 * MD5_DIGEST_SIZE, "MD5");

bool auth_keeps_secret(const char *stored)
{
	return scheme_split(span_str(stored), NULL) == SCHEME_SECRET;
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

/* What crypt(3) said when it made no hash. */
static enum auth_verdict auth_crypt_failed(int error)
{
	if (error == ENOMEM || error == EAGAIN)
		return AUTH_TEMPFAIL;
	return error == ERANGE ? AUTH_BAD : AUTH_UNSUPPORTED;
}

static enum auth_verdict auth_check_crypt(const char *stored,
					  struct span password)
{
	enum auth_verdict verdict;
	struct crypt_data *data;
	const char *hash;

	data = mmap(NULL, sizeof(*data), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return AUTH_TEMPFAIL;
	memcpy(data->input, password.p, password.n);
	data->input[password.n] = '\0';
	errno = 0;
	hash = crypt_r(data->input, stored, data);
	if (!hash || hash[0] == '*')
		verdict = auth_crypt_failed(errno);
	else if (auth_equal(span_str(hash), span_str(stored)))
		verdict = AUTH_GOOD;
	else
		verdict = AUTH_BAD;
	explicit_bzero(data, sizeof(*data));
	munmap(data, sizeof(*data));
	return verdict;
}

enum auth_verdict auth_check_password(const char *stored, struct span password)
{
	struct span rest;
	enum scheme_kind kind = scheme_split(span_str(stored), &rest);

	if (kind != SCHEME_CRYPT && kind != SCHEME_SECRET)
		return AUTH_UNSUPPORTED;
	if (!password.n || password.n > AUTH_PASSWORD_MAX ||
	    memchr(password.p, '\0', password.n))
		return AUTH_BAD;
	if (kind == SCHEME_CRYPT) /* ends where `stored` does */
		return auth_check_crypt(rest.p, password);
	return auth_equal(password, rest) ? AUTH_GOOD : AUTH_BAD;
}

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

enum auth_verdict auth_check_apop(const char *stored, struct span stamp,
				  struct span digest_hex)
{
	uint8_t given[MD5_DIGEST_SIZE], wanted[MD5_DIGEST_SIZE];
	enum scheme_kind kind;
	struct span secret;
	struct md5_ctx md5;
	bool equal;

	kind = scheme_split(span_str(stored), &secret);
	if (!auth_digest_parse(digest_hex, given))
		return AUTH_BAD;
	md5_init(&md5);
	md5_update(&md5, stamp.n, (const uint8_t *)stamp.p);
	md5_update(&md5, secret.n, (const uint8_t *)secret.p);
	md5_digest(&md5, sizeof(wanted), wanted);
	equal = auth_equal(span_make(given, sizeof(given)),
			   span_make(wanted, sizeof(wanted)));
	explicit_bzero(&md5, sizeof(md5));
	explicit_bzero(wanted, sizeof(wanted));
	if (kind != SCHEME_SECRET)
		return AUTH_UNSUPPORTED;
	/* An empty secret would let everybody in. */
	return equal && secret.n ? AUTH_GOOD : AUTH_BAD;
}

/* --- the stamp --- */

enum {
	AUTH_STAMP_RANDOM = 26, /* letters of 5 bits each */
	AUTH_HOST_MAX = 128,
};

static bool auth_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       num_is_digit(c);
}

/* Letters, digits and single dots between them; something in any case. */
static void auth_add_host(struct span host, struct buf *out)
{
	size_t start = out->n;
	bool dot = false;

	for (size_t i = 0; i < host.n && out->n - start < AUTH_HOST_MAX; i++) {
		if (host.p[i] == '.')
			dot = out->n > start;
		if (!auth_is_alnum(host.p[i]))
			continue;
		if (dot)
			buf_add_char(out, '.');
		dot = false;
		buf_add_char(out, host.p[i]);
	}
	if (out->n == start)
		buf_add_str(out, "localhost");
}

static int auth_add_random(struct buf *out)
{
	static const char letters[32] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[AUTH_STAMP_RANDOM];
	ssize_t n;

	do
		n = getrandom(random, sizeof(random), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		buf_add_char(out, letters[random[i] & 31]);
	return 0;
}

int auth_make_stamp(struct buf *out, struct span host)
{
	int failed;

	buf_add_char(out, '<');
	failed = auth_add_random(out);
	if (failed)
		return failed;
	buf_add_char(out, '.');
	buf_add_u64(out, (uint64_t)time(NULL));
	buf_add_char(out, '.');
	buf_add_u64(out, (uint64_t)getpid());
	buf_add_char(out, '@');
	auth_add_host(host, out);
	buf_add_char(out, '>');
	return out->overflow ? -ENOBUFS : 0;
}
