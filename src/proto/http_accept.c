/* SPDX-License-Identifier: ISC */
#include "proto/http_accept.h"

#include "base/num.h"

#include <stdbool.h>

enum { QUALITY_MOST = 1000 };

static struct span trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_drop(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Takes what is before the next `end` off the front. */
static struct span next_part(struct span *s, char end)
{
	size_t n = span_find(*s, end);
	struct span part = trim(span_take(*s, n));

	*s = span_drop(*s, n + 1);
	return part;
}

/* "0.75" as 750; what is none of these is 0. */
static unsigned quality(struct span value)
{
	struct span whole = next_part(&value, '.');
	unsigned unit = QUALITY_MOST / 10, q;

	if (whole.n != 1 || (whole.p[0] != '0' && whole.p[0] != '1') ||
	    value.n > 3)
		return 0;
	q = whole.p[0] == '1' ? QUALITY_MOST : 0;
	for (; value.n; value = span_drop(value, 1), unit /= 10) {
		if (!num_is_digit(value.p[0]))
			return 0;
		q += (unsigned)(value.p[0] - '0') * unit;
	}
	return q < QUALITY_MOST ? q : QUALITY_MOST;
}

/* How much a media range wants this type in this version, 0 to 1000. */
static unsigned wanted(struct span range, const char *type, const char *version)
{
	unsigned q = QUALITY_MOST;

	if (!span_equal_nocase(next_part(&range, ';'), span_str(type)))
		return 0;
	while (range.n) {
		struct span value = next_part(&range, ';');
		struct span name = next_part(&value, '=');

		value = trim(value);
		if (span_equal_nocase(name, span_str("q")))
			q = quality(value);
		else if (span_equal_nocase(name, span_str("version")) &&
			 !span_equal(value, span_str(version)))
			return 0;
	}
	return q;
}

enum openmetrics_format http_accept_format(struct span accept)
{
	unsigned newer = 0, older = 0;

	while (accept.n) {
		struct span range = next_part(&accept, ',');
		unsigned n =
			wanted(range, "application/openmetrics-text", "1.0.0");
		unsigned o = wanted(range, "text/plain", "0.0.4");

		newer = n > newer ? n : newer;
		older = o > older ? o : older;
	}
	return newer && newer >= older ? OPENMETRICS_1_0 : OPENMETRICS_TEXT;
}
