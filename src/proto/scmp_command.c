/* SPDX-License-Identifier: ISC */
#include "proto/scmp_command.h"

#include "proto/scmp_shape.h"
#include "proto/scmp_text.h"
#include "proto/scmp_write.h"

/* --- tokens --- */

/* An argument as it was written, its texts without quotation marks. */
struct token {
	struct span whole; /* of key="value" it is empty */
	struct span key, value;
	bool is_quoted; /* as a whole */
};

struct tokens {
	struct token items[SCMP_ARGUMENTS_MAX];
	size_t n;
	bool is_bad; /* a stray quotation mark or escape, or too many */
};

static struct span skip_blanks(struct span s)
{
	while (s.n && s.p[0] == ' ')
		s = span_drop(s, 1);
	return s;
}

/* Octets up to a blank or quotation mark. */
static size_t plain_length(struct span s)
{
	struct span word = span_take(s, span_find(s, ' '));

	return span_find(word, '"');
}

/* "abc=": how many octets before the equals sign; 0 if it is no key. */
static size_t key_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
		n++;
	return n < s.n && s.p[n] == '=' ? n : 0;
}

/* Copies what stands between quotation marks; *in begins behind the first. */
static bool take_quoted(struct span *in, struct buf *text)
{
	while (in->n) {
		char c = in->p[0];

		*in = span_drop(*in, 1);
		if (c == '"')
			return in->n == 0 || in->p[0] == ' ';
		if (c == '\\') {
			if (in->n == 0 || (in->p[0] != '"' && in->p[0] != '\\'))
				return false;
			c = in->p[0];
			*in = span_drop(*in, 1);
		}
		buf_add_char(text, c);
	}
	return false;
}

/* What was added behind `from`, with a NUL that does not count. */
static struct span seal(struct buf *text, size_t from)
{
	struct span s = span_make(text->p + from, text->n - from);

	buf_add_char(text, '\0');
	return s;
}

/* *in begins with it. False if it is none. */
static bool take_token(struct span *in, struct buf *text, struct token *out)
{
	size_t n = plain_length(*in), key = key_length(*in), from = text->n;
	bool has_quote = n < in->n && in->p[n] == '"';

	*out = (struct token){.is_quoted = has_quote && n == 0};
	buf_add_span(text, span_take(*in, n));
	*in = span_drop(*in, n);
	if (has_quote) {
		if (n && n != key + 1)
			return false;
		*in = span_drop(*in, 1);
		if (!take_quoted(in, text))
			return false;
	}
	out->value = seal(text, from);
	if (!has_quote || out->is_quoted)
		out->whole = out->value;
	if (out->is_quoted || key == 0)
		return true;
	out->key = span_take(out->value, key);
	/* Where it is empty, it still stands before its NUL. */
	out->value = span_make(out->value.p + key + 1, out->value.n - key - 1);
	return true;
}

static void tokenize(struct span in, struct buf *text, struct tokens *out)
{
	out->n = 0;
	out->is_bad = false;
	for (in = skip_blanks(in); in.n; in = skip_blanks(in)) {
		if (out->n == SCMP_ARGUMENTS_MAX ||
		    !take_token(&in, text, &out->items[out->n])) {
			out->is_bad = true;
			return;
		}
		out->n++;
	}
}

/* --- which form --- */

static bool takes_rest(const struct scmp_form *form)
{
	return form->parameters[0].name &&
	       form->parameters[0].kind == SCMP_KIND_REST;
}

static bool find_keyword(const struct scmp_verb_row *row, struct span word,
			 const struct scmp_form **form)
{
	for (size_t i = 0; i < row->forms_n; i++) {
		const char *keyword = row->forms[i].keyword;

		if (keyword && span_equal_nocase(word, span_str(keyword))) {
			*form = &row->forms[i];
			return true;
		}
	}
	return false;
}

/*
 * The form without a keyword that n words are for: the first that takes so
 * many; if they are too many for all, the last, which asks for most rights.
 */
static const struct scmp_form *find_form(const struct scmp_verb_row *row,
					 size_t n)
{
	const struct scmp_form *form = row->forms;
	size_t most;

	for (size_t i = 0; i < row->forms_n; i++) {
		form = &row->forms[i];
		if (form->keyword)
			continue;
		(void)scmp_form_count_words(form, &most);
		if (n <= most)
			break;
	}
	return form;
}

/* --- putting it together --- */

static const struct scmp_argument *find_field(const struct scmp_command *c,
					      struct span key)
{
	for (size_t i = 0; i < c->fields_n; i++) {
		if (span_equal(c->fields[i].key, key))
			return &c->fields[i];
	}
	return NULL;
}

/* Words and fields, as the form has them. */
static bool assign(struct scmp_command *c, const struct tokens *tokens)
{
	bool keys = scmp_form_has_keys(c->form);
	size_t most, least = scmp_form_count_words(c->form, &most);

	for (size_t i = 0; i < tokens->n; i++) {
		const struct token *t = &tokens->items[i];

		if (!keys || i < least || t->key.n == 0) {
			if (!t->whole.p)
				return false;
			c->words[c->words_n++] = t->whole;
			continue;
		}
		if (c->fields_n == SCMP_PARAMETERS_MAX || find_field(c, t->key))
			return false;
		c->fields[c->fields_n++] = (struct scmp_argument){
			.key = t->key, .value = t->value};
	}
	return !tokens->is_bad;
}

/* All behind one blank, as it is. */
static bool assign_rest(struct scmp_command *c, struct span rest,
			struct buf *text)
{
	rest = span_drop(rest, 1);
	if (rest.n == 0)
		return false;
	buf_add_span(text, rest);
	c->words[c->words_n++] = seal(text, 0);
	return true;
}

/* `rest` begins with the blank behind the verb, if there is anything. */
static void take_arguments(struct scmp_command *c, struct span rest)
{
	const struct scmp_verb_row *row = &scmp_verbs[c->verb];
	struct span first = skip_blanks(rest);
	struct tokens tokens = {.n = 0};
	bool is_right;
	struct buf text;

	buf_init(&text, c->text, sizeof(c->text));
	c->has_keyword = find_keyword(
		row, span_take(first, span_find(first, ' ')), &c->form);
	if (c->has_keyword)
		rest = span_drop(first, span_find(first, ' '));
	else
		c->form = find_form(row, first.n > 0);
	if (takes_rest(c->form)) {
		is_right = assign_rest(c, rest, &text);
	} else {
		tokenize(rest, &text, &tokens);
		if (!c->has_keyword)
			c->form = find_form(row, tokens.n + tokens.is_bad);
		is_right = assign(c, &tokens);
	}
	c->is_malformed = !is_right || (c->form->keyword && !c->has_keyword) ||
			  !scmp_shape_fits(c);
}

enum scmp_code scmp_command_parse(struct span line, struct scmp_command *out)
{
	size_t n = span_find(line, ' ');
	enum scmp_verb verb = scmp_verb_find(span_take(line, n));

	*out = (struct scmp_command){.verb = SCMP_VERBS};
	if (n == 0 || line.n >= SCMP_LINE_LIMIT ||
	    !scmp_text_is_printable(line))
		return SCMP_CODE_SYNTAX;
	if (verb == SCMP_VERBS)
		return SCMP_CODE_UNKNOWN;
	out->verb = verb;
	take_arguments(out, span_drop(line, n));
	return SCMP_CODE_OK;
}

enum scmp_code scmp_command_check(const struct scmp_command *command,
				  const struct scmp_caller *caller)
{
	enum scmp_code code =
		scmp_verb_check(command->verb, command->form, caller);

	if (code != SCMP_CODE_OK)
		return code;
	return command->is_malformed ? SCMP_CODE_SYNTAX : SCMP_CODE_OK;
}

struct span scmp_command_word(const struct scmp_command *command, size_t i)
{
	return i < command->words_n ? command->words[i] : span_make(NULL, 0);
}

struct span scmp_command_field(const struct scmp_command *command,
			       const char *key)
{
	const struct scmp_argument *field = find_field(command, span_str(key));

	return field ? field->value : span_make(NULL, 0);
}

/* --- for the audit --- */

static const char mask[] = "***";

static bool has_secret(const struct scmp_form *form)
{
	bool found = false;

	for (size_t i = 0; i < SCMP_PARAMETERS_MAX; i++)
		found = found || (form->parameters[i].flags & SCMP_SECRET);
	return found;
}

/* In forms with secrets each word belongs to the parameter of its number. */
static bool is_secret(const struct scmp_form *form, size_t word)
{
	return word < SCMP_PARAMETERS_MAX &&
	       (form->parameters[word].flags & SCMP_SECRET);
}

void scmp_command_add_redacted(struct buf *out,
			       const struct scmp_command *command)
{
	const struct scmp_form *form = command->form;

	if (command->is_malformed && has_secret(form)) {
		buf_add_str(out, mask);
		return;
	}
	if (command->has_keyword)
		scmp_write_argument(out, span_str(form->keyword), false);
	for (size_t i = 0; i < command->words_n; i++) {
		struct span word = command->words[i];

		scmp_write_argument(
			out, is_secret(form, i) ? span_str(mask) : word, false);
	}
	for (size_t i = 0; i < command->fields_n; i++) {
		scmp_write_field_of(out, command->fields[i].key,
				    command->fields[i].value);
	}
}
