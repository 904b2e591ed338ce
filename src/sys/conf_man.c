/* SPDX-License-Identifier: ISC */
#include "sys/conf.h"

/* mdoc(7): the name is an internal command, its value an argument. */
static const char *const arguments[] = {
	[CONF_STRING] = "text",	   [CONF_LIST] = "list",
	[CONF_INTEGER] = "number", [CONF_BOOLEAN] = "yes | no",
	[CONF_WORD] = NULL,	   [CONF_SIZE] = "size",
	[CONF_MODE] = "octal",
};

/* Text in a macro's argument: what mdoc would take as its own is escaped. */
static void print_text(const char *text, FILE *f)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '"')
			fputs("\\(dq", f);
		else if (*text == '-')
			fputs("\\-", f);
		else
			fputc(*text, f);
	}
}

static void print_argument(const struct conf_key *key, FILE *f)
{
	if (key->type == CONF_WORD) {
		for (size_t i = 0; key->words[i]; i++)
			fprintf(f, "%s%s", i > 0 ? " | Cm " : "Cm ",
				key->words[i]);
		return;
	}
	fputs("Ar ", f);
	fputs(key->unit ? key->unit : arguments[key->type], f);
}

/* A default is kept as -o takes it; a file wants it in braces. */
static void print_list(const char *items, FILE *f)
{
	size_t n;

	fputc('{', f);
	for (; *items; items += n + (items[n] == ',')) {
		char item[128];

		n = strcspn(items, ",");
		(void)snprintf(item, sizeof(item), "%.*s", (int)n, items);
		print_text(item, f);
		if (items[n])
			fputs(", ", f);
	}
	fputc('}', f);
}

static void print_default(const struct conf_key *key, FILE *f)
{
	if (!key->def || !*key->def)
		return;
	fputs("The default is\n.Ql \"", f);
	if (key->type == CONF_LIST)
		print_list(key->def, f);
	else
		print_text(key->def, f);
	fputs("\" .\n", f);
}

void conf_print_mdoc(const struct conf_key *keys, size_t nkeys, FILE *f)
{
	for (size_t i = 0; i < nkeys; i++) {
		const struct conf_key *key = &keys[i];

		fprintf(f, ".It Ic %s No = ", key->name);
		print_argument(key, f);
		fputc('\n', f);
		if (key->help)
			fprintf(f, "%s\n", key->help);
		if (key->type == CONF_INTEGER || key->type == CONF_SIZE)
			fprintf(f, "From %jd to %jd.\n", (intmax_t)key->min,
				(intmax_t)key->max);
		print_default(key, f);
		if (key->flags & CONF_LIVE)
			fputs("May be changed while the server runs.\n", f);
		if (key->flags & CONF_LATER)
			fputs("Accepted, but not used yet.\n", f);
	}
}
