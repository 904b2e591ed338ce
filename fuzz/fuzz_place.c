/* SPDX-License-Identifier: ISC */
/*
 * A template, a user and a home, cut at the first two NULs: whatever they are,
 * a path that is made has only plain folders, begins with what stands before
 * the first percent sign, and does not depend on the room that there is.
 */
#include "fuzz.h"

#include <errno.h>

#include "store/place.h"

static struct span take_text(struct span *in)
{
	struct span text = span_take(*in, span_find(*in, '\0'));

	*in = span_drop(*in, text.n + 1);
	return text;
}

static void check_folders(struct span path)
{
	REQUIRE(path.n && path.n < PLACE_PATH_SIZE && path.p[0] == '/');
	REQUIRE(span_find(path, '\0') == path.n);
	while (path.n) {
		struct span part = span_drop(path, 1);

		part = span_take(part, span_find(part, '/'));
		path = span_drop(path, part.n + 1);
		REQUIRE(part.n);
		REQUIRE(!span_equal(part, span_str(".")));
		REQUIRE(!span_equal(part, span_str("..")));
	}
}

static void check_user(struct span user)
{
	char mem[2 * PLACE_USER_MAX + 2];
	struct buf out;

	buf_init(&out, mem, sizeof(mem));
	if (!place_normalise_user(user, true, span_str("d"), &out)) {
		REQUIRE(place_name_is_safe(user));
		REQUIRE(place_name_is_safe(buf_span(&out)));
		REQUIRE(span_find(buf_span(&out), '@') < out.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char mem[1 << 16], less[1 << 16];
	struct span in = span_make(data, n);
	struct span template = take_text(&in), user = take_text(&in);
	struct span before = span_take(template, span_find(template, '%'));
	struct buf out, second;
	int failed;

	check_user(user);
	buf_init(&out, mem, sizeof(mem));
	failed = place_expand(template, user, in, &out);
	if (failed == -EINVAL || failed == -ENAMETOOLONG)
		return 0;
	REQUIRE(failed || place_name_is_safe(user));
	if (failed)
		return 0;
	REQUIRE(place_template_is_valid(template) ||
		template.n >= PLACE_PATH_SIZE);
	check_folders(buf_span(&out));
	if (before.n > 1 && before.p[before.n - 1] != '/')
		REQUIRE(span_starts(buf_span(&out), before));
	for (size_t cap = out.n ? out.n - 1 : 0; cap <= out.n; cap++) {
		buf_init(&second, less, cap);
		failed = place_expand(template, user, in, &second);
		/* a slash at the end needs room before it is dropped */
		REQUIRE(failed == -ENAMETOOLONG ||
			span_equal(buf_span(&second), buf_span(&out)));
		REQUIRE(cap == out.n || failed);
	}
	return 0;
}
