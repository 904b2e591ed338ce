/* SPDX-License-Identifier: ISC */
#include "proto/openmetrics.h"

#include "base/num.h"

/* Backslash and line feed, and within quotation marks these too. */
static void add_escaped(struct buf *out, const char *text, bool with_marks)
{
	for (; *text; text++) {
		if (*text == '\n') {
			buf_add_str(out, "\\n");
			continue;
		}
		if (*text == '\\' || (with_marks && *text == '"'))
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
}

/* "# TYPE name ": in the older format, what its samples are called. */
static void begin_head(struct buf *out, enum openmetrics_format format,
		       const struct openmetrics_family *family,
		       const char *what)
{
	buf_add_str(out, "# ");
	buf_add_str(out, what);
	buf_add_char(out, ' ');
	buf_add_str(out, family->name);
	if (format == OPENMETRICS_TEXT && family->type == OPENMETRICS_COUNTER)
		buf_add_str(out, "_total");
	buf_add_char(out, ' ');
}

void openmetrics_add_head(struct buf *out, enum openmetrics_format format,
			  const struct openmetrics_family *family)
{
	static const char *const types[] = {
		[OPENMETRICS_COUNTER] = "counter",
		[OPENMETRICS_GAUGE] = "gauge",
		[OPENMETRICS_HISTOGRAM] = "histogram",
	};

	begin_head(out, format, family, "TYPE");
	buf_add_str(out, types[family->type]);
	buf_add_char(out, '\n');
	if (format == OPENMETRICS_1_0 && family->unit) {
		begin_head(out, format, family, "UNIT");
		buf_add_str(out, family->unit);
		buf_add_char(out, '\n');
	}
	begin_head(out, format, family, "HELP");
	add_escaped(out, family->help, format == OPENMETRICS_1_0);
	buf_add_char(out, '\n');
}

static void add_labels(struct buf *out, const struct openmetrics_label *labels,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_char(out, i ? ',' : '{');
		buf_add_str(out, labels[i].name);
		buf_add_str(out, "=\"");
		add_escaped(out, labels[i].value, true);
		buf_add_char(out, '"');
	}
	if (n)
		buf_add_char(out, '}');
}

/* value * 10^-decimals, with just that many digits behind the point. */
static void add_decimal(struct buf *out, uint64_t value, unsigned decimals)
{
	char digits[NUM_U64_DIGITS];
	size_t n = num_format_u64(value, digits);
	size_t whole = n > decimals ? n - decimals : 0;

	buf_add(out, whole ? digits : "0", whole ? whole : 1);
	if (decimals == 0)
		return;
	buf_add_char(out, '.');
	for (size_t zeros = n; zeros < decimals; zeros++)
		buf_add_char(out, '0');
	buf_add(out, digits + whole, n - whole);
}

void openmetrics_add_sample(struct buf *out,
			    const struct openmetrics_family *family,
			    const char *suffix,
			    const struct openmetrics_label *labels, size_t n,
			    uint64_t value, unsigned decimals)
{
	buf_add_str(out, family->name);
	buf_add_str(out, suffix);
	add_labels(out, labels, n);
	buf_add_char(out, ' ');
	add_decimal(out, value, decimals);
	buf_add_char(out, '\n');
}

void openmetrics_add_number(struct buf *out, uint64_t value, unsigned decimals)
{
	while (decimals > 1 && value % 10 == 0) {
		value /= 10;
		decimals--;
	}
	add_decimal(out, value, decimals);
	if (decimals == 0)
		buf_add_str(out, ".0");
}

void openmetrics_add_end(struct buf *out, enum openmetrics_format format)
{
	if (format == OPENMETRICS_1_0)
		buf_add_str(out, "# EOF\n");
}
