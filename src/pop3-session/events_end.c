/* SPDX-License-Identifier: ISC */
/* The line about the end of a session, of every one. */
#include "pop3-session/events.h"

#include "pop3-session/events_line.h"
#include "pop3-session/monitor.h"
#include "sys/clock.h"

static const char *const end_words[MONITOR_ENDS] = {
	[END_LOGGED_OUT] = "Logged out",
	[END_HUNG_UP] = "Connection closed",
	[END_ERRORS] = "Too many bad commands",
	[END_AUTH_LIMIT] = "Too many failed logins",
	[END_IDLE] = "Inactivity",
	[END_LOGIN_TIMEOUT] = "Inactivity during login",
	[END_SHUTDOWN] = "Server shutting down",
	[END_KICKED] = "Kicked",
	[END_STORAGE] = "A message could not be read to its end",
	[END_NO_MAILDROP] = "The maildrop cannot be served",
	[END_FRONT_DIED] = "Front process died",
	[END_PROTOCOL] = "Front process broke the rules",
	[END_INTERNAL] = "Internal error",
};

static void attempts_words(const struct monitor *m, uint64_t seconds,
			   struct buf *out)
{
	if (m->failures > 0) {
		buf_add_str(out, " (auth failed, ");
		buf_add_u64(out, m->failures);
		buf_add_str(out, " attempts in ");
	} else if (m->refusals > 0) {
		buf_add_str(out, " (internal failure, ");
		buf_add_u64(out, m->refusals);
		buf_add_str(out, " successful auths in ");
	} else if (m->summary.cleartext > 0) {
		buf_add_str(out, " (tried to use disallowed plaintext auth)");
		return;
	} else {
		buf_add_str(out, " (no auth attempts in ");
	}
	buf_add_u64(out, seconds);
	buf_add_str(out, " secs)");
}

static void no_login(const struct monitor *m, uint64_t seconds)
{
	struct events_line line;

	events_line_begin(&line, EVENT_NO_LOGIN);
	buf_add_str(&line.words, "Disconnected: ");
	buf_add_str(&line.words, end_words[m->end]);
	attempts_words(m, seconds, &line.words);
	events_line_attempt(&line, m);
	events_line_text(&line, "reason", LOG_HIDDEN, end_words[m->end]);
	events_line_number(&line, "attempts", LOG_HIDDEN, m->failures);
	events_line_number(&line, "refused", LOG_HIDDEN, m->refusals);
	events_line_number(&line, "secs", LOG_HIDDEN, seconds);
	events_line_number(&line, "in", LOG_HIDDEN, m->summary.received);
	events_line_number(&line, "out", LOG_HIDDEN, m->summary.sent);
	if (m->summary.cleartext) {
		events_line_number(&line, "cleartext", LOG_HIDDEN,
				   m->summary.cleartext);
		events_line_text(&line, "setting", LOG_HIDDEN,
				 "plaintext_login");
	}
	events_line_write(&line);
}

/* "NUMBER/NUMBER" behind a key. */
static void add_pair(struct buf *out, const char *key, uint64_t a, uint64_t b)
{
	buf_add_str(out, key);
	buf_add_u64(out, a);
	buf_add_char(out, '/');
	buf_add_u64(out, b);
}

static void session_words(const struct monitor *m, uint64_t seconds,
			  struct buf *out)
{
	const struct channel_summary *s = &m->summary;

	buf_add_str(out, "pop3(");
	buf_add_escaped(out, span_str(m->user));
	buf_add_str(out, ")<");
	buf_add_u64(out, (uint64_t)m->pid);
	buf_add_str(out, "><");
	buf_add_str(out, m->session);
	buf_add_str(out, ">: Disconnected: ");
	buf_add_str(out, end_words[m->end]);
	add_pair(out, " top=", s->top, s->top_octets);
	add_pair(out, ", retr=", s->retr, s->retr_octets);
	add_pair(out, ", del=", m->outcome.removed,
		 m->has_drop ? m->drop.count : 0);
	buf_add_str(out, ", size=");
	buf_add_u64(out, m->has_drop ? m->drop.octets : 0);
	buf_add_str(out, ", in=");
	buf_add_u64(out, s->received);
	buf_add_str(out, ", out=");
	buf_add_u64(out, s->sent);
	buf_add_str(out, ", secs=");
	buf_add_u64(out, seconds);
}

/* The counts are in the words, too. */
static void add_counts(struct events_line *l, const struct monitor *m,
		       uint64_t seconds)
{
	const struct channel_summary *s = &m->summary;
	const struct {
		const char *key;
		uint64_t number;
	} counts[] = {
		{"top", s->top},
		{"top_octets", s->top_octets},
		{"retr", s->retr},
		{"retr_octets", s->retr_octets},
		{"deleted", m->outcome.removed},
		{"deleted_octets", m->outcome.removed_octets},
		{"messages", m->has_drop ? m->drop.count : 0},
		{"octets", m->has_drop ? m->drop.octets : 0},
		{"in", s->received},
		{"out", s->sent},
		{"secs", seconds},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		events_line_number(l, counts[i].key, LOG_HIDDEN,
				   counts[i].number);
}

static void logged_in(const struct monitor *m, uint64_t seconds)
{
	struct events_line line;

	events_line_begin(&line, EVENT_END);
	session_words(m, seconds, &line.words);
	events_line_text(&line, "user", LOG_HIDDEN, m->user);
	events_line_rip(&line, LOG_HIDDEN, &m->setup->peer);
	events_line_session(&line, LOG_HIDDEN, m);
	events_line_text(&line, "reason", LOG_HIDDEN, end_words[m->end]);
	add_counts(&line, m, seconds);
	events_line_write(&line);
}

void event_end(const struct monitor *m)
{
	uint64_t seconds = (clock_ms() - m->started) / 1000;

	if (m->logged_in)
		logged_in(m, seconds);
	else
		no_login(m, seconds);
}
