/* SPDX-License-Identifier: ISC */
/*
 * A line that is valid can be put together again from what was parsed; one
 * that is not leaves nothing behind; no secret survives redaction. Parameter:
 * the state and the room for the redacted line.
 */
#include "fuzz.h"

#include "base/num.h"
#include "proto/pop3.h"

static bool is_number(struct span s, uint64_t v)
{
	uint64_t parsed;

	return num_parse_u64_capped(s, &parsed) && parsed == v;
}

static void check_valid(struct span line, const struct pop3_command *c)
{
	size_t keyword = strlen(pop3_verb_name(c->verb));
	struct span rest = span_drop(line, keyword + 1);
	size_t space = span_find(rest, ' ');

	switch (pop3_verbs[c->verb].shape) {
	case POP3_NOTHING:
		REQUIRE(line.n == keyword);
		break;
	case POP3_NAME:
		REQUIRE(rest.n > 0);
		/* fall through */
	case POP3_VERBATIM:
		REQUIRE(line.n > keyword && span_equal(rest, c->text));
		break;
	case POP3_NAME_DIGEST:
		REQUIRE(c->text.n > 0 && c->digest.n == POP3_DIGEST_DIGITS);
		REQUIRE(rest.n == c->text.n + 1 + c->digest.n);
		REQUIRE(span_starts(rest, c->text));
		REQUIRE(rest.p[c->text.n] == ' ');
		REQUIRE(span_equal(span_drop(rest, c->text.n + 1), c->digest));
		break;
	case POP3_OPTIONAL_NUMBER:
		REQUIRE(c->has_number == (line.n > keyword));
		REQUIRE(!c->has_number || is_number(rest, c->number));
		break;
	case POP3_NUMBER:
		REQUIRE(c->has_number && is_number(rest, c->number));
		break;
	case POP3_NUMBER_LINES:
		REQUIRE(is_number(span_take(rest, space), c->number));
		REQUIRE(is_number(span_drop(rest, space + 1), c->lines));
		break;
	}
}

static void check_parse(struct span line, enum pop3_state state)
{
	struct pop3_command c = {.verb = POP3_VERBS};
	enum pop3_verdict v = pop3_parse(line, state, &c);

	REQUIRE((v == POP3_EMPTY) == (line.n == 0));
	REQUIRE((v == POP3_EMPTY || v == POP3_UNKNOWN) ==
		(c.verb == POP3_VERBS));
	if (c.verb == POP3_VERBS)
		return;
	REQUIRE(span_equal_nocase(span_take(line, span_find(line, ' ')),
				  span_str(pop3_verb_name(c.verb))));
	REQUIRE((v == POP3_WRONG_STATE) ==
		!(pop3_verbs[c.verb].states & state));
	REQUIRE(fuzz_is_within(c.text, line));
	REQUIRE(fuzz_is_within(c.digest, line));
	if (v == POP3_VALID)
		check_valid(line, &c);
	else
		REQUIRE(!c.has_number && !c.number && !c.lines && !c.text.n &&
			!c.digest.n);
}

/* Behind a PASS nothing but the mask is left. */
static void check_redact(struct span line, size_t cap)
{
	char *mem = fuzz_alloc(cap), whole_mem[4096];
	struct buf b, whole;

	buf_init(&b, mem, cap);
	buf_init(&whole, whole_mem, sizeof(whole_mem));
	pop3_redact(line, &b);
	pop3_redact(line, &whole);
	REQUIRE(span_starts(buf_span(&whole), buf_span(&b)));
	for (size_t i = 0; i < whole.n; i++)
		REQUIRE(whole.p[i] >= 0x20 && whole.p[i] <= 0x7e);
	if (line.n > 4 &&
	    span_equal_nocase(span_take(line, 5), span_str("PASS ")))
		REQUIRE(span_equal(span_drop(buf_span(&whole), 4),
				   span_str(" ***")));
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), line;
	unsigned parameter = fuzz_take_octet(&in);
	char *mem = fuzz_copy(in);

	line = span_make(mem, in.n);
	check_parse(line,
		    parameter & 1 ? POP3_AUTHORIZATION : POP3_TRANSACTION);
	check_redact(line, parameter / 2);
	free(mem);
	return 0;
}
