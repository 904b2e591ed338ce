/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a stored password, and as base 64: what is accepted keeps the
 * promises of the headers, within every limit; an example made of it is of the
 * same cost and accepted, too.
 */
#include "fuzz.h"

#include "proto/base64.h"
#include "proto/stored.h"

enum { ROOM = 2 * STORED_MAX + 200 };

/* There is one text for some octets, but for the padding. */
static void check_base64(struct span text)
{
	char *octets = fuzz_alloc(text.n), *again = fuzz_alloc(text.n + 4);
	struct buf decoded, encoded;

	for (int padding = 0; padding < BASE64_EITHER; padding++) {
		buf_init(&decoded, octets, text.n);
		if (!base64_decode(text, (enum base64_padding)padding,
				   &decoded))
			continue;
		buf_init(&encoded, again, text.n + 4);
		base64_encode(buf_span(&decoded), (enum base64_padding)padding,
			      &encoded);
		REQUIRE(!encoded.overflow);
		REQUIRE(span_equal(buf_span(&encoded), text));
		buf_init(&decoded, octets, text.n);
		REQUIRE(base64_decode(text, BASE64_EITHER, &decoded));
	}
	free(octets);
	free(again);
}

static void check_pieces(const struct stored *s, struct span memory)
{
	REQUIRE(s->scheme && s->scheme->kind != SCHEME_UNKNOWN);
	REQUIRE(fuzz_is_within(s->form, memory));
	REQUIRE(s->form.p[s->form.n] == '\0');
	REQUIRE(fuzz_is_within(s->salt, memory));
	REQUIRE(fuzz_is_within(s->hash, memory));
	REQUIRE(s->hash.n <= STORED_HASH_MAX);
	switch (s->scheme->kind) {
	case SCHEME_ARGON2:
		REQUIRE(s->memory_kib && s->memory_kib <= STORED_MEMORY_MOST);
		REQUIRE(s->memory_kib >= 8 * s->lanes && s->lanes);
		REQUIRE(s->rounds && s->rounds <= 1048576);
		REQUIRE(s->hash.n >= 16 && s->salt.n >= 8);
		break;
	case SCHEME_PBKDF2:
		REQUIRE(s->rounds && s->rounds <= 4000000);
		REQUIRE(s->hash.n == 20);
		break;
	case SCHEME_DIGEST:
		REQUIRE(s->hash.n == stored_hash_size(s->scheme->hash));
		REQUIRE(s->scheme->salted == (s->salt.n > 0));
		break;
	case SCHEME_CRYPT:
		REQUIRE(s->form.n);
		/* fall through */
	case SCHEME_SECRET:
		REQUIRE(strlen(s->form.p) == s->form.n);
		break;
	case SCHEME_UNKNOWN:
		break;
	}
}

static void check_example(struct span stored, const struct stored *s)
{
	static const uint8_t random[STORED_RANDOM] = {99, 1, 2, 3};
	char text[ROOM], octets[STORED_MEMORY];
	struct buf out, memory;
	struct stored example;

	buf_init(&out, text, sizeof(text));
	REQUIRE(stored_example(stored, random, &out));
	if (out.n > STORED_MAX)
		return;
	buf_init(&memory, octets, sizeof(octets));
	REQUIRE(stored_read(buf_span(&out), &memory, &example, NULL) ==
		STORED_GOOD);
	REQUIRE(example.scheme == s->scheme);
	REQUIRE(example.is_costly == s->is_costly);
	REQUIRE(example.work_us == s->work_us);
	REQUIRE(example.rounds == s->rounds);
	REQUIRE(example.memory_kib == s->memory_kib);
	REQUIRE(example.lanes == s->lanes && example.version == s->version);
	REQUIRE(example.salt.n == s->salt.n || example.salt.n == STORED_RANDOM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span stored = span_make(data, n);
	char octets[STORED_MEMORY], text[300];
	struct buf memory, words;
	struct stored s = {0};
	enum stored_verdict verdict;

	buf_init(&memory, octets, sizeof(octets));
	buf_init(&words, text, sizeof(text));
	verdict = stored_read(stored, &memory, &s, &words);
	REQUIRE(words.n && !words.overflow);
	REQUIRE((verdict == STORED_GOOD) == (s.scheme != NULL));
	if (verdict == STORED_GOOD) {
		check_pieces(&s, buf_span(&memory));
		check_example(stored, &s);
	}
	check_base64(stored);
	/* too little memory is a form that is too long, no more */
	buf_init(&memory, octets, n / 2);
	(void)stored_read(stored, &memory, &s, NULL);
	return 0;
}
