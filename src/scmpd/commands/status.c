/* SPDX-License-Identifier: ISC */
/* STATUS: how the server is, one value a line. */
#include "scmpd/connection.h"
#include "scmpd/default_account.h"
#include "scmpd/handlers.h"
#include "scmpd/server.h"
#include "scmpd/sessions.h"
#include "scmpd/setting.h"
#include "store/database_users.h"
#include "sys/clock.h"

#include <errno.h>
#include <string.h>

/* --- lines --- */

static void put(struct call *call, const char *name, struct span value)
{
	scmp_write_field(call_record(call), name, value);
	call_send(call);
}

static void put_number(struct call *call, const char *name, uint64_t value)
{
	scmp_write_field_u64(call_record(call), name, value);
	call_send(call);
}

static void put_unknown(struct call *call, const char *name)
{
	scmp_write_field_unknown(call_record(call), name);
	call_send(call);
}

static void put_yes(struct call *call, const char *name, bool yes)
{
	put(call, name, span_str(yes ? "yes" : "no"));
}

/* --- what is counted --- */

static uint64_t sum_of(const _Atomic uint64_t *words, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += counters_get(&words[i]);
	return sum;
}

static void put_logins(struct call *call, const struct counters_monitor *m)
{
	uint64_t good = 0, all = 0;

	for (int i = 0; i < COUNTERS_METHODS; i++) {
		good += counters_get(&m->logins[i][COUNTERS_LOGGED_IN]);
		all += sum_of(m->logins[i], COUNTERS_LOGINS);
	}
	put_number(call, "logins", good);
	put_number(call, "logins_failed", all - good);
}

static void put_counts(struct call *call, const struct counters_all *sum)
{
	const struct counters_front *f = &sum->totals.front;
	const struct counters_monitor *m = &sum->totals.monitor;
	uint64_t sent = counters_get(&f->sent);
	uint64_t received = counters_get(&f->received);

	if (counters_get(&sum->now.started))
		put_number(call, "statistics_since",
			   counters_get(&sum->now.started));
	put_number(call, "connections", counters_get(&m->connections));
	put_number(call, "connections_open", sessions_open(sum));
	put_number(call, "connections_peak", counters_get(&sum->now.peak));
	put_number(call, "connections_refused",
		   sum_of(sum->door.refused, COUNTERS_REFUSALS));
	put_logins(call, m);
	put_number(call, "bytes", sent + received);
	put_number(call, "bytes_sent", sent);
	put_number(call, "bytes_received", received);
	put_number(call, "messages", counters_get(&f->retrieved));
	put_number(call, "messages_deleted", counters_get(&m->deleted));
}

/* --- users --- */

/* What the database has, before +OK. */
struct kept {
	bool is_known;
	uint64_t users;
};

/* False: answered. */
static bool look(struct call *call, struct kept *kept)
{
	struct account a;
	int failed;

	*kept = (struct kept){0};
	if (!call->scmpd->database[0])
		return true;
	if (!setting_open(call, &a, DATABASE_READ))
		return false;
	failed = database_users_count(&a.db, NULL, &kept->users,
				      account_error(&a));
	kept->is_known = failed == 0;
	if (failed < 0)
		account_fail(call, &a, failed);
	account_close(&a);
	return kept->is_known;
}

static void put_users(struct call *call, const struct kept *kept)
{
	if (kept->is_known)
		put_number(call, "users", kept->users);
	else
		put_unknown(call, "users");
}

static void put_default_password(struct call *call)
{
	int open = default_account_is_open(call->scmpd);

	if (open < 0)
		put_unknown(call, "default_password");
	else
		put_yes(call, "default_password", open);
}

/* --- settings --- */

/* All that can be changed while the server runs. */
static void put_settings(struct call *call)
{
	const struct conf *conf = &call->scmpd->configuration.conf;
	const char *name;

	for (size_t i = 0; (name = conf_live_name(conf, i)); i++)
		setting_send(call, name);
}

void status_list(struct call *call)
{
	struct scmpd *s = call->scmpd;
	struct counters_all sum;
	struct kept kept;
	int64_t uptime = clock_now_s() - s->started;

	if (!sessions_sum(call, &sum) || !look(call, &kept))
		return;
	call_begin(call, "status");
	put(call, "version", span_str("pop3-session/" POP3_SESSION_VERSION));
	put_number(call, "started", (uint64_t)s->started);
	put_number(call, "uptime", uptime > 0 ? (uint64_t)uptime : 0);
	put_counts(call, &sum);
	put_users(call, &kept);
	put_settings(call);
	put_unknown(call, "transform");
	put_yes(call, "draining", control_asked(&s->control).drain);
	put_default_password(call);
	call_end(call);
}
