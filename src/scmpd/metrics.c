/* SPDX-License-Identifier: ISC */
#include "scmpd/metrics.h"

#include "scmpd/handlers.h"
#include "scmpd/sessions.h"
#include "stats/counters.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS = 2 };

struct writing {
	struct buf *out;
	enum openmetrics_format format;
	struct span prefix;
	const struct scmpd *scmpd;
	const struct counters_all *sum;
};

/* The prefix may be of the family or, for counters, of its samples. */
static bool is_asked_for(const struct writing *w,
			 const struct openmetrics_family *family)
{
	char memory[128];
	struct buf name;

	buf_init(&name, memory, sizeof(memory));
	buf_add_str(&name, family->name);
	if (family->type == OPENMETRICS_COUNTER)
		buf_add_str(&name, "_total");
	return span_starts(buf_span(&name), w->prefix);
}

/* --- what sessions count --- */

static struct openmetrics_family family_of(const struct counters_row *row)
{
	static const enum openmetrics_type types[] = {
		[COUNTERS_COUNTER] = OPENMETRICS_COUNTER,
		[COUNTERS_GAUGE] = OPENMETRICS_GAUGE,
		[COUNTERS_HISTOGRAM] = OPENMETRICS_HISTOGRAM,
	};

	return (struct openmetrics_family){
		.name = row->family,
		.unit = row->unit,
		.help = row->help,
		.type = types[row->kind],
	};
}

static unsigned decimals_of(const struct counters_row *row)
{
	unsigned n = 0;

	for (unsigned divisor = row->divisor; divisor >= 10; divisor /= 10)
		n++;
	return n;
}

/* Room for le behind the row's own. */
static size_t labels_of(const struct counters_row *row, unsigned i,
			struct openmetrics_label labels[LABELS + 1])
{
	size_t n = 0;

	for (unsigned which = 0; which < LABELS; which++) {
		if (!row->labels[which].name)
			continue;
		labels[n].name = row->labels[which].name;
		labels[n++].value = counters_label(row, i, which);
	}
	return n;
}

/* Each bucket's number is of all values up to its bound. */
static void add_histogram(const struct writing *w,
			  const struct openmetrics_family *family,
			  const struct counters_row *row, unsigned i)
{
	const _Atomic uint64_t *words = counters_at(w->sum, row, i);
	struct openmetrics_label labels[LABELS + 1];
	size_t n = labels_of(row, i, labels);
	unsigned decimals = decimals_of(row);
	uint64_t count = 0;

	labels[n].name = "le";
	for (unsigned b = 0; b < COUNTERS_BUCKETS; b++) {
		char memory[32];
		struct buf bound;

		buf_init(&bound, memory, sizeof(memory));
		if (b < COUNTERS_BUCKETS - 1)
			openmetrics_add_number(&bound, counters_bound(b),
					       decimals);
		else
			buf_add_str(&bound, "+Inf");
		labels[n].value = buf_str(&bound) ? memory : "";
		count += counters_get(&words[b]);
		openmetrics_add_sample(w->out, family, "_bucket", labels, n + 1,
				       count, 0);
	}
	openmetrics_add_sample(w->out, family, "_sum", labels, n,
			       counters_get(&words[COUNTERS_BUCKETS]),
			       decimals);
	openmetrics_add_sample(w->out, family, "_count", labels, n, count, 0);
}

static void add_row(const struct writing *w, const struct counters_row *row)
{
	const struct openmetrics_family family = family_of(row);

	for (unsigned i = 0; i < counters_values(row); i++) {
		struct openmetrics_label labels[LABELS + 1];
		size_t n = labels_of(row, i, labels);

		if (row->kind == COUNTERS_HISTOGRAM)
			add_histogram(w, &family, row, i);
		else
			openmetrics_add_sample(
				w->out, &family,
				row->kind == COUNTERS_COUNTER ? "_total" : "",
				labels, n,
				counters_get(counters_at(w->sum, row, i)),
				decimals_of(row));
	}
}

/* Rows of one family follow each other and have one head. */
static void add_rows(const struct writing *w)
{
	const char *before = "";

	for (size_t i = 0; i < counters_rows_n; i++) {
		const struct counters_row *row = &counters_rows[i];
		const struct openmetrics_family family = family_of(row);

		if (!is_asked_for(w, &family))
			continue;
		if (strcmp(row->family, before) != 0)
			openmetrics_add_head(w->out, w->format, &family);
		before = row->family;
		add_row(w, row);
	}
}

/* --- what this daemon counts --- */

/* A sample; those of one family follow each other. */
struct own_row {
	struct openmetrics_family family;
	struct openmetrics_label label;
	uint64_t (*value)(const struct scmpd *s, unsigned i);
	unsigned i;
};

static uint64_t count(const struct scmpd *s, unsigned i)
{
	return s->counts[i];
}

static uint64_t connections_open(const struct scmpd *s, unsigned i)
{
	(void)i;
	return s->connections_n;
}

static uint64_t events_dropped(const struct scmpd *s, unsigned i)
{
	(void)i;
	return s->watch.dropped;
}

static uint64_t started(const struct scmpd *s, unsigned i)
{
	(void)i;
	return (uint64_t)s->started;
}

static uint64_t one(const struct scmpd *s, unsigned i)
{
	(void)s;
	(void)i;
	return 1;
}

#define GAUGE(name, unit, help)                                                \
	{                                                                      \
		name, unit, help, OPENMETRICS_GAUGE                            \
	}
#define COUNTER(name, help)                                                    \
	{                                                                      \
		name, NULL, help, OPENMETRICS_COUNTER                          \
	}
#define REFUSED	 COUNTER("scmp_connections_refused", "Connections refused")
#define LOGINS	 COUNTER("scmp_logins", "Attempts to log in to the daemon")
#define COMMANDS COUNTER("scmp_commands", "Commands of SCMP that were answered")
#define AUDITED                                                                \
	COUNTER("scmp_changes", "Commands to change something, as audited")

static const struct own_row own_rows[] = {
	{GAUGE("pop3_session_build_info", NULL, "The version of the daemon"),
	 {"version", POP3_SESSION_VERSION},
	 one,
	 0},
	{GAUGE("process_start_time_seconds", "seconds",
	       "When the daemon was started"),
	 {NULL, NULL},
	 started,
	 0},
	{GAUGE("scmp_connections_open", NULL, "Connections to the daemon"),
	 {NULL, NULL},
	 connections_open,
	 0},
	{COUNTER("scmp_connections", "Connections that the daemon took"),
	 {NULL, NULL},
	 count,
	 METRICS_CONNECTIONS},
	{REFUSED, {"reason", "full"}, count, METRICS_REFUSED_FULL},
	{REFUSED, {"reason", "banned"}, count, METRICS_REFUSED_BANNED},
	{LOGINS, {"result", "ok"}, count, METRICS_LOGINS_OK},
	{LOGINS, {"result", "failed"}, count, METRICS_LOGINS_FAILED},
	{COMMANDS, {"result", "ok"}, count, METRICS_COMMANDS_OK},
	{COMMANDS, {"result", "err"}, count, METRICS_COMMANDS_ERR},
	{AUDITED, {"result", "ok"}, count, METRICS_AUDITED_OK},
	{AUDITED, {"result", "err"}, count, METRICS_AUDITED_ERR},
	{COUNTER("scmp_events_dropped",
		 "Events that clients did not take in time"),
	 {NULL, NULL},
	 events_dropped,
	 0},
};

static void add_own(const struct writing *w)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(own_rows) / sizeof(own_rows[0]); i++) {
		const struct own_row *row = &own_rows[i];

		if (!is_asked_for(w, &row->family))
			continue;
		if (strcmp(row->family.name, before) != 0)
			openmetrics_add_head(w->out, w->format, &row->family);
		before = row->family.name;
		openmetrics_add_sample(
			w->out, &row->family,
			row->family.type == OPENMETRICS_COUNTER ? "_total" : "",
			&row->label, row->label.name ? 1 : 0,
			row->value(w->scmpd, row->i), 0);
	}
}

void metrics_add(struct buf *out, enum openmetrics_format format,
		 struct span prefix, const struct scmpd *s,
		 const struct counters_all *sum)
{
	const struct writing w = {out, format, prefix, s, sum};

	add_rows(&w);
	add_own(&w);
	openmetrics_add_end(out, format);
}

/* --- METRICS --- */

static void send_lines(struct call *call, struct span text)
{
	call_begin(call, "metrics");
	while (text.n) {
		size_t end = span_find(text, '\n');

		call_line(call, span_take(text, end));
		text = span_drop(text, end + 1);
	}
	call_end(call);
}

void metrics_list(struct call *call)
{
	struct counters_all sum;
	struct buf out;
	char *memory;

	if (!sessions_sum(call, &sum))
		return;
	memory = malloc(METRICS_SIZE);
	buf_init(&out, memory, memory ? METRICS_SIZE : 0);
	metrics_add(&out, OPENMETRICS_1_0, scmp_command_word(call->command, 0),
		    call->scmpd, &sum);
	if (out.overflow)
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
	else
		send_lines(call, buf_span(&out));
	free(memory);
}
