/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/pop3.h"

#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"
#define A      POP3_AUTHORIZATION
#define T      POP3_TRANSACTION

/* Parses a copy of exactly the line's size, for the sanitizers. */
static char *copy;

static enum pop3_verdict parse(struct span line, enum pop3_state in,
			       struct pop3_command *out)
{
	free(copy);
	copy = malloc(line.n ? line.n : 1);
	if (line.n)
		memcpy(copy, line.p, line.n);
	return pop3_parse(span_make(copy, line.n), in, out);
}

static int forget_copy(void **state)
{
	(void)state;
	free(copy);
	copy = NULL;
	return 0;
}

static void test_numbers(void **state)
{
	static const struct {
		const char *line;
		enum pop3_verb verb;
		bool has_number;
		uint64_t number, lines;
	} cases[] = {
		{"STAT", POP3_STAT, false, 0, 0},
		{"NOOP", POP3_NOOP, false, 0, 0},
		{"RSET", POP3_RSET, false, 0, 0},
		{"QUIT", POP3_QUIT, false, 0, 0},
		{"CAPA", POP3_CAPA, false, 0, 0},
		{"LIST", POP3_LIST, false, 0, 0},
		{"LIST 1", POP3_LIST, true, 1, 0},
		{"LIST 0", POP3_LIST, true, 0, 0},
		{"UIDL", POP3_UIDL, false, 0, 0},
		{"UIDL 17", POP3_UIDL, true, 17, 0},
		{"RETR 2", POP3_RETR, true, 2, 0},
		{"RETR 007", POP3_RETR, true, 7, 0},
		{"DELE 4294967296", POP3_DELE, true, 4294967296, 0},
		{"DELE 99999999999999999999", POP3_DELE, true, UINT64_MAX, 0},
		{"TOP 1 0", POP3_TOP, true, 1, 0},
		{"TOP 3 10", POP3_TOP, true, 3, 10},
		{"TOP 3 99999999999999999999", POP3_TOP, true, 3, UINT64_MAX},
		{"top 3 1", POP3_TOP, true, 3, 1},
		{"rEtR 3", POP3_RETR, true, 3, 0},
		{"quit", POP3_QUIT, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pop3_command c;

		assert_int_equal(parse(span_str(cases[i].line), T, &c),
				 POP3_VALID);
		assert_int_equal(c.verb, cases[i].verb);
		assert_int_equal(c.has_number, cases[i].has_number);
		assert_true(c.number == cases[i].number);
		assert_true(c.lines == cases[i].lines);
		assert_int_equal(c.text.n, 0);
		assert_int_equal(c.digest.n, 0);
	}
}

static void test_texts(void **state)
{
	static const struct {
		struct span line;
		enum pop3_verb verb;
		struct span text, digest;
	} cases[] = {
#define CASE(line, verb, text, digest)                                         \
	{SPAN_LITERAL(line), verb, SPAN_LITERAL(text), SPAN_LITERAL(digest)}
		CASE("USER bob", POP3_USER, "bob", ""),
		CASE("user Bob", POP3_USER, "Bob", ""),
		CASE("USER bob@example.org", POP3_USER, "bob@example.org", ""),
		CASE("USER two words", POP3_USER, "two words", ""),
		CASE("USER ../x", POP3_USER, "../x", ""),
		CASE("USER \xc3\xa4", POP3_USER, "\xc3\xa4", ""),
		CASE("PASS secret", POP3_PASS, "secret", ""),
		CASE("pass Secret", POP3_PASS, "Secret", ""),
		CASE("PASS ", POP3_PASS, "", ""),
		CASE("PASS  ", POP3_PASS, " ", ""),
		CASE("PASS  a  b ", POP3_PASS, " a  b ", ""),
		CASE("PASS %n\xff\t", POP3_PASS, "%n\xff\t", ""),
		CASE("PASS PASS x", POP3_PASS, "PASS x", ""),
		CASE("APOP bob " DIGEST, POP3_APOP, "bob", DIGEST),
		CASE("apop two words " DIGEST, POP3_APOP, "two words", DIGEST),
		CASE("APOP b C4C9334BAC560ECC979E58001B3E22FB", POP3_APOP, "b",
		     "C4C9334BAC560ECC979E58001B3E22FB"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pop3_command c;

		assert_int_equal(parse(cases[i].line, A, &c), POP3_VALID);
		assert_int_equal(c.verb, cases[i].verb);
		assert_true(span_equal(c.text, cases[i].text));
		assert_true(span_equal(c.digest, cases[i].digest));
		assert_false(c.has_number);
	}
}

static void test_bad_arguments(void **state)
{
	static const struct {
		enum pop3_state state;
		const char *line;
	} cases[] = {
		{A, "USER"},
		{A, "USER "},
		{A, "USER  "},
		{A, "USER  bob"},
		{A, "USER bob "},
		{A, "PASS"},
		{A, "APOP"},
		{A, "APOP "},
		{A, "APOP bob"},
		{A, "APOP bob "},
		{A, "APOP " DIGEST},
		{A, "APOP  " DIGEST},
		{A, "APOP bob  " DIGEST},
		{A, "APOP  bob " DIGEST},
		{A, "APOP bob " DIGEST " "},
		{A, "APOP bob " DIGEST "0"},
		{A, "APOP bob c4c9334bac560ecc979e58001b3e22f"},
		{A, "APOP bob c4c9334bac560ecc979e58001b3e22fg"},
		{A, "APOP bob g4c9334bac560ecc979e58001b3e22fb"},
		{A, "QUIT "},
		{A, "QUIT now"},
		{A, "CAPA x"},
		{T, "QUIT now"},
		{T, "STAT "},
		{T, "STAT 1"},
		{T, "NOOP x"},
		{T, "RSET 1"},
		{T, "CAPA "},
		{T, "LIST "},
		{T, "LIST  1"},
		{T, "LIST 1 "},
		{T, "LIST 1 2"},
		{T, "LIST x"},
		{T, "LIST -1"},
		{T, "LIST +1"},
		{T, "LIST 1x"},
		{T, "LIST 0x1"},
		{T, "LIST 1.0"},
		{T, "LIST \t1"},
		{T, "UIDL "},
		{T, "UIDL x"},
		{T, "RETR"},
		{T, "RETR "},
		{T, "RETR -1"},
		{T, "RETR 1 1"},
		{T, "DELE"},
		{T, "DELE all"},
		{T, "DELE 99999999999999999999x"},
		{T, "TOP"},
		{T, "TOP "},
		{T, "TOP 1"},
		{T, "TOP 1 "},
		{T, "TOP  1"},
		{T, "TOP 1  1"},
		{T, "TOP 1 1 "},
		{T, "TOP 1 1 1"},
		{T, "TOP 1 -1"},
		{T, "TOP -1 1"},
		{T, "TOP x 1"},
		{T, "TOP 1 x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pop3_command c;
		struct span line = span_str(cases[i].line);

		assert_int_equal(parse(line, cases[i].state, &c),
				 POP3_BAD_ARGUMENT);
		assert_true(
			span_starts(line, span_str(pop3_verb_name(c.verb))));
		/* Nothing half-parsed is left for a careless handler. */
		assert_false(c.has_number);
		assert_true(c.number == 0 && c.lines == 0);
		assert_true(c.text.n == 0 && c.digest.n == 0);
	}
}

static void test_no_commands(void **state)
{
	static const struct span unknown[] = {
		SPAN_LITERAL(" "),	  SPAN_LITERAL(" QUIT"),
		SPAN_LITERAL("QUI"),	  SPAN_LITERAL("QUITT"),
		SPAN_LITERAL("QUIT\t"),	  SPAN_LITERAL("QUIT\0"),
		SPAN_LITERAL("AUTH"),	  SPAN_LITERAL("STLS"),
		SPAN_LITERAL("LAST"),	  SPAN_LITERAL("RETR1"),
		SPAN_LITERAL("."),	  SPAN_LITERAL("\xd1UIT"),
		SPAN_LITERAL("RETR\0 1"),
	};
	struct pop3_command c;

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_int_equal(parse(unknown[i], A, &c), POP3_UNKNOWN);
		assert_int_equal(parse(unknown[i], T, &c), POP3_UNKNOWN);
	}
	assert_int_equal(parse(span_str(""), A, &c), POP3_EMPTY);
	assert_int_equal(parse(span_str(NULL), T, &c), POP3_EMPTY);
}

/* What RFC 1939 and RFC 2449 say about where a verb belongs. */
static void test_states(void **state)
{
	static const unsigned states[POP3_VERBS] = {
		[POP3_USER] = A,     [POP3_PASS] = A, [POP3_APOP] = A,
		[POP3_QUIT] = A | T, [POP3_STAT] = T, [POP3_LIST] = T,
		[POP3_RETR] = T,     [POP3_DELE] = T, [POP3_NOOP] = T,
		[POP3_RSET] = T,     [POP3_TOP] = T,  [POP3_UIDL] = T,
		[POP3_CAPA] = A | T,
	};

	(void)state;
	for (int v = 0; v < POP3_VERBS; v++) {
		for (int in = A; in <= T; in++) {
			char text[32];
			struct pop3_command c;
			struct buf b;
			enum pop3_verdict verdict;

			/* No verb takes this, and the state wins. */
			buf_init(&b, text, sizeof(text));
			buf_add_str(&b, pop3_verb_name((enum pop3_verb)v));
			if (v != POP3_PASS && v != POP3_USER)
				buf_add_str(&b, " x y");
			verdict = parse(buf_span(&b), (enum pop3_state)in, &c);
			assert_int_equal(verdict, states[v] & (unsigned)in
							  ? POP3_BAD_ARGUMENT
							  : POP3_WRONG_STATE);
			assert_int_equal(c.verb, v);
		}
	}
}

static void test_table(void **state)
{
	(void)state;
	for (int v = 0; v < POP3_VERBS; v++) {
		struct span name = span_str(pop3_verb_name((enum pop3_verb)v));
		struct span usage =
			span_str(pop3_verb_usage((enum pop3_verb)v));

		assert_in_range(name.n, 3, 4);
		assert_true(span_starts(usage, name));
		assert_int_equal(pop3_verbs[v].flags & POP3_SECRET,
				 v == POP3_PASS || v == POP3_APOP);
	}
}

static void test_redact(void **state)
{
	static const struct {
		const char *line, *expected;
	} cases[] = {
		{"", ""},
		{"USER bob", "USER bob"},
		{"STAT", "STAT"},
		{"RETR 1\xff", "RETR 1\\xff"},
		{"TOP 1 2", "TOP 1 2"},
		{"PASS secret", "PASS ***"},
		{"pass two words", "pass ***"},
		{"PASS ", "PASS ***"},
		{"PASS", "PASS"},
		{"APOP bob " DIGEST, "APOP bob ***"},
		{"APOP b\xff b " DIGEST, "APOP b\\xff b ***"},
		{"APOP bob secret", "APOP ***"},
		{"APOP bob", "APOP ***"},
		{"APOP", "APOP"},
		/* perhaps a mistyped PASS, or a response without its verb */
		{"AUTH PLAIN AGJvYgBzZWNyZXQ=", "AUTH ***"},
		{"PSAS secret", "PSAS ***"},
		{"UTF8", "UTF8"},
		{"azAZ secret", "azAZ ***"},
		{"-abc", "***"},
		{"abc-", "***"},
		{"PASSsecret", "***"},
		{"PASS\tsecret", "***"},
		{"AGJvYgBzZWNyZXQ=", "***"},
		{"secret", "***"},
		{" PASS secret", "***"},
		{" ", "***"},
		{"x", "***"},
		{"h\xc3!", "***"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct buf b;

		buf_init(&b, text, sizeof(text));
		pop3_redact(span_str(cases[i].line), &b);
		assert_string_equal(buf_str(&b), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_no_commands),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_redact),
	};

	return cmocka_run_group_tests(tests, NULL, forget_copy);
}
