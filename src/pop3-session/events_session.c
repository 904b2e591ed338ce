/* SPDX-License-Identifier: ISC */
/* The lines about what happens in a session. */
#include "pop3-session/events.h"

#include "pop3-session/events_line.h"
#include "pop3-session/monitor.h"
#include "priv/sandbox.h"

#include <string.h>

static const char *const method_words[CHANNEL_METHODS] = {
	[CHANNEL_USER_PASS] = "PLAIN",
	[CHANNEL_APOP] = "APOP",
};

void event_login(const struct monitor *m, enum channel_method method)
{
	const struct peer *peer = &m->setup->peer;
	struct events_line line;

	events_line_begin(&line, EVENT_LOGIN);
	buf_add_str(&line.words, "Login");
	events_line_text(&line, "user", LOG_ANGLED, m->user);
	events_line_text(&line, "method", LOG_PLAIN, method_words[method]);
	events_line_rip(&line, LOG_PLAIN, peer);
	events_line_lip(&line, peer);
	events_line_number(&line, "mpid", LOG_PLAIN, (uint64_t)m->pid);
	events_line_session(&line, LOG_ANGLED, m);
	events_line_write(&line);
}

void event_delayed(const struct monitor *m, uint32_t ms)
{
	const struct peer *peer = &m->setup->peer;
	struct events_line line;

	events_line_begin(&line, EVENT_DELAYED);
	buf_add_str(&line.words, "Delayed: failed logins of this network, "
				 "which is not in trusted_networks");
	events_line_rip(&line, LOG_PLAIN, peer);
	events_line_lip(&line, peer);
	events_line_session(&line, LOG_ANGLED, m);
	events_line_text(&line, "setting", LOG_HIDDEN, "trusted_networks");
	events_line_number(&line, "delay_ms", LOG_PLAIN, ms);
	events_line_write(&line);
}

void event_user_refused(const struct monitor *m, const char *setting,
			int64_t limit)
{
	struct events_line line;

	events_line_begin(&line, EVENT_REFUSED);
	events_line_attempt(&line, m);
	events_line_limit(&line, setting, limit);
	events_line_write(&line);
}

/* The words are all that there is to say. */
static void say_why(const struct monitor *m, enum events_kind kind,
		    const char *why)
{
	struct events_line line;

	events_line_begin(&line, kind);
	buf_add_str(&line.words, why);
	events_line_attempt(&line, m);
	events_line_write(&line);
}

void event_kept_out(const struct monitor *m, const char *why)
{
	say_why(m, EVENT_KEPT_OUT, why);
}

void event_login_failed(const struct monitor *m, const char *why)
{
	say_why(m, EVENT_LOGIN_FAILED, why);
}

void event_front_trapped(const struct monitor *m)
{
	const char *name = sandbox_call_name(m->trapped);

	log_error("session %s: the front was killed for the system call %s "
		  "(%d), which its sandbox forbids",
		  m->session, name ? name : "unknown", m->trapped);
}

static const char *kind_name(mode_t kind)
{
	switch (kind) {
	case S_IFIFO:
		return "FIFO";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	case S_IFLNK:
		return "symbolic link";
	case S_IFDIR:
		return "folder";
	default:
		return "entry of another kind";
	}
}

void event_skipped(const struct monitor *m)
{
	const struct maildrop *d = &m->drop;

	if (d->skipped > 0)
		log_warning("user %s: %u entries of new/ or cur/ are no "
			    "messages and were skipped; the first is a %s",
			    m->user, d->skipped, kind_name(d->skipped_kind));
	if (d->unreadable > 0)
		log_warning("user %s: %u messages cannot be read and were "
			    "left out: %s",
			    m->user, d->unreadable,
			    strerror(d->unreadable_why));
	if (d->popser_undone > 0)
		log_warning("user %s: %u messages that an UPDATE cut short was "
			    "to remove are still there",
			    m->user, d->popser_undone);
	if (d->popser_why)
		log_warning("user %s: popser.log: %s; what could not be "
			    "recorded was not moved",
			    m->user, strerror(d->popser_why));
	if (d->index_why)
		log_debug("user %s: the index cannot be written: %s", m->user,
			  strerror(d->index_why));
}
