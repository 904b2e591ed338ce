/* SPDX-License-Identifier: ISC */
/* What a connection meets before its user is known, and who counts. */
#include "pop3-session/explain.h"

#include "config/run_dir.h"
#include "pop3-session/door.h"
#include "pop3-session/front.h"

#include <errno.h>
#include <stddef.h>

#define AT(member) offsetof(struct settings, member)

/* --- what is shared --- */

/* Where nobody has been yet, nobody counts, and there is nothing to say. */
static void say_unshared(struct explain *x, const char *path, int failed)
{
	if (failed == -EBADMSG)
		explain_say_key(x, "run_dir", EXPLAIN_NOTE, AT(run_dir),
				"%s: the files are of another version, or "
				"damaged; the next connection makes new ones",
				path);
	else if (failed < 0 && failed != -ENOENT)
		explain_unseen(x, "run_dir", path, -failed);
}

static void open_shared(struct explain *x)
{
	struct service *s = x->service;
	char memory[PLACE_PATH_SIZE];
	struct buf path;

	buf_init(&path, memory, sizeof(memory));
	run_dir_add_path(&path, s->settings, s->privileged);
	if (buf_str(&path))
		x->run_dirfd = run_dir_open(path.p);
	if (x->run_dirfd < 0) {
		x->uncounted = x->unpunished = x->run_dirfd;
	} else {
		x->uncounted = admission_look(&s->admission, x->run_dirfd);
		x->unpunished = penalty_look(&s->penalty, x->run_dirfd);
	}
	say_unshared(x, memory, x->uncounted ? x->uncounted : x->unpunished);
}

/* "7", or "?" where nobody could count. */
static const char *count_words(int failed, uint32_t n, char words[16])
{
	if (failed < 0 && failed != -ENOENT && failed != -EBADMSG)
		return "?";
	(void)snprintf(words, 16, "%u", n);
	return words;
}

/* "of 7", or without a limit. */
static const char *limit_words(uint32_t limit, char words[16])
{
	if (limit == 0)
		return "without a limit";
	(void)snprintf(words, 16, "of %u", limit);
	return words;
}

/* A line about sessions of a kind, their limit, and what set it. */
static void say_sessions(struct explain *x, bool is_full, uint32_t n,
			 const char *kind, uint32_t limit, size_t key)
{
	char count[16], most[16];

	explain_say_key(x, "sessions", is_full ? EXPLAIN_REFUSED : EXPLAIN_OK,
			key, "%s %s, %s", count_words(x->uncounted, n, count),
			kind, limit_words(limit, most));
}

/* Who is without the limits of a network is so by one of these. */
static size_t exempting_key(const struct explain *x)
{
	return service_trusts(x->service, &x->setup.peer)
		       ? AT(trusted_networks)
		       : AT(unlimited_networks);
}

static void explain_failures(struct explain *x)
{
	struct service *s = x->service;
	const struct peer *peer = &x->setup.peer;
	struct penalty_memory memory;
	char count[16];

	if (service_trusts(s, peer)) {
		explain_say_key(x, "failures", EXPLAIN_OK, AT(trusted_networks),
				"none count: the network is trusted");
		return;
	}
	(void)penalty_remembers(&s->penalty, &peer->address, span_str(""),
				&memory);
	if (door_has_failures(s, peer)) {
		explain_say_key(x, "failures", EXPLAIN_REFUSED,
				AT(penalty_refuse),
				"%u failed logins of the network are "
				"remembered, %lld refuse it",
				memory.failures,
				(long long)s->settings->penalty_refuse);
		explain_refuse(x, door_reply(DOOR_FAILURES));
		return;
	}
	explain_say_key(x, "failures", EXPLAIN_OK, AT(penalty_refuse),
			"%s failed logins of the network are remembered, %lld "
			"refuse it%s",
			count_words(x->unpunished, memory.failures, count),
			(long long)s->settings->penalty_refuse,
			memory.knows_some ? "; somebody is known there" : "");
}

static void explain_sessions(struct explain *x)
{
	struct service *s = x->service;
	const struct admission_limits limits = door_limits(s);
	bool exempt = service_has_no_limit(s, &x->setup.peer);
	struct admission_numbers n;
	enum admission_verdict verdict;

	(void)admission_count(&s->admission, &x->setup.peer.address,
			      span_str(""), &n);
	verdict = admission_judge(&limits, n.sessions, exempt ? 0 : n.network);
	say_sessions(x, verdict == ADMISSION_NETWORK_FULL, n.network,
		     "of the network", exempt ? 0 : limits.per_network,
		     exempt ? exempting_key(x) : AT(max_sessions_per_network));
	say_sessions(x, verdict == ADMISSION_FULL, n.sessions, "in all",
		     limits.sessions, AT(max_sessions));
	if (verdict == ADMISSION_NETWORK_FULL)
		explain_refuse(x, door_reply(DOOR_NETWORK_FULL));
	else if (verdict == ADMISSION_FULL)
		explain_refuse(x, door_reply(DOOR_FULL));
}

/* Said where it is so: it seldom is. */
static void explain_drain(struct explain *x)
{
	struct control_look look;
	struct control_state state;

	if (x->run_dirfd < 0 || control_look_only(&look, x->run_dirfd) < 0)
		return;
	if (control_look(&look, &state) && state.drain) {
		explain_say(x, "drain", EXPLAIN_REFUSED,
			    "the server lets nobody in, by a command of scmpd");
		explain_refuse(x, door_reply(DOOR_DRAINING));
	}
	control_look_close(&look);
}

void explain_door(struct explain *x)
{
	open_shared(x);
	explain_drain(x);
	explain_rules(x);
	explain_failures(x);
	explain_sessions(x);
}

/* --- methods --- */

static void explain_pass(struct explain *x)
{
	struct service *s = x->service;

	x->offers_pass =
		s->method_user && service_allows_plaintext(s, &x->setup.peer);
	if (!s->method_user)
		explain_say_key(x, "USER/PASS", EXPLAIN_NOTE, AT(auth_methods),
				"not offered");
	else if (!x->offers_pass)
		explain_say_key(x, "USER/PASS", EXPLAIN_NOTE,
				AT(plaintext_login),
				"not offered: no passwords in clear text from "
				"there");
	else
		explain_say_key(x, "USER/PASS", EXPLAIN_OK, AT(plaintext_login),
				"offered");
}

static void explain_apop(struct explain *x)
{
	x->offers_apop = x->service->offers_apop;
	if (!x->service->method_apop)
		explain_say_key(x, "APOP", EXPLAIN_NOTE, AT(auth_methods),
				"not offered");
	else
		explain_say_key(
			x, "APOP", x->offers_apop ? EXPLAIN_OK : EXPLAIN_NOTE,
			AT(users), "%s",
			x->offers_apop ? "offered, since some user has a "
					 "secret that is stored as it is"
				       : "not offered: no user has a secret "
					 "that is stored as it is");
}

void explain_methods(struct explain *x)
{
	explain_pass(x);
	explain_apop(x);
	if (x->offers_pass || x->offers_apop)
		return;
	explain_say(x, "methods", EXPLAIN_REFUSED, "none is left");
	explain_refuse_as(x, x->service->method_user ? CHANNEL_CLEARTEXT
						     : CHANNEL_NO_METHOD);
}

/* --- the user's own --- */

void explain_penalty(struct explain *x)
{
	struct service *s = x->service;
	const struct peer *peer = &x->setup.peer;
	struct penalty_memory memory;
	struct penalty_verdict verdict;

	if (service_trusts(s, peer))
		return; /* which has been said */
	(void)penalty_remembers(&s->penalty, &peer->address,
				span_str(x->m.user), &memory);
	verdict = penalty_judge(&s->penalty_rules, &memory);
	if (memory.knows_user)
		explain_say(x, "penalty", EXPLAIN_NOTE,
			    "user and network know each other; %u failed "
			    "logins of this user there are remembered",
			    memory.own);
	if (verdict.refused) {
		explain_say_key(x, "penalty", EXPLAIN_REFUSED,
				AT(penalty_refuse), "too many failed logins");
		explain_refuse_as(x, CHANNEL_REFUSED);
	} else if (verdict.delay_ms > 0) {
		x->delay_ms = verdict.delay_ms;
		explain_say_key(x, "penalty", EXPLAIN_NOTE, AT(penalty_delay),
				"the login has to wait for %u ms",
				verdict.delay_ms);
	} else {
		explain_say_key(x, "penalty", EXPLAIN_OK, AT(penalty_free),
				"no delay");
	}
}

static void say_row_sessions(struct explain *x, bool is_full, uint32_t n)
{
	char count[16], most[16];

	explain_say(x, "sessions", is_full ? EXPLAIN_REFUSED : EXPLAIN_OK,
		    "%s of the user, %s: max_sessions of the row (%s)",
		    count_words(x->uncounted, n, count),
		    limit_words(x->row.max_sessions, most), x->store);
}

void explain_user_sessions(struct explain *x)
{
	struct service *s = x->service;
	const struct admission_user_limits limits =
		monitor_limits_of(s, &x->setup.peer, &x->row);
	struct admission_numbers n;
	enum admission_verdict verdict;

	(void)admission_count(&s->admission, &x->setup.peer.address,
			      span_str(x->m.user), &n);
	verdict = admission_judge_user(&limits, n.user, n.user_and_network);
	if (x->row.has_max_sessions)
		say_row_sessions(x, verdict == ADMISSION_USER_FULL, n.user);
	else
		say_sessions(x, verdict == ADMISSION_USER_FULL, n.user,
			     "of the user", limits.per_user,
			     AT(max_sessions_per_user));
	say_sessions(x, verdict == ADMISSION_USER_NETWORK_FULL,
		     n.user_and_network, "of the user from this network",
		     limits.per_user_and_network,
		     service_has_no_limit(s, &x->setup.peer)
			     ? exempting_key(x)
			     : AT(max_sessions_per_user_and_network));
	if (verdict == ADMISSION_USER_FULL)
		explain_refuse_as(x, CHANNEL_USER_FULL);
	else if (verdict == ADMISSION_USER_NETWORK_FULL)
		explain_refuse_as(x, CHANNEL_USER_NETWORK_FULL);
}
