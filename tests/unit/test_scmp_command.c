/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/scmp_command.h"
#include "proto/scmp_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct scmp_command command;
static char shown_mem[4096];

/* Parses a copy of exactly the line's size, for the sanitizers. */
static enum scmp_code parse(struct span line)
{
	char *copy = malloc(line.n ? line.n : 1);
	enum scmp_code code;

	assert_non_null(copy);
	if (line.n)
		memcpy(copy, line.p, line.n);
	code = scmp_command_parse(span_make(copy, line.n), &command);
	free(copy);
	return code;
}

/* "word|word key:value key:value" */
static const char *shown(void)
{
	struct buf b;

	buf_init(&b, shown_mem, sizeof(shown_mem));
	for (size_t i = 0; i < command.words_n; i++) {
		buf_add_str(&b, i ? "|" : "");
		buf_add_span(&b, command.words[i]);
		assert_int_equal(command.words[i].p[command.words[i].n], 0);
	}
	for (size_t i = 0; i < command.fields_n; i++) {
		struct span value = command.fields[i].value;

		buf_add_char(&b, ' ');
		buf_add_span(&b, command.fields[i].key);
		buf_add_char(&b, ':');
		buf_add_span(&b, value);
		assert_int_equal(value.p[value.n], 0);
	}
	return buf_str(&b);
}

static void test_octets_come_first(void **state)
{
	static const struct span cases[] = {
		SPAN_LITERAL(""),
		SPAN_LITERAL(" "),
		SPAN_LITERAL(" NOOP"),
		SPAN_LITERAL("NOOP\t"),
		SPAN_LITERAL("PASS a\x01"),
		SPAN_LITERAL("PASS a\x7f"),
		SPAN_LITERAL("PASS a\xff"),
		SPAN_LITERAL("PASS a\xc3"),
		SPAN_LITERAL("PASS a\xc2\x9b"),
		SPAN_LITERAL("PASS a\0b"),
		SPAN_LITERAL("UNKNOWN \x1b[2J"),
	};
	static char longest[SCMP_LINE_LIMIT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(cases[i]), SCMP_CODE_SYNTAX);
		assert_int_equal(command.verb, SCMP_VERBS);
		assert_null(command.form);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "PASS ", 5);
	assert_int_equal(parse(span_make(longest, sizeof(longest))),
			 SCMP_CODE_SYNTAX);
	assert_int_equal(parse(span_make(longest, sizeof(longest) - 1)),
			 SCMP_CODE_OK);
	assert_int_equal(command.words[0].n, sizeof(longest) - 6);
}

static void test_unknown(void **state)
{
	static const char *const cases[] = {
		"X",	    "CAPAX",  "CAP",	     "CAPA\"",
		"\"CAPA\"", "LIST 1", "caf\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(span_str(cases[i])), SCMP_CODE_UNKNOWN);
		assert_int_equal(command.verb, SCMP_VERBS);
		assert_null(command.form);
	}
}

static void test_well_formed(void **state)
{
	static const struct {
		const char *line;
		enum scmp_verb verb;
		enum scmp_deed deed;
		const char *shown;
	} cases[] = {
		{"CAPA", SCMP_CAPA, SCMP_TO_LIST, ""},
		{"capa  ", SCMP_CAPA, SCMP_TO_LIST, ""},
		{"Help  kick ", SCMP_HELP, SCMP_TO_LIST, "kick"},
		{"USER bob", SCMP_USER, SCMP_TO_DO, "bob"},
		{"USER \"bob\"", SCMP_USER, SCMP_TO_DO, "bob"},
		/* the rest of the line */
		{"PASS secret", SCMP_PASS, SCMP_TO_DO, "secret"},
		{"PASS  a \"b ", SCMP_PASS, SCMP_TO_DO, " a \"b "},
		{"TRANSFORM SET sed s/a/b/ \"", SCMP_TRANSFORM, SCMP_TO_SET,
		 "sed s/a/b/ \""},
		{"TRANSFORM set  x", SCMP_TRANSFORM, SCMP_TO_SET, " x"},
		{"TRANSFORM test x y", SCMP_TRANSFORM, SCMP_TO_TEST, "x y"},
		{"TRANSFORM tac -r", SCMP_TRANSFORM, SCMP_TO_DO, "tac -r"},
		{"TRANSFORM setx", SCMP_TRANSFORM, SCMP_TO_DO, "setx"},
		{"TRANSFORM", SCMP_TRANSFORM, SCMP_TO_SHOW, ""},
		{"TRANSFORM  ", SCMP_TRANSFORM, SCMP_TO_SHOW, ""},
		{"TRANSFORM LIST", SCMP_TRANSFORM, SCMP_TO_LIST, ""},
		{"TRANSFORM  off ", SCMP_TRANSFORM, SCMP_TO_END, ""},
		{"TRANSFORM USE \"a b\"", SCMP_TRANSFORM, SCMP_TO_USE, "a b"},
		{"MAILDIR", SCMP_MAILDIR, SCMP_TO_SHOW, ""},
		{"MAILDIR SET /a/%u b", SCMP_MAILDIR, SCMP_TO_SET, "/a/%u b"},
		{"GET_MAILDIR", SCMP_GET_MAILDIR, SCMP_TO_SHOW, ""},
		{"SET_MAILDIR /a b", SCMP_SET_MAILDIR, SCMP_TO_SET, "/a b"},
		/* keywords, and what is none */
		{"ALL_CONNEC", SCMP_ALL_CONNEC, SCMP_TO_SHOW, ""},
		{"all_connec list", SCMP_ALL_CONNEC, SCMP_TO_LIST, ""},
		{"CURR_CONNEC", SCMP_CURR_CONNEC, SCMP_TO_SHOW, ""},
		{"CURR_CONNEC bob", SCMP_CURR_CONNEC, SCMP_OF_USER, "bob"},
		{"CURR_CONNEC list", SCMP_CURR_CONNEC, SCMP_TO_LIST, ""},
		{"CURR_CONNEC \"list\"", SCMP_CURR_CONNEC, SCMP_OF_USER,
		 "list"},
		{"ROLES", SCMP_ROLES, SCMP_TO_LIST, ""},
		{"ROLES viewer", SCMP_ROLES, SCMP_TO_LIST, "viewer"},
		{"ROLES ADD x a b c", SCMP_ROLES, SCMP_TO_ADD, "x|a|b|c"},
		{"ROLES set x -a +b", SCMP_ROLES, SCMP_TO_SET, "x|-a|+b"},
		{"ROLES del x", SCMP_ROLES, SCMP_TO_DELETE, "x"},
		/* by how many there are */
		{"MAX_USERS", SCMP_MAX_USERS, SCMP_TO_SHOW, ""},
		{"MAX_USERS 500", SCMP_MAX_USERS, SCMP_TO_SET, "500"},
		{"ROLE bob", SCMP_ROLE, SCMP_TO_SHOW, "bob"},
		{"ROLE bob admin", SCMP_ROLE, SCMP_TO_SET, "bob|admin"},
		{"POLICY", SCMP_POLICY, SCMP_TO_LIST, ""},
		{"POLICY classes", SCMP_POLICY, SCMP_TO_SHOW, "classes"},
		{"POLICY deny_list \"\"", SCMP_POLICY, SCMP_TO_SET,
		 "deny_list|"},
		{"LIMITS a 5 FORCE", SCMP_LIMITS, SCMP_TO_SET, "a|5|FORCE"},
		{"LOGLEVEL Debug", SCMP_LOGLEVEL, SCMP_TO_SET, "Debug"},
		{"DRAIN on", SCMP_DRAIN, SCMP_TO_SET, "on"},
		/* quotes and keys */
		{"PROFILE name \"a \\\"b\\\\ c\"", SCMP_PROFILE, SCMP_TO_SET,
		 "name|a \"b\\ c"},
		{"PROFILE name a=b", SCMP_PROFILE, SCMP_TO_SET, "name|a=b"},
		{"PROFILE name a\\b", SCMP_PROFILE, SCMP_TO_SET, "name|a\\b"},
		{"PROFILE name \xc3\xa4", SCMP_PROFILE, SCMP_TO_SET,
		 "name|\xc3\xa4"},
		{"ADD_USER bob physics", SCMP_ADD_USER, SCMP_TO_ADD,
		 "bob|physics"},
		{"ADD_USER bob role=admin", SCMP_ADD_USER, SCMP_TO_ADD,
		 "bob|role=admin"},
		{"ADD_USER bob * role=viewer maildir=/x", SCMP_ADD_USER,
		 SCMP_TO_ADD, "bob|* role:viewer maildir:/x"},
		{"BAN user bob for=2h reason=\"two words\"", SCMP_BAN,
		 SCMP_OF_USER, "bob for:2h reason:two words"},
		{"BAN ip 10.0.0.0/8 reason=", SCMP_BAN, SCMP_OF_IP,
		 "10.0.0.0/8 reason:"},
		{"BAN ip ::1 reason=a=b", SCMP_BAN, SCMP_OF_IP,
		 "::1 reason:a=b"},
		{"KICK id=812", SCMP_KICK, SCMP_TO_DO, " id:812"},
		{"KICK user=a* now ip=10.0.0.1", SCMP_KICK, SCMP_TO_DO,
		 "now user:a* ip:10.0.0.1"},
		{"SESSIONS", SCMP_SESSIONS, SCMP_TO_LIST, ""},
		{"SESSIONS sort=-age limit=5 state=UPDATE user=? ip=::/0",
		 SCMP_SESSIONS, SCMP_TO_LIST,
		 " sort:-age limit:5 state:UPDATE user:? ip:::/0"},
		{"USERS a* offset=5", SCMP_USERS, SCMP_TO_LIST, "a* offset:5"},
		{"USERS limit=5 a*", SCMP_USERS, SCMP_TO_LIST, "a* limit:5"},
		{"EVENTS", SCMP_EVENTS, SCMP_TO_LIST, ""},
		{"EVENTS 10", SCMP_EVENTS, SCMP_TO_LIST, "10"},
		{"EVENTS login close", SCMP_EVENTS, SCMP_TO_LIST,
		 "login|close"},
		{"EVENTS 10 login close", SCMP_EVENTS, SCMP_TO_LIST,
		 "10|login|close"},
		{"EVENTS a=b", SCMP_EVENTS, SCMP_TO_LIST, "a=b"},
		{"RESET_USER_PASSWORD bob", SCMP_RESET_USER_PASSWORD,
		 SCMP_TO_DO, "bob"},
		{"CHANGE_PASSWORD default \"correct horse\"",
		 SCMP_CHANGE_PASSWORD, SCMP_TO_DO, "default|correct horse"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(span_str(cases[i].line)), SCMP_CODE_OK);
		assert_int_equal(command.verb, cases[i].verb);
		assert_int_equal(command.form->deed, cases[i].deed);
		assert_string_equal(shown(), cases[i].shown);
		if (command.is_malformed)
			fail_msg("%s: is malformed", cases[i].line);
	}
}

static void test_malformed(void **state)
{
	/* The form is that which decides about the right. */
	static const struct {
		const char *line;
		enum scmp_deed deed;
	} cases[] = {
		{"NOOP x", SCMP_TO_DO},
		{"USER", SCMP_TO_DO},
		{"USER a b", SCMP_TO_DO},
		{"USER .a", SCMP_TO_DO},
		{"USER -a", SCMP_TO_DO},
		{"USER a/b", SCMP_TO_DO},
		{"USER \"\"", SCMP_TO_DO},
		{"PASS", SCMP_TO_DO},
		{"PASS ", SCMP_TO_DO},
		{"TRANSFORM SET", SCMP_TO_SET},
		{"TRANSFORM SET ", SCMP_TO_SET},
		{"TRANSFORM OFF x", SCMP_TO_END},
		{"MAILDIR /x", SCMP_TO_SHOW},
		{"SET_MAILDIR", SCMP_TO_SET},
		{"MAX_USERS x", SCMP_TO_SET},
		{"MAX_USERS -1", SCMP_TO_SET},
		{"MAX_USERS 18446744073709551616", SCMP_TO_SET},
		{"MAX_USERS 1 2", SCMP_TO_SET},
		{"MAX_USERS \"1", SCMP_TO_SET},
		{"CURR_CONNEC a b", SCMP_OF_USER},
		{"ROLES ADD x", SCMP_TO_ADD},
		{"ROLES ADD", SCMP_TO_ADD},
		{"ROLES x y", SCMP_TO_LIST},
		{"BAN", SCMP_OF_IP},
		{"BAN bob", SCMP_OF_IP},
		{"BAN \"user\" bob", SCMP_OF_IP},
		{"BAN 10.0.0.0/8", SCMP_OF_IP},
		{"BAN user", SCMP_OF_USER},
		{"BAN user bob for=x", SCMP_OF_USER},
		{"BAN user bob for=1h for=2h", SCMP_OF_USER},
		{"BAN user bob why=x", SCMP_OF_USER},
		{"BAN user bob FOR=1h", SCMP_OF_USER},
		{"BAN user bob \"for=1h\"", SCMP_OF_USER},
		{"BAN ip 10.0.0.300", SCMP_OF_IP},
		{"UNBAN user bob reason=x", SCMP_OF_USER},
		{"KICK", SCMP_TO_DO},
		{"KICK now", SCMP_TO_DO},
		{"KICK bob", SCMP_TO_DO},
		{"KICK id=", SCMP_TO_DO},
		{"KICK id=1 later", SCMP_TO_DO},
		{"KICK id=1 now now", SCMP_TO_DO},
		{"KICK a=1 b=1 c=1 d=1 e=1 f=1", SCMP_TO_DO},
		{"SESSIONS bob", SCMP_TO_LIST},
		{"SESSIONS state=idle", SCMP_TO_LIST},
		{"SESSIONS limit=x", SCMP_TO_LIST},
		{"USERS a/b", SCMP_TO_LIST},
		{"EVENTS \"\"", SCMP_TO_LIST},
		{"LOGLEVEL loud", SCMP_TO_SET},
		{"DRAIN maybe", SCMP_TO_SET},
		{"LIMITS a b c", SCMP_TO_SET},
		/* quotation marks */
		{"PROFILE a\"b\" c", SCMP_TO_LIST},
		{"PROFILE a \"b", SCMP_TO_SHOW},
		{"PROFILE a \"b\"c", SCMP_TO_SHOW},
		{"PROFILE a \"b\\n\"", SCMP_TO_SHOW},
		{"PROFILE a \"b\\", SCMP_TO_SHOW},
		{"PROFILE a k=\"b c\"", SCMP_TO_SET},
		{"CHANGE_PASSWORD \"a\"b", SCMP_TO_DO},
		{"ADD_USER bob a=\"b\"", SCMP_TO_ADD},
		{"ADD_USER bob", SCMP_TO_ADD},
		{"ADD_USER bob \"\"", SCMP_TO_ADD},
		{"RESET_USER_PASSWORD bob \"\"", SCMP_TO_DO},
		{"BAN user bob reason=a\"b\"", SCMP_OF_USER},
		{"BAN user bob reason=\"a\"b", SCMP_OF_USER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(span_str(cases[i].line)), SCMP_CODE_OK);
		if (!command.is_malformed)
			fail_msg("%s: is not malformed", cases[i].line);
		if (command.form->deed != cases[i].deed &&
		    cases[i].line[0] != 'P')
			fail_msg("%s: deed %d", cases[i].line,
				 command.form->deed);
	}
}

static void test_too_many_words(void **state)
{
	char line[SCMP_LINE_LIMIT];
	struct buf b;

	(void)state;
	buf_init(&b, line, sizeof(line));
	buf_add_str(&b, "ROLES ADD");
	for (int i = 0; i < SCMP_ARGUMENTS_MAX; i++)
		buf_add_str(&b, " a");
	assert_int_equal(parse(buf_span(&b)), SCMP_CODE_OK);
	assert_false(command.is_malformed);
	assert_int_equal(command.words_n, SCMP_ARGUMENTS_MAX);
	buf_add_str(&b, " a");
	assert_int_equal(parse(buf_span(&b)), SCMP_CODE_OK);
	assert_true(command.is_malformed);
}

static void test_words_and_fields(void **state)
{
	(void)state;
	parse(span_str("BAN user bob reason="));
	assert_true(
		span_equal(scmp_command_word(&command, 0), span_str("bob")));
	assert_null(scmp_command_word(&command, 1).p);
	assert_non_null(scmp_command_field(&command, "reason").p);
	assert_int_equal(scmp_command_field(&command, "reason").n, 0);
	assert_null(scmp_command_field(&command, "for").p);
	parse(span_str("POLICY deny_list \"\""));
	assert_non_null(scmp_command_word(&command, 1).p);
}

static void test_checks_have_an_order(void **state)
{
	static const struct {
		const char *line;
		enum scmp_state in;
		unsigned rights;
		enum scmp_code code;
	} cases[] = {
#define IN(state) SCMP_STATE_##state
		/* state before right before shape */
		{"ADD_USER x", IN(AUTHORIZATION), 0, SCMP_CODE_STATE},
		{"ADD_USER x", IN(CHANGEPW), SCMP_RIGHTS_ALL, SCMP_CODE_STATE},
		{"ADD_USER x", IN(MANAGE), 0, SCMP_CODE_PERM},
		{"ADD_USER x", IN(MANAGE), SCMP_RIGHTS_ALL, SCMP_CODE_SYNTAX},
		{"ADD_USER x y", IN(MANAGE), SCMP_RIGHTS_ALL, SCMP_CODE_OK},
		{"MAX_USERS x y", IN(MANAGE), SCMP_RIGHT_CONFIG_READ,
		 SCMP_CODE_PERM},
		{"MAX_USERS", IN(MANAGE), SCMP_RIGHT_CONFIG_READ, SCMP_CODE_OK},
		{"TRANSFORM SET", IN(MANAGE), SCMP_RIGHTS_ALL,
		 SCMP_CODE_PERM_LOCAL},
		{"TRANSFORM SET", IN(MANAGE), 0, SCMP_CODE_PERM},
		{"QUIT x", IN(STREAM), 0, SCMP_CODE_SYNTAX},
		{"STOP", IN(MANAGE), SCMP_RIGHTS_ALL, SCMP_CODE_STATE},
		{"STOP", IN(STREAM), 0, SCMP_CODE_OK},
		{"SESSIONS", IN(MANAGE), 0, SCMP_CODE_OK},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scmp_caller caller = {.state = cases[i].in,
					     .rights = cases[i].rights};

		assert_int_equal(parse(span_str(cases[i].line)), SCMP_CODE_OK);
		if (scmp_command_check(&command, &caller) != cases[i].code)
			fail_msg("%s: %s", cases[i].line,
				 scmp_code_name(scmp_command_check(&command,
								   &caller)));
	}
}

static void test_redaction(void **state)
{
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{"ADD_USER bob hush", "bob ***"},
		{"ADD_USER bob hush role=viewer", "bob *** role=viewer"},
		{"ADD_USER bob \"hush", "***"},
		{"ADD_USER \"bob hush", "***"},
		{"ADD_USER bob role=\"hush\"", "***"},
		{"ADD_USER bo/b hush", "***"},
		{"ADD_USER hush", "***"},
		{"ADD_USER bob hush hush", "***"},
		{"CHANGE_PASSWORD hush hush", "*** ***"},
		{"CHANGE_PASSWORD hush", "***"},
		{"RESET_USER_PASSWORD bob", "bob"},
		{"RESET_USER_PASSWORD bob hush", "bob ***"},
		{"PASS hush \"hush", "***"},
		{"KICK id=812 now", "now id=812"},
		{"BAN user bob for=1h reason=\"a \\\"b\"",
		 "USER bob for=1h reason=\"a \\\"b\""},
		{"BAN bob", "bob"},
		{"LIMITS a \"\" force", "a \"\" force"},
		{"TRANSFORM SET sed s/a/b/", "SET \"sed s/a/b/\""},
		{"TRANSFORM off", "OFF"},
		{"MAILDIR SET /srv/%u", "SET /srv/%u"},
		{"RELOAD", ""},
		{"DELETE_USER bob \"x", "bob"},
	};
	char mem[4096];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(span_str(cases[i].line)), SCMP_CODE_OK);
		buf_init(&out, mem, sizeof(mem));
		scmp_command_add_redacted(&out, &command);
		assert_string_equal(buf_str(&out), cases[i].shown);
	}
}

static void test_text(void **state)
{
	static const struct {
		struct span text;
		bool is_printable;
	} cases[] = {
#define TEXT(text, is) {SPAN_LITERAL(text), is}
		TEXT("", true),
		TEXT(" ~", true),
		TEXT("\x1f", false),
		TEXT("\x7f", false),
		TEXT("\0", false),
		TEXT("\x80", false),
		TEXT("\xc0\x80", false),
		TEXT("\xc1\xbf", false),
		TEXT("\xc2\x80", false),
		TEXT("\xc2\x9f", false),
		TEXT("\xc2\xa0", true),
		TEXT("\xdf\xbf", true),
		TEXT("\xdf", false),
		TEXT("\xdf\xc0", false),
		TEXT("\xe0\x9f\xbf", false),
		TEXT("\xe0\xa0\x80", true),
		TEXT("\xe2\x80\xa7", true),
		TEXT("\xe2\x80\xa8", false),
		TEXT("\xe2\x80\xae", false),
		TEXT("\xe2\x80\xaf", true),
		TEXT("\xe2\x81\xa6", false),
		TEXT("\xe2\x81\xa9", false),
		TEXT("\xe2\x82\xac", true),
		TEXT("\xed\x9f\xbf", true),
		TEXT("\xed\xa0\x80", false),
		TEXT("\xed\xbf\xbf", false),
		TEXT("\xef\xb7\x90", false),
		TEXT("\xef\xbb\xbf", false),
		TEXT("\xef\xbf\xbd", true),
		TEXT("\xef\xbf\xbe", false),
		TEXT("\xef\xbf\xbf", false),
		TEXT("\xf0\x8f\xbf\xbf", false),
		TEXT("\xf0\x90\x80\x80", true),
		TEXT("\xf0\x9f\x98\x80", true),
		TEXT("\xf0\x9f\x98", false),
		TEXT("\xf0\x9f\xbf\xbe", false),
		TEXT("\xf4\x8f\xbf\xbd", true),
		TEXT("\xf4\x90\x80\x80", false),
		TEXT("\xf5\x80\x80\x80", false),
		TEXT("\xff", false),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (scmp_text_is_printable(cases[i].text) !=
		    cases[i].is_printable)
			fail_msg("case %zu", i);
	}
}

static void test_names(void **state)
{
	static const char longest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef"
		"0123456789ABCDEFx";

	(void)state;
	assert_true(scmp_text_is_user_name(span_str("a")));
	assert_true(scmp_text_is_user_name(span_str("_+@aZ09.-")));
	assert_true(scmp_text_is_user_name(span_make(longest, 64)));
	assert_false(scmp_text_is_user_name(span_make(longest, 65)));
	assert_false(scmp_text_is_user_name(span_str("")));
	assert_false(scmp_text_is_user_name(span_str(".a")));
	assert_false(scmp_text_is_user_name(span_str("-a")));
	assert_false(scmp_text_is_user_name(span_str("a b")));
	assert_false(scmp_text_is_user_name(span_str("a*")));
	assert_false(scmp_text_is_user_name(span_str("\xc3\xa4")));
	assert_true(scmp_text_is_mask(span_str("*.?")));
	assert_true(scmp_text_is_mask(span_str(".a")));
	assert_false(scmp_text_is_mask(span_str("")));
	assert_false(scmp_text_is_mask(span_str("[a]")));
	assert_false(scmp_text_is_mask(span_make(longest, 65)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_come_first),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_too_many_words),
		cmocka_unit_test(test_words_and_fields),
		cmocka_unit_test(test_checks_have_an_order),
		cmocka_unit_test(test_redaction),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
