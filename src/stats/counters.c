/* SPDX-License-Identifier: ISC */
#include "stats/counters.h"

_Static_assert(sizeof(_Atomic uint64_t) == 8 && ATOMIC_LLONG_LOCK_FREE == 2,
	       "sets are words, and shared between processes");
_Static_assert(sizeof(struct counters_all) % 8 == 0, "nothing but words");

/* --- counting --- */

unsigned counters_bucket(uint64_t value)
{
	unsigned bucket;

	if (value <= 1)
		return 0;
	bucket = 64 - (unsigned)__builtin_clzll(value - 1);
	return bucket < COUNTERS_BUCKETS ? bucket : COUNTERS_BUCKETS - 1;
}

uint64_t counters_bound(unsigned bucket)
{
	return bucket < COUNTERS_BUCKETS - 1 ? UINT64_C(1) << bucket
					     : UINT64_MAX;
}

void counters_observe(struct counters_histogram *histogram, uint64_t value)
{
	counters_add(&histogram->buckets[counters_bucket(value)], 1);
	counters_add(&histogram->sum, value);
}

/* --- sets as words --- */

void counters_sum(_Atomic uint64_t *to, const _Atomic uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t have = counters_get(&to[i]);
		uint64_t sum = have + counters_get(&from[i]);

		counters_set(&to[i], sum < have ? UINT64_MAX : sum);
	}
}

bool counters_are_sane(const _Atomic uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (counters_get(&words[i]) > COUNTERS_MOST)
			return false;
	}
	return true;
}

/* --- words --- */

#define WORD_OF(words, i)                                                      \
	((i) < sizeof(words) / sizeof((words)[0]) ? (words)[i] : "-")

const char *counters_refusal_word(unsigned refusal)
{
	static const char *const words[COUNTERS_REFUSALS] = {
		[COUNTERS_BANNED] = "banned",
		[COUNTERS_NOT_ALLOWED] = "not_allowed",
		[COUNTERS_FAILURES] = "failures",
		[COUNTERS_FULL] = "sessions",
		[COUNTERS_NETWORK_FULL] = "sessions_per_network",
		[COUNTERS_DRAINING] = "draining",
		[COUNTERS_UNSERVED] = "unserved",
	};

	return WORD_OF(words, refusal);
}

const char *counters_method_word(unsigned method)
{
	static const char *const words[COUNTERS_METHODS] = {
		[COUNTERS_PASS] = "pass",
		[COUNTERS_APOP] = "apop",
	};

	return WORD_OF(words, method);
}

const char *counters_login_word(unsigned login)
{
	static const char *const words[COUNTERS_LOGINS] = {
		[COUNTERS_LOGGED_IN] = "ok",
		[COUNTERS_CREDENTIALS] = "credentials",
		[COUNTERS_IN_USE] = "in_use",
		[COUNTERS_USER_FULL] = "sessions_per_user",
		[COUNTERS_PENALTY] = "failures",
		[COUNTERS_CLEARTEXT] = "cleartext",
		[COUNTERS_NO_METHOD] = "method",
		[COUNTERS_TEMPORARY] = "temporary",
		[COUNTERS_PERMANENT] = "permanent",
	};

	return WORD_OF(words, login);
}

const char *counters_timeout_word(unsigned timeout)
{
	static const char *const words[COUNTERS_TIMEOUTS] = {
		[COUNTERS_LOGIN_TIMEOUT] = "login",
		[COUNTERS_IDLE_TIMEOUT] = "idle",
	};

	return WORD_OF(words, timeout);
}

const char *counters_end_word(unsigned end)
{
	static const char *const words[COUNTERS_ENDS] = {
		[COUNTERS_END_UNKNOWN] = "unknown",
		[COUNTERS_END_LOGGED_OUT] = "logged_out",
		[COUNTERS_END_HUNG_UP] = "hung_up",
		[COUNTERS_END_ERRORS] = "errors",
		[COUNTERS_END_AUTH_LIMIT] = "auth_limit",
		[COUNTERS_END_IDLE] = "idle",
		[COUNTERS_END_LOGIN_TIMEOUT] = "login_timeout",
		[COUNTERS_END_SHUTDOWN] = "shutdown",
		[COUNTERS_END_KICKED] = "kicked",
		[COUNTERS_END_STORAGE] = "storage",
		[COUNTERS_END_NO_MAILDROP] = "no_maildrop",
		[COUNTERS_END_FRONT_DIED] = "front_died",
		[COUNTERS_END_PROTOCOL] = "protocol",
		[COUNTERS_END_INTERNAL] = "internal",
	};

	return WORD_OF(words, end);
}

bool counters_end_is_fault(unsigned end)
{
	return end == COUNTERS_END_UNKNOWN || end == COUNTERS_END_STORAGE ||
	       end == COUNTERS_END_FRONT_DIED || end == COUNTERS_END_PROTOCOL ||
	       end == COUNTERS_END_INTERNAL;
}

const char *counters_state_word(unsigned state)
{
	static const char *const words[COUNTERS_STATES] = {
		[COUNTERS_AUTHORIZATION] = "authorization",
		[COUNTERS_TRANSACTION] = "transaction",
		[COUNTERS_UPDATE] = "update",
	};

	return WORD_OF(words, state);
}

const char *counters_verb_word(unsigned verb)
{
	if (verb == COUNTERS_OTHER_VERB)
		return "other";
	return verb < POP3_VERBS ? pop3_verb_name((enum pop3_verb)verb) : "-";
}

static const char *counters_result_word(unsigned result)
{
	static const char *const words[COUNTERS_RESULTS] = {
		[COUNTERS_OK] = "ok",
		[COUNTERS_ERR] = "err",
	};

	return WORD_OF(words, result);
}

static const char *counters_direction_word(unsigned i)
{
	static const char *const words[] = {"received", "sent"};

	return WORD_OF(words, i);
}

/* What is done with messages: by the front, and by the monitor. */
static const char *counters_reading_word(unsigned i)
{
	static const char *const words[] = {"retrieved", "topped"};

	return WORD_OF(words, i);
}

static const char *counters_deleting_word(unsigned i)
{
	return i == 0 ? "deleted" : "-";
}

/* --- the table --- */

#define WORD(member) (offsetof(struct counters_all, member) / sizeof(uint64_t))

const struct counters_row counters_rows[] = {
	{
		.family = "pop3_sessions",
		.help = "Sessions that there are now, by state",
		.kind = COUNTERS_GAUGE,
		.word = WORD(now.sessions),
		.labels = {{"state", counters_state_word, COUNTERS_STATES}},
	},
	{
		.family = "pop3_sessions_peak",
		.help = "Most sessions that there were at a time",
		.kind = COUNTERS_GAUGE,
		.word = WORD(now.peak),
	},
	{
		.family = "pop3_statistics_start_time_seconds",
		.help = "Since when there are these statistics",
		.unit = "seconds",
		.kind = COUNTERS_GAUGE,
		.word = WORD(now.started),
	},
	{
		.family = "pop3_connections",
		.help = "Connections that became sessions",
		.word = WORD(totals.monitor.connections),
	},
	{
		.family = "pop3_connections_uncounted",
		.help = "Sessions for which there was no place in statistics",
		.word = WORD(door.uncounted),
	},
	{
		.family = "pop3_connections_refused",
		.help = "Connections that were refused at the door",
		.word = WORD(door.refused),
		.labels = {{"reason", counters_refusal_word,
			    COUNTERS_REFUSALS}},
	},
	{
		.family = "pop3_sessions_ended",
		.help = "Sessions that are over, by how they ended",
		.word = WORD(totals.folding.ended),
		.labels = {{"reason", counters_end_word, COUNTERS_ENDS}},
	},
	{
		.family = "pop3_session_duration_seconds",
		.help = "How long sessions lasted that are over",
		.unit = "seconds",
		.kind = COUNTERS_HISTOGRAM,
		.word = WORD(totals.folding.session_s),
	},
	{
		.family = "pop3_timeouts",
		.help = "Sessions that were ended for being idle",
		.word = WORD(totals.monitor.timeouts),
		.labels = {{"kind", counters_timeout_word, COUNTERS_TIMEOUTS}},
	},
	{
		.family = "pop3_logins",
		.help = "Attempts to log in, by method and what became of them",
		.word = WORD(totals.monitor.logins),
		.labels = {{"method", counters_method_word, COUNTERS_METHODS},
			   {"result", counters_login_word, COUNTERS_LOGINS}},
	},
	{
		.family = "pop3_login_duration_seconds",
		.help = "How long attempts to log in took, penalties included",
		.unit = "seconds",
		.kind = COUNTERS_HISTOGRAM,
		.divisor = 1000,
		.word = WORD(totals.monitor.login_ms),
	},
	{
		.family = "pop3_lock_conflicts",
		.help = "Logins that met a maildrop which was in use",
		.word = WORD(totals.monitor.lock_conflicts),
	},
	{
		.family = "pop3_cleartext_refused",
		.help = "Passwords refused for lack of encryption",
		.word = WORD(totals.front.cleartext),
	},
	{
		.family = "pop3_commands",
		.help = "Commands that were answered, by verb and result",
		.word = WORD(totals.front.commands),
		.labels = {{"verb", counters_verb_word, COUNTERS_VERBS},
			   {"result", counters_result_word, COUNTERS_RESULTS}},
	},
	{
		.family = "pop3_command_duration_seconds",
		.help = "How long it took to answer commands",
		.unit = "seconds",
		.kind = COUNTERS_HISTOGRAM,
		.divisor = 1000,
		.word = WORD(totals.front.command_ms),
	},
	{
		.family = "pop3_command_errors",
		.help = "Lines that were no valid command",
		.word = WORD(totals.front.errors),
	},
	{
		.family = "pop3_octets",
		.help = "Octets of POP3",
		.unit = "octets",
		.word = WORD(totals.front.received),
		.labels = {{"direction", counters_direction_word, 2}},
	},
	{
		.family = "pop3_messages",
		.help = "Messages, by what was done with them",
		.word = WORD(totals.front.retrieved),
		.labels = {{"action", counters_reading_word, 2}},
	},
	{
		.family = "pop3_messages",
		.help = "Messages, by what was done with them",
		.word = WORD(totals.monitor.deleted),
		.labels = {{"action", counters_deleting_word, 1}},
	},
	{
		.family = "pop3_message_octets",
		.help = "Octets of messages, by what was done with them",
		.unit = "octets",
		.word = WORD(totals.front.retrieved_octets),
		.labels = {{"action", counters_reading_word, 2}},
	},
	{
		.family = "pop3_message_octets",
		.help = "Octets of messages, by what was done with them",
		.unit = "octets",
		.word = WORD(totals.monitor.deleted_octets),
		.labels = {{"action", counters_deleting_word, 1}},
	},
	{
		.family = "pop3_statistics_suspect",
		.help = "Pages of sessions that were not believed",
		.word = WORD(totals.folding.suspect),
	},
};

const size_t counters_rows_n = sizeof(counters_rows) / sizeof(counters_rows[0]);

static unsigned counters_label_n(const struct counters_row *row, unsigned which)
{
	return row->labels[which].name ? row->labels[which].n : 1;
}

unsigned counters_values(const struct counters_row *row)
{
	return counters_label_n(row, 0) * counters_label_n(row, 1);
}

size_t counters_row_words(const struct counters_row *row)
{
	return row->kind == COUNTERS_HISTOGRAM
		       ? COUNTERS_WORDS(struct counters_histogram)
		       : 1;
}

const _Atomic uint64_t *counters_at(const struct counters_all *all,
				    const struct counters_row *row, unsigned i)
{
	return (const _Atomic uint64_t *)all + row->word +
	       i * counters_row_words(row);
}

const char *counters_label(const struct counters_row *row, unsigned i,
			   unsigned which)
{
	unsigned second = counters_label_n(row, 1);

	return row->labels[which].value(which == 0 ? i / second : i % second);
}
