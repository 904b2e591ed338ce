/* SPDX-License-Identifier: ISC */
#include "proto/scmp_reply.h"

/* --- status lines --- */

/* "[CODE detail]" at the front of *text, which is advanced behind it. */
static bool take_code(struct span *text, struct scmp_reply *r)
{
	size_t end = span_find(*text, ']');
	struct span inside = span_drop(span_take(*text, end), 1);
	size_t n = span_find(inside, ' ');

	if (end == text->n || n == 0)
		return false;
	r->code_name = span_take(inside, n);
	r->code = scmp_code_find(r->code_name);
	r->detail = span_drop(inside, n + 1);
	*text = span_drop(*text, end + 1);
	if (text->n && text->p[0] != ' ')
		return false;
	*text = span_drop(*text, 1);
	return true;
}

/* What a code means and what the line begins with must agree. */
static bool is_consistent(const struct scmp_reply *r)
{
	return r->code == SCMP_CODES ||
	       scmp_code_is_error(r->code) == !r->is_ok;
}

bool scmp_reply_parse(struct span line, struct scmp_reply *out)
{
	static const struct span ok = SPAN_LITERAL("+OK");
	static const struct span err = SPAN_LITERAL("-ERR");
	struct scmp_reply r = {.is_ok = span_starts(line, ok)};

	r.code = r.is_ok ? SCMP_CODE_OK : SCMP_CODES;
	if (!r.is_ok && !span_starts(line, err))
		return false;
	r.text = span_drop(line, r.is_ok ? ok.n : err.n);
	if (r.text.n && r.text.p[0] != ' ')
		return false;
	r.text = span_drop(r.text, 1);
	if (r.text.n && r.text.p[0] == '[' && !take_code(&r.text, &r))
		return false;
	if (!is_consistent(&r))
		return false;
	*out = r;
	return true;
}

bool scmp_reply_is_body(struct span *line)
{
	if (line->n == 0 || line->p[0] != '.')
		return true;
	if (line->n == 1)
		return false;
	*line = span_drop(*line, 1);
	return true;
}

/* --- records --- */

/* How long the text is up to its closing quotation mark; s.n: there is none. */
static size_t quoted_length(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return i;
		i += s.p[i] == '\\';
	}
	return s.n;
}

static bool take_value(struct span *rest, struct scmp_field *f)
{
	size_t n = span_find(*rest, ' ');

	f->is_quoted = rest->n && rest->p[0] == '"';
	if (f->is_quoted) {
		*rest = span_drop(*rest, 1);
		n = quoted_length(*rest);
		if (n == rest->n)
			return false;
	}
	f->raw = span_take(*rest, n);
	*rest = span_drop(*rest, n + f->is_quoted);
	f->is_unknown = !f->is_quoted && f->raw.n == 1 && f->raw.p[0] == '-';
	if (!f->is_quoted && span_find(f->raw, '"') < f->raw.n)
		return false;
	return rest->n == 0 || rest->p[0] == ' ';
}

enum scmp_field_verdict scmp_field_next(struct span *record,
					struct scmp_field *out)
{
	struct span rest = *record;
	struct scmp_field f;
	size_t n;

	while (rest.n && rest.p[0] == ' ')
		rest = span_drop(rest, 1);
	if (rest.n == 0) {
		*record = rest;
		return SCMP_FIELD_END;
	}
	n = span_find(rest, '=');
	f.key = span_take(rest, n);
	if (n == 0 || n == rest.n || span_find(f.key, ' ') < n ||
	    span_find(f.key, '"') < n)
		return SCMP_FIELD_BAD;
	rest = span_drop(rest, n + 1);
	if (!take_value(&rest, &f))
		return SCMP_FIELD_BAD;
	*out = f;
	*record = rest;
	return SCMP_FIELD_READY;
}

void scmp_field_add_value(struct buf *out, const struct scmp_field *field)
{
	struct span raw = field->raw;

	while (raw.n) {
		if (field->is_quoted && raw.p[0] == '\\' && raw.n > 1)
			raw = span_drop(raw, 1);
		buf_add_char(out, raw.p[0]);
		raw = span_drop(raw, 1);
	}
}
