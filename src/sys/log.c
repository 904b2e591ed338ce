/* SPDX-License-Identifier: ISC */
#include "sys/log.h"

#include "base/buf.h"
#include "sys/log_line.h"
#include "sys/log_sink.h"
#include "sys/log_time.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum {
	LINE_MAX_OCTETS = 4096, /* = PIPE_BUF: one write is one line */
	MESSAGE_MAX_OCTETS = 1024,
	VALUE_WHOLE = LINE_MAX_OCTETS
};

const char *const log_format_words[] = {"dovecot", "logfmt", "json", NULL};
const char *const log_level_words[] = {"error", "warning", "info", "debug",
				       NULL};

/* The process's log. */
static struct {
	struct log_sink sink;
	struct log_options options;
	bool is_open;
	uint64_t lost;	     /* lines, since log_open() */
	uint64_t unreported; /* of these, not yet told of in the log */
	void (*tell)(struct span words); /* of errors; NULL: nobody */
} the_log = {
	.options = {.sink = "stderr",
		    .ident = "pop3-session",
		    .level = LOG_AT_INFO},
};

static void count_loss(uint64_t n)
{
	the_log.lost += n;
	the_log.unreported += n;
}

static void put_line(const struct log_event *event, struct span words,
		     const struct log_field *fields, size_t n)
{
	/* Values are cut rather than the line, which must stay whole. */
	static const size_t limits[] = {VALUE_WHOLE, 256, 32};
	char mem[LINE_MAX_OCTETS];
	struct buf b;
	struct log_line l = {.event = event,
			     .words = words,
			     .fields = fields,
			     .nfields = n,
			     .options = &the_log.options,
			     .sink = &the_log.sink};

	buf_init(&b, mem, sizeof(mem));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		l.limit = limits[i];
		if (i > 0)
			l.words = span_take(words, limits[i]);
		log_line_make(&b, &l);
		if (!b.overflow)
			break;
	}
	if (b.overflow || !log_sink_put(&the_log.sink, buf_span(&b)))
		count_loss(1);
}

static void report_loss(void)
{
	static const struct log_event event = {.name = "log_lost",
					       .level = LOG_AT_WARNING};
	uint64_t before = the_log.lost, n = the_log.unreported;
	struct log_field field = LOG_NUMBER("lines", LOG_HIDDEN, n);
	char mem[64];
	struct buf words;

	buf_init(&words, mem, sizeof(mem));
	buf_add_u64(&words, n);
	buf_add_str(&words, " lines of this log were lost");
	put_line(&event, buf_span(&words), &field, 1);
	if (the_log.lost == before) {
		the_log.unreported -= n;
	} else { /* this line itself was lost: that is not news */
		the_log.lost = before;
		the_log.unreported = n;
	}
}

static void open_early(void)
{
	the_log.is_open = true;
	/* A stderr that is closed or is the client's: then no line at all. */
	if (log_sink_open(&the_log.sink, "stderr") < 0)
		the_log.sink.kind = LOG_SINK_NONE;
}

int log_open(const struct log_options *options)
{
	struct log_sink sink;
	int r = log_sink_open(&sink, options->sink);

	if (r < 0)
		return r;
	if (the_log.is_open)
		log_sink_close(&the_log.sink);
	the_log.sink = sink;
	the_log.options = *options;
	the_log.is_open = true;
	the_log.lost = the_log.unreported = 0;
	return 0;
}

void log_set_level(enum log_level level)
{
	the_log.options.level = level;
}

void log_look(void)
{
	log_time_look(time(NULL));
}

void log_close(void)
{
	log_sink_close(&the_log.sink);
	the_log.tell = NULL;
	the_log.is_open = true; /* and does not open by itself again */
}

void log_tell_errors(void (*tell)(struct span words))
{
	the_log.tell = tell;
}

void log_write_always(const struct log_event *event, struct span words,
		      const struct log_field *fields, size_t n)
{
	int saved = errno;

	if (!the_log.is_open)
		open_early();
	if (the_log.unreported > 0)
		report_loss();
	put_line(event, words, fields, n);
	if (event->level == LOG_AT_ERROR && the_log.tell)
		the_log.tell(words);
	errno = saved;
}

void log_write(const struct log_event *event, struct span words,
	       const struct log_field *fields, size_t n)
{
	if (event->level <= the_log.options.level)
		log_write_always(event, words, fields, n);
}

__attribute__((format(printf, 2, 0))) static void
write_message(enum log_level level, const char *fmt, va_list ap)
{
	struct log_event event = {.name = "message", .level = level};
	char text[MESSAGE_MAX_OCTETS];
	int n;

	if (level > the_log.options.level)
		return;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	log_write(&event, span_make(text, (size_t)n), NULL, 0);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_message(LOG_AT_ERROR, fmt, ap);
	va_end(ap);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_message(LOG_AT_WARNING, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_message(LOG_AT_INFO, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_message(LOG_AT_DEBUG, fmt, ap);
	va_end(ap);
}

uint64_t log_lost(void)
{
	return the_log.lost;
}
