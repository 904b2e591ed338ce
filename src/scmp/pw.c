/* SPDX-License-Identifier: ISC */
/* Stored forms of passwords: making, checking, and which there are. */
#include "auth/auth.h"
#include "proto/scheme.h"
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/credentials.h"
#include "scmp/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* These need no database; with --offline they take what it says. */
static int open_if_offline(struct scmp *s)
{
	int r = STATUS_OK;

	if (!scmp_given(s, OPTION_OFFLINE))
		return r;
	r = scmp_configure(s);
	if (r == STATUS_OK)
		r = scmp_locate(s);
	return r == STATUS_OK ? scmp_open(s, DATABASE_READ) : r;
}

/* --- make --- */

static int print_made(const struct scmp *s, const struct secret *password,
		      const struct secret *stored, bool made)
{
	if (scmp_given(s, OPTION_JSON)) {
		json_t *record = json_pack("{so}", "stored",
					   output_text(stored->text, false));

		if (made)
			json_object_set_new(record, "password",
					    output_text(password->text, false));
		json_dumpf(record, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(record);
		return STATUS_OK;
	}
	if (made)
		printf("%s\n", password->text);
	puts(stored->text);
	return STATUS_OK;
}

int pw_make(struct scmp *s)
{
	struct secret password, stored = {""};
	bool made = false;
	int r = open_if_offline(s);

	if (r == STATUS_OK)
		r = credentials_password(s, "", &password, &made);
	if (r != STATUS_OK)
		return r;
	r = credentials_store(s, &password, &stored);
	if (r == STATUS_OK)
		r = print_made(s, &password, &stored, made);
	secret_clear(&password);
	secret_clear(&stored);
	return r;
}

/* --- check --- */

static int take_users_form(struct scmp *s, struct secret *stored)
{
	struct database_user user;
	int r = open_if_offline(s);

	if (r == STATUS_OK)
		r = account_find(s, s->words[0], &user);
	if (r != STATUS_OK)
		return r;
	memcpy(stored->text, user.row.password, sizeof(user.row.password));
	database_user_clear(&user);
	if (!stored->text[0])
		return scmp_fail(s, STATUS_REFUSED, "user %s has no password",
				 s->words[0]);
	return STATUS_OK;
}

/* Of a user, of a descriptor, of standard input that is none, or of people. */
static int take_form(struct scmp *s, struct secret *stored)
{
	bool is_name = s->words_n && !strchr("{$", s->words[0][0]);

	if (is_name && scmp_given(s, OPTION_OFFLINE))
		return take_users_form(s, stored);
	if (s->words_n)
		return scmp_fail(s, STATUS_USAGE,
				 "a user is looked up with --offline; a stored "
				 "form is never taken from the command line, "
				 "where every user of the machine can see it: "
				 "it is asked for, or read with --hash-fd N");
	if (scmp_given(s, OPTION_HASH_FD))
		return secret_read(s, OPTION_HASH_FD, stored);
	if (!isatty(STDIN_FILENO))
		return secret_read_fd(s, STDIN_FILENO, "the stored form",
				      stored);
	return secret_ask(s, "Stored form: ", NULL,
			  "--hash-fd reads it from a descriptor", stored);
}

static int take_password(const struct scmp *s, struct secret *password)
{
	if (scmp_given(s, OPTION_PASSWORD_FD))
		return secret_read(s, OPTION_PASSWORD_FD, password);
	return secret_ask(s, "Password: ", NULL,
			  "--password-fd 0 reads it from standard input",
			  password);
}

static int judge(const struct scmp *s, const struct secret *stored,
		 const struct secret *password)
{
	char memory[256];
	struct buf what;
	bool fits;

	buf_init(&what, memory, sizeof(memory));
	if (!auth_describe(stored->text, &what))
		return scmp_fail_text(s, STATUS_REFUSED, &what);
	switch (auth_check_password(stored->text, span_str(password->text))) {
	case AUTH_TEMPFAIL:
		return scmp_fail(s, STATUS_FAILED, "out of memory");
	case AUTH_GOOD:
		fits = true;
		break;
	default:
		fits = false;
		break;
	}
	if (scmp_given(s, OPTION_JSON))
		printf("{\"fits\":%s}\n", fits ? "true" : "false");
	scmp_say(s, "The password %s (" SPAN_FMT ").",
		 fits ? "fits" : "does not fit", SPAN_ARG(buf_span(&what)));
	return fits ? STATUS_OK : STATUS_REFUSED;
}

int pw_check(struct scmp *s)
{
	struct secret stored, password;
	int r = take_form(s, &stored);

	if (r != STATUS_OK)
		return r;
	r = take_password(s, &password);
	if (r == STATUS_OK)
		r = judge(s, &stored, &password);
	secret_clear(&stored);
	secret_clear(&password);
	return r;
}

/* --- schemes --- */

static const struct output_column columns[] = {
	{.key = "name", .title = "SCHEME"},
	{.key = "make", .title = "MAKES"},
	{.key = "cost_unit", .title = "COST", .can_be_cut = true},
	{.key = "cost_least", .title = "LEAST", .is_number = true},
	{.key = "cost_usual", .title = "USUAL", .is_number = true},
	{.key = "cost_most", .title = "MOST", .is_number = true},
	{.key = "help", .title = "WHAT IT IS", .can_be_cut = true},
};

static json_t *cost(const struct scheme *scheme, uint32_t v)
{
	return scheme->cost_unit ? json_integer(v) : json_null();
}

int pw_schemes(struct scmp *s)
{
	struct output output;

	output_begin(&output, s, columns, COUNT(columns));
	for (size_t i = 0; i < schemes_n; i++) {
		const struct scheme *scheme = &schemes[i];

		output_add(
			&output,
			json_pack(
				"{ss sb so so so so ss}", "name", scheme->name,
				"make", (int)scheme->can_make, "cost_unit",
				output_text(scheme->cost_unit, true),
				"cost_least", cost(scheme, scheme->cost_min),
				"cost_usual", cost(scheme, scheme->cost_usual),
				"cost_most", cost(scheme, scheme->cost_max),
				"help", scheme->help));
	}
	return output_end(&output);
}
