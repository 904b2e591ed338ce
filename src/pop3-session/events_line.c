/* SPDX-License-Identifier: ISC */
#include "pop3-session/events_line.h"

#include "pop3-session/monitor.h"

/* The classic line's first word of all but the session's own. */
static const char login_service[] = "pop3-login";

static const struct log_event events[EVENTS_KINDS] = {
	[EVENT_LOGIN] = {"login", LOG_AT_INFO, login_service},
	[EVENT_NO_LOGIN] = {"no_login", LOG_AT_INFO, login_service},
	[EVENT_LOGIN_FAILED] = {"login_failed", LOG_AT_DEBUG, login_service},
	[EVENT_REFUSED] = {"refused", LOG_AT_WARNING, login_service},
	[EVENT_UNSERVED] = {"unserved", LOG_AT_ERROR, login_service},
	[EVENT_DELAYED] = {"login_delayed", LOG_AT_INFO, login_service},
	[EVENT_KEPT_OUT] = {"kept_out", LOG_AT_INFO, login_service},
	[EVENT_END] = {"session_end", LOG_AT_INFO, NULL},
};

void events_line_begin(struct events_line *l, enum events_kind kind)
{
	l->kind = kind;
	l->n = 0;
	buf_init(&l->words, l->memory, sizeof(l->memory));
}

static void add(struct events_line *l, struct log_field field)
{
	if (l->n < EVENTS_FIELDS)
		l->fields[l->n++] = field;
}

void events_line_text(struct events_line *l, const char *key,
		      enum log_style style, const char *text)
{
	add(l, (struct log_field)LOG_TEXT(key, style, span_str(text)));
}

void events_line_number(struct events_line *l, const char *key,
			enum log_style style, uint64_t number)
{
	add(l, (struct log_field)LOG_NUMBER(key, style, number));
}

static void add_address(struct events_line *l, const char *key,
			enum log_style style, const struct network_address *a,
			char *memory)
{
	struct buf out;

	buf_init(&out, memory, NETWORK_TEXT_MAX);
	network_address_format(a, &out);
	add(l, (struct log_field)LOG_TEXT(key, style, buf_span(&out)));
}

void events_line_rip(struct events_line *l, enum log_style style,
		     const struct peer *peer)
{
	if (peer->known)
		add_address(l, "rip", style, &peer->address, l->rip);
	else
		events_line_text(l, "rip", style, "local");
}

void events_line_lip(struct events_line *l, const struct peer *peer)
{
	if (peer->known)
		add_address(l, "lip", LOG_PLAIN, &peer->local, l->lip);
	else
		events_line_text(l, "lip", LOG_PLAIN, "local");
}

void events_line_session(struct events_line *l, enum log_style style,
			 const struct monitor *m)
{
	events_line_text(l, "session", style, m->session);
}

void events_line_attempt(struct events_line *l, const struct monitor *m)
{
	events_line_text(l, "user", LOG_ANGLED, m->user);
	events_line_rip(l, LOG_PLAIN, &m->setup->peer);
	events_line_lip(l, &m->setup->peer);
	events_line_session(l, LOG_ANGLED, m);
}

void events_line_limit(struct events_line *l, const char *setting,
		       int64_t limit)
{
	buf_add_str(&l->words, "Refused: ");
	buf_add_str(&l->words, setting);
	buf_add_char(&l->words, '=');
	buf_add_u64(&l->words, (uint64_t)limit);
	buf_add_str(&l->words, " is reached");
	events_line_text(l, "setting", LOG_HIDDEN, setting);
	events_line_number(l, "limit", LOG_HIDDEN, (uint64_t)limit);
}

void events_line_write(const struct events_line *l)
{
	log_write(&events[l->kind], buf_span(&l->words), l->fields, l->n);
}
