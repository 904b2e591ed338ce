/* SPDX-License-Identifier: ISC */
/*
 * Whatever a line holds, what is taken of it lies within it; a line of
 * /etc/shadow that is taken is guessed to be one, unless it could be a line of
 * a passwd-file as well; and today only decides on what has expired.
 */
#include "fuzz.h"
#include "proto/import.h"

static void check_fields(struct span line)
{
	size_t octets = 0;
	unsigned n = 0;

	do {
		struct span field = import_field(line, n);

		REQUIRE(fuzz_is_within(field, line));
		REQUIRE(span_find(field, ':') == field.n);
		octets += field.n;
		n++;
	} while (octets + n - 1 < line.n && n < 64);
	/* The fields and the colons between them are the line. */
	REQUIRE(n == 64 || octets + n - 1 == line.n);
}

static void check_password(struct span field)
{
	struct import_password p = import_password_of(field);

	REQUIRE(fuzz_is_within(p.form, field));
	REQUIRE(p.form.n || p.is_locked);
	REQUIRE(!p.is_elsewhere || !p.form.n);
	REQUIRE(!p.form.n || (p.form.p[0] != '!' && p.form.p[0] != '*'));
	if (import_is_old_crypt(p.form))
		REQUIRE(span_find(p.form, '$') == p.form.n &&
			span_find(p.form, ':') == p.form.n);
}

static void check_shadow(struct span line)
{
	struct import_shadow early, late;
	enum import_verdict verdict = import_shadow_parse(line, 0, &early);

	REQUIRE(verdict < IMPORT_VERDICTS && import_verdict_text(verdict));
	REQUIRE(import_shadow_parse(line, UINT64_MAX, &late) == verdict);
	if (verdict != IMPORT_OK)
		return;
	REQUIRE(early.name.n && fuzz_is_within(early.name, line));
	REQUIRE(span_equal(early.name, late.name));
	REQUIRE(late.has_expired || !early.has_expired);
	if (import_field(line, 2).n && line.p[0] != '{' && line.p[0] != ' ' &&
	    line.p[0] != '\t' && !span_starts(line, span_str("username")))
		REQUIRE(import_guess(line) == IMPORT_SHADOW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *mem = fuzz_copy(span_make(data, size));
	struct span line = span_make(mem, size);

	REQUIRE(import_guess(line) < IMPORT_FORMATS);
	(void)import_line_is_empty(line);
	check_fields(line);
	check_password(line);
	check_password(import_field(line, 1));
	check_shadow(line);
	free(mem);
	return 0;
}
