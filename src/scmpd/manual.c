/* SPDX-License-Identifier: ISC */
#include "scmpd/manual.h"

#include "config/roles.h"
#include "proto/scmp_verbs.h"

#include <ctype.h>
#include <string.h>

/* A text in mdoc: what roff would take for its own is escaped. */
static void print_text(FILE *to, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			fputs("\\e", to);
		else if (text.p[i] == '-')
			fputs("\\-", to);
		else
			fputc(text.p[i], to);
	}
}

/* The least fixed role that has one of these rights. */
static const char *least_role(unsigned rights)
{
	if (!rights)
		return NULL;
	for (int i = 0; i < ROLES_FIXED; i++) {
		struct span names = span_str(roles_fixed[i].rights);

		if (scmp_rights_parse(names) & rights)
			return roles_fixed[i].name;
	}
	return NULL;
}

/* Who may, in words. */
static void print_who(FILE *to, const struct scmp_form *form)
{
	const char *role = least_role(form->rights);

	if (!role)
		return;
	fprintf(to, "For the role %s%s", role,
		strcmp(role, roles_fixed[ROLES_FIXED - 1].name) == 0
			? ""
			: " and above");
	if (form->flags & SCMP_OWN)
		fputs("; about oneself for everybody", to);
	if (form->flags & SCMP_LOCAL)
		fputs("; over the Unix socket, or where "
		      "scmp_listen says local",
		      to);
	fputs(".\n", to);
}

static void print_form(FILE *to, const struct scmp_verb_row *row,
		       const struct scmp_form *form)
{
	char memory[256];
	struct buf usage;

	buf_init(&usage, memory, sizeof(memory));
	scmp_form_add_usage(&usage, form);
	fprintf(to, ".It Li \"%s", row->name);
	if (usage.n)
		fputc(' ', to);
	print_text(to, buf_span(&usage));
	fputs("\"\n", to);
	fputc(toupper((unsigned char)form->help[0]), to);
	print_text(to, span_str(form->help + 1));
	fputs(".\n", to);
	print_who(to, form);
}

int manual_print(FILE *to)
{
	for (int verb = 0; verb < SCMP_VERBS; verb++) {
		const struct scmp_verb_row *row = &scmp_verbs[verb];

		for (size_t i = 0; i < row->forms_n; i++)
			print_form(to, row, &row->forms[i]);
	}
	return ferror(to) != 0;
}
