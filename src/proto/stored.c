/* SPDX-License-Identifier: ISC */
#include "proto/stored.h"

#include "base/num.h"
#include "proto/base64.h"
#include "proto/crypt_cost.h"

enum {
	ARGON2_WORK = 1048576, /* passes times KiB */
	ARGON2_LANES = 64,
	ARGON2_SALT_MIN = 8,
	ARGON2_HASH_MIN = 16,
	PBKDF2_ROUNDS = 4000000,
	PBKDF2_HASH = 20,
	DIGEST_US = 1,
};

size_t stored_hash_size(enum scheme_hash hash)
{
	static const uint8_t sizes[] = {
		[SCHEME_MD5] = 16,
		[SCHEME_SHA1] = 20,
		[SCHEME_SHA256] = 32,
		[SCHEME_SHA512] = 64,
	};

	return sizes[hash];
}

/* --- words --- */

static void stored_say(struct buf *words, const char *text)
{
	if (words)
		buf_add_str(words, text);
}

static void stored_say_number(struct buf *words, const char *before,
			      uint64_t number, const char *after)
{
	if (!words)
		return;
	buf_add_str(words, before);
	buf_add_u64(words, number);
	buf_add_str(words, after);
}

static enum stored_verdict stored_excess(struct buf *words, uint64_t asked,
					 uint64_t limit, const char *unit)
{
	stored_say_number(words, " asks for ", asked, " ");
	stored_say(words, unit);
	stored_say_number(words, ", over the limit of ", limit, "");
	return STORED_EXCESSIVE;
}

static enum stored_verdict stored_damage(struct buf *words, const char *what)
{
	stored_say(words, ": ");
	stored_say(words, what);
	return STORED_DAMAGED;
}

/* --- the forms --- */

/* The part up to the next `end`, which must be there, or to the end. */
static bool stored_part(struct span *rest, char end, struct span *part)
{
	size_t n = end ? span_find(*rest, end) : rest->n;

	if (end && n == rest->n)
		return false;
	*part = span_take(*rest, n);
	*rest = span_drop(*rest, n + 1);
	return true;
}

static bool stored_number(struct span *rest, const char *name, char end,
			  uint32_t *number)
{
	struct span part;
	uint64_t n;

	if (!span_starts(*rest, span_str(name)))
		return false;
	*rest = span_drop(*rest, strlen(name));
	if (!stored_part(rest, end, &part) ||
	    !num_parse_u64(part, UINT32_MAX, &n))
		return false;
	*number = (uint32_t)n;
	return true;
}

/* Decodes a part to the end of *memory. */
static bool stored_decode(struct span text, enum scheme_encoding encoding,
			  enum base64_padding padding, struct buf *memory,
			  struct span *octets)
{
	size_t start = memory->n;

	switch (encoding) {
	case SCHEME_AS_IS:
		buf_add_span(memory, text);
		break;
	case SCHEME_BASE64:
		if (!base64_decode(text, padding, memory))
			return false;
		break;
	case SCHEME_HEX:
		if (text.n % 2)
			return false;
		for (size_t i = 0; i < text.n; i += 2) {
			int high = num_hex_digit(text.p[i]);
			int low = num_hex_digit(text.p[i + 1]);

			if (high < 0 || low < 0)
				return false;
			buf_add_char(memory, (char)(high << 4 | low));
		}
		break;
	}
	*octets = span_make(memory->p + start, memory->n - start);
	return !memory->overflow;
}

static struct span stored_behind_prefix(const struct stored *s)
{
	return span_drop(s->form, span_str(s->scheme->prefix).n);
}

/* What is that much, where a limit is the most work there is? */
static uint32_t stored_share_us(uint64_t asked, uint64_t limit)
{
	return 1 + (uint32_t)(CRYPT_WORK_MOST_US * asked / limit);
}

/* $argon2id$v=19$m=65536,t=3,p=1$salt$hash; older ones have no v= */
static enum stored_verdict stored_argon2(struct stored *s, struct buf *memory,
					 struct buf *words)
{
	struct span rest = stored_behind_prefix(s);
	struct span salt, hash;

	s->version = 16;
	if (span_starts(rest, span_str("v=")) &&
	    (!stored_number(&rest, "v=", '$', &s->version) ||
	     (s->version != 16 && s->version != 19)))
		return stored_damage(words, "not a version that is known");
	if (!stored_number(&rest, "m=", ',', &s->memory_kib) ||
	    !stored_number(&rest, "t=", ',', &s->rounds) ||
	    !stored_number(&rest, "p=", '$', &s->lanes) ||
	    !stored_part(&rest, '$', &salt) || !stored_part(&rest, 0, &hash))
		return stored_damage(words,
				     "not of the form "
				     "$argon2id$v=19$m=N,t=N,p=N$salt$hash");
	if (!stored_decode(salt, SCHEME_BASE64, BASE64_BARE, memory,
			   &s->salt) ||
	    !stored_decode(hash, SCHEME_BASE64, BASE64_BARE, memory, &s->hash))
		return stored_damage(words, "salt or hash is no base64");
	if (s->salt.n < ARGON2_SALT_MIN || s->hash.n < ARGON2_HASH_MIN ||
	    s->hash.n > STORED_HASH_MAX || !s->rounds || !s->lanes ||
	    s->lanes > ARGON2_LANES || s->memory_kib < 8 * s->lanes)
		return stored_damage(words, "a length or parameter is out of "
					    "its range");
	s->is_costly = true;
	if (s->memory_kib > STORED_MEMORY_MOST)
		return stored_excess(words, s->memory_kib, STORED_MEMORY_MOST,
				     "KiB of memory");
	if (s->rounds > ARGON2_WORK / s->memory_kib)
		return stored_excess(words, s->rounds,
				     ARGON2_WORK / s->memory_kib,
				     "passes over that much memory");
	s->work_us = stored_share_us((uint64_t)s->rounds * s->memory_kib,
				     ARGON2_WORK);
	stored_say_number(words, ", ", s->memory_kib, " KiB of memory, ");
	stored_say_number(words, "", s->rounds,
			  s->rounds == 1 ? " pass" : " passes");
	return STORED_GOOD;
}

/* $1$salt$rounds$hex: the salt is taken as it stands there. */
static enum stored_verdict stored_pbkdf2(struct stored *s, struct buf *memory,
					 struct buf *words)
{
	struct span rest = stored_behind_prefix(s);

	if (!stored_part(&rest, '$', &s->salt) ||
	    !stored_number(&rest, "", '$', &s->rounds) || !s->rounds ||
	    !stored_decode(rest, SCHEME_HEX, BASE64_BARE, memory, &s->hash) ||
	    s->hash.n != PBKDF2_HASH)
		return stored_damage(words,
				     "not of the form $1$salt$rounds$hash");
	s->is_costly = s->rounds >= 500;
	if (s->rounds > PBKDF2_ROUNDS)
		return stored_excess(words, s->rounds, PBKDF2_ROUNDS, "rounds");
	s->work_us = stored_share_us(s->rounds, PBKDF2_ROUNDS);
	stored_say_number(words, ", ", s->rounds, " rounds");
	return STORED_GOOD;
}

static enum stored_verdict stored_digest(struct stored *s, struct buf *words)
{
	size_t size = stored_hash_size(s->scheme->hash);

	if (s->scheme->salted ? s->form.n <= size : s->form.n != size)
		return stored_damage(words, "too long or too short");
	s->work_us = DIGEST_US;
	s->hash = span_take(s->form, size);
	s->salt = span_drop(s->form, size);
	stored_say(words, s->scheme->salted ? "" : ", without a salt");
	return STORED_GOOD;
}

static enum stored_verdict stored_crypt(struct stored *s, struct buf *words)
{
	struct crypt_cost cost;

	if (!crypt_cost(s->form, &cost))
		return stored_damage(words, "not a string of crypt(3), or not "
					    "of a method whose cost is known");
	s->is_costly = cost.is_costly;
	if (cost.asked > cost.limit)
		return stored_excess(words, cost.asked, cost.limit, cost.unit);
	/* Never none: that is what forms without a hash have. */
	s->work_us = crypt_work_us(&cost);
	s->work_us += !s->work_us;
	if (words && cost.asked) {
		stored_say_number(words, ", ", cost.asked, " ");
		stored_say(words, cost.unit);
	}
	return STORED_GOOD;
}

/* As Dovecot: what has just the length of it is hexadecimal in any case. */
static enum scheme_encoding stored_encoding(const struct scheme *scheme,
					    enum scheme_encoding encoding,
					    struct span rest)
{
	size_t size = stored_hash_size(scheme->hash);

	if (scheme->kind == SCHEME_DIGEST && !scheme->salted &&
	    encoding != SCHEME_AS_IS)
		return rest.n == 2 * size ? SCHEME_HEX : SCHEME_BASE64;
	return encoding;
}

static enum stored_verdict stored_name(struct span stored, struct buf *words,
				       struct stored *s,
				       enum scheme_encoding *encoding,
				       struct span *rest)
{
	s->scheme = NULL;
	if (stored.n <= STORED_MAX)
		s->scheme = scheme_read(stored, encoding, rest);
	if (!s->scheme) {
		stored_say(words, stored.n > STORED_MAX
					  ? "longer than a stored form can be"
				  : stored.n && stored.p[0] == '{'
					  ? "an unknown scheme"
					  : "no scheme in braces");
		return STORED_UNKNOWN;
	}
	stored_say(words, s->scheme->name);
	*encoding = stored_encoding(s->scheme, *encoding, *rest);
	return STORED_GOOD;
}

/* The NUL is behind what is counted. */
static bool stored_is_text(struct span form)
{
	return !memchr(form.p, '\0', form.n);
}

enum stored_verdict stored_read(struct span stored, struct buf *memory,
				struct stored *out, struct buf *words)
{
	enum scheme_encoding encoding;
	struct stored s = {0};
	struct span rest;
	enum stored_verdict verdict =
		stored_name(stored, words, &s, &encoding, &rest);

	s.is_bare = stored.n && stored.p[0] == '$';
	buf_reset(memory);
	if (verdict != STORED_GOOD)
		return verdict;
	if (!stored_decode(rest, encoding, BASE64_EITHER, memory, &s.form))
		return stored_damage(words, encoding == SCHEME_HEX
						    ? "not hexadecimal"
						    : "no base64");
	buf_add_char(memory, '\0');
	if (memory->overflow)
		return stored_damage(words, "too long");
	if (s.scheme->kind != SCHEME_DIGEST && !stored_is_text(s.form))
		return stored_damage(words, "has a NUL");
	if (s.scheme->prefix &&
	    !span_starts(s.form, span_str(s.scheme->prefix)))
		return stored_damage(words,
				     "does not begin as its scheme says");
	switch (s.scheme->kind) {
	case SCHEME_ARGON2:
		verdict = stored_argon2(&s, memory, words);
		break;
	case SCHEME_PBKDF2:
		verdict = stored_pbkdf2(&s, memory, words);
		break;
	case SCHEME_DIGEST:
		verdict = stored_digest(&s, words);
		break;
	case SCHEME_CRYPT:
		verdict = stored_crypt(&s, words);
		break;
	case SCHEME_SECRET:
	case SCHEME_UNKNOWN:
		break;
	}
	if (verdict == STORED_GOOD)
		*out = s;
	return verdict;
}
