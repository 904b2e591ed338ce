/* SPDX-License-Identifier: ISC
 *
 * The log: one line an event, in one of three formats, to one of three sinks.
 * It never blocks and never allocates: what a sink does not take at once is
 * counted as lost, and the next line that gets through is preceded by one
 * that says how many were.
 *
 * Open it before entering a sandbox: nothing is opened later (the syslog
 * socket sends to /dev/log by address, so a syslogd started anew is found
 * again). A process that must not log, such as a front, calls log_close().
 * Before log_open() and after a failed one, lines go to stderr.
 *
 * Octets other than printable ASCII never reach a sink: a field's value has
 * them, and the backslash, as \xNN in each format.
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_AT_ERROR,
	LOG_AT_WARNING,
	LOG_AT_INFO, /* events of sessions */
	LOG_AT_DEBUG
};

/* The words of the settings log_format and log_level, in the order of the
 * enums, ended by NULL: for a table of configuration keys. */
extern const char *const log_format_words[];
extern const char *const log_level_words[];

enum log_format {
	LOG_DOVECOT, /* the classic line */
	LOG_LOGFMT,  /* key=value, quoted where needed */
	LOG_JSON     /* one object a line */
};

struct log_options {
	const char *sink; /* "stderr", "syslog" or an absolute path */
	const char
		*ident; /* the program's name in the line; kept, not copied */
	enum log_format format;
	enum log_level level; /* what is less important is left out */
};

/* How a field shows in the classic line, after the event's words. */
enum log_style {
	LOG_HIDDEN, /* not at all: the words have it; other formats show it */
	LOG_PLAIN,  /* key=value */
	LOG_ANGLED, /* key=<value> */
	LOG_WORD    /* the value alone, e.g. TLS */
};

/* One datum of an event; the key is a literal of [a-z0-9_]. */
struct log_field {
	const char *key;
	enum log_style style;
	bool is_number;
	struct span text;
	uint64_t number;
};

/* A kind of event: a row of the program's table of events. */
struct log_event {
	const char *name; /* "login", "session_end": `event` in other formats */
	enum log_level level;
	const char *service; /* the classic line's first word, e.g.
			      * "pop3-login"; NULL: none */
};

/* Initialisers for arrays of fields. */
#define LOG_TEXT(k, how, span_value)                                           \
	{                                                                      \
		.key = (k), .style = (how), .text = (span_value)               \
	}
#define LOG_NUMBER(k, how, value)                                              \
	{                                                                      \
		.key = (k), .style = (how), .is_number = true,                 \
		.number = (value)                                              \
	}

/* Opens the sink. 0 or -errno (a path that cannot be opened; a name that is
 * neither a sink nor an absolute path is -EINVAL). A missing /dev/log is no
 * failure. May be called again, e.g. when configuration has been read. */
int log_open(const struct log_options *) __attribute__((warn_unused_result));

/* From now on what is less important than this is left out. */
void log_set_level(enum log_level);

/* Before forking: what lines need of the time zone is asked for once, for the
 * children too. Cheap; holds for up to a quarter of an hour. */
void log_look(void);

/* Closes the sink without a word; later lines are dropped silently. */
void log_close(void);

/* Up to log_close(), and in children too, `tell` is given the words of each
 * line at LOG_AT_ERROR when it has been written; NULL: nobody is. It must not
 * log. */
void log_tell_errors(void (*tell)(struct span words));

/* Writes the event. `words` is the classic text, made by the program, with
 * untrusted parts already escaped (buf_add_escaped); control characters and
 * octets above 0x7E that are left in it are escaped here. The classic line is
 *   service: words: field, field, ...
 * where the second colon and the fields are there if a field is not hidden.
 * The other formats have the time, the level, the event's name, the fields and
 * the words as `message`. Values are cut where a line would pass 4 KiB. */
void log_write(const struct log_event *, struct span words,
	       const struct log_field *fields, size_t n);

/* The same whatever the level: for what nobody may have left out, not even who
 * sets the level. */
void log_write_always(const struct log_event *, struct span words,
		      const struct log_field *fields, size_t n);

/* Start-up and faults: text without fields. `fmt` as for printf. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Lines that could not be written since the log was opened. */
uint64_t log_lost(void);

#endif
