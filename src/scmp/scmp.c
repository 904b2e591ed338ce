/* SPDX-License-Identifier: ISC */
#include "scmp/scmp.h"

#include "scmp/commands.h"
#include "scmp/complete.h"
#include "scmp/help.h"
#include "scmp/prepare.h"
#include "scmp/spool.h"
#include "scmp/suggest.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const status_texts[STATUSES] = {
	[STATUS_OK] = "Done.",
	[STATUS_FAILED] = "Something else failed, such as a file or a "
			  "descriptor.",
	[STATUS_USAGE] = "The command line or the configuration is wrong.",
	[STATUS_REFUSED] = "Refused: a value that cannot be, a password that "
			   "the policy refuses or that does not fit, a row of "
			   "an import, a question answered with no.",
	[STATUS_NOT_FOUND] = "There is no such user, ban, role or the like.",
	[STATUS_EXISTS] = "There is one of that name already.",
	[STATUS_UNAVAILABLE] = "There is no database or no daemon, or it is "
			       "locked, damaged, too busy or too slow.",
	[STATUS_DENIED] = "The daemon does not let you: no login, a wrong "
			  "password, not your right.",
};

static void complain(const struct scmp *s, struct span text)
{
	char memory[2 * USERS_ERROR_SIZE];
	struct buf line;

	if (s->leave_screen)
		s->leave_screen();
	buf_init(&line, memory, sizeof(memory));
	buf_add_str(&line, "scmp: ");
	if (s->command)
		command_add_name(&line, s->command);
	if (s->command)
		buf_add_str(&line, ": ");
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		/* UTF-8 stays as it is. */
		if (c < ' ' || c == 127)
			buf_add_escaped(&line, span_make(text.p + i, 1));
		else
			buf_add_char(&line, text.p[i]);
	}
	fprintf(stderr, SPAN_FMT "\n", SPAN_ARG(buf_span(&line)));
}

int scmp_fail_text(const struct scmp *s, enum status status, struct buf *text)
{
	complain(s, buf_span(text));
	return (int)status;
}

int scmp_fail(const struct scmp *s, enum status status, const char *format, ...)
{
	char text[USERS_ERROR_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	complain(s, span_str(text));
	return (int)status;
}

int scmp_fail_database(const struct scmp *s, int failed, struct buf *text)
{
	static const struct {
		int number;
		enum status status;
	} known[] = {
		{ENOENT, STATUS_NOT_FOUND},
		{EEXIST, STATUS_EXISTS},
		{EINVAL, STATUS_REFUSED},
	};
	enum status status = STATUS_UNAVAILABLE;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].number == -failed)
			status = known[i].status;
	}
	if (!text->n)
		buf_add_str(text, strerrordesc_np(-failed));
	return scmp_fail_text(s, status, text);
}

void scmp_say(const struct scmp *s, const char *format, ...)
{
	va_list ap;

	if (scmp_given(s, OPTION_QUIET) || scmp_given(s, OPTION_JSON))
		return;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

/* What is written on standard output may be a password, too. */
static char output_memory[64 * 1024];

/* jansson's, which does not clear what it gives back. */
static void give_back(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/*
 * Passwords go through this process: none of it is to reach a disk, and none is
 * to stay in memory.
 */
static void keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	umask(077);
	json_set_alloc_funcs(malloc, give_back);
	(void)setvbuf(stdout, output_memory,
		      isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF,
		      sizeof(output_memory));
}

static int refuse_usage(const struct scmp *s, const char *why, const char *what)
{
	const struct command *c = s->command;

	return scmp_fail(s, STATUS_USAGE, "%s%s (see scmp %s%s%s --help)", why,
			 what, c->noun, c->verb ? " " : "",
			 c->verb ? c->verb : "");
}

/* Is it one of the words that there are? */
static int check_value(const struct scmp *s, enum option_id id,
		       const char *value)
{
	const char *words =
		command_option_value(s->command, id, !prepare_is_online(s));
	const char *word = value + (id == OPTION_SORT && value[0] == '-');

	if (!words || !strchr(words, '|') || option_value_has(words, word))
		return STATUS_OK;
	return scmp_fail(s, STATUS_USAGE, "--%s is one of %s",
			 option_rows[id].name, words);
}

/* Options that the command does not take. */
static int check_options(const struct scmp *s)
{
	uint64_t common = OPTION_BIT(OPTIONS_COMMON) - 1;
	uint64_t strange = s->options.given & ~(common | s->command->options);

	for (int i = 0; i < OPTIONS; i++) {
		const char *value = s->options.values[i];
		int r;

		if (strange & OPTION_BIT(i))
			return refuse_usage(s, "takes no --",
					    option_rows[i].name);
		if (!value || (strange & OPTION_BIT(i)))
			continue;
		r = check_value(s, (enum option_id)i, value);
		if (r != STATUS_OK)
			return r;
	}
	return STATUS_OK;
}

/* Before anybody is asked for anything. */
static int check_descriptors(const struct scmp *s)
{
	static const enum option_id ids[] = {OPTION_PASSWORD_FD, OPTION_HASH_FD,
					     OPTION_SECRET_FD, OPTION_LOGIN_FD};
	char memory[512];
	struct buf error;
	uint64_t fd;

	buf_init(&error, memory, sizeof(memory));
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (scmp_given(s, ids[i]) &&
		    option_number(&s->options, ids[i], OPTION_FD_MAX, &fd,
				  &error) < 0)
			return scmp_fail_text(s, STATUS_USAGE, &error);
	}
	return STATUS_OK;
}

static int check_words(const struct scmp *s)
{
	const struct command *c = s->command;

	if (s->words_n < c->least)
		return refuse_usage(s, "wants ", c->args);
	if (s->words_n <= c->most)
		return STATUS_OK;
	if (c->options & OPTION_BIT(OPTION_PASSWORD_FD))
		return scmp_fail(
			s, STATUS_USAGE,
			"one word too many; if it is a password: one on the "
			"command line can be seen by every user of the "
			"machine, so it is asked for, or read with "
			"--password-fd N");
	return refuse_usage(s, "one word too many", "");
}

/* All of it must have been written. */
static int check_output(const struct scmp *s, int status)
{
	int r = spool_end();

	if (r == 0 && (fflush(stdout) == EOF || ferror(stdout)))
		r = -errno;
	if (r < 0 && status == STATUS_OK)
		status = scmp_fail(s, STATUS_FAILED, "standard output: %s",
				   strerror(-r));
	/* What could not be written never will be. */
	__fpurge(stdout);
	explicit_bzero(output_memory, sizeof(output_memory));
	return status;
}

/*
 * Whoever was called may have left a piece of a password in its frame: the
 * dynamic linker does, which saves registers there.
 */
__attribute__((noinline)) static void clear_stack(void)
{
	char below[256 * 1024];

	explicit_bzero(below, sizeof(below));
}

static int run(struct scmp *s)
{
	int r = check_options(s);

	if (r == STATUS_OK)
		r = check_descriptors(s);
	if (r == STATUS_OK)
		r = check_words(s);
	if (r == STATUS_OK)
		r = prepare(s);
	if (r == STATUS_OK && (s->command->need == COMMAND_READS ||
			       s->command->need == COMMAND_SETS))
		spool_begin();
	if (r == STATUS_OK)
		r = prepare_is_online(s) ? s->command->online(s)
					 : s->command->run(s);
	scmp_close(s);
	client_close(s);
	r = check_output(s, r);
	clear_stack();
	return r;
}

/* "there is no such command", and the one that may be meant. */
static int refuse_command(const struct scmp *s)
{
	const struct options *o = &s->options;
	bool is_noun = command_is_noun(o->words[0]) && o->words_n > 1;
	struct span typed = span_str(o->words[is_noun]);
	struct suggestion best = {0};
	char memory[1024];
	struct buf text;

	for (size_t i = 0; i < commands_n; i++) {
		const struct command *c = &commands[i];

		if (!is_noun)
			suggest_try(&best, typed, c->noun);
		else if (c->verb && strcmp(c->noun, o->words[0]) == 0)
			suggest_try(&best, typed, c->verb);
	}
	buf_init(&text, memory, sizeof(memory));
	buf_add_escaped(&text, span_str(o->words[0]));
	buf_add_str(&text, is_noun ? " " : "");
	buf_add_escaped(&text, is_noun ? typed : span_str(""));
	buf_add_str(&text, ": there is no such command");
	if (best.word) {
		buf_add_str(&text, "; did you mean ");
		buf_add_str(&text, is_noun ? o->words[0] : "");
		buf_add_str(&text, is_noun ? " " : "");
		buf_add_str(&text, best.word);
		buf_add_char(&text, '?');
	}
	buf_add_str(&text, " (see scmp ");
	buf_add_str(&text, is_noun ? o->words[0] : "");
	buf_add_str(&text, is_noun ? " --help)" : "--help)");
	return scmp_fail_text(s, STATUS_USAGE, &text);
}

/* The first of several wins, as with other programs. */
static int find_command(struct scmp *s)
{
	size_t used = 0;

	if (s->options.words_n == 0) {
		help_print(stderr, NULL, 0);
		return STATUS_USAGE;
	}
	s->command = command_find(s->options.words, s->options.words_n, &used);
	if (!s->command && s->options.words_n == 1) {
		s->command = command_alone(s->options.words[0]);
		used = 1;
	}
	if (!s->command && s->options.words_n == 1 &&
	    command_is_noun(s->options.words[0])) {
		help_print(stderr, s->options.words, 1);
		return STATUS_USAGE;
	}
	if (!s->command)
		return refuse_command(s);
	s->words = s->options.words + used;
	s->words_n = s->options.words_n - used;
	return STATUS_OK;
}

/* Help for the command, the noun, or all; whatever else is given. */
static int help(const struct scmp *s)
{
	const struct options *o = &s->options;
	size_t used;

	if (o->words_n && !command_find(o->words, o->words_n, &used) &&
	    (o->words_n > 1 || !command_is_noun(o->words[0])))
		return refuse_command(s);
	help_print(stdout, o->words, o->words_n);
	return STATUS_OK;
}

int scmp_main(int argc, char **argv)
{
	static struct scmp s;
	char memory[512];
	struct buf error;
	int r;

	keep_secrets();
	/* How wide letters are, whatever language errors are in. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	if (argc > 1 && strcmp(argv[1], "--print-manual") == 0)
		return help_print_manual(stdout);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return complete_print(&s, argc - 2, argv + 2);
	buf_init(&error, memory, sizeof(memory));
	if (option_read_line(&s.options, argc, argv, &error) < 0)
		return scmp_fail_text(&s, STATUS_USAGE, &error);
	if (scmp_given(&s, OPTION_HELP))
		return help(&s);
	if (scmp_given(&s, OPTION_VERSION)) {
		puts("scmp " POP3_SESSION_VERSION);
		return STATUS_OK;
	}
	r = find_command(&s);
	return r == STATUS_OK ? run(&s) : r;
}
