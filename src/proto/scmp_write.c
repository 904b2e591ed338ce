/* SPDX-License-Identifier: ISC */
#include "proto/scmp_write.h"

#include "proto/scmp_text.h"

/* The next character if it may go out as it is, else one octet's escape; half
 * an escape never gets out. `escape` has room for it. */
static struct span next_unit(struct span *in, char escape[4])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = scmp_text_character(*in);
	struct span unit = span_take(*in, n);
	unsigned char octet = (unsigned char)in->p[0];

	if (n == 0) {
		escape[0] = '\\';
		escape[1] = 'x';
		escape[2] = digits[octet >> 4];
		escape[3] = digits[octet & 15];
		unit = span_make(escape, 4);
		n = 1;
	}
	*in = span_drop(*in, n);
	return unit;
}

/* --- status lines --- */

static void add_text(struct buf *out, struct span text)
{
	char escape[4];

	while (text.n) {
		if (text.p[0] == ']') {
			buf_add_str(out, "\\x5d");
			text = span_drop(text, 1);
		} else {
			buf_add_span(out, next_unit(&text, escape));
		}
	}
}

static void add_code(struct buf *out, enum scmp_code code, struct span detail)
{
	buf_add_str(out, " [");
	buf_add_str(out, scmp_code_name(code));
	if (detail.n) {
		buf_add_char(out, ' ');
		add_text(out, detail);
	}
	buf_add_char(out, ']');
}

void scmp_write_status(struct buf *out, enum scmp_code code, struct span detail,
		       struct span text)
{
	buf_add_str(out, scmp_code_is_error(code) ? "-ERR" : "+OK");
	if (code != SCMP_CODE_OK)
		add_code(out, code, detail);
	if (text.n)
		buf_add_char(out, ' ');
	/* It is not to look like a code. */
	if (code == SCMP_CODE_OK && text.n && text.p[0] == '[') {
		buf_add_str(out, "\\x5b");
		text = span_drop(text, 1);
	}
	add_text(out, text);
	scmp_write_end(out);
}

/* --- lines of many --- */

void scmp_write_line(struct buf *out, struct span text)
{
	char escape[4];

	if (text.n && text.p[0] == '.')
		buf_add_char(out, '.');
	while (text.n)
		buf_add_span(out, next_unit(&text, escape));
	scmp_write_end(out);
}

void scmp_write_dot(struct buf *out)
{
	buf_add_str(out, ".\r\n");
}

void scmp_write_end(struct buf *out)
{
	buf_add_str(out, "\r\n");
}

/* --- values --- */

static bool needs_quotes(struct span value)
{
	struct span rest = value;

	while (rest.n) {
		size_t n = scmp_text_character(rest);
		char c = rest.p[0];

		if (n == 0 || c == ' ' || c == '"' || c == '\\' || c == '=')
			return true;
		rest = span_drop(rest, n);
	}
	return value.n == 0;
}

static void add_quoted(struct buf *out, struct span value)
{
	char escape[4];

	buf_add_char(out, '"');
	while (value.n) {
		struct span unit = next_unit(&value, escape);

		if (unit.p[0] == '"' || unit.p[0] == '\\')
			buf_add_char(out, '\\');
		buf_add_span(out, unit);
	}
	buf_add_char(out, '"');
}

static void add_value(struct buf *out, struct span value, bool quoted)
{
	if (quoted || needs_quotes(value))
		add_quoted(out, value);
	else
		buf_add_span(out, value);
}

static void add_blank(struct buf *out)
{
	if (out->n && out->p[out->n - 1] != '\n')
		buf_add_char(out, ' ');
}

static void add_key(struct buf *out, struct span key)
{
	add_blank(out);
	buf_add_span(out, key);
	buf_add_char(out, '=');
}

void scmp_write_field(struct buf *out, const char *key, struct span value)
{
	scmp_write_field_of(out, span_str(key), value);
}

void scmp_write_field_of(struct buf *out, struct span key, struct span value)
{
	add_key(out, key);
	add_value(out, value, value.n == 1 && value.p[0] == '-');
}

void scmp_write_field_str(struct buf *out, const char *key, const char *value)
{
	scmp_write_field(out, key, span_str(value));
}

void scmp_write_field_u64(struct buf *out, const char *key, uint64_t value)
{
	add_key(out, span_str(key));
	buf_add_u64(out, value);
}

void scmp_write_field_unknown(struct buf *out, const char *key)
{
	add_key(out, span_str(key));
	buf_add_char(out, '-');
}

void scmp_write_argument(struct buf *out, struct span value, bool quoted)
{
	add_blank(out);
	add_value(out, value, quoted);
}
