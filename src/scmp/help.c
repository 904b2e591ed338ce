/* SPDX-License-Identifier: ISC */
#include "scmp/help.h"

#include "scmp/commands.h"
#include "scmp/scmp.h"

#include <ctype.h>
#include <string.h>

static const char intro[] =
	"Usage: scmp [--offline] [OPTION]... COMMAND [ARGUMENT]...\n"
	"See and steer the POP3 server, and administer its users, through "
	"scmpd; with\n"
	"--offline work on the database of users itself.\n";

/* Text from column `indent` on, broken before column 79. */
static void print_wrapped(FILE *to, const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (column > indent && column + 1 + n > 79) {
			fprintf(to, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", n, text);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}

static void print_entry(FILE *to, const char *entry, const char *text)
{
	enum { INDENT = 28 };

	fprintf(to, "  %-*s", INDENT - 2, entry);
	if ((int)strlen(entry) > INDENT - 3)
		fprintf(to, "\n%*s", INDENT, "");
	print_wrapped(to, text, INDENT);
}

static void print_command(FILE *to, const struct command *c)
{
	char memory[128];
	struct buf entry;

	buf_init(&entry, memory, sizeof(memory));
	command_add_name(&entry, c);
	if (c->args[0])
		buf_add_char(&entry, ' ');
	buf_add_str(&entry, c->args);
	print_entry(to, buf_str(&entry) ? memory : "", c->help);
}

static void print_option(FILE *to, enum option_id id)
{
	const struct option_row *row = &option_rows[id];
	char memory[256];
	struct buf entry;

	buf_init(&entry, memory, sizeof(memory));
	if (row->letter) {
		buf_add_char(&entry, '-');
		buf_add_char(&entry, row->letter);
		buf_add_str(&entry, ", ");
	}
	option_add_name(&entry, id);
	if (row->value) {
		buf_add_char(&entry, ' ');
		buf_add_str(&entry, row->value);
	}
	print_entry(to, buf_str(&entry) ? memory : "", row->help);
}

static void print_options(FILE *to, const char *title, uint64_t which)
{
	if (!which)
		return;
	fprintf(to, "\n%s:\n", title);
	for (int i = 0; i < OPTIONS; i++) {
		if (which & OPTION_BIT(i))
			print_option(to, (enum option_id)i);
	}
}

static const uint64_t common = OPTION_BIT(OPTIONS_COMMON) - 1;

/* What stands before a command: whether --offline must, may or cannot. */
static const char *offline_of(const struct command *c)
{
	if (!c->run || c->need == COMMAND_LOCAL)
		return "";
	return c->online || c->need == COMMAND_ALONE ? "[--offline] "
						     : "--offline ";
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A way of working that a list can be sorted in, and how help calls it. */
static const struct way {
	bool offline;
	const char *intro, *mdoc;
} ways[] = {
	{false, "one of", "Keys of\n.Fl \\-sort :\n"},
	{true, "with --offline one of",
	 "Keys of\n.Fl \\-sort\nwith\n.Fl \\-offline :\n"},
};

/* a|b as "a, b". */
static void print_keys(FILE *to, const struct command *c, const struct way *way)
{
	char memory[2 * COMMAND_KEYS], all[COMMAND_KEYS];
	const char *between = " ";
	struct buf text, keys;
	struct span rest;

	buf_init(&keys, all, sizeof(all));
	if (!command_add_keys(&keys, c, way->offline))
		return;
	buf_init(&text, memory, sizeof(memory));
	buf_add_str(&text, way->intro);
	for (rest = buf_span(&keys); rest.n; between = ", ") {
		struct span key = span_take(rest, span_find(rest, '|'));

		buf_add_str(&text, between);
		buf_add_span(&text, key);
		rest = span_drop(rest, key.n + 1);
	}
	print_entry(to, "KEY", buf_str(&text) ? memory : "");
}

/* Of one command all. */
static void print_one(FILE *to, const struct command *c)
{
	char memory[512];
	struct buf text;

	fprintf(to, "Usage: scmp %s%s%s%s [OPTION]...%s%s\n", offline_of(c),
		c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
		c->args[0] ? " " : "", c->args);
	buf_init(&text, memory, sizeof(memory));
	buf_add_char(&text, (char)toupper((unsigned char)c->help[0]));
	buf_add_str(&text, c->help + 1);
	buf_add_char(&text, '.');
	print_wrapped(to, buf_str(&text) ? memory : c->help, 0);
	print_options(to, "Options", c->options & ~c->offline);
	for (size_t i = 0; i < COUNT(ways); i++)
		print_keys(to, c, &ways[i]);
	print_options(to, "Options with --offline", c->offline);
	print_options(to, "Options of every command", common);
	fputs("\nManual: scmp(1)\n", to);
}

static void print_all(FILE *to, const char *noun)
{
	const char *above = "";

	fputs(intro, to);
	fputs("\nCommands:\n", to);
	for (size_t i = 0; i < commands_n; i++) {
		const struct command *c = &commands[i];

		if (noun && strcmp(noun, c->noun) != 0)
			continue;
		if (!noun && above[0] && strcmp(above, c->noun) != 0 && c->verb)
			fputc('\n', to);
		above = c->noun;
		print_command(to, c);
	}
	print_options(to, "Options of every command", common);
	fputs("\nscmp COMMAND --help tells the options of one.\n"
	      "Manual: scmp(1)\n",
	      to);
}

void help_print(FILE *to, char *const *words, size_t n)
{
	size_t used;
	const struct command *c = command_find(words, n, &used);

	if (c)
		print_one(to, c);
	else
		print_all(to, n ? words[0] : NULL);
}

/* --- the manual --- */

/* A text in mdoc: a backslash or a leading dot or quote is not meant. */
static void print_mdoc(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", to);
		else if (*text == '-')
			fputs("\\-", to);
		else
			fputc(*text, to);
	}
}

/* The same as a sentence. */
static void print_sentence(FILE *to, const char *text)
{
	const char first[] = {(char)toupper((unsigned char)text[0]), '\0'};

	if (text[0] == '\'' || text[0] == '.')
		fputs("\\&", to);
	print_mdoc(to, first);
	print_mdoc(to, text + 1);
	fputs(".\n", to);
}

/* A macro for what help calls NAME, [NAME...] and so on. */
static void print_mdoc_words(FILE *to, const char *args)
{
	while (*args) {
		int n = (int)strcspn(args, " ");
		int is_optional = args[0] == '[';
		int end = n - is_optional;
		int repeats;

		args += is_optional;
		end -= is_optional;
		repeats = end > 3 && strncmp(args + end - 3, "...", 3) == 0;
		end -= repeats ? 3 : 0;
		fprintf(to, "%s %s ", is_optional ? " Op" : "",
			memchr(args, '|', (size_t)n) ? "Cm" : "Ar");
		for (int i = 0; i < end; i++)
			fputc(tolower((unsigned char)args[i]), to);
		fputs(repeats ? " ..." : "", to);
		args += n - is_optional;
		args += strspn(args, " ");
	}
}

/* a|b as a list of words. */
static void print_mdoc_choice(FILE *to, const char *words)
{
	fputs(".Cm ", to);
	for (const char *p = words; *p; p++) {
		if (*p == '|')
			fputs(" ,\n.Cm ", to);
		else if (*p == '-')
			fputs("\\-", to);
		else
			fputc(*p, to);
	}
	fputs(" .\n", to);
}

static void print_mdoc_options(FILE *to, const char *title, uint64_t which)
{
	const char *between = "";

	if (!which)
		return;
	fprintf(to, "%s\n", title);
	for (int i = 0; i < OPTIONS; i++) {
		if (!(which & OPTION_BIT(i)))
			continue;
		fputs(between, to);
		fprintf(to, ".Fl \\-%s", option_rows[i].name);
		between = " ,\n";
	}
	fputs(" .\n", to);
}

static void print_mdoc_keys(FILE *to, const struct command *c,
			    const struct way *way)
{
	char memory[COMMAND_KEYS];
	struct buf keys;

	buf_init(&keys, memory, sizeof(memory));
	if (!command_add_keys(&keys, c, way->offline))
		return;
	fputs(way->mdoc, to);
	print_mdoc_choice(to, buf_str(&keys) ? memory : "");
}

static void print_mdoc_command(FILE *to, const struct command *c)
{
	fprintf(to, ".It Ic %s%s%s", c->noun, c->verb ? " " : "",
		c->verb ? c->verb : "");
	print_mdoc_words(to, c->args);
	fputc('\n', to);
	print_sentence(to, c->help);
	if (c->run && !c->online && c->need != COMMAND_LOCAL &&
	    c->need != COMMAND_ALONE)
		fputs("With\n.Fl \\-offline\nalone.\n", to);
	print_mdoc_options(to, "Options:", c->options & ~c->offline);
	print_mdoc_options(to, "With\n.Fl \\-offline\nalso:", c->offline);
	for (size_t i = 0; i < COUNT(ways); i++)
		print_mdoc_keys(to, c, &ways[i]);
}

static void print_mdoc_option(FILE *to, enum option_id id)
{
	const struct option_row *row = &option_rows[id];

	fputs(".It ", to);
	if (row->letter)
		fprintf(to, "Fl %c%s , ", row->letter,
			row->value ? " Ar value" : "");
	fprintf(to, "Fl \\-%s", row->name);
	if (row->value && strchr(row->value, '|'))
		fputs(" Ar word", to);
	else if (row->value)
		print_mdoc_words(to, row->value);
	fputc('\n', to);
	print_sentence(to, row->help);
	if (!row->value || !strchr(row->value, '|'))
		return;
	fputs("One of\n", to);
	print_mdoc_choice(to, row->value);
}

/* What it means, and the codes of SCMP that become it. */
static void print_mdoc_status(FILE *to, int status)
{
	const char *between = "Of SCMP:\n";

	fprintf(to, ".It %d\n%s\n", status, status_texts[status]);
	for (int code = SCMP_CODE_NOCHANGE + 1; code < SCMP_CODES; code++) {
		if (client_status_of((enum scmp_code)code) != status)
			continue;
		fprintf(to, "%s.Sy %s", between,
			scmp_code_name((enum scmp_code)code));
		between = " ,\n";
	}
	if (between[0] == ' ')
		fputs(" .\n", to);
}

int help_print_manual(FILE *to)
{
	fputs("@COMMANDS@\n", to);
	for (size_t i = 0; i < commands_n; i++)
		print_mdoc_command(to, &commands[i]);
	fputs("@OPTIONS@\n", to);
	for (int i = 0; i < OPTIONS; i++)
		print_mdoc_option(to, (enum option_id)i);
	fputs("@STATUSES@\n", to);
	for (int i = 0; i < STATUSES; i++)
		print_mdoc_status(to, i);
	return ferror(to) ? STATUS_FAILED : STATUS_OK;
}
