/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a line of a passwd-file: a row that is accepted keeps every
 * promise of its header, one that is refused leaves nothing behind.
 */
#include "fuzz.h"

#include "proto/network.h"
#include "proto/stored.h"
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
	if (row->mail_user[0])
		REQUIRE(place_name_is_safe(span_str(row->mail_user)));
}

/* Of the networks each can be matched. */
static void check_networks(const struct user_row *row)
{
	struct span rest = span_str(row->networks);
	struct network network;

	while (rest.n) {
		struct span item = span_take(rest, span_find(rest, ','));

		REQUIRE(network_parse(item, &network) ||
			span_equal(item, span_str("local")));
		rest = span_drop(rest, item.n + 1);
	}
}

/* What is handed out as ignored lies in the line and is there once. */
static void check_ignored(struct span line,
			  const struct passwd_ignored *ignored)
{
	REQUIRE(ignored->n <= PASSWD_IGNORED_MAX);
	for (size_t i = 0; i < ignored->n; i++) {
		struct span name = ignored->names[i];

		REQUIRE(name.p >= line.p && name.p + name.n <= line.p + line.n);
		REQUIRE(span_find(name, '=') == name.n);
		for (size_t j = 0; j < i; j++)
			REQUIRE(!span_equal(ignored->names[j], name));
	}
}

/* Only of a form that can be used an example is made, which can be, too. */
static void check_example(const struct user_row *row)
{
	char octets[STORED_MEMORY];
	struct users_facts facts = {0};
	struct buf memory;
	struct stored form;

	users_facts_add(&facts, span_str(row->password));
	buf_init(&memory, octets, sizeof(octets));
	if (stored_read(span_str(row->password), &memory, &form, NULL) !=
	    STORED_GOOD)
		REQUIRE(!facts.example[0]);
	if (facts.example[0])
		REQUIRE(stored_read(span_str(facts.example), &memory, &form,
				    NULL) == STORED_GOOD &&
			(form.scheme->kind != SCHEME_SECRET) ==
				(facts.example_work_us > 0));
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
	struct passwd_ignored ignored;
	enum passwd_verdict verdict;

	memset(&row, 'x', sizeof(row));
	before = row;
	verdict = passwd_line_read(line, &row, &ignored);
	check_ignored(line, &ignored);
	REQUIRE(passwd_line_remedy(verdict));
	if (verdict == PASSWD_ROW) {
		check_row(line, &row);
		check_networks(&row);
		check_example(&row);
	} else {
		REQUIRE(is_same(&row, &cleared, sizeof(row)) ||
			is_same(&row, &before, sizeof(row)));
	}
	return 0;
}
