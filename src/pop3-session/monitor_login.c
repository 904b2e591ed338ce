/* SPDX-License-Identifier: ISC */
/* Who is it, and may he come in?  Runs with the rights we were started with. */
#include "pop3-session/monitor.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Logins that end a session, also when none of them was answered with [AUTH]:
 * a lock that is asked for without end, a broken store.
 */
enum { ATTEMPTS_MOST = 60 };

/*
 * For the time of a login.  Whole pages, which are given back when it has
 * succeeded.
 */
static struct {
	_Alignas(4096) struct user_row row;
	struct monitor_place place;
	struct user_row example;
	bool is_damaged; /* the row: of use to check a password, no more */
} scratch;

static void forget_scratch(const struct monitor *m)
{
	user_row_clear(&scratch.row);
	/* As popser its paths are still needed. */
	if (m->has_drop && !scratch.place.log)
		(void)madvise(&scratch, sizeof(scratch), MADV_DONTNEED);
}

static enum channel_answer refuse(struct monitor *m, const char *why)
{
	event_login_failed(m, why);
	m->failures++;
	monitor_count_failure(m);
	monitor_hold_back(m);
	return m->failures >= m->service->settings->auth_tries
		       ? CHANNEL_TOO_MANY
		       : CHANNEL_BAD_CREDENTIALS;
}

static enum auth_verdict check(const struct monitor *m,
			       enum channel_method method, struct span proof)
{
	return monitor_check(m, &scratch.row, &scratch.example, method, proof);
}

/*
 * The same work as for a wrong password, so that time tells nothing, and the
 * same answer where that work cannot be done now.
 */
static enum channel_answer refuse_nobody(struct monitor *m,
					 enum channel_method method,
					 struct span proof, const char *why)
{
	if (check(m, method, proof) == AUTH_TEMPFAIL)
		return CHANNEL_TEMPORARY;
	return refuse(m, why);
}

static bool offers(const struct monitor *m, enum channel_method method)
{
	if (method == CHANNEL_APOP)
		return m->stamp_n > 0;
	return m->service->method_user &&
	       service_allows_plaintext(m->service, &m->setup->peer);
}

static enum channel_answer look_up(struct monitor *m, struct user_row *row)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	enum users_verdict verdict;

	if (!m->service->has_users) {
		log_error("users: no user store is configured; set users, "
			  "for example to passwd-file:/etc/pop3-session.users");
		return CHANNEL_PERMANENT;
	}
	buf_init(&error, memory, sizeof(memory));
	verdict = users_find_login(&m->service->users, span_str(m->user), row,
				   &error);
	if (error.n > 0)
		log_error("users: %s", buf_str(&error) ? memory : "");
	/* The door may not have been able to. And whoever it is: what takes
	 * time is to tell of nobody. */
	if (m->setup->is_network)
		service_read_rules(m->service, RULES_WAIT_MS);
	scratch.is_damaged = verdict == USERS_DAMAGED;
	switch (verdict) {
	case USERS_FOUND:
	case USERS_DAMAGED:
		/* From here on as if disabled, also in the time it takes. */
		if (row->enabled && monitor_is_kept_out(m, row))
			row->enabled = false;
		if (!row->enabled)
			return CHANNEL_BAD_CREDENTIALS;
		return scratch.is_damaged ? CHANNEL_PERMANENT : CHANNEL_WELCOME;
	case USERS_UNKNOWN:
		return CHANNEL_BAD_CREDENTIALS;
	case USERS_TEMPFAIL:
		return CHANNEL_TEMPORARY;
	case USERS_PERMFAIL:
		break;
	}
	return CHANNEL_PERMANENT;
}

static void warn_unsupported(const struct monitor *m)
{
	char memory[200];
	struct buf words;
	bool usable;

	buf_init(&words, memory, sizeof(memory));
	usable = auth_describe(scratch.row.password, &words);
	log_warning("user %s: the stored password %s: %s", m->user,
		    usable ? "cannot do this method" : "cannot be used",
		    buf_str(&words) ? memory : "of an unknown form");
}

static enum channel_answer
authenticate(struct monitor *m, enum channel_method method, struct span proof)
{
	enum channel_answer answer = look_up(m, &scratch.row);

	if (answer == CHANNEL_BAD_CREDENTIALS)
		return refuse_nobody(m, method, proof,
				     "unknown or disabled user");
	if (answer != CHANNEL_WELCOME && !scratch.is_damaged)
		return answer;
	switch (check(m, method, proof)) {
	case AUTH_GOOD:
		if (answer == CHANNEL_WELCOME)
			monitor_count_success(m);
		return answer;
	case AUTH_BAD:
		return refuse(m, "password mismatch");
	case AUTH_UNSUPPORTED:
		warn_unsupported(m);
		return refuse(m, "the stored password cannot be used for this "
				 "method");
	case AUTH_TEMPFAIL:
		break;
	}
	return CHANNEL_TEMPORARY;
}

/* From a name that was accepted to an open maildrop, and the answer. */
static void enter(struct monitor *m, struct channel_verdict *verdict)
{
	struct monitor_place *place = &scratch.place;
	bool fatal = false;

	verdict->answer = monitor_within_limits(m, &scratch.row);
	if (verdict->answer == CHANNEL_WELCOME)
		verdict->answer = monitor_find_place(m, &scratch.row, place);
	if (verdict->answer == CHANNEL_WELCOME)
		verdict->answer = monitor_enter_place(m, place, &fatal,
						      &verdict->held_for);
	verdict->closing = fatal;
	if (verdict->answer != CHANNEL_WELCOME) {
		m->refusals++;
		return;
	}
	m->state = CHANNEL_IN_MAIL;
	m->logged_in = true;
	m->deadline = monitor_idle_deadline(m);
}

static void answer(struct monitor *m, struct channel_verdict *verdict,
		   enum channel_method method, uint64_t since)
{
	enum monitor_end end = verdict->answer == CHANNEL_REFUSED
				       ? END_AUTH_LIMIT
				       : END_NO_MAILDROP;
	int fds[2];
	size_t n = 0;

	monitor_count_login(m, method, verdict->answer, clock_ms() - since);
	if (verdict->answer == CHANNEL_TOO_MANY ||
	    (verdict->answer != CHANNEL_WELCOME &&
	     ++m->attempts == ATTEMPTS_MOST)) {
		verdict->closing = true;
		end = END_AUTH_LIMIT;
	}
	if (verdict->answer == CHANNEL_WELCOME) {
		/* From here on the mail's owner, without what all share. */
		m->has_left_shared = m->setup->has_parent;
		if (m->has_left_shared)
			service_unshare(m->service);
		event_login(m, method);
		n = m->has_drop ? maildrop_tables(&m->drop, fds) : 0;
	}
	monitor_answer(m, CHANNEL_VERDICT, span_make(verdict, sizeof(*verdict)),
		       fds, n);
	if (verdict->closing)
		monitor_finish(m, end);
}

bool monitor_take_name(struct monitor *m, struct span name)
{
	const struct settings *settings = m->service->settings;
	struct buf user;

	buf_init(&user, m->user, sizeof(m->user));
	if (place_normalise_user(name, settings->username_case == CASE_LOWER,
				 span_str(settings->default_domain),
				 &user) == 0 &&
	    buf_str(&user))
		return true;
	buf_reset(&user);
	buf_add_escaped(&user, span_take(name, 40));
	(void)buf_str(&user);
	return false;
}

void monitor_on_login(struct monitor *m, struct channel_message *message)
{
	struct channel_verdict verdict = {.held_for = -1};
	uint64_t since = clock_ms();
	struct channel_login login;
	struct span name, proof;
	bool is_name;

	memcpy(&login, message->body.p, sizeof(login));
	name = span_drop(message->body, sizeof(login));
	if (login.method >= CHANNEL_METHODS || login.name_n > name.n ||
	    login.proof_n != name.n - login.name_n) {
		m->over = true;
		m->end = END_PROTOCOL;
		return;
	}
	proof = span_drop(name, login.name_n);
	name = span_take(name, login.name_n);
	is_name = monitor_take_name(m, name);
	verdict.answer =
		monitor_await_turn(m, span_str(is_name ? m->user : NULL));
	monitor_take_up(m);
	if (verdict.answer != CHANNEL_WELCOME) {
		verdict.closing = verdict.answer == CHANNEL_REFUSED;
	} else if (!offers(m, login.method)) {
		verdict.answer = CHANNEL_NO_METHOD;
	} else if (!is_name) {
		verdict.answer = refuse_nobody(m, login.method, proof,
					       "not a user name");
	} else {
		verdict.answer = authenticate(m, login.method, proof);
		if (verdict.answer == CHANNEL_WELCOME)
			enter(m, &verdict);
	}
	forget_scratch(m);
	answer(m, &verdict, login.method, since);
}

/* --user: whoever runs this may read the mail anyway. */
void monitor_preauth(struct monitor *m)
{
	struct channel_verdict verdict = {.held_for = -1};
	uint64_t since = clock_ms();

	if (!monitor_take_name(m, span_str(m->setup->preauth))) {
		verdict.answer = CHANNEL_PERMANENT;
	} else {
		verdict.answer = m->service->has_users
					 ? look_up(m, &scratch.row)
					 : CHANNEL_WELCOME;
		if (verdict.answer == CHANNEL_BAD_CREDENTIALS)
			log_error("--user %s: no such user, or disabled",
				  m->user);
		if (verdict.answer == CHANNEL_WELCOME)
			enter(m, &verdict);
	}
	forget_scratch(m);
	if (verdict.answer != CHANNEL_WELCOME)
		verdict.closing = true;
	answer(m, &verdict, CHANNEL_USER_PASS, since);
}
