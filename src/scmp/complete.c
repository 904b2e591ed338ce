/* SPDX-License-Identifier: ISC */
#include "scmp/complete.h"

#include "config/policy.h"
#include "config/roles.h"
#include "proto/scheme.h"
#include "proto/scmp_code.h"
#include "scmp/commands.h"
#include "scmp/scmp.h"
#include "stats/events_ring.h"
#include "store/database_users.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USERS_SHOWN = 1000 };

static void offer(const char *typed, const char *word, const char *help)
{
	if (strncmp(word, typed, strlen(typed)) == 0)
		printf("%s\t%s\n", word, help);
}

/* --- words by what help calls them --- */

static int offer_user(const struct database_user *user, void *context)
{
	/* Shells would take a blank for the end of the word. */
	if (!strpbrk(user->row.name, " \t\n\\'\"$`*?[;&|<>()"))
		offer(context, user->row.name, user->display_name);
	return 0;
}

static void offer_users(struct scmp *s, const char *typed)
{
	char memory[USERS_ERROR_SIZE], mask[USERS_NAME_SIZE];
	struct database_search search = {.mask = mask, .limit = USERS_SHOWN};
	struct buf error, out;

	buf_init(&out, mask, sizeof(mask));
	buf_add_str(&out, typed);
	buf_add_char(&out, '*');
	buf_init(&error, memory, sizeof(memory));
	if (!buf_str(&out) || !scmp_given(s, OPTION_OFFLINE) ||
	    scmp_configure(s) != STATUS_OK || scmp_locate(s) != STATUS_OK ||
	    scmp_open(s, DATABASE_READ) != STATUS_OK)
		return;
	/* Whatever was wrong, half a list is better than none. */
	if (database_users_list(&s->db, &search, offer_user, (void *)typed,
				&error) < 0)
		fflush(stdout);
	scmp_close(s);
}

static void offer_schemes(struct scmp *s, const char *typed)
{
	(void)s;
	for (size_t i = 0; i < schemes_n; i++) {
		if (schemes[i].can_make)
			offer(typed, schemes[i].name, schemes[i].help);
	}
}

static void offer_roles(struct scmp *s, const char *typed)
{
	(void)s;
	for (int i = 0; i < ROLES_FIXED; i++)
		offer(typed, roles_fixed[i].name, roles_fixed[i].rights);
}

static void offer_rights(struct scmp *s, const char *typed)
{
	(void)s;
	for (int i = 0; scmp_right_names[i]; i++)
		offer(typed, scmp_right_names[i], "");
}

static void offer_rules(struct scmp *s, const char *typed)
{
	(void)s;
	for (size_t i = 0; i < POLICY_RULES; i++)
		offer(typed, policy_rules[i].name, policy_rules[i].help);
}

/* Those of the configuration that can be set at any time, but for two that
 * have commands of their own. */
static void offer_limits(struct scmp *s, const char *typed)
{
	const char *name;

	if (scmp_configure(s) != STATUS_OK)
		return;
	for (size_t i = 0; (name = conf_live_name(&s->configuration.conf, i));
	     i++) {
		if (strcmp(name, "maildir") != 0 &&
		    strcmp(name, "log_level") != 0)
			offer(typed, name, "");
	}
}

static void offer_types(struct scmp *s, const char *typed)
{
	(void)s;
	for (unsigned i = 0; i < EVENTS_TYPES; i++)
		offer(typed, events_type_word(i), "");
}

static void offer_files(struct scmp *s, const char *typed)
{
	(void)s;
	(void)typed;
	puts(":files");
}

static void offer_folders(struct scmp *s, const char *typed)
{
	(void)s;
	(void)typed;
	puts(":folders");
}

static const struct kind_of_word {
	const char *name;
	void (*offer)(struct scmp *s, const char *typed);
} kinds[] = {
	{"NAME", offer_users},	     {"MASK", offer_users},
	{"SCHEME", offer_schemes},   {"ROLE", offer_roles},
	{"RIGHT", offer_rights},     {"RULE", offer_rules},
	{"FILE", offer_files},	     {"FOLDER", offer_folders},
	{"TEMPLATE", offer_folders}, {"LIMIT", offer_limits},
	{"TYPE", offer_types},
};

/* a|b, up to a bracket; with `mark` before each, too. */
static void offer_words(const char *words, const char *mark, const char *typed)
{
	char word[64];
	size_t n;

	for (const char *p = words; *p && *p != ']'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|]");
		snprintf(word, sizeof(word), "%s%.*s", mark, (int)n, p);
		offer(typed, word, "");
	}
}

/* `value` as help has it: NAME, [NAME...], a|b. */
static void offer_value(struct scmp *s, const char *value, const char *typed)
{
	size_t n;

	value += value[0] == '[';
	n = strcspn(value, " ");
	if (memchr(value, '|', n)) {
		offer_words(value, "", typed);
		return;
	}
	n = strcspn(value, ".] ");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == n &&
		    strncmp(kinds[i].name, value, n) == 0)
			kinds[i].offer(s, typed);
	}
}

/* --- what can stand there --- */

static void offer_options(const struct scmp *s, const char *typed)
{
	uint64_t which = OPTION_BIT(OPTIONS_COMMON) - 1;

	if (s->command)
		which |= s->command->options;
	for (int i = 0; i < OPTIONS; i++) {
		char word[64];

		if (!(which & OPTION_BIT(i)))
			continue;
		snprintf(word, sizeof(word), "--%s", option_rows[i].name);
		offer(typed, word, option_rows[i].help);
	}
}

/* The first words of commands, or the second ones behind a noun. */
static void offer_commands(const struct scmp *s, const char *typed)
{
	const char *noun = s->options.words_n ? s->options.words[0] : NULL;
	const char *last = "";

	for (size_t i = 0; i < commands_n; i++) {
		const struct command *c = &commands[i];

		if (noun && c->verb && strcmp(noun, c->noun) == 0)
			offer(typed, c->verb, c->help);
		if (!noun && strcmp(last, c->noun) != 0)
			offer(typed, c->noun, c->verb ? "" : c->help);
		last = c->noun;
	}
}

/* The kind of the nth word behind a command; the last one may repeat. */
static const char *kind_of(const char *args, size_t n)
{
	for (; n && strchr(args, ' '); n--)
		args = strchr(args, ' ') + 1;
	return n && !strstr(args, "...") ? "" : args;
}

/* The option that wants the typed word as its value, or -1. */
static int wants_value(const char *before)
{
	for (int i = 0; before && i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];
		bool is_long = strncmp(before, "--", 2) == 0 &&
			       strcmp(before + 2, row->name) == 0;
		bool is_short = before[0] == '-' && before[1] &&
				before[1] == row->letter && !before[2];

		if (row->value && (is_long || is_short))
			return i;
	}
	return -1;
}

static void complete(struct scmp *s, const char *typed, const char *before)
{
	int option = wants_value(before);
	const char *words = "";
	size_t used = 0;

	s->command = command_find(s->options.words, s->options.words_n, &used);
	if (option >= 0)
		words = command_option_value(s->command, option,
					     scmp_given(s, OPTION_OFFLINE));
	if (option >= 0)
		offer_value(s, words, typed);
	if (option == OPTION_SORT)
		offer_words(words, "-", typed);
	if (option >= 0)
		return;
	if (typed[0] == '-')
		offer_options(s, typed);
	else if (!s->command)
		offer_commands(s, typed);
	else
		offer_value(
			s, kind_of(s->command->args, s->options.words_n - used),
			typed);
}

int complete_print(struct scmp *s, int n, char **words)
{
	char memory[512];
	char *typed = n ? words[n - 1] : (char[]){""};
	char *before = n > 1 ? words[n - 2] : NULL;
	char **argv = calloc((size_t)n + 2, sizeof(*argv));
	struct buf error;
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), argc = 0;

	if (!argv)
		return STATUS_OK;
	/* The line is half of one; nobody wants to read what is wrong. */
	if (nowhere >= 0)
		(void)dup2(nowhere, STDERR_FILENO);
	argv[argc++] = (char[]){"scmp"};
	for (int i = 0; i + 1 < n; i++)
		argv[argc++] = words[i];
	if (wants_value(before) >= 0)
		argc--;
	argv[argc] = NULL;
	buf_init(&error, memory, sizeof(memory));
	if (option_read_line(&s->options, argc, argv, &error) == 0)
		complete(s, typed, before);
	free(argv);
	if (nowhere >= 0)
		close(nowhere);
	return STATUS_OK;
}
