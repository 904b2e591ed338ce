/* SPDX-License-Identifier: ISC */
/*
 * What must hold for any three names, which the data gives apart by "/": the
 * order is one, and the base stays the same whatever the flags are.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "proto/maildir.h"

static int order(struct span a, struct span b)
{
	int v = maildir_name_order(a, b);

	return (v > 0) - (v < 0);
}

static void check_name(struct span name)
{
	struct maildir_name n, again;
	char *mem = fuzz_alloc(name.n + 4);
	struct buf b;

	maildir_name_parse(name, &n);
	REQUIRE(span_starts(name, n.base));
	REQUIRE(fuzz_is_within(n.flags, name));
	REQUIRE(n.base.n + n.flags.n <= name.n);
	REQUIRE(n.has_s || n.s == 0);
	REQUIRE(n.has_w || n.w == 0);
	REQUIRE(!maildir_base_is_uid(n.base) ||
		(n.base.n >= 1 && n.base.n <= 70));
	REQUIRE(span_equal(maildir_name_base(n.base), n.base));

	buf_init(&b, mem, name.n + 4);
	buf_add_span(&b, n.base);
	buf_add_str(&b, ":2,S");
	REQUIRE(!b.overflow);
	maildir_name_parse(buf_span(&b), &again);
	REQUIRE(span_equal(again.base, n.base));
	REQUIRE(span_equal(again.flags, span_str("S")));
	REQUIRE(again.time == n.time);
	REQUIRE(again.has_s == n.has_s && again.s == n.s);
	REQUIRE(again.has_w == n.has_w && again.w == n.w);
	free(mem);
}

static struct span take_name(struct span *in)
{
	size_t slash = span_find(*in, '/');
	struct span name = span_take(*in, slash);

	*in = span_drop(*in, slash + 1);
	return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), names[3];
	char *mem[3];

	for (int i = 0; i < 3; i++) {
		names[i] = take_name(&in);
		mem[i] = fuzz_copy(names[i]);
		names[i].p = mem[i];
		check_name(names[i]);
	}
	for (int i = 0; i < 3; i++) {
		struct span a = names[i], b = names[(i + 1) % 3];
		struct span c = names[(i + 2) % 3];

		REQUIRE(order(a, a) == 0);
		REQUIRE(order(a, b) == -order(b, a));
		REQUIRE((order(a, b) == 0) == span_equal(a, b));
		REQUIRE(order(a, b) > 0 || order(b, c) > 0 || order(a, c) <= 0);
	}
	for (int i = 0; i < 3; i++)
		free(mem[i]);
	return 0;
}
