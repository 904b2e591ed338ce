/* SPDX-License-Identifier: ISC */
/* The table of verbs against the protocol's own table, which is written here a
 * second time, and against itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/roles.h"
#include "proto/scmp_command.h"
#include "proto/scmp_verbs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	AUTHORIZATION = SCMP_STATE_AUTHORIZATION,
	CHANGEPW = SCMP_STATE_CHANGEPW,
	MANAGE = SCMP_STATE_MANAGE,
	STREAM = SCMP_STATE_STREAM,
};

static struct scmp_command command;
static char text_mem[1024];

static const struct scmp_form *parse(const char *line)
{
	assert_int_equal(scmp_command_parse(span_str(line), &command),
			 SCMP_CODE_OK);
	if (command.is_malformed)
		fail_msg("%s is malformed", line);
	return command.form;
}

/* A local caller with a fixed role, logged in; -1: PREAUTH as admin. */
static struct scmp_caller caller_of(int role)
{
	const char *rights = roles_fixed[role < 0 ? 3 : role].rights;

	return (struct scmp_caller){
		.state = SCMP_STATE_MANAGE,
		.rights = scmp_rights_parse(span_str(rights)),
		.is_local = true,
		.has_account = role >= 0,
	};
}

/*
 * The least role: u, v, o, a; a capital: what is below it may do it on its own;
 * reply; whether it is for local callers, and whether the audit hears of it.
 */
static const struct {
	const char *line;
	char role;
	const char *reply;
	bool is_local, changes;
} commands[] = {
	{"CAPA", 'u', "M", false, false},
	{"HELP", 'u', "M", false, false},
	{"HELP KICK", 'u', "M", false, false},
	{"VERSION", 'u', "S", false, false},
	{"NOOP", 'u', "S", false, false},
	{"QUIT", 'u', "S", false, false},
	{"WHOAMI", 'u', "S", false, false},
	{"ALL_CONNEC", 'v', "S", false, false},
	{"ALL_CONNEC LIST", 'v', "M", false, false},
	{"CURR_CONNEC", 'V', "S", false, false},
	{"CURR_CONNEC bob", 'V', "S", false, false},
	{"CURR_CONNEC LIST", 'V', "M", false, false},
	{"BYTES_TRANS", 'v', "S", false, false},
	{"STATUS", 'v', "M", false, false},
	{"USERS", 'v', "M", false, false},
	{"USERS a* offset=1 limit=2", 'v', "M", false, false},
	{"MAX_USERS", 'v', "S", false, false},
	{"MAX_USERS 500", 'a', "S", false, true},
	{"ADD_USER aeinstein physics", 'a', "S", false, true},
	{"ADD_USER bob * role=viewer maildir=/x", 'a', "S", false, true},
	{"DELETE_USER aeinstein", 'a', "S", false, true},
	{"RESET_USER_PASSWORD bob", 'o', "S", false, true},
	{"RESET_USER_PASSWORD bob new", 'o', "S", false, true},
	{"CHANGE_PASSWORD old new", 'u', "S", false, true},
	{"ENABLE_USER bob", 'o', "S", false, true},
	{"DISABLE_USER bob", 'o', "S", false, true},
	{"ROLE bob", 'v', "S", false, false},
	{"ROLE bob admin", 'a', "S", false, true},
	{"ROLES", 'v', "M", false, false},
	{"ROLES kicker", 'v', "M", false, false},
	{"ROLES ADD kicker sessions.kick", 'a', "S", false, true},
	{"ROLES SET kicker +bans.read", 'a', "S", false, true},
	{"ROLES DEL kicker", 'a', "S", false, true},
	{"PROFILE", 'u', "M", false, false},
	{"PROFILE display_name", 'u', "S", false, false},
	{"PROFILE display_name Bob", 'u', "S", false, true},
	{"TRANSFORM", 'v', "S", false, false},
	{"TRANSFORM LIST", 'v', "M", false, false},
	{"TRANSFORM OFF", 'a', "S", false, true},
	{"TRANSFORM USE upper", 'a', "S", false, true},
	{"TRANSFORM tac -r", 'a', "S", true, true},
	{"TRANSFORM SET tac -r", 'a', "S", true, true},
	{"TRANSFORM TEST tac -r", 'a', "S", true, true},
	{"SESSIONS", 'V', "M", false, false},
	{"SESSIONS user=a* ip=::/0 state=update sort=age limit=1", 'V', "M",
	 false, false},
	{"KICK id=1", 'O', "S", false, true},
	{"KICK user=bob now", 'O', "S", false, true},
	{"KICK ip=10.0.0.0/8", 'O', "S", false, true},
	{"BAN user bob for=1d reason=x", 'o', "S", false, true},
	{"BAN ip 10.0.0.0/8", 'o', "S", false, true},
	{"UNBAN user bob", 'o', "S", false, true},
	{"UNBAN ip 10.0.0.0/8", 'o', "S", false, true},
	{"BANS", 'v', "M", false, false},
	{"ALLOW ip 10.0.0.0/8", 'a', "S", false, true},
	{"UNALLOW ip 10.0.0.0/8", 'a', "S", false, true},
	{"ALLOWS", 'v', "M", false, false},
	{"PENALTIES", 'v', "M", false, false},
	{"PENALTIES ip=10.0.0.0/8", 'v', "M", false, false},
	{"FORGIVE 10.0.0.0/8", 'o', "S", false, true},
	{"POLICY", 'v', "M", false, false},
	{"POLICY classes", 'v', "S", false, false},
	{"POLICY classes 3", 'a', "S", false, true},
	{"LIMITS", 'v', "M", false, false},
	{"LIMITS idle_timeout", 'v', "S", false, false},
	{"LIMITS idle_timeout 60 force", 'a', "S", false, true},
	{"LOGLEVEL", 'v', "S", false, false},
	{"LOGLEVEL debug", 'a', "S", false, true},
	{"MAILDIR", 'v', "S", false, false},
	{"MAILDIR SET /srv/%u", 'a', "S", true, true},
	{"GET_MAILDIR", 'v', "S", false, false},
	{"SET_MAILDIR /srv/%u", 'a', "S", true, true},
	{"METRICS", 'v', "M", false, false},
	{"METRICS pop3_", 'v', "M", false, false},
	{"EVENTS", 'v', "M", false, false},
	{"EVENTS 10 login", 'v', "M", false, false},
	{"WATCH", 'v', "M", false, false},
	{"WATCH login kick", 'v', "M", false, false},
	{"DRAIN", 'a', "S", false, false},
	{"DRAIN on", 'a', "S", false, true},
	{"RELOAD", 'a', "S", false, true},
};

static const char letters[] = "uvoa";

/* Each of them by each role. */
static void test_roles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct scmp_form *form = parse(commands[i].line);
		bool own = commands[i].role < 'a';
		char least = (char)(commands[i].role | 0x20);

		for (int role = 0; role < ROLES_FIXED; role++) {
			struct scmp_caller caller = caller_of(role);
			bool has = strchr(letters, least) <= letters + role;
			enum scmp_code code =
				scmp_verb_check(command.verb, form, &caller);

			if (code !=
			    (has || own ? SCMP_CODE_OK : SCMP_CODE_PERM))
				fail_msg("%s by %s: %s", commands[i].line,
					 roles_fixed[role].name,
					 scmp_code_name(code));
			assert_int_equal(scmp_form_is_own(form, &caller),
					 own && !has);
		}
	}
}

static void test_replies_and_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct scmp_form *form = parse(commands[i].line);
		struct scmp_caller caller = caller_of(3);

		caller.is_local = false;
		if (form->reply != (commands[i].reply[0] == 'M'
					    ? SCMP_REPLY_MANY
					    : SCMP_REPLY_ONE))
			fail_msg("%s: reply", commands[i].line);
		if (!(form->flags & SCMP_CHANGES) == commands[i].changes)
			fail_msg("%s: audit", commands[i].line);
		assert_int_equal(scmp_verb_check(command.verb, form, &caller),
				 commands[i].is_local ? SCMP_CODE_PERM_LOCAL
						      : SCMP_CODE_OK);
	}
}

/* All but those before login and STOP are above, with every form. */
static void test_no_form_is_left_out(void **state)
{
	(void)state;
	for (int v = 0; v < SCMP_VERBS; v++) {
		const struct scmp_verb_row *row = &scmp_verbs[v];

		for (size_t f = 0; f < row->forms_n; f++) {
			bool found = !(row->states & MANAGE);

			for (size_t i = 0; i < COUNT(commands) && !found; i++)
				found = parse(commands[i].line) ==
					&row->forms[f];
			if (!found)
				fail_msg("%s, form %zu", row->name, f);
		}
	}
}

static void test_states(void **state)
{
	static const struct {
		const char *line;
		unsigned states;
	} cases[] = {
		{"CAPA", AUTHORIZATION | CHANGEPW | MANAGE},
		{"HELP", AUTHORIZATION | CHANGEPW | MANAGE},
		{"NOOP", AUTHORIZATION | CHANGEPW | MANAGE},
		{"QUIT", AUTHORIZATION | CHANGEPW | MANAGE | STREAM},
		{"VERSION", AUTHORIZATION | MANAGE},
		{"STARTTLS", AUTHORIZATION},
		{"USER bob", AUTHORIZATION},
		{"PASS secret", AUTHORIZATION},
		{"CHANGE_PASSWORD a b", CHANGEPW | MANAGE},
		{"STOP", STREAM},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(cases[i].line);
		assert_int_equal(scmp_verbs[command.verb].states,
				 cases[i].states);
	}
	/* all others after login alone */
	for (int v = 0; v < SCMP_VERBS; v++) {
		bool listed = false;

		for (size_t i = 0; i < COUNT(cases) && !listed; i++) {
			parse(cases[i].line);
			listed = (int)command.verb == v;
		}
		if (!listed)
			assert_int_equal(scmp_verbs[v].states, MANAGE);
	}
}

static void test_before_login(void **state)
{
	struct scmp_caller caller = {.state = SCMP_STATE_AUTHORIZATION};

	(void)state;
	parse("PASS x");
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_OK);
	caller.needs_tls = true;
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_TLS);
	parse("USER x");
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_TLS);
	parse("NOOP");
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_OK);
	parse("STARTTLS");
	assert_int_equal(scmp_command_check(&command, &caller),
			 SCMP_CODE_STATE);
	caller.can_start_tls = true;
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_OK);
}

static void test_without_account(void **state)
{
	struct scmp_caller caller = caller_of(-1);

	(void)state;
	parse("CHANGE_PASSWORD a b");
	assert_int_equal(scmp_command_check(&command, &caller),
			 SCMP_CODE_STATE);
	parse("PROFILE a b");
	assert_int_equal(scmp_command_check(&command, &caller),
			 SCMP_CODE_STATE);
	parse("PROFILE");
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_OK);
	parse("SET_MAILDIR /x");
	assert_int_equal(scmp_command_check(&command, &caller), SCMP_CODE_OK);
}

static const char *capability(enum scmp_verb verb,
			      const struct scmp_caller *caller)
{
	struct buf b;

	buf_init(&b, text_mem, sizeof(text_mem));
	if (!scmp_verb_add_capability(&b, verb, caller)) {
		assert_int_equal(b.n, 0);
		return NULL;
	}
	return buf_str(&b);
}

static void test_capa(void **state)
{
	static const struct {
		enum scmp_verb verb;
		const char *lines[ROLES_FIXED]; /* NULL: as the role before */
	} cases[] = {
#define ALL(line) {line, NULL, NULL, NULL}
		{SCMP_CAPA, ALL("CAPA M")},
		{SCMP_HELP, ALL("HELP M [verb]")},
		{SCMP_QUIT, ALL("QUIT S")},
		{SCMP_CHANGE_PASSWORD, ALL("CHANGE_PASSWORD S old new")},
		{SCMP_PROFILE, ALL("PROFILE S/M [name | name value]")},
		{SCMP_USER, ALL("")},
		{SCMP_STARTTLS, ALL("")},
		{SCMP_STOP, ALL("")},
		{SCMP_ALL_CONNEC, {"", "ALL_CONNEC S/M [LIST]", NULL, NULL}},
		{SCMP_CURR_CONNEC, ALL("CURR_CONNEC S/M [LIST | name]")},
		{SCMP_SESSIONS,
		 ALL("SESSIONS M [user=mask] [ip=cidr] "
		     "[state=authorization|transaction|update] [sort=word] "
		     "[limit=n]")},
		{SCMP_KICK, ALL("KICK S id=word|user=mask|ip=cidr [now]")},
		{SCMP_EVENTS, {"", "EVENTS M [n] [type...]", NULL, NULL}},
		{SCMP_USERS,
		 {"", "USERS M [mask] [offset=n] [limit=n]", NULL, NULL}},
		{SCMP_MAX_USERS, {"", "MAX_USERS S", NULL, "MAX_USERS S [n]"}},
		{SCMP_ADD_USER,
		 {"", "", "",
		  "ADD_USER S name password [role=word] [maildir=word]"}},
		{SCMP_RESET_USER_PASSWORD,
		 {"", "", "RESET_USER_PASSWORD S name [password]", NULL}},
		{SCMP_ROLE,
		 {"", "ROLE S name", NULL, "ROLE S name | name role"}},
		{SCMP_ROLES,
		 {"", "ROLES M [role]", NULL,
		  "ROLES S/M ADD role right... | SET role right... | "
		  "DEL role | [role]"}},
		{SCMP_BAN,
		 {"", "",
		  "BAN S USER name [for=duration] [reason=text] | "
		  "IP cidr [for=duration] [reason=text]",
		  NULL}},
		{SCMP_LIMITS,
		 {"", "LIMITS S/M [name]", NULL,
		  "LIMITS S/M [name | name value [force]]"}},
		{SCMP_LOGLEVEL,
		 {"", "LOGLEVEL S", NULL,
		  "LOGLEVEL S [error|warning|info|debug|default]"}},
		{SCMP_TRANSFORM,
		 {"", "TRANSFORM S/M [LIST]", NULL,
		  "TRANSFORM S/M [LIST | OFF | USE name | SET command | "
		  "TEST command | command]"}},
		{SCMP_MAILDIR, {"", "MAILDIR S", NULL, "MAILDIR S [SET path]"}},
		{SCMP_SET_MAILDIR, {"", "", "", "SET_MAILDIR S path"}},
		{SCMP_DRAIN, {"", "", "", "DRAIN S [on|off]"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *expected = "";

		for (int role = 0; role < ROLES_FIXED; role++) {
			struct scmp_caller caller = caller_of(role);
			const char *line = capability(cases[i].verb, &caller);

			if (cases[i].lines[role])
				expected = cases[i].lines[role];
			assert_string_equal(line ? line : "", expected);
		}
	}
}

static void test_capa_elsewhere(void **state)
{
	struct scmp_caller caller = caller_of(3);

	(void)state;
	caller.is_local = false;
	assert_string_equal(capability(SCMP_TRANSFORM, &caller),
			    "TRANSFORM S/M [LIST | OFF | USE name]");
	assert_null(capability(SCMP_SET_MAILDIR, &caller));
	caller.has_account = false;
	assert_null(capability(SCMP_CHANGE_PASSWORD, &caller));
	assert_string_equal(capability(SCMP_PROFILE, &caller),
			    "PROFILE S/M [name]");
	caller = (struct scmp_caller){.state = SCMP_STATE_AUTHORIZATION};
	assert_string_equal(capability(SCMP_PASS, &caller), "PASS S password");
	assert_null(capability(SCMP_STARTTLS, &caller));
	caller.can_start_tls = caller.needs_tls = true;
	assert_null(capability(SCMP_PASS, &caller));
	assert_string_equal(capability(SCMP_STARTTLS, &caller), "STARTTLS S");
}

/* --- the table against itself --- */

static void check_parameters(const struct scmp_form *form)
{
	bool optional = false;

	for (int i = 0; i < SCMP_PARAMETERS_MAX; i++) {
		const struct scmp_parameter *p = &form->parameters[i];

		if (!p->name) {
			assert_int_equal(p->flags, 0);
			continue;
		}
		if (i > 0)
			assert_non_null(p[-1].name);
		assert_true((p->kind == SCMP_KIND_CHOICE) == !!p->choices);
		if (p->flags & SCMP_KEY) {
			assert_false(p->flags & (SCMP_OPTIONAL | SCMP_REPEATED |
						 SCMP_SECRET));
			continue;
		}
		/* what must be there stands first */
		assert_false(optional && !(p->flags & SCMP_OPTIONAL));
		optional = p->flags & SCMP_OPTIONAL;
		/* what is secret is found by its number */
		if (p->flags & SCMP_SECRET) {
			for (int k = 0; k < i; k++)
				assert_false(form->parameters[k].flags &
					     SCMP_KEY);
		}
		if (p->flags & SCMP_REPEATED)
			assert_true(i + 1 == SCMP_PARAMETERS_MAX || !p[1].name);
		if (p->kind == SCMP_KIND_REST)
			assert_true(i == 0 && !p[1].name);
	}
}

static bool is_sentence(const char *help)
{
	size_t n = strlen(help);

	return n > 0 && help[0] >= 'a' && help[0] <= 'z' &&
	       help[n - 1] != '.' && !strstr(help, "  ");
}

static void check_forms(const struct scmp_verb_row *row)
{
	unsigned deeds = 0;
	bool keyword = true;

	for (size_t i = 0; i < row->forms_n; i++) {
		const struct scmp_form *form = &row->forms[i];

		if (!is_sentence(form->help))
			fail_msg("%s: %s", row->name, form->help);
		assert_false(deeds & 1U << form->deed);
		deeds |= 1U << form->deed;
		/* those with a keyword first */
		assert_false(form->keyword && !keyword);
		keyword = form->keyword;
		assert_int_equal(form->rights & ~(unsigned)SCMP_RIGHTS_ALL, 0);
		/* whoever may not may not even try, unless it is his own */
		assert_false((form->flags & SCMP_OWN) && form->rights == 0);
		check_parameters(form);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (int v = 0; v < SCMP_VERBS; v++) {
		const struct scmp_verb_row *row = &scmp_verbs[v];

		assert_non_null(row->name);
		assert_true(row->states != 0 && row->forms_n > 0);
		assert_int_equal(scmp_verb_find(span_str(row->name)), v);
		check_forms(row);
	}
	assert_int_equal(scmp_verb_find(span_str("current")), SCMP_VERBS);
	assert_int_equal(scmp_verb_find(span_str("")), SCMP_VERBS);
	assert_int_equal(scmp_verb_find(span_str("kick")), SCMP_KICK);
}

static void test_codes(void **state)
{
	(void)state;
	for (unsigned c = SCMP_CODE_OK + 1; c < SCMP_CODES; c++) {
		const char *name = scmp_code_name((enum scmp_code)c);

		assert_int_equal(scmp_code_find(span_str(name)), c);
	}
	assert_int_equal(scmp_code_find(span_str("OK")), SCMP_CODES);
	assert_int_equal(scmp_code_find(span_str("perm")), SCMP_CODES);
	assert_string_equal(scmp_code_name(SCMP_CODE_PERM_LOCAL), "PERM/LOCAL");
	assert_string_equal(scmp_code_name(SCMP_CODE_OK), "OK");
	assert_string_equal(scmp_code_name(SCMP_CODES), "?");
	assert_false(scmp_code_is_error(SCMP_CODE_OK));
	assert_false(scmp_code_is_error(SCMP_CODE_NOCHANGE));
	assert_true(scmp_code_is_error(SCMP_CODE_AUTH));
}

static void test_rights(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SCMP_RIGHTS; i++)
		assert_int_equal(scmp_right_find(span_str(scmp_right_names[i])),
				 1U << i);
	assert_null(scmp_right_names[SCMP_RIGHTS]);
	assert_int_equal(scmp_right_find(span_str("")), 0);
	assert_int_equal(scmp_rights_parse(span_str("")), 0);
	assert_int_equal(
		scmp_rights_parse(span_str("log.write  no stats.read")),
		SCMP_RIGHT_LOG_WRITE | SCMP_RIGHT_STATS_READ);
	assert_int_equal(scmp_rights_parse(span_str(roles_fixed[3].rights)),
			 SCMP_RIGHTS_ALL);
	assert_int_equal(scmp_right_find(span_str("server.control")),
			 SCMP_RIGHT_SERVER_CONTROL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_replies_and_flags),
		cmocka_unit_test(test_no_form_is_left_out),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_before_login),
		cmocka_unit_test(test_without_account),
		cmocka_unit_test(test_capa),
		cmocka_unit_test(test_capa_elsewhere),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
