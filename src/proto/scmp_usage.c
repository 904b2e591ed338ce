/* SPDX-License-Identifier: ISC */
/* How commands are written: for CAPA, HELP and manuals. */
#include "proto/scmp_verbs.h"

/* What stands for the value of a key. */
static const char *value_name(const struct scmp_parameter *p)
{
	switch (p->kind) {
	case SCMP_KIND_USER:
		return "name";
	case SCMP_KIND_MASK:
		return "mask";
	case SCMP_KIND_NUMBER:
		return "n";
	case SCMP_KIND_DURATION:
		return "duration";
	case SCMP_KIND_NETWORK:
		return "cidr";
	case SCMP_KIND_CHOICE:
		return p->choices;
	case SCMP_KIND_TEXT:
		return "text";
	default:
		return "word";
	}
}

static void add_parameter(struct buf *out, const struct scmp_parameter *p)
{
	if (p->flags & SCMP_KEY) {
		buf_add_str(out, p->name);
		buf_add_char(out, '=');
		buf_add_str(out, value_name(p));
		return;
	}
	buf_add_str(out, p->kind == SCMP_KIND_CHOICE ? p->choices : p->name);
	if (p->flags & SCMP_REPEATED)
		buf_add_str(out, "...");
}

/* May it be left out, whatever else is there? */
static bool is_optional(const struct scmp_parameter *p)
{
	return (p->flags & SCMP_OPTIONAL) ||
	       (p->flags & (SCMP_KEY | SCMP_ONE_OF)) == SCMP_KEY;
}

/* Is one of this key and the next one enough? */
static bool is_alternative(const struct scmp_form *form, int i)
{
	return i + 1 < SCMP_PARAMETERS_MAX &&
	       (form->parameters[i].flags & SCMP_ONE_OF) &&
	       (form->parameters[i + 1].flags & SCMP_ONE_OF);
}

void scmp_form_add_usage(struct buf *out, const struct scmp_form *form)
{
	const char *before = form->keyword ? " " : "";

	if (form->keyword)
		buf_add_str(out, form->keyword);
	for (int i = 0; i < SCMP_PARAMETERS_MAX; i++) {
		const struct scmp_parameter *p = &form->parameters[i];
		bool optional = is_optional(p);

		if (!p->name)
			break;
		buf_add_str(out, before);
		buf_add_str(out, optional ? "[" : "");
		add_parameter(out, p);
		buf_add_str(out, optional ? "]" : "");
		before = is_alternative(form, i) ? "|" : " ";
	}
}

/* --- CAPA --- */

/* What a caller may use of a verb's forms. */
struct use {
	unsigned forms, bare; /* how many; those without arguments */
	unsigned kinds;	      /* bits of enum scmp_reply_kind */
	const struct scmp_caller *caller;
};

static bool may(const struct use *use, enum scmp_verb verb,
		const struct scmp_form *form)
{
	return scmp_verb_check(verb, form, use->caller) == SCMP_CODE_OK;
}

static bool is_bare(const struct scmp_form *form)
{
	return !form->keyword && !form->parameters[0].name;
}

static void look(struct use *use, enum scmp_verb verb)
{
	const struct scmp_verb_row *row = &scmp_verbs[verb];

	for (size_t i = 0; i < row->forms_n; i++) {
		const struct scmp_form *form = &row->forms[i];

		if (!may(use, verb, form))
			continue;
		use->forms++;
		use->bare += is_bare(form);
		use->kinds |= 1U << form->reply;
	}
}

/* "a | b", in brackets if none of them need be there. */
static void add_arguments(struct buf *out, const struct use *use,
			  enum scmp_verb verb)
{
	const struct scmp_verb_row *row = &scmp_verbs[verb];
	const char *before = use->bare ? " [" : " ";

	if (use->forms == use->bare)
		return;
	for (size_t i = 0; i < row->forms_n; i++) {
		const struct scmp_form *form = &row->forms[i];

		if (is_bare(form) || !may(use, verb, form))
			continue;
		buf_add_str(out, before);
		scmp_form_add_usage(out, form);
		before = " | ";
	}
	buf_add_str(out, use->bare ? "]" : "");
}

bool scmp_verb_add_capability(struct buf *out, enum scmp_verb verb,
			      const struct scmp_caller *caller)
{
	static const char *const kinds[] = {"", " S", " M", " S/M"};
	struct use use = {.caller = caller};

	look(&use, verb);
	if (use.forms == 0)
		return false;
	buf_add_str(out, scmp_verbs[verb].name);
	buf_add_str(out, kinds[use.kinds]);
	add_arguments(out, &use, verb);
	return true;
}
