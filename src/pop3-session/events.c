/* SPDX-License-Identifier: ISC */
/*
 * The lines of the log about sessions.  Words and fields are those of
 * Dovecot's lines, which parsers know; the other formats have the same fields.
 */
#include "pop3-session/events.h"

#include "pop3-session/monitor.h"
#include "priv/sandbox.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct log_event login_event = {"login", LOG_AT_INFO,
					     "pop3-login"};
static const struct log_event no_login_event = {"no_login", LOG_AT_INFO,
						"pop3-login"};
static const struct log_event failed_event = {"login_failed", LOG_AT_DEBUG,
					      "pop3-login"};
static const struct log_event refused_event = {"refused", LOG_AT_WARNING,
					       "pop3-login"};
static const struct log_event unserved_event = {"unserved", LOG_AT_ERROR,
						"pop3-login"};
static const struct log_event delayed_event = {"login_delayed", LOG_AT_INFO,
					       "pop3-login"};
static const struct log_event kept_out_event = {"kept_out", LOG_AT_INFO,
						"pop3-login"};
static const struct log_event end_event = {"session_end", LOG_AT_INFO, NULL};

static const char *const end_words[MONITOR_ENDS] = {
	[END_LOGGED_OUT] = "Logged out",
	[END_HUNG_UP] = "Connection closed",
	[END_ERRORS] = "Too many bad commands",
	[END_AUTH_LIMIT] = "Too many failed logins",
	[END_IDLE] = "Inactivity",
	[END_LOGIN_TIMEOUT] = "Inactivity during login",
	[END_SHUTDOWN] = "Server shutting down",
	[END_STORAGE] = "A message could not be read to its end",
	[END_NO_MAILDROP] = "The maildrop cannot be served",
	[END_FRONT_DIED] = "Front process died",
	[END_PROTOCOL] = "Front process broke the rules",
	[END_INTERNAL] = "Internal error",
};

static const char *const method_words[CHANNEL_METHODS] = {
	[CHANNEL_USER_PASS] = "PLAIN",
	[CHANNEL_APOP] = "APOP",
};

/* Texts of the fields that all lines have in common. */
struct common {
	char rip[NETWORK_TEXT_MAX], lip[NETWORK_TEXT_MAX];
	struct span rip_span, lip_span;
};

static struct span address(const struct network_address *a, bool known,
			   char *memory)
{
	struct buf out;

	if (!known)
		return span_str("local");
	buf_init(&out, memory, NETWORK_TEXT_MAX);
	network_address_format(a, &out);
	return buf_span(&out);
}

static void fill_common(struct common *c, const struct peer *peer)
{
	c->rip_span = address(&peer->address, peer->known, c->rip);
	c->lip_span = address(&peer->local, peer->known, c->lip);
}

static struct span refused_words(const char *setting, int64_t limit,
				 char *memory, size_t size)
{
	struct buf out;

	buf_init(&out, memory, size);
	buf_add_str(&out, "Refused: ");
	buf_add_str(&out, setting);
	buf_add_char(&out, '=');
	buf_add_u64(&out, (uint64_t)limit);
	buf_add_str(&out, " is reached");
	return buf_span(&out);
}

void event_refused(const struct peer *peer, const char *setting, int64_t limit)
{
	char words[96];
	struct common c;

	fill_common(&c, peer);
	const struct log_field fields[] = {
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("setting", LOG_HIDDEN, span_str(setting)),
		LOG_NUMBER("limit", LOG_HIDDEN, (uint64_t)limit),
	};
	log_write(&refused_event,
		  refused_words(setting, limit, words, sizeof(words)), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

void event_ruled_out(const struct peer *peer, const struct network *ban)
{
	char words[96];
	struct common c;
	struct buf out;

	fill_common(&c, peer);
	buf_init(&out, words, sizeof(words));
	buf_add_str(&out, ban ? "Refused: a ban of "
			      : "Refused: not on the "
				"allow list");
	if (ban)
		network_format(ban, &out);
	const struct log_field fields[] = {
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("setting", LOG_HIDDEN,
			 span_str(ban ? "ban" : "allow")),
	};
	log_write(&refused_event, buf_span(&out), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

void event_kept_out(const struct monitor *m, const char *why)
{
	struct common c;

	fill_common(&c, &m->setup->peer);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, span_str(m->user)),
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
	};
	log_write(&kept_out_event, span_str(why), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

void event_user_refused(const struct monitor *m, const char *setting,
			int64_t limit)
{
	char words[96];
	struct common c;

	fill_common(&c, &m->setup->peer);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, span_str(m->user)),
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
		LOG_TEXT("setting", LOG_HIDDEN, span_str(setting)),
		LOG_NUMBER("limit", LOG_HIDDEN, (uint64_t)limit),
	};
	log_write(&refused_event,
		  refused_words(setting, limit, words, sizeof(words)), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

/* Which of a unit's limits is to be raised, or NULL. */
static const char *resource(int error)
{
	switch (error) {
	case EAGAIN:
		return "TasksMax";
	case EMFILE:
		return "LimitNOFILE";
	case ENFILE:
		return "fs.file-max";
	case ENOMEM:
	case ENOBUFS:
		return "MemoryMax";
	default:
		return NULL;
	}
}

void event_unserved(const struct peer *peer, const char *what, int error)
{
	const char *setting = resource(error);
	char words[256];
	struct common c;
	struct buf out;

	fill_common(&c, peer);
	buf_init(&out, words, sizeof(words));
	buf_add_str(&out, "Cannot serve a connection: ");
	buf_add_str(&out, what);
	buf_add_str(&out, ": ");
	buf_add_str(&out, strerror(error));
	if (setting) {
		buf_add_str(&out, " (see ");
		buf_add_str(&out, setting);
		buf_add_char(&out, ')');
	}
	const struct log_field fields[] = {
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("setting", LOG_HIDDEN,
			 span_str(setting ? setting : "")),
	};
	log_write(&unserved_event, buf_span(&out), fields,
		  sizeof(fields) / sizeof(fields[0]) - !setting);
}

void event_login(const struct monitor *m, enum channel_method method)
{
	struct common c;

	fill_common(&c, &m->setup->peer);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, span_str(m->user)),
		LOG_TEXT("method", LOG_PLAIN, span_str(method_words[method])),
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_NUMBER("mpid", LOG_PLAIN, (uint64_t)getpid()),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
	};
	log_write(&login_event, span_str("Login"), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

/* The network's earlier failures are waited out before this login is tried. */
void event_delayed(const struct monitor *m, uint32_t ms)
{
	struct common c;

	fill_common(&c, &m->setup->peer);
	const struct log_field fields[] = {
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
		LOG_TEXT("setting", LOG_HIDDEN, span_str("trusted_networks")),
		LOG_NUMBER("delay_ms", LOG_PLAIN, ms),
	};
	log_write(&delayed_event,
		  span_str("Delayed: failed logins of this network, which is "
			   "not in trusted_networks"),
		  fields, sizeof(fields) / sizeof(fields[0]));
}

void event_login_failed(const struct monitor *m, const char *why)
{
	struct common c;

	fill_common(&c, &m->setup->peer);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, span_str(m->user)),
		LOG_TEXT("rip", LOG_PLAIN, c.rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c.lip_span),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
	};
	log_write(&failed_event, span_str(why), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

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

static void no_login(const struct monitor *m, const struct common *c,
		     uint64_t seconds)
{
	uint32_t cleartext = m->summary.cleartext;
	char words[160];
	struct buf out;

	buf_init(&out, words, sizeof(words));
	buf_add_str(&out, "Disconnected: ");
	buf_add_str(&out, end_words[m->end]);
	attempts_words(m, seconds, &out);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, span_str(m->user)),
		LOG_TEXT("rip", LOG_PLAIN, c->rip_span),
		LOG_TEXT("lip", LOG_PLAIN, c->lip_span),
		LOG_TEXT("session", LOG_ANGLED, span_str(m->session)),
		LOG_TEXT("reason", LOG_HIDDEN, span_str(end_words[m->end])),
		LOG_NUMBER("attempts", LOG_HIDDEN, m->failures),
		LOG_NUMBER("refused", LOG_HIDDEN, m->refusals),
		LOG_NUMBER("secs", LOG_HIDDEN, seconds),
		LOG_NUMBER("in", LOG_HIDDEN, m->summary.received),
		LOG_NUMBER("out", LOG_HIDDEN, m->summary.sent),
		/* These two only where there is something to tell. */
		LOG_NUMBER("cleartext", LOG_HIDDEN, cleartext),
		LOG_TEXT("setting", LOG_HIDDEN, span_str("plaintext_login")),
	};
	log_write(&no_login_event, buf_span(&out), fields,
		  sizeof(fields) / sizeof(fields[0]) - (cleartext ? 0 : 2));
}

/* "NUMBER/NUMBER" behind a key. */
static void add_pair(struct buf *out, const char *key, uint64_t a, uint64_t b)
{
	buf_add_str(out, key);
	buf_add_u64(out, a);
	buf_add_char(out, '/');
	buf_add_u64(out, b);
}

static void session_words(const struct monitor *m, struct buf *out)
{
	const struct channel_summary *s = &m->summary;

	buf_add_str(out, "pop3(");
	buf_add_escaped(out, span_str(m->user));
	buf_add_str(out, ")<");
	buf_add_u64(out, (uint64_t)getpid());
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
}

static void logged_in(const struct monitor *m, const struct common *c,
		      uint64_t seconds)
{
	const struct channel_summary *s = &m->summary;
	char words[512];
	struct buf out;

	buf_init(&out, words, sizeof(words));
	session_words(m, &out);
	buf_add_str(&out, ", in=");
	buf_add_u64(&out, s->received);
	buf_add_str(&out, ", out=");
	buf_add_u64(&out, s->sent);
	buf_add_str(&out, ", secs=");
	buf_add_u64(&out, seconds);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_HIDDEN, span_str(m->user)),
		LOG_TEXT("rip", LOG_HIDDEN, c->rip_span),
		LOG_TEXT("session", LOG_HIDDEN, span_str(m->session)),
		LOG_TEXT("reason", LOG_HIDDEN, span_str(end_words[m->end])),
		LOG_NUMBER("top", LOG_HIDDEN, s->top),
		LOG_NUMBER("top_octets", LOG_HIDDEN, s->top_octets),
		LOG_NUMBER("retr", LOG_HIDDEN, s->retr),
		LOG_NUMBER("retr_octets", LOG_HIDDEN, s->retr_octets),
		LOG_NUMBER("deleted", LOG_HIDDEN, m->outcome.removed),
		LOG_NUMBER("deleted_octets", LOG_HIDDEN,
			   m->outcome.removed_octets),
		LOG_NUMBER("messages", LOG_HIDDEN,
			   m->has_drop ? m->drop.count : 0),
		LOG_NUMBER("octets", LOG_HIDDEN,
			   m->has_drop ? m->drop.octets : 0),
		LOG_NUMBER("in", LOG_HIDDEN, s->received),
		LOG_NUMBER("out", LOG_HIDDEN, s->sent),
		LOG_NUMBER("secs", LOG_HIDDEN, seconds),
	};
	log_write(&end_event, buf_span(&out), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

void event_end(const struct monitor *m)
{
	uint64_t seconds = (clock_ms() - m->started) / 1000;
	struct common c;

	fill_common(&c, &m->setup->peer);
	if (m->logged_in)
		logged_in(m, &c, seconds);
	else
		no_login(m, &c, seconds);
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
