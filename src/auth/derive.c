/* SPDX-License-Identifier: ISC */
#include "auth/derive.h"

#include <argon2.h>
#include <crypt.h>
#include <errno.h>
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(AUTH_PASSWORD_MAX < CRYPT_MAX_PASSPHRASE_SIZE, "crypt(3)");
_Static_assert(CRYPT_OUTPUT_SIZE <= DERIVE_MAX, "crypt(3)");

bool auth_is_password(struct span password)
{
	return password.n && password.n <= AUTH_PASSWORD_MAX &&
	       !memchr(password.p, '\0', password.n);
}

/* Pages of their own: what was in them is nowhere once they are given back. */
static void *auth_map(size_t n)
{
	void *pages = mmap(NULL, n, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

/* --- crypt(3) --- */

/* What it said when it made no hash. */
static enum auth_verdict auth_crypt_failed(int error)
{
	if (error == ENOMEM || error == EAGAIN)
		return AUTH_TEMPFAIL;
	return error == ERANGE ? AUTH_BAD : AUTH_UNSUPPORTED;
}

enum auth_verdict auth_derive_crypt(const char *setting, struct span password,
				    struct buf *out)
{
	enum auth_verdict verdict = AUTH_GOOD;
	struct crypt_data *data = auth_map(sizeof(*data));
	const char *hash;

	if (!data)
		return AUTH_TEMPFAIL;
	memcpy(data->input, password.p, password.n);
	data->input[password.n] = '\0';
	errno = 0;
	hash = crypt_r(data->input, setting, data);
	if (!hash || hash[0] == '*')
		verdict = auth_crypt_failed(errno);
	else
		buf_add_str(out, hash);
	explicit_bzero(data, sizeof(*data));
	munmap(data, sizeof(*data));
	return verdict;
}

/* --- Argon2 --- */

static int auth_argon2_take(uint8_t **memory, size_t n)
{
	*memory = auth_map(n);
	return *memory ? ARGON2_OK : ARGON2_MEMORY_ALLOCATION_ERROR;
}

static void auth_argon2_give(uint8_t *memory, size_t n)
{
	munmap(memory, n);
}

/* By one thread, however many lanes there are: the sandbox allows no other. */
static enum auth_verdict auth_derive_argon2(const struct stored *s,
					    struct span password,
					    struct buf *out)
{
	uint8_t tag[STORED_HASH_MAX];
	argon2_context context = {
		.out = tag,
		.outlen = (uint32_t)s->hash.n,
		.pwd = (uint8_t *)(uintptr_t)password.p,
		.pwdlen = (uint32_t)password.n,
		.salt = (uint8_t *)(uintptr_t)s->salt.p,
		.saltlen = (uint32_t)s->salt.n,
		.t_cost = s->rounds,
		.m_cost = s->memory_kib,
		.lanes = s->lanes,
		.threads = 1,
		.version = s->version,
		.allocate_cbk = auth_argon2_take,
		.free_cbk = auth_argon2_give,
	};
	argon2_type type =
		strcmp(s->scheme->name, "ARGON2I") == 0 ? Argon2_i : Argon2_id;
	int failed = argon2_ctx(&context, type);

	if (!failed)
		buf_add(out, tag, s->hash.n);
	explicit_bzero(tag, sizeof(tag));
	if (failed == ARGON2_MEMORY_ALLOCATION_ERROR)
		return AUTH_TEMPFAIL;
	return failed ? AUTH_UNSUPPORTED : AUTH_GOOD;
}

/* --- digests --- */

static const uint8_t *auth_octets(struct span s)
{
	return (const uint8_t *)s.p;
}

static enum auth_verdict auth_derive_pbkdf2(const struct stored *s,
					    struct span password,
					    struct buf *out)
{
	uint8_t key[STORED_HASH_MAX];

	pbkdf2_hmac_sha1(password.n, auth_octets(password), s->rounds,
			 s->salt.n, auth_octets(s->salt), s->hash.n, key);
	buf_add(out, key, s->hash.n);
	explicit_bzero(key, sizeof(key));
	return AUTH_GOOD;
}

static enum auth_verdict auth_derive_digest(const struct stored *s,
					    struct span password,
					    struct buf *out)
{
	static const struct nettle_hash *const hashes[] = {
		[SCHEME_MD5] = &nettle_md5,
		[SCHEME_SHA1] = &nettle_sha1,
		[SCHEME_SHA256] = &nettle_sha256,
		[SCHEME_SHA512] = &nettle_sha512,
	};
	const struct nettle_hash *hash = hashes[s->scheme->hash];
	union {
		struct md5_ctx md5;
		struct sha1_ctx sha1;
		struct sha256_ctx sha256;
		struct sha512_ctx sha512;
	} state;
	uint8_t digest[STORED_HASH_MAX];
	size_t n = stored_hash_size(s->scheme->hash);

	hash->init(&state);
	hash->update(&state, password.n, auth_octets(password));
	hash->update(&state, s->salt.n, auth_octets(s->salt));
	hash->digest(&state, n, digest);
	buf_add(out, digest, n);
	explicit_bzero(&state, sizeof(state));
	explicit_bzero(digest, sizeof(digest));
	return AUTH_GOOD;
}

enum auth_verdict auth_derive(const struct stored *s, struct span password,
			      struct buf *out)
{
	switch (s->scheme->kind) {
	case SCHEME_SECRET:
		buf_add_span(out, password);
		return AUTH_GOOD;
	case SCHEME_CRYPT:
		return auth_derive_crypt(s->form.p, password, out);
	case SCHEME_ARGON2:
		return auth_derive_argon2(s, password, out);
	case SCHEME_PBKDF2:
		return auth_derive_pbkdf2(s, password, out);
	case SCHEME_DIGEST:
		return auth_derive_digest(s, password, out);
	case SCHEME_UNKNOWN:
		break;
	}
	return AUTH_UNSUPPORTED;
}
