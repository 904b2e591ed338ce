/* SPDX-License-Identifier: ISC */
/*
 * The lines of metrics, in OpenMetrics 1.0 and in the older text format 0.0.4
 * of Prometheus. A family is written whole: its head, then its samples.
 *
 * The formats differ in three things: OpenMetrics names a family of counters
 * without _total and wants a unit and, at the end, # EOF. Names and units are
 * our own and are not checked; texts and label values are escaped.
 *
 * Pure. All add to a buffer, whose overflow is asked for at the end.
 */
#ifndef PROTO_OPENMETRICS_H
#define PROTO_OPENMETRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum openmetrics_format {
	OPENMETRICS_1_0,
	OPENMETRICS_TEXT, /* 0.0.4 */
};

enum openmetrics_type {
	OPENMETRICS_COUNTER, /* its samples have the suffix _total */
	OPENMETRICS_GAUGE,
	OPENMETRICS_HISTOGRAM, /* _bucket with le, _sum, _count */
};

struct openmetrics_family {
	const char *name; /* without _total: "pop3_octets" */
	const char *unit; /* "seconds": the name ends with it; or NULL */
	const char *help; /* a sentence */
	enum openmetrics_type type;
};

struct openmetrics_label {
	const char *name, *value;
};

/* # TYPE, # UNIT and # HELP */
void openmetrics_add_head(struct buf *out, enum openmetrics_format format,
			  const struct openmetrics_family *family);

/*
 * A sample: name with the suffix ("" for gauges, "_total", "_bucket" …), the
 * n labels, and the value, which is in 10^-decimals: 1500 with 3 is 1.500.
 */
void openmetrics_add_sample(struct buf *out,
			    const struct openmetrics_family *family,
			    const char *suffix,
			    const struct openmetrics_label *labels, size_t n,
			    uint64_t value, unsigned decimals);

/* value * 10^-decimals, short, but with a digit behind the point: what the
 * label le of a bucket says. */
void openmetrics_add_number(struct buf *out, uint64_t value, unsigned decimals);

/* # EOF, where the format has one. */
void openmetrics_add_end(struct buf *out, enum openmetrics_format format);

#endif
