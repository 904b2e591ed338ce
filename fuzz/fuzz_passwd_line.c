/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a line of a passwd-file: a row that is accepted keeps every
 * promise of its header, one that is refused leaves nothing behind.
 */
#include "fuzz.h"

#include "proto/scheme.h"
#include "store/passwd_file.h"
#include "store/place.h"

static void check_row(struct span line, const struct user_row *row)
{
	struct span name = passwd_line_name(line);

	REQUIRE(row->name[0] && span_equal(span_str(row->name), name));
	REQUIRE(memchr(row->password, '\0', sizeof(row->password)));
	REQUIRE(!row->has_uid || (row->uid && row->uid != (uid_t)-1));
	REQUIRE(!row->has_gid || (row->gid && row->gid != (gid_t)-1));
	REQUIRE(!row->home[0] || row->home[0] == '/');
	REQUIRE(!row->enabled || row->password[0]);
	if (row->maildir[0])
		REQUIRE(place_template_is_valid(span_str(row->maildir)));
	if (row->maildir[0] == '%')
		REQUIRE(row->home[0]);
}

/* Whatever the form, the example made of it is no longer and fits nothing. */
static void check_example(const struct user_row *row)
{
	struct span stored = span_str(row->password), rest;
	struct users_facts facts = {0};

	users_facts_add(&facts, stored);
	switch (scheme_split(stored, &rest)) {
	case SCHEME_UNKNOWN:
		REQUIRE(!facts.example[0] && !facts.keeps_secret);
		break;
	case SCHEME_SECRET:
		REQUIRE(facts.keeps_secret && facts.example[0]);
		break;
	case SCHEME_CRYPT:
		REQUIRE(!facts.keeps_secret);
		REQUIRE(!facts.example[0] || strlen(facts.example) == stored.n);
		break;
	case SCHEME_ARGON2:
	case SCHEME_PBKDF2:
	case SCHEME_DIGEST:
		REQUIRE(!facts.keeps_secret);
		break;
	}
}

/* Octet by octet, padding included: nothing at all may be left. */
static int is_same(const void *a, const void *b, size_t n)
{
	return !memcmp(a, b, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span line = span_make(data, n);
	struct user_row row, before, cleared = {0};
	enum passwd_verdict verdict;

	memset(&row, 'x', sizeof(row));
	before = row;
	verdict = passwd_line_parse(line, &row);
	REQUIRE(passwd_line_remedy(verdict));
	if (verdict == PASSWD_ROW) {
		check_row(line, &row);
		check_example(&row);
	} else {
		REQUIRE(is_same(&row, &cleared, sizeof(row)) ||
			is_same(&row, &before, sizeof(row)));
	}
	return 0;
}
