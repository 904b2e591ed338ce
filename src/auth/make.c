/* SPDX-License-Identifier: ISC */
/* New stored forms. */
#include "auth/auth.h"

#include <crypt.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "auth/derive.h"
#include "proto/base64.h"

enum {
	MAKE_SALT = 16,		 /* octets of a salt */
	MAKE_ARGON2_KIB = 65536, /* RFC 9106, section 4, second choice */
	MAKE_ARGON2_TAG = 32,
	MAKE_PBKDF2_TAG = 20,
	MAKE_BCRYPT_MOST = 72, /* octets that it takes; the rest is lost */
};

/* What is being made. */
struct making {
	const struct scheme *scheme;
	enum scheme_encoding encoding;
	uint32_t rounds, memory_kib;
	struct span password;
	struct buf form; /* what is to follow the braces, before encoding */
};

static int auth_refuse(struct buf *error, const char *name, const char *why)
{
	buf_add_str(error, name);
	buf_add_str(error, why);
	return -EINVAL;
}

static int auth_take_rounds(struct making *m, uint32_t rounds,
			    struct buf *error)
{
	const struct scheme *s = m->scheme;

	m->rounds = rounds ? rounds : s->cost_usual;
	if (!s->cost_unit && rounds)
		return auth_refuse(error, s->name, ": has no cost to choose");
	if (!s->cost_unit ||
	    (m->rounds >= s->cost_min && m->rounds <= s->cost_max))
		return 0;
	buf_add_str(error, s->name);
	buf_add_str(error, ": the cost must be from ");
	buf_add_u64(error, s->cost_min);
	buf_add_str(error, " to ");
	buf_add_u64(error, s->cost_max);
	buf_add_str(error, " ");
	buf_add_str(error, s->cost_unit);
	return -EINVAL;
}

static int auth_take_memory(struct making *m, uint32_t kib, struct buf *error)
{
	if (kib && m->scheme->kind != SCHEME_ARGON2)
		return auth_refuse(error, m->scheme->name,
				   ": has no memory to choose");
	m->memory_kib = kib ? kib : MAKE_ARGON2_KIB;
	return 0;
}

static void auth_add_form(struct making *m, struct span salt, struct span hash)
{
	buf_reset(&m->form);
	buf_add_str(&m->form, m->scheme->prefix ? m->scheme->prefix : "");
	switch (m->scheme->kind) {
	case SCHEME_ARGON2:
		buf_add_str(&m->form, "v=19$m=");
		buf_add_u64(&m->form, m->memory_kib);
		buf_add_str(&m->form, ",t=");
		buf_add_u64(&m->form, m->rounds);
		buf_add_str(&m->form, ",p=1$");
		base64_encode(salt, BASE64_BARE, &m->form);
		buf_add_char(&m->form, '$');
		base64_encode(hash, BASE64_BARE, &m->form);
		break;
	case SCHEME_PBKDF2:
		buf_add_span(&m->form, salt);
		buf_add_char(&m->form, '$');
		buf_add_u64(&m->form, m->rounds);
		buf_add_char(&m->form, '$');
		buf_add_hex(&m->form, hash.p, hash.n);
		break;
	default:
		buf_add_span(&m->form, hash);
		buf_add_span(&m->form, salt);
	}
}

/* Would a form with this cost be taken? */
static int auth_try_form(struct making *m, struct buf *error)
{
	static const char zeros[MAKE_ARGON2_TAG];
	char stored[256], octets[STORED_MEMORY];
	struct buf text, memory;
	struct stored s;

	if (m->scheme->kind != SCHEME_ARGON2)
		return 0;
	auth_add_form(m, span_make(zeros, MAKE_SALT),
		      span_make(zeros, sizeof(zeros)));
	buf_init(&text, stored, sizeof(stored));
	buf_add_char(&text, '{');
	buf_add_str(&text, m->scheme->name);
	buf_add_char(&text, '}');
	buf_add_span(&text, buf_span(&m->form));
	buf_reset(&m->form);
	buf_init(&memory, octets, sizeof(octets));
	if (stored_read(buf_span(&text), &memory, &s, NULL) == STORED_GOOD)
		return 0;
	(void)stored_read(buf_span(&text), &memory, &s, error);
	return -EINVAL;
}

static int auth_take_wishes(struct making *m, struct span scheme,
			    const struct auth_cost *cost, struct buf *error)
{
	if (!scheme.n)
		scheme = span_str(schemes[0].name);
	m->scheme = scheme_find_encoded(scheme, &m->encoding);
	if (!m->scheme) {
		buf_add_escaped(error, span_take(scheme, 40));
		return auth_refuse(error, "", ": no such scheme");
	}
	if (!m->scheme->can_make)
		return auth_refuse(error, m->scheme->name,
				   ": no new ones are made; choose another");
	if (!auth_is_password(m->password))
		return auth_refuse(error, "",
				   "a password must have 1 to 511 octets, none "
				   "of them NUL");
	if (m->scheme->setting && m->scheme->setting[1] == '2' &&
	    m->password.n > MAKE_BCRYPT_MOST)
		return auth_refuse(error, m->scheme->name,
				   ": takes 72 octets of a password, and this "
				   "one is longer; choose another scheme");
	if (auth_take_rounds(m, cost ? cost->rounds : 0, error) ||
	    auth_take_memory(m, cost ? cost->memory_kib : 0, error))
		return -EINVAL;
	return auth_try_form(m, error);
}

static int auth_make_crypt(struct making *m, const uint8_t *salt)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (!crypt_gensalt_rn(m->scheme->setting, m->rounds, (const char *)salt,
			      MAKE_SALT, setting, sizeof(setting)))
		return -errno;
	switch (auth_derive_crypt(setting, m->password, &m->form)) {
	case AUTH_GOOD:
		return 0;
	case AUTH_TEMPFAIL:
		return -ENOMEM;
	case AUTH_BAD:
	case AUTH_UNSUPPORTED:
		break;
	}
	return -EINVAL;
}

static size_t auth_hash_size(const struct scheme *scheme)
{
	if (scheme->kind == SCHEME_ARGON2)
		return MAKE_ARGON2_TAG;
	return scheme->kind == SCHEME_PBKDF2 ? (size_t)MAKE_PBKDF2_TAG
					     : stored_hash_size(scheme->hash);
}

static int auth_make_hash(struct making *m, struct span salt)
{
	char octets[STORED_HASH_MAX];
	struct stored s = {
		.scheme = m->scheme,
		.salt = salt,
		.hash = span_make(octets, auth_hash_size(m->scheme)),
		.rounds = m->rounds,
		.memory_kib = m->memory_kib,
		.lanes = 1,
		.version = 19,
	};
	enum auth_verdict verdict;
	struct buf hash;

	buf_init(&hash, octets, sizeof(octets));
	verdict = auth_derive(&s, m->password, &hash);
	if (verdict == AUTH_GOOD)
		auth_add_form(m, salt, buf_span(&hash));
	explicit_bzero(octets, sizeof(octets));
	if (verdict == AUTH_TEMPFAIL)
		return -ENOMEM;
	return verdict == AUTH_GOOD ? 0 : -EINVAL;
}

static int auth_make_form(struct making *m)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";
	uint8_t salt[MAKE_SALT];
	ssize_t n;

	if (m->scheme->kind == SCHEME_SECRET) {
		buf_add_span(&m->form, m->password);
		return 0;
	}
	do
		n = getrandom(salt, sizeof(salt), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(salt))
		return n < 0 ? -errno : -EIO;
	if (m->scheme->kind == SCHEME_CRYPT)
		return auth_make_crypt(m, salt);
	if (m->scheme->kind == SCHEME_DIGEST && !m->scheme->salted)
		return auth_make_hash(m, span_make(NULL, 0));
	if (m->scheme->kind == SCHEME_PBKDF2) {
		for (size_t i = 0; i < sizeof(salt); i++)
			salt[i] = (uint8_t)letters[salt[i] & 63];
	}
	return auth_make_hash(m, span_make(salt, sizeof(salt)));
}

/* In braces, and encoded. */
static void auth_add_stored(const struct making *m, struct buf *out)
{
	const char *name =
		m->scheme->written ? m->scheme->written : m->scheme->name;
	struct span form = buf_span(&m->form);

	buf_add_char(out, '{');
	buf_add_str(out, name);
	if (m->encoding != m->scheme->encoding)
		buf_add_str(out, m->encoding == SCHEME_HEX ? ".hex" : ".b64");
	buf_add_char(out, '}');
	if (m->encoding == SCHEME_HEX)
		buf_add_hex(out, form.p, form.n);
	else if (m->encoding == SCHEME_BASE64)
		base64_encode(form, BASE64_PADDED, out);
	else
		buf_add_span(out, form);
}

int auth_make_password(struct span scheme, const struct auth_cost *cost,
		       struct span password, struct buf *out, struct buf *error)
{
	char octets[STORED_MAX];
	struct making m = {.password = password};
	size_t start = out->n;
	int failed;

	buf_init(&m.form, octets, sizeof(octets));
	failed = auth_take_wishes(&m, scheme, cost, error);
	if (failed)
		return failed;
	failed = auth_make_form(&m);
	if (!failed)
		auth_add_stored(&m, out);
	explicit_bzero(octets, sizeof(octets));
	if (failed) {
		buf_add_str(error, strerrordesc_np(-failed));
	} else if (out->overflow || out->n - start > AUTH_STORED_MAX) {
		explicit_bzero(out->p + start, out->n - start);
		out->n = start;
		(void)auth_refuse(error, m.scheme->name,
				  ": the stored form would be too long");
		failed = -ENOBUFS;
	}
	return failed;
}
