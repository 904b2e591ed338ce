/* SPDX-License-Identifier: ISC */
#include "proto/pop3.h"

#include "base/num.h"

enum { POP3_BOTH = POP3_AUTHORIZATION | POP3_TRANSACTION };

/* clang-format off */
const struct pop3_verb_info pop3_verbs[POP3_VERBS] = {
	[POP3_USER] = {"USER", POP3_AUTHORIZATION, POP3_NAME, 0,
		       "USER name"},
	[POP3_PASS] = {"PASS", POP3_AUTHORIZATION, POP3_VERBATIM, POP3_SECRET,
		       "PASS password"},
	[POP3_APOP] = {"APOP", POP3_AUTHORIZATION, POP3_NAME_DIGEST,
		       POP3_SECRET, "APOP name digest"},
	[POP3_QUIT] = {"QUIT", POP3_BOTH, POP3_NOTHING, 0, "QUIT"},
	[POP3_STAT] = {"STAT", POP3_TRANSACTION, POP3_NOTHING, 0, "STAT"},
	[POP3_LIST] = {"LIST", POP3_TRANSACTION, POP3_OPTIONAL_NUMBER, 0,
		       "LIST [message-number]"},
	[POP3_RETR] = {"RETR", POP3_TRANSACTION, POP3_NUMBER, 0,
		       "RETR message-number"},
	[POP3_DELE] = {"DELE", POP3_TRANSACTION, POP3_NUMBER, 0,
		       "DELE message-number"},
	[POP3_NOOP] = {"NOOP", POP3_TRANSACTION, POP3_NOTHING, 0, "NOOP"},
	[POP3_RSET] = {"RSET", POP3_TRANSACTION, POP3_NOTHING, 0, "RSET"},
	[POP3_TOP] = {"TOP", POP3_TRANSACTION, POP3_NUMBER_LINES, 0,
		      "TOP message-number lines"},
	[POP3_UIDL] = {"UIDL", POP3_TRANSACTION, POP3_OPTIONAL_NUMBER, 0,
		       "UIDL [message-number]"},
	[POP3_CAPA] = {"CAPA", POP3_BOTH, POP3_NOTHING, 0, "CAPA"},
};
/* clang-format on */

/* A line cut at its first space. */
struct parts {
	struct span keyword;
	bool has_argument; /* there is a space */
	struct span argument;
};

static struct parts cut(struct span line)
{
	size_t space = span_find(line, ' ');

	return (struct parts){
		.keyword = span_take(line, space),
		.has_argument = space < line.n,
		.argument = span_drop(line, space + 1),
	};
}

/* POP3_VERBS if there is none of that name. */
static enum pop3_verb find_verb(struct span keyword)
{
	unsigned v = 0;

	while (v < POP3_VERBS &&
	       !span_equal_nocase(keyword, span_str(pop3_verbs[v].name)))
		v++;
	return (enum pop3_verb)v;
}

static bool parse_name(struct span arg, struct span *name)
{
	*name = arg;
	return arg.n && arg.p[0] != ' ' && arg.p[arg.n - 1] != ' ';
}

/* The name may have blanks inside: the digest follows the last one. */
static bool parse_name_digest(struct span arg, struct pop3_command *out)
{
	size_t space = span_find_last(arg, ' ');

	out->digest = span_drop(arg, space + 1);
	if (out->digest.n != POP3_DIGEST_DIGITS)
		return false;
	for (size_t i = 0; i < out->digest.n; i++) {
		if (num_hex_digit(out->digest.p[i]) < 0)
			return false;
	}
	return parse_name(span_take(arg, space), &out->text);
}

static bool parse_number(struct span arg, struct pop3_command *out)
{
	out->has_number = true;
	return num_parse_u64_capped(arg, &out->number);
}

static bool parse_number_lines(struct span arg, struct pop3_command *out)
{
	size_t space = span_find(arg, ' ');

	return parse_number(span_take(arg, space), out) &&
	       num_parse_u64_capped(span_drop(arg, space + 1), &out->lines);
}

static bool parse_argument(const struct parts *parts, enum pop3_shape shape,
			   struct pop3_command *out)
{
	struct span arg = parts->argument;

	if (!parts->has_argument)
		return shape == POP3_NOTHING || shape == POP3_OPTIONAL_NUMBER;
	switch (shape) {
	case POP3_NOTHING:
		break;
	case POP3_NAME:
		return parse_name(arg, &out->text);
	case POP3_VERBATIM:
		out->text = arg;
		return true;
	case POP3_NAME_DIGEST:
		return parse_name_digest(arg, out);
	case POP3_NUMBER:
	case POP3_OPTIONAL_NUMBER:
		return parse_number(arg, out);
	case POP3_NUMBER_LINES:
		return parse_number_lines(arg, out);
	}
	return false;
}

enum pop3_verdict pop3_parse(struct span line, enum pop3_state state,
			     struct pop3_command *out)
{
	struct parts parts = cut(line);
	enum pop3_verb verb = find_verb(parts.keyword);
	struct pop3_command command = {.verb = verb};

	if (line.n == 0)
		return POP3_EMPTY;
	if (verb == POP3_VERBS)
		return POP3_UNKNOWN;
	*out = command;
	if (!(pop3_verbs[verb].states & state))
		return POP3_WRONG_STATE;
	if (!parse_argument(&parts, pop3_verbs[verb].shape, &command))
		return POP3_BAD_ARGUMENT;
	*out = command;
	return POP3_VALID;
}

const char *pop3_verb_name(enum pop3_verb verb)
{
	return pop3_verbs[verb].name;
}

const char *pop3_verb_usage(enum pop3_verb verb)
{
	return pop3_verbs[verb].usage;
}

/*
 * A keyword has three or four characters (RFC 1939, section 3). Anything else
 * in its place may be a password that was typed on a line of its own.
 */
static bool looks_like_keyword(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char letter = (unsigned char)s.p[i] | 0x20;

		if (!num_is_digit(s.p[i]) && (letter < 'a' || letter > 'z'))
			return false;
	}
	return s.n == 3 || s.n == 4;
}

void pop3_redact(struct span line, struct buf *out)
{
	static const char mask[] = "***";
	struct parts parts = cut(line);
	enum pop3_verb verb = find_verb(parts.keyword);
	struct pop3_command command = {.verb = verb};

	if (verb != POP3_VERBS && !(pop3_verbs[verb].flags & POP3_SECRET)) {
		buf_add_escaped(out, line);
		return;
	}
	if (line.n && !looks_like_keyword(parts.keyword)) {
		buf_add_str(out, mask);
		return;
	}
	buf_add_escaped(out, parts.keyword);
	if (!parts.has_argument)
		return;
	buf_add_char(out, ' ');
	/* Shown only if it is certain where the name ends. */
	if (verb == POP3_APOP && parse_name_digest(parts.argument, &command)) {
		buf_add_escaped(out, command.text);
		buf_add_char(out, ' ');
	}
	buf_add_str(out, mask);
}
