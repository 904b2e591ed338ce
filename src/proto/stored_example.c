/* SPDX-License-Identifier: ISC */
/* What can be known of a form without its password: one that costs as much. */
#include "proto/stored.h"

#include "proto/base64.h"

/* n of the letters of crypt(3). */
static void stored_add_letters(const uint8_t *random, size_t n, struct buf *out)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < n; i++)
		buf_add_char(out, letters[random[i % STORED_RANDOM] & 63]);
}

/*
 * How much at the end of a string of crypt(3) is the hash: what is behind the
 * last `$`, but that bcrypt has its salt there, too, as the oldest forms have
 * before their eleven octets.
 */
static size_t stored_tail(struct span form)
{
	size_t dollar = span_find_last(form, '$');
	size_t n = dollar < form.n ? form.n - dollar - 1 : form.n;
	size_t most = dollar == form.n			  ? 11
		      : span_starts(form, span_str("$2")) ? 31
							  : n;

	return n < most ? n : most;
}

/* Without the last octet, if that is a `$`. */
static struct span stored_without_dollar(struct span form)
{
	size_t n = form.n && form.p[form.n - 1] == '$' ? form.n - 1 : form.n;

	return span_take(form, n);
}

/* How many `$` are in front of the salt? */
static size_t stored_dollars(struct span head)
{
	static const struct span with_cost[] = {
		SPAN_LITERAL("$2"),	   SPAN_LITERAL("$y$"),
		SPAN_LITERAL("$gy$"),	   SPAN_LITERAL("$sha1$"),
		SPAN_LITERAL("$5$rounds"), SPAN_LITERAL("$6$rounds"),
	};

	for (size_t i = 0; i < sizeof(with_cost) / sizeof(with_cost[0]); i++) {
		if (span_starts(head, with_cost[i]))
			return 3;
	}
	return 2;
}

/* The salt in what is in front of the hash of a string of crypt(3). */
static struct span stored_salt(struct span head)
{
	enum { BSDI_COST = 5, SCRYPT_COST = 11 };
	static const struct span scrypt = SPAN_LITERAL("$7$");
	static const struct span sun = SPAN_LITERAL("$md5");
	size_t dollars = stored_dollars(head);
	bool is_scrypt = span_starts(head, scrypt);

	if (span_starts(head, span_str("_")))
		return span_drop(head, BSDI_COST);
	if (!span_starts(head, span_str("$")))
		return head;
	head = stored_without_dollar(head);
	if (span_starts(head, sun)) /* which may have two of them there */
		head = stored_without_dollar(head);
	for (size_t i = 0; i < dollars; i++)
		head = span_drop(head, span_find(head, '$') + 1);
	return is_scrypt ? span_drop(head, SCRYPT_COST) : head;
}

/*
 * Another salt, as long. Its last letter stays: where the letters stand for
 * octets, some of its bits have to be 0, and else no work would be done.
 */
static void stored_add_crypt(struct span form, const uint8_t *random,
			     struct buf *out)
{
	size_t tail = stored_tail(form);
	struct span head = span_take(form, form.n - tail);
	struct span salt = stored_salt(head);
	size_t n = salt.n ? salt.n - 1 : 0;

	buf_add_span(out, span_take(head, (size_t)(salt.p - head.p)));
	stored_add_letters(random, n, out);
	buf_add_span(out, span_drop(head, (size_t)(salt.p - head.p) + n));
	stored_add_letters(random, tail, out);
}

static void stored_add_digest(const struct stored *s, const uint8_t *random,
			      struct buf *out)
{
	for (size_t i = 0; i < s->hash.n + s->salt.n; i++)
		buf_add_hex(out, &random[i % STORED_RANDOM], 1);
}

static void stored_add_argon2(const struct stored *s, struct span before,
			      const uint8_t *random, struct buf *out)
{
	size_t n = s->salt.n < STORED_RANDOM ? s->salt.n : STORED_RANDOM;

	buf_add_span(out, span_take(before, span_find_last(before, '$') + 1));
	base64_encode(span_make(random, n), BASE64_BARE, out);
	buf_add_char(out, '$');
	base64_encode(span_make(random, s->hash.n), BASE64_BARE, out);
}

static void stored_add_pbkdf2(const struct stored *s, struct span before,
			      const uint8_t *random, struct buf *out)
{
	size_t salt = (size_t)(s->salt.p - before.p);

	buf_add_span(out, span_take(before, salt));
	stored_add_letters(random, s->salt.n, out);
	buf_add_span(out, span_drop(before, salt + s->salt.n));
	buf_add_char(out, '$');
	buf_add_hex(out, random, s->hash.n);
}

static void stored_add_braces(const struct stored *s, struct buf *out)
{
	if (s->is_bare)
		return;
	buf_add_char(out, '{');
	buf_add_str(out, s->scheme->name);
	buf_add_str(out, s->scheme->kind == SCHEME_DIGEST ? ".hex}" : "}");
}

static void stored_add_example(const struct stored *s, const uint8_t *random,
			       struct buf *out)
{
	struct span before = span_take(s->form, span_find_last(s->form, '$'));

	stored_add_braces(s, out);
	switch (s->scheme->kind) {
	case SCHEME_SECRET:
		stored_add_letters(random, 22, out);
		break;
	case SCHEME_CRYPT:
		stored_add_crypt(s->form, random, out);
		break;
	case SCHEME_DIGEST:
		stored_add_digest(s, random, out);
		break;
	case SCHEME_ARGON2:
		stored_add_argon2(s, before, random, out);
		break;
	case SCHEME_PBKDF2:
		stored_add_pbkdf2(s, before, random, out);
		break;
	case SCHEME_UNKNOWN:
		break;
	}
}

/* explicit_bzero(3), which is not among the pure functions. */
static void stored_wipe(char *p, size_t n)
{
	volatile char *octets = p;

	for (size_t i = 0; i < n; i++)
		octets[i] = 0;
}

bool stored_example(struct span stored, const uint8_t random[STORED_RANDOM],
		    struct buf *out)
{
	char octets[STORED_MEMORY];
	struct buf memory;
	struct stored s;
	size_t start = out->n;
	bool done;

	buf_init(&memory, octets, sizeof(octets));
	done = stored_read(stored, &memory, &s, NULL) == STORED_GOOD;
	if (done)
		stored_add_example(&s, random, out);
	done = done && !out->overflow;
	if (!done)
		out->n = start;
	stored_wipe(octets, memory.n);
	return done;
}

bool stored_work(struct span stored, uint32_t *work_us)
{
	char octets[STORED_MEMORY];
	struct buf memory;
	struct stored s;
	bool done;

	buf_init(&memory, octets, sizeof(octets));
	done = stored_read(stored, &memory, &s, NULL) == STORED_GOOD;
	if (done)
		*work_us = s.work_us;
	stored_wipe(octets, memory.n);
	return done;
}
