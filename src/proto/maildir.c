/* SPDX-License-Identifier: ISC */
#include "proto/maildir.h"

#include "base/num.h"

enum { INFO_BEGIN = 3 }; /* octets of ":2," */

static bool is_info(struct span s)
{
	return s.n >= INFO_BEGIN && s.p[0] == ':' && num_is_digit(s.p[1]) &&
	       s.p[2] == ',';
}

struct span maildir_name_base(struct span name)
{
	struct span rest = span_drop(name, span_find(name, ':'));

	while (rest.n && !is_info(rest)) {
		rest = span_drop(rest, 1);
		rest = span_drop(rest, span_find(rest, ':'));
	}
	return span_take(name, name.n - rest.n);
}

static uint64_t leading_time(struct span base)
{
	uint64_t time = 0;
	size_t n = 0;

	while (n < base.n && num_is_digit(base.p[n]))
		n++;
	/* Without digits nothing is parsed and 0 stays. */
	(void)num_parse_u64_capped(span_take(base, n), &time);
	return time;
}

/* A field of the base, between two commas: "S=4711". */
static void parse_field(struct span field, struct maildir_name *out)
{
	uint64_t v;

	if (field.n < 2 || field.p[1] != '=' ||
	    !num_parse_u64(span_drop(field, 2), UINT64_MAX, &v))
		return;
	if (field.p[0] == 'S' && !out->has_s) {
		out->s = v;
		out->has_s = true;
	} else if (field.p[0] == 'W' && !out->has_w) {
		out->w = v;
		out->has_w = true;
	}
}

void maildir_name_parse(struct span name, struct maildir_name *out)
{
	struct span base = maildir_name_base(name);
	struct span info = span_drop(name, base.n);
	struct span fields = span_drop(base, span_find(base, ',') + 1);

	*out = (struct maildir_name){.base = base};
	out->flags = span_drop(info, INFO_BEGIN);
	if (info.n && info.p[1] != '2')
		out->flags.n = 0;
	out->time = leading_time(base);
	while (fields.n) {
		size_t comma = span_find(fields, ',');

		parse_field(span_take(fields, comma), out);
		fields = span_drop(fields, comma + 1);
	}
}

int maildir_name_order(struct span a, struct span b)
{
	struct span base_a = maildir_name_base(a);
	struct span base_b = maildir_name_base(b);
	uint64_t time_a = leading_time(base_a);
	uint64_t time_b = leading_time(base_b);
	int order = (time_a > time_b) - (time_a < time_b);

	if (order == 0)
		order = span_order(base_a, base_b);
	return order ? order : span_order(a, b);
}

bool maildir_base_is_uid(struct span base)
{
	for (size_t i = 0; i < base.n; i++) {
		if (base.p[i] < 0x21 || base.p[i] > 0x7e)
			return false;
	}
	return base.n >= 1 && base.n <= MAILDIR_UID_MAX;
}
