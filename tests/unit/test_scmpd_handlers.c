/* SPDX-License-Identifier: ISC */
/* Each form of each command has somebody who does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scmpd/handlers.h"

/* There is no TLS yet, so no caller is let as far as its handler. */
static bool is_for_later(unsigned verb)
{
	return verb == SCMP_STARTTLS;
}

static void test_each_form_has_a_handler(void **state)
{
	(void)state;
	for (unsigned v = 0; v < SCMP_VERBS; v++) {
		const struct scmp_verb_row *row = &scmp_verbs[v];

		for (size_t i = 0; i < row->forms_n; i++) {
			enum scmp_deed deed = row->forms[i].deed;
			bool has = call_find_handler(v, deed) != NULL;

			if (has == is_for_later(v))
				fail_msg("%s, form %zu", row->name, i);
		}
	}
}

/* Else it would be a row for nothing. */
static void test_each_handler_has_a_form(void **state)
{
	static const struct {
		enum scmp_verb verb;
		enum scmp_deed deed;
	} rows[] = {
#define ROW(verb, deed, handler) {SCMP_##verb, SCMP_##deed},
		HANDLERS(ROW)
#undef ROW
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const struct scmp_verb_row *row = &scmp_verbs[rows[r].verb];
		size_t i = 0;

		while (i < row->forms_n && row->forms[i].deed != rows[r].deed)
			i++;
		if (i == row->forms_n)
			fail_msg("%s has no such form", row->name);
		for (size_t other = 0; other < r; other++)
			assert_false(rows[other].verb == rows[r].verb &&
				     rows[other].deed == rows[r].deed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_form_has_a_handler),
		cmocka_unit_test(test_each_handler_has_a_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
