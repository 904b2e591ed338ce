/* SPDX-License-Identifier: ISC */
/*
 * Any stream, cut anywhere, gives the verdicts that splitting it at its LFs
 * gives, up to the first that is another protocol's. Each line that comes out
 * is parsed: the checks have their order, what was taken from it is printable
 * and can be written anew, and its secrets are not in what the audit gets.
 * Parameter: seed of the cuts.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "proto/scmp_command.h"
#include "proto/scmp_text.h"
#include "proto/scmp_write.h"

/* --- commands --- */

static int has_version(struct span line)
{
	const char *p;

	if (line.n < 9)
		return 0;
	p = line.p + line.n - 9;
	return memcmp(p, " HTTP/", 6) == 0 && p[6] >= '0' && p[6] <= '9' &&
	       p[7] == '.' && p[8] >= '0' && p[8] <= '9';
}

static int is_one_of(const struct scmp_command *c)
{
	const struct scmp_verb_row *row = &scmp_verbs[c->verb];

	return c->form >= row->forms && c->form < row->forms + row->forms_n;
}

static void check_span(const struct scmp_command *c, struct span s)
{
	REQUIRE(s.p >= c->text && s.p + s.n < c->text + sizeof(c->text));
	REQUIRE(s.p[s.n] == '\0' && memchr(s.p, '\0', s.n) == NULL);
	REQUIRE(scmp_text_is_printable(s));
}

static void check_pieces(const struct scmp_command *c)
{
	REQUIRE(c->words_n <= SCMP_ARGUMENTS_MAX);
	REQUIRE(c->fields_n <= SCMP_PARAMETERS_MAX);
	for (size_t i = 0; i < c->words_n; i++)
		check_span(c, c->words[i]);
	for (size_t i = 0; i < c->fields_n; i++)
		check_span(c, c->fields[i].value);
}

/* --- the order of the checks --- */

static void check_order(const struct scmp_command *c, uint32_t *seed)
{
	struct scmp_caller caller = {
		.state = (enum scmp_state)(1U << fuzz_random(seed) % 4),
		.rights = fuzz_random(seed) & SCMP_RIGHTS_ALL,
		.is_local = fuzz_random(seed) & 1,
		.has_account = fuzz_random(seed) & 1,
		.can_start_tls = fuzz_random(seed) & 1,
		.needs_tls = fuzz_random(seed) & 1,
	};
	enum scmp_code code = scmp_verb_check(c->verb, c->form, &caller);
	enum scmp_code all = scmp_command_check(c, &caller);

	REQUIRE(code == SCMP_CODE_OK || all == code);
	REQUIRE(code != SCMP_CODE_OK ||
		all == (c->is_malformed ? SCMP_CODE_SYNTAX : SCMP_CODE_OK));
	REQUIRE((scmp_verbs[c->verb].states & caller.state) ||
		all == SCMP_CODE_STATE);
	if (all != SCMP_CODE_OK)
		return;
	REQUIRE(c->form->rights == 0 || (c->form->rights & caller.rights) ||
		scmp_form_is_own(c->form, &caller));
	REQUIRE(caller.is_local || !(c->form->flags & SCMP_LOCAL));
}

/* --- written anew --- */

static int is_same(const struct scmp_command *a, const struct scmp_command *b)
{
	if (a->verb != b->verb || a->form != b->form || b->is_malformed ||
	    a->words_n != b->words_n || a->fields_n != b->fields_n)
		return 0;
	for (size_t i = 0; i < a->words_n; i++) {
		if (!span_equal(a->words[i], b->words[i]))
			return 0;
	}
	for (size_t i = 0; i < a->fields_n; i++) {
		if (!span_equal(a->fields[i].key, b->fields[i].key) ||
		    !span_equal(a->fields[i].value, b->fields[i].value))
			return 0;
	}
	return 1;
}

static void check_again(const struct scmp_command *c)
{
	static struct scmp_command again;
	static char mem[8192];
	struct buf b;

	if (c->is_malformed || c->form->parameters[0].kind == SCMP_KIND_REST)
		return;
	buf_init(&b, mem, sizeof(mem));
	buf_add_str(&b, scmp_verbs[c->verb].name);
	if (c->form->keyword)
		scmp_write_argument(&b, span_str(c->form->keyword), false);
	for (size_t i = 0; i < c->words_n; i++)
		scmp_write_argument(&b, c->words[i], true);
	for (size_t i = 0; i < c->fields_n; i++)
		scmp_write_field_of(&b, c->fields[i].key, c->fields[i].value);
	REQUIRE(!b.overflow);
	if (b.n >= SCMP_LINE_LIMIT)
		return;
	REQUIRE(scmp_command_parse(buf_span(&b), &again) == SCMP_CODE_OK);
	REQUIRE(is_same(c, &again));
}

/* --- the audit --- */

static int is_secret(const struct scmp_command *c, size_t word)
{
	return word < SCMP_PARAMETERS_MAX &&
	       (c->form->parameters[word].flags & SCMP_SECRET);
}

/* Does the text stand somewhere where it may be seen? */
static int is_told(const struct scmp_command *c, struct span text)
{
	for (size_t i = 0; i < c->words_n; i++) {
		if (!is_secret(c, i) &&
		    memmem(c->words[i].p, c->words[i].n, text.p, text.n))
			return 1;
	}
	for (size_t i = 0; i < c->fields_n; i++) {
		struct span whole = span_make(c->fields[i].key.p,
					      c->fields[i].key.n + 1 +
						      c->fields[i].value.n);

		if (memmem(whole.p, whole.n, text.p, text.n))
			return 1;
	}
	return 0;
}

static void check_redacted(const struct scmp_command *c)
{
	static char mem[8192];
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	scmp_command_add_redacted(&b, c);
	REQUIRE(!b.overflow && scmp_text_is_printable(buf_span(&b)));
	for (size_t i = 0; i < c->words_n; i++) {
		struct span word = c->words[i];

		if (!is_secret(c, i))
			continue;
		/* Of a mask and blanks nothing can be told. */
		if (word.n < 4 || span_find(word, '*') < word.n ||
		    span_find(word, ' ') < word.n || is_told(c, word))
			continue;
		REQUIRE(!memmem(mem, b.n, word.p, word.n));
	}
}

static void check_line(struct span line, uint32_t *seed)
{
	static struct scmp_command c;
	char *mem = fuzz_copy(line);
	enum scmp_code code = scmp_command_parse(span_make(mem, line.n), &c);
	int broken = line.n == 0 || line.p[0] == ' ' ||
		     line.n >= SCMP_LINE_LIMIT || !scmp_text_is_printable(line);

	free(mem);
	REQUIRE((code == SCMP_CODE_SYNTAX) == broken);
	REQUIRE((code == SCMP_CODE_OK) == (c.verb != SCMP_VERBS));
	REQUIRE((code == SCMP_CODE_OK) == (c.form != NULL));
	if (code != SCMP_CODE_OK) {
		REQUIRE(code == SCMP_CODE_SYNTAX || code == SCMP_CODE_UNKNOWN);
		return;
	}
	REQUIRE(is_one_of(&c));
	REQUIRE(c.is_malformed || c.has_keyword == (c.form->keyword != NULL));
	check_pieces(&c);
	check_order(&c, seed);
	check_again(&c);
	check_redacted(&c);
}

/* --- streams --- */

static void add_verdict(struct buf *out, enum scmp_line_verdict v,
			struct span line)
{
	buf_add_char(out, (char)('0' + v));
	buf_add_span(out, line);
	buf_add_char(out, '\n');
}

/* One line without its LF, seen as a whole. */
static enum scmp_line_verdict judge(struct span *line, size_t end)
{
	struct span whole = *line;
	enum scmp_line_verdict v = SCMP_LINE_READY;

	*line = span_make("", 0);
	if (scmp_line_is_foreign(whole))
		return SCMP_LINE_FOREIGN;
	if (whole.n + end > SCMP_LINE_LIMIT)
		return SCMP_LINE_TOO_LONG;
	if (whole.n && whole.p[whole.n - 1] == '\r')
		whole.n--;
	if (span_find(whole, '\r') < whole.n ||
	    span_find(whole, '\0') < whole.n)
		return SCMP_LINE_MALFORMED;
	if (has_version(whole))
		return SCMP_LINE_FOREIGN;
	*line = whole;
	return v;
}

static void split(struct span s, struct buf *out, uint32_t *seed)
{
	while (s.n) {
		size_t lf = span_find(s, '\n');
		struct span line = span_take(s, lf);
		enum scmp_line_verdict v;

		if (lf == s.n && !scmp_line_is_foreign(line))
			return;
		v = judge(&line, 1);
		add_verdict(out, v, line);
		if (v == SCMP_LINE_FOREIGN)
			return;
		if (v == SCMP_LINE_READY)
			check_line(line, seed);
		s = span_drop(s, lf + 1);
	}
}

static int feed(struct scmp_reader *r, struct span piece, struct buf *out)
{
	char *mem = fuzz_copy(piece);
	struct span in = span_make(mem, piece.n), line;
	enum scmp_line_verdict v;

	while ((v = scmp_reader_feed(r, &in, &line)) != SCMP_LINE_MORE) {
		add_verdict(out, v, line);
		REQUIRE(v == SCMP_LINE_READY || line.n == 0);
		if (v == SCMP_LINE_FOREIGN)
			break;
	}
	REQUIRE(v == SCMP_LINE_FOREIGN || in.n == 0);
	free(mem);
	return v != SCMP_LINE_FOREIGN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_make(data, size);
	uint32_t seed = fuzz_take_octet(&s), checks = seed;
	size_t room = 3 * size + 16;
	char *expected_mem = fuzz_alloc(room), *got_mem = fuzz_alloc(room);
	struct scmp_reader *r = fuzz_alloc(sizeof(*r));
	struct buf expected, got;
	int goes_on = 1;

	buf_init(&expected, expected_mem, room);
	buf_init(&got, got_mem, room);
	split(s, &expected, &checks);
	scmp_reader_init(r);
	while (s.n && goes_on) {
		size_t n = seed ? fuzz_random(&seed) % 99 : s.n;

		goes_on = feed(r, span_take(s, n), &got);
		s = span_drop(s, n);
		/* what is kept of a line that has begun stays */
		if (seed & 0x10000)
			scmp_reader_forget(r);
	}
	REQUIRE(!expected.overflow && !got.overflow);
	REQUIRE(span_equal(buf_span(&expected), buf_span(&got)));
	free(r);
	free(got_mem);
	free(expected_mem);
	return 0;
}
