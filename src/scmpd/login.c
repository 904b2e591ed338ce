/* SPDX-License-Identifier: ISC */
#include "scmpd/login.h"

#include "config/password_check.h"
#include "scmpd/audit.h"
#include "scmpd/connection.h"
#include "scmpd/default_account.h"
#include "scmpd/dispatch.h"
#include "store/place.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>

enum { LOGIN_LEAST_MS = 10 };

static void attempt(struct connection *c);

/* --- answers --- */

static void answer(struct connection *c, enum scmp_code code, const char *text)
{
	scmp_write_status(connection_record(c), code, span_str(""),
			  span_str(text));
	connection_send_record(c);
	dispatch_count(c->scmpd, code);
}

static bool has_penalty(const struct connection *c)
{
	return c->caller.has_address;
}

/* One text for whatever was wrong. */
static void fail(struct connection *c)
{
	const struct penalty_rules rules = scmpd_penalty_rules(c->scmpd);
	struct scmpd *s = c->scmpd;

	if (has_penalty(c))
		(void)penalty_failed(&s->penalty, &rules, &c->caller.address,
				     span_str(c->user));
	audit_login(s, &c->caller, span_str(c->user), false);
	answer(c, SCMP_CODE_AUTH, "wrong name or password");
	if (++c->failures >= CONNECTION_FAILURES)
		connection_end(c);
}

static void fail_for_now(struct connection *c, enum scmp_code code,
			 const char *why)
{
	log_warning("scmp: a login of %s: %s", c->user, why);
	answer(c, code,
	       code == SCMP_CODE_SYS_PERM ? "not before the server is mended"
					  : "not now; try again later");
}

/* The administrator that an older server began with, and its password. */
static void warn_of_default(const struct connection *c)
{
	if (span_equal(span_str(c->user), default_account) &&
	    span_equal(scmp_command_word(&c->command, 0), default_account))
		log_warning("scmp: default has logged in with the password "
			    "that everybody knows; change it: CHANGE_PASSWORD "
			    "default NEW");
}

static void succeed(struct connection *c, const struct user_row *row)
{
	const struct caller nobody = c->caller;
	struct scmpd *s = c->scmpd;

	c->caller.trust = CALLER_ACCOUNT;
	memcpy(c->caller.name, row->name, sizeof(c->caller.name));
	if (!caller_refresh(&c->caller, s)) {
		c->caller = nobody;
		fail(c);
		return;
	}
	if (has_penalty(c))
		penalty_good(&s->penalty, &c->caller.address,
			     span_str(c->user));
	c->state = row->must_change ? SCMP_STATE_CHANGEPW : SCMP_STATE_MANAGE;
	audit_login(s, &c->caller, span_str(c->user), true);
	warn_of_default(c);
	if (row->must_change)
		answer(c, SCMP_CODE_CHANGEPW, "change this password first");
	else
		answer(c, SCMP_CODE_OK, "welcome");
	connection_arm(c);
}

/* --- the check --- */

/* False: it waits for a turn, and comes back. */
static bool check(struct connection *c, const struct user_row *row,
		  enum auth_verdict *verdict)
{
	struct scmpd *s = c->scmpd;
	const struct password_turns turns = {
		.run_dirfd = s->run_dirfd,
		.turns = password_turns_of(s->settings->auth_hashes),
	};
	struct user_row example = {0};
	int failed;

	*verdict = password_check(&s->users, &turns, row, &example,
				  scmp_command_word(&c->command, 0), &failed);
	if (*verdict != AUTH_TEMPFAIL || failed != -ETIMEDOUT)
		return true;
	if (!connection_is_patient(c, (uint64_t)s->settings->auth_hashes_wait *
					      1000))
		return true;
	connection_hold(c, CALL_AGAIN_MS, attempt);
	return false;
}

static void judge(struct connection *c, struct user_row *row)
{
	char memory[USERS_ERROR_SIZE];
	enum auth_verdict verdict;
	enum users_verdict found;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	found = users_find_login(&c->scmpd->users, span_str(c->user), row,
				 &error);
	if (found == USERS_TEMPFAIL &&
	    connection_is_patient(c, CALL_PATIENCE_MS)) {
		connection_hold(c, CALL_AGAIN_MS, attempt);
		return;
	}
	if (found == USERS_TEMPFAIL || found == USERS_PERMFAIL) {
		fail_for_now(c,
			     found == USERS_PERMFAIL ? SCMP_CODE_SYS_PERM
						     : SCMP_CODE_SYS_TEMP,
			     buf_str(&error) ? memory : "no store");
		return;
	}
	/* From here on as if disabled, also in the time it takes. */
	if (row->enabled && !caller_may_be(&c->caller, c->scmpd, row))
		row->enabled = false;
	if (!check(c, row, &verdict))
		return;
	if (found == USERS_DAMAGED)
		log_error("users: %s", buf_str(&error) ? memory : "");
	if (verdict == AUTH_TEMPFAIL)
		fail_for_now(c, SCMP_CODE_BUSY,
			     "too many passwords are being checked");
	else if (verdict == AUTH_GOOD && found == USERS_DAMAGED && row->enabled)
		fail_for_now(c, SCMP_CODE_SYS_PERM, "the row is damaged");
	else if (verdict == AUTH_GOOD && found == USERS_FOUND && row->enabled)
		succeed(c, row);
	else
		fail(c);
}

/* The network's penalty first, then the work. */
static void attempt(struct connection *c)
{
	const struct penalty_rules rules = scmpd_penalty_rules(c->scmpd);
	struct scmpd *s = c->scmpd;
	struct user_row row = {0};
	struct penalty_verdict verdict = {0};

	if (has_penalty(c))
		verdict = penalty_ask(&s->penalty, &rules, &c->caller.address,
				      span_str(c->user));
	if (verdict.refused) {
		answer(c, SCMP_CODE_AUTH,
		       "too many failed logins from there; come later");
		connection_end(c);
		return;
	}
	if (!c->has_waited) {
		c->has_waited = true;
		/* As POP3: no refusal comes sooner. */
		connection_hold(c,
				verdict.delay_ms > LOGIN_LEAST_MS
					? verdict.delay_ms
					: LOGIN_LEAST_MS,
				attempt);
		return;
	}
	judge(c, &row);
	user_row_clear(&row);
}

/* --- the commands --- */

void login_user(struct call *call)
{
	const struct settings *settings = call->scmpd->settings;
	struct connection *c = call->connection;
	struct buf name;

	buf_init(&name, c->user, sizeof(c->user));
	if (place_normalise_user(scmp_command_word(call->command, 0),
				 settings->username_case == CASE_LOWER,
				 span_str(settings->default_domain),
				 &name) < 0 ||
	    !buf_str(&name))
		c->user[0] = '\0';
	c->has_user = true;
	call_answer(call, SCMP_CODE_OK, "now the password");
}

void login_pass(struct call *call)
{
	struct connection *c = call->connection;

	if (!c->has_user) {
		call_answer(call, SCMP_CODE_STATE, "USER comes first");
		return;
	}
	call->is_answered = true; /* it will be */
	attempt(c);
}
