/* SPDX-License-Identifier: ISC */
#include "sys/log_line.h"

#include "sys/log_time.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const int priorities[] = {
	[LOG_AT_ERROR] = LOG_ERR,
	[LOG_AT_WARNING] = LOG_WARNING,
	[LOG_AT_INFO] = LOG_INFO,
	[LOG_AT_DEBUG] = LOG_DEBUG,
};

/* How a value is put, beside escaping. */
enum quoting {
	QUOTE_NONE,   /* classic line: what would end the value is escaped */
	QUOTE_ANGLED, /* the same between < and > */
	QUOTE_LOGFMT, /* in quotes where it needs them */
	QUOTE_JSON    /* always in quotes */
};

static void add_escape(struct buf *b, char c, enum quoting how)
{
	unsigned char octet = (unsigned char)c;

	buf_add_str(b, how == QUOTE_JSON ? "\\\\x" : "\\x");
	buf_add_hex(b, &octet, 1);
}

static bool is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* An octet of a value: untrusted, so everything that is special is escaped,
 * and none can make the line look as if it had another field. */
static void add_value_octet(struct buf *b, char c, enum quoting how)
{
	static const char *const special[] = {[QUOTE_NONE] = " ,<>\\",
					      [QUOTE_ANGLED] = "<>\\",
					      [QUOTE_LOGFMT] = "\\",
					      [QUOTE_JSON] = "\\"};

	if (!is_printable(c) || strchr(special[how], c)) {
		add_escape(b, c, how);
	} else {
		if (c == '"' && how >= QUOTE_LOGFMT)
			buf_add_char(b, '\\');
		buf_add_char(b, c);
	}
}

static bool needs_quotes(struct span s, enum quoting how)
{
	if (how != QUOTE_LOGFMT)
		return how == QUOTE_JSON;
	for (size_t i = 0; i < s.n; i++)
		if (!is_printable(s.p[i]) || strchr(" =\"\\", s.p[i]))
			return true;
	return s.n == 0;
}

static void add_value(struct buf *b, struct span s, enum quoting how)
{
	bool quotes = needs_quotes(s, how);

	if (quotes)
		buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++)
		add_value_octet(b, s.p[i], how);
	if (quotes)
		buf_add_char(b, '"');
}

/* Text of ours with parts escaped by the program: its backslashes stay. */
static void add_words(struct buf *b, struct span s, enum quoting how)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_printable(c)) {
			add_escape(b, c, how);
			continue;
		}
		if (how >= QUOTE_LOGFMT && (c == '"' || c == '\\'))
			buf_add_char(b, '\\');
		buf_add_char(b, c);
	}
}

static void add_field_value(struct buf *b, const struct log_field *f,
			    size_t limit, enum quoting how)
{
	if (f->is_number)
		buf_add_u64(b, f->number);
	else
		add_value(b, span_take(f->text, limit), how);
}

static void add_classic_field(struct buf *b, const struct log_field *f,
			      size_t limit)
{
	if (f->style != LOG_WORD) {
		buf_add_str(b, f->key);
		buf_add_char(b, '=');
	}
	if (f->style == LOG_ANGLED) {
		buf_add_char(b, '<');
		add_field_value(b, f, limit, QUOTE_ANGLED);
		buf_add_char(b, '>');
	} else {
		add_field_value(b, f, limit, QUOTE_NONE);
	}
}

static void add_classic(struct buf *b, const struct log_line *l)
{
	const char *joint = ": ";

	if (l->event->service) {
		buf_add_str(b, l->event->service);
		buf_add_str(b, ": ");
	}
	if (l->event->level == LOG_AT_ERROR)
		buf_add_str(b, "Error: ");
	if (l->event->level == LOG_AT_WARNING)
		buf_add_str(b, "Warning: ");
	add_words(b, l->words, QUOTE_NONE);
	for (size_t i = 0; i < l->nfields; i++) {
		if (l->fields[i].style == LOG_HIDDEN)
			continue;
		buf_add_str(b, joint);
		joint = ", ";
		add_classic_field(b, &l->fields[i], l->limit);
	}
}

static void add_time(struct buf *b, bool local)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	log_time_add(b, &now, local);
}

/* The two machine formats differ in their marks only. */
static void add_key(struct buf *b, const char *key, enum quoting how)
{
	char last = b->n > 0 ? b->p[b->n - 1] : '\0';

	if (how == QUOTE_JSON) {
		if (last != '{')
			buf_add_char(b, ',');
		add_value(b, span_str(key), QUOTE_JSON);
		buf_add_char(b, ':');
	} else {
		buf_add_char(b, ' ');
		buf_add_str(b, key);
		buf_add_char(b, '=');
	}
}

static void add_text(struct buf *b, const char *key, const char *text,
		     enum quoting how)
{
	add_key(b, key, how);
	add_value(b, span_str(text), how);
}

/* A JSON library would allocate, and would be linked into every process, for
 * what is one flat object of strings and numbers with keys of our own. */
static void add_structured(struct buf *b, const struct log_line *l,
			   enum quoting how)
{
	buf_add_str(b, how == QUOTE_JSON ? "{\"time\":\"" : "time=");
	add_time(b, false);
	if (how == QUOTE_JSON)
		buf_add_char(b, '"');
	add_text(b, "level", log_level_words[l->event->level], how);
	add_text(b, "event", l->event->name, how);
	add_text(b, "ident", l->options->ident, how);
	add_key(b, "pid", how);
	buf_add_u64(b, (uint64_t)getpid());
	for (size_t i = 0; i < l->nfields; i++) {
		add_key(b, l->fields[i].key, how);
		add_field_value(b, &l->fields[i], l->limit, how);
	}
	if (l->words.n > 0) {
		add_key(b, "message", how);
		buf_add_char(b, '"');
		add_words(b, l->words, how);
		buf_add_char(b, '"');
	}
	if (how == QUOTE_JSON)
		buf_add_char(b, '}');
}

static void add_tag(struct buf *b, const struct log_line *l)
{
	buf_add_str(b, l->options->ident);
	buf_add_char(b, '[');
	buf_add_u64(b, (uint64_t)getpid());
	buf_add_str(b, "]: ");
}

/* What the sink wants before the line's own text. */
static void add_head(struct buf *b, const struct log_line *l)
{
	const struct log_sink *s = l->sink;
	bool syslog = s->kind == LOG_SINK_SYSLOG;

	if (syslog || s->journal) {
		buf_add_char(b, '<');
		buf_add_u64(b, (uint64_t)(priorities[l->event->level] |
					  (syslog ? LOG_MAIL : 0)));
		buf_add_char(b, '>');
	}
	if (syslog) {
		log_time_add_syslog(b, time(NULL));
		add_tag(b, l);
	} else if (l->options->format == LOG_DOVECOT && !s->journal) {
		if (s->stamped) {
			add_time(b, true);
			buf_add_char(b, ' ');
		}
		add_tag(b, l);
	}
}

void log_line_make(struct buf *b, const struct log_line *l)
{
	buf_reset(b);
	add_head(b, l);
	switch (l->options->format) {
	case LOG_DOVECOT:
		add_classic(b, l);
		break;
	case LOG_LOGFMT:
		add_structured(b, l, QUOTE_LOGFMT);
		break;
	case LOG_JSON:
		add_structured(b, l, QUOTE_JSON);
		break;
	}
	if (l->sink->kind != LOG_SINK_SYSLOG)
		buf_add_char(b, '\n');
}
