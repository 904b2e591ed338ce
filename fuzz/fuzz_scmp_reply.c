/* SPDX-License-Identifier: ISC */
/*
 * Any octets as lines of replies leave spans within them, and what is taken
 * from them can be written anew; any octets as texts that a server writes come
 * out as lines that are whole, printable and read as what they were meant to
 * be. Parameters: a code, where the texts are cut.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "proto/scmp_reply.h"
#include "proto/scmp_text.h"
#include "proto/scmp_write.h"

static char *written_mem;
static size_t written_room;
static struct buf written;

static void begin(void)
{
	buf_init(&written, written_mem, written_room);
}

/* What was written as the one line that it has to be, without its end. */
static struct span line_of(void)
{
	struct span line = buf_span(&written);

	REQUIRE(!written.overflow && line.n >= 2);
	line.n -= 2;
	REQUIRE(memcmp(line.p + line.n, "\r\n", 2) == 0);
	REQUIRE(scmp_text_is_printable(line));
	return line;
}

/* Does it go out just as it is? */
static int is_plain(struct span text)
{
	return scmp_text_is_printable(text) && span_find(text, ']') == text.n;
}

/* --- what a client gets --- */

static void read_status(struct span line)
{
	struct scmp_reply r, again;

	if (!scmp_reply_parse(line, &r))
		return;
	REQUIRE(r.code <= SCMP_CODES);
	REQUIRE(fuzz_is_within(r.code_name, line));
	REQUIRE(fuzz_is_within(r.detail, line));
	REQUIRE(fuzz_is_within(r.text, line));
	REQUIRE(r.code == SCMP_CODES || scmp_code_is_error(r.code) == !r.is_ok);
	if (r.code == SCMP_CODES || !is_plain(r.text) || !is_plain(r.detail))
		return;
	begin();
	scmp_write_status(&written, r.code, r.detail, r.text);
	REQUIRE(scmp_reply_parse(line_of(), &again));
	REQUIRE(again.is_ok == r.is_ok && again.code == r.code);
	REQUIRE(span_equal(again.detail, r.detail));
	REQUIRE(span_equal(again.text, r.text));
}

static void read_record(struct span record)
{
	struct span rest = record;
	enum scmp_field_verdict v;
	struct scmp_field f;

	for (;;) {
		struct span before = rest;

		v = scmp_field_next(&rest, &f);
		if (v != SCMP_FIELD_READY)
			break;
		REQUIRE(rest.n < before.n);
		REQUIRE(f.key.n > 0);
		REQUIRE(fuzz_is_within(f.key, record));
		REQUIRE(fuzz_is_within(f.raw, record));
		REQUIRE(!f.is_unknown || (f.raw.n == 1 && !f.is_quoted));
		begin();
		scmp_field_add_value(&written, &f);
		REQUIRE(!written.overflow && written.n <= f.raw.n);
	}
	REQUIRE(v == SCMP_FIELD_BAD || rest.n == 0);
}

/* --- what a server sends --- */

static void write_status(enum scmp_code code, struct span detail,
			 struct span text)
{
	struct scmp_reply r;

	begin();
	scmp_write_status(&written, code, detail, text);
	REQUIRE(scmp_reply_parse(line_of(), &r));
	REQUIRE(r.code == code);
	REQUIRE(r.is_ok == !scmp_code_is_error(code));
	REQUIRE(span_find(r.text, ']') == r.text.n);
	if (is_plain(text) &&
	    (code != SCMP_CODE_OK || !text.n || text.p[0] != '['))
		REQUIRE(span_equal(r.text, text));
	if (is_plain(detail) && code != SCMP_CODE_OK)
		REQUIRE(span_equal(r.detail, detail));
}

static void write_line(struct span text)
{
	struct span line;

	begin();
	scmp_write_line(&written, text);
	line = line_of();
	REQUIRE(scmp_reply_is_body(&line));
	if (scmp_text_is_printable(text))
		REQUIRE(span_equal(line, text));
}

/* The value of the field must be the text, if that can be sent. */
static void check_field(const struct scmp_field *f, struct span text)
{
	char *mem = fuzz_alloc(f->raw.n);
	struct buf value;

	buf_init(&value, mem, f->raw.n);
	scmp_field_add_value(&value, f);
	REQUIRE(!value.overflow && !f->is_unknown);
	if (scmp_text_is_printable(text))
		REQUIRE(span_equal(buf_span(&value), text));
	free(mem);
}

static void write_record(struct span a, struct span b)
{
	struct span rest;
	struct scmp_field f;

	begin();
	scmp_write_field(&written, "a", a);
	scmp_write_field_unknown(&written, "b");
	scmp_write_field(&written, "c", b);
	scmp_write_end(&written);
	rest = line_of();
	REQUIRE(scmp_field_next(&rest, &f) == SCMP_FIELD_READY);
	REQUIRE(span_equal(f.key, span_str("a")));
	check_field(&f, a);
	REQUIRE(scmp_field_next(&rest, &f) == SCMP_FIELD_READY);
	REQUIRE(f.is_unknown);
	REQUIRE(scmp_field_next(&rest, &f) == SCMP_FIELD_READY);
	REQUIRE(span_equal(f.key, span_str("c")));
	check_field(&f, b);
	REQUIRE(scmp_field_next(&rest, &f) == SCMP_FIELD_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), a, b, body;
	enum scmp_code code = fuzz_take_octet(&in) % SCMP_CODES;
	unsigned cut = fuzz_take_octet(&in);
	char *mem = fuzz_copy(in);

	written_room = 10 * size + 100;
	written_mem = fuzz_alloc(written_room);
	in = span_make(mem, in.n);
	a = span_take(in, cut);
	b = span_drop(in, cut);
	read_status(in);
	read_record(in);
	body = in;
	REQUIRE(!scmp_reply_is_body(&body) || fuzz_is_within(body, in));
	write_status(code, a, b);
	write_line(in);
	write_record(a, b);
	free(written_mem);
	free(mem);
	return 0;
}
