/* SPDX-License-Identifier: ISC */
/* Setting passwords: one's own, and those of others. */
#include "config/password_check.h"
#include "scmpd/accounts.h"
#include "scmpd/connection.h"
#include "scmpd/handlers.h"
#include "scmpd/kick.h"

#include <string.h>

enum { PASSWORD_FIELDS = DATABASE_PASSWORD | DATABASE_MUST_CHANGE };

/* --- of others --- */

static void reset(struct call *call, struct account *a)
{
	char name[USERS_NAME_SIZE], made[ACCOUNT_MADE];
	bool kick;

	if (!account_may_touch(call, a) ||
	    !account_make_password(call, a, scmp_command_word(call->command, 1),
				   made, &kick))
		return;
	memcpy(name, a->user.row.name, sizeof(name));
	a->user.row.must_change = true;
	if (account_store(call, a, PASSWORD_FIELDS)) {
		if (kick)
			(void)kick_user(call->scmpd, span_str(name),
					call->connection);
		if (made[0])
			call_answer_detail(call, SCMP_CODE_GENERATED,
					   span_str(made),
					   "this is the password; to be "
					   "changed at the next SCMP login");
		else
			call_answer(call, SCMP_CODE_OK,
				    "password set; to be changed at the next "
				    "SCMP login");
	}
	explicit_bzero(made, sizeof(made));
}

void passwords_reset(struct call *call)
{
	struct account a;

	if (!account_open(call, &a, scmp_command_word(call->command, 0),
			  DATABASE_WRITE))
		return;
	reset(call, &a);
	account_close(&a);
}

/* --- one's own --- */

/* Somebody at an open terminal must not be able to try them all. */
static void fail(struct call *call)
{
	const struct penalty_rules rules = scmpd_penalty_rules(call->scmpd);
	struct connection *c = call->connection;
	struct scmpd *s = call->scmpd;

	if (c->caller.has_address)
		(void)penalty_failed(&s->penalty, &rules, &c->caller.address,
				     span_str(c->caller.name));
	call_answer(call, SCMP_CODE_AUTH, "the old password is wrong");
	if (++c->failures >= CONNECTION_FAILURES)
		connection_end(c);
}

/* The hash is made before anybody is kept from writing. */
static bool is_old(struct call *call, const struct account *a)
{
	const struct settings *settings = call->scmpd->settings;
	const struct password_turns turns = {
		.run_dirfd = call->scmpd->run_dirfd,
		.turns = password_turns_of(settings->auth_hashes),
	};
	struct user_row example = {0};
	enum auth_verdict verdict;
	int failed;

	verdict = password_check(&call->scmpd->users, &turns, &a->user.row,
				 &example, scmp_command_word(call->command, 0),
				 &failed);
	if (verdict == AUTH_TEMPFAIL) {
		call->patience_ms = (unsigned)settings->auth_hashes_wait * 1000;
		call_answer(call, SCMP_CODE_BUSY,
			    "too many passwords are being checked");
	} else if (verdict != AUTH_GOOD)
		fail(call);
	return verdict == AUTH_GOOD;
}

/* What was checked is what is changed. */
static bool is_unchanged(struct call *call, const struct account *a,
			 const struct account *before)
{
	if (strcmp(a->user.row.password, before->user.row.password) == 0)
		return true;
	call_answer(call, SCMP_CODE_CONFLICT,
		    "somebody has just changed that password");
	return false;
}

static void change(struct call *call, struct account *a, struct span new)
{
	char made[ACCOUNT_MADE];
	bool kick;

	if (!account_make_password(call, a, new, made, &kick))
		return;
	a->user.row.must_change = false;
	if (account_store(call, a, PASSWORD_FIELDS)) {
		if (kick)
			(void)kick_user(call->scmpd,
					span_str(call->caller->name),
					call->connection);
		call->connection->state = SCMP_STATE_MANAGE;
		if (made[0])
			call_answer_detail(call, SCMP_CODE_GENERATED,
					   span_str(made),
					   "this is the new password");
		else
			call_answer(call, SCMP_CODE_OK, "password changed");
	}
	explicit_bzero(made, sizeof(made));
}

static void change_known(struct call *call, const struct account *before)
{
	struct span new = scmp_command_word(call->command, 1);
	struct account a;

	if (span_equal(scmp_command_word(call->command, 0), new)) {
		call_answer(call, SCMP_CODE_POLICY,
			    "the new password is the old one");
		return;
	}
	if (!account_open(call, &a, span_str(call->caller->name),
			  DATABASE_WRITE))
		return;
	if (is_unchanged(call, &a, before))
		change(call, &a, new);
	account_close(&a);
}

void passwords_change(struct call *call)
{
	struct account before;

	if (!account_open(call, &before, span_str(call->caller->name),
			  DATABASE_READ))
		return;
	account_release(&before);
	if (is_old(call, &before))
		change_known(call, &before);
	account_close(&before);
}
