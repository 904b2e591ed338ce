/* SPDX-License-Identifier: ISC */
/*
 * Private to the files of events: the table of kinds of events, and one line
 * that is put together: its words, and its fields in the order in which they
 * are added.
 *
 * A line lives in one function.  Texts that are added as fields must outlive
 * it; words are copied.
 */
#ifndef POP3_SESSION_EVENTS_LINE_H
#define POP3_SESSION_EVENTS_LINE_H

#include "base/buf.h"
#include "net/peer.h"
#include "sys/log.h"

#include <stddef.h>
#include <stdint.h>

struct monitor;

enum events_kind {
	EVENT_LOGIN,
	EVENT_NO_LOGIN,
	EVENT_LOGIN_FAILED,
	EVENT_REFUSED,
	EVENT_UNSERVED,
	EVENT_DELAYED,
	EVENT_KEPT_OUT,
	EVENT_END,
	EVENTS_KINDS
};

enum {
	EVENTS_FIELDS = 16, /* the most that a line has; more are left out */
	EVENTS_WORDS = 512, /* octets */
};

struct events_line {
	enum events_kind kind;
	size_t n;
	struct buf words;
	char rip[NETWORK_TEXT_MAX], lip[NETWORK_TEXT_MAX];
	struct log_field fields[EVENTS_FIELDS];
	char memory[EVENTS_WORDS];
};

/* No words, no fields. */
void events_line_begin(struct events_line *l, enum events_kind kind);

void events_line_text(struct events_line *l, const char *key,
		      enum log_style style, const char *text);
void events_line_number(struct events_line *l, const char *key,
			enum log_style style, uint64_t number);

/* The peer's address (rip), and the one it has reached (lip): once a line. */
void events_line_rip(struct events_line *l, enum log_style style,
		     const struct peer *peer);
void events_line_lip(struct events_line *l, const struct peer *peer);

/* The name of the session. */
void events_line_session(struct events_line *l, enum log_style style,
			 const struct monitor *m);

/* The fields of a login that comes to nothing: user, rip, lip, session. */
void events_line_attempt(struct events_line *l, const struct monitor *m);

/* Words and fields: which setting has said no. */
void events_line_limit(struct events_line *l, const char *setting,
		       int64_t limit);

void events_line_write(const struct events_line *l);

#endif
