/* SPDX-License-Identifier: ISC */
/* Bans and allows: who may not come in, or who alone may. */
#include "proto/duration.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/hangup.h"
#include "scmpd/sparing.h"
#include "store/database_rules.h"
#include "sys/clock.h"

#include <errno.h>
#include <stdio.h>

/* --- what a rule says --- */

static bool take_what(struct call *call, struct database_rule *rule,
		      struct network *network)
{
	struct span word = scmp_command_word(call->command, 0);
	struct buf out;

	if (rule->kind == DATABASE_RULE_USER)
		return account_take_name(call, word, rule->what);
	buf_init(&out, rule->what, sizeof(rule->what));
	if (network_parse(word, network)) {
		network_format(network, &out);
		if (buf_str(&out))
			return true;
	}
	call_answer(call, SCMP_CODE_SYNTAX,
		    "not an address or a network such as 192.0.2.0/24");
	return false;
}

static bool take_fields(struct call *call, struct database_rule *rule)
{
	struct span lasts = scmp_command_field(call->command, "for");
	struct span reason = scmp_command_field(call->command, "reason");
	struct buf out;
	uint64_t seconds;

	if (lasts.p) {
		if (!duration_parse(lasts, &seconds) || !seconds) {
			call_answer(call, SCMP_CODE_RANGE,
				    "for= wants at least a second");
			return false;
		}
		rule->until = clock_now_s() + (int64_t)seconds;
	}
	buf_init(&out, rule->reason, sizeof(rule->reason));
	buf_add_span(&out, reason);
	if (!buf_str(&out)) {
		call_answer(call, SCMP_CODE_RANGE, "reason= is too long");
		return false;
	}
	buf_init(&out, rule->author, sizeof(rule->author));
	caller_add_name(&out, call->caller);
	(void)buf_str(&out);
	return true;
}

/* --- who would be shut out --- */

/* A ban of a user: as with disabling him. A name that nobody has is free. */
static bool may_ban_user(struct call *call, struct account *a, const char *name)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;

	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_user_find(&a->db, span_str(name), &a->user, &error);
	if (failed < 0 && failed != -ENOENT) {
		call_database_failed(call, failed, &error);
		return false;
	}
	/* (In another store he has no role, but may be who asks.) */
	if (failed < 0)
		snprintf(a->user.row.name, sizeof(a->user.row.name), "%s",
			 name);
	return account_take_rights(call, a) && account_may_touch(call, a) &&
	       account_may_lose(call, a, "banned");
}

static bool may_ban_network(struct call *call, const struct network *network)
{
	const struct caller *caller = call->caller;

	if (!caller->has_address ||
	    !network_contains(network, &caller->address))
		return true;
	call_answer(call, SCMP_CODE_CONFLICT, "you would be banned yourself");
	return false;
}

/* Asked in the transaction that has changed the list. */
static bool is_let_in(struct call *call, struct account *a)
{
	const struct peer peer = {
		.known = call->caller->has_address,
		.address = call->caller->address,
	};
	enum rules_verdict verdict;
	int failed = rulebook_try(&call->scmpd->rulebook, &a->db, &peer,
				  &verdict, account_error(a));

	if (failed < 0)
		return account_fail(call, a, failed);
	if (verdict == RULES_LET_IN)
		return true;
	call_answer(call, SCMP_CODE_CONFLICT,
		    "you would not be let in yourself");
	return false;
}

/* --- changing --- */

static bool store(struct call *call, struct account *a,
		  const struct database_rule *rule)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_rule_set(&a->db, rule, &error);
	if (failed == 0)
		return true;
	call_database_failed(call, failed, &error);
	return false;
}

/* All that come from there, but for sessions of who may do more. */
static void end_all_from(struct call *call, struct account *a,
			 const struct network *network)
{
	struct kick_match match = {.which.network = network};
	struct sparing sparing;
	uint32_t n;

	sparing_begin(&sparing, call, a);
	if (!caller_may_act_on(call->caller, SCMP_RIGHTS_ALL))
		sparing_add(&sparing, &match);
	(void)hangup_network(call->scmpd, network);
	n = kick_sessions(call->scmpd, &match, CONTROL_GRACEFULLY);
	if (sparing.n)
		call_answer(call, SCMP_CODE_OK,
			    "banned; %u session%s told to close; %u of "
			    "accounts that may do more than you stay%s",
			    n, n == 1 ? "" : "s", sparing.n,
			    kick_trouble(call->scmpd));
	else
		call_answer(call, SCMP_CODE_OK,
			    "banned; %u session%s told to close%s", n,
			    n == 1 ? "" : "s", kick_trouble(call->scmpd));
}

static void end_all_of(struct call *call, const char *user)
{
	uint32_t n = kick_user(call->scmpd, span_str(user), call->connection);

	call_answer(call, SCMP_CODE_OK, "banned; %u session%s told to close%s",
		    n, n == 1 ? "" : "s", kick_trouble(call->scmpd));
}

static void ban(struct call *call, struct account *a,
		struct database_rule *rule, const struct network *network)
{
	if (!store(call, a, rule) || !account_commit(call, a))
		return;
	if (rule->kind == DATABASE_RULE_USER)
		end_all_of(call, rule->what);
	else
		end_all_from(call, a, network);
}

void rules_ban(struct call *call)
{
	struct database_rule rule = {.effect = DATABASE_RULE_BAN};
	struct network network;
	struct account a;
	bool may;

	rule.kind = call->command->form->deed == SCMP_OF_USER
			    ? DATABASE_RULE_USER
			    : DATABASE_RULE_IP;
	if (!take_what(call, &rule, &network) ||
	    !account_open_database(call, &a, DATABASE_WRITE))
		return;
	may = rule.kind == DATABASE_RULE_USER
		      ? may_ban_user(call, &a, rule.what)
		      : may_ban_network(call, &network);
	if (may && take_fields(call, &rule))
		ban(call, &a, &rule,
		    rule.kind == DATABASE_RULE_IP ? &network : NULL);
	account_close(&a);
}

static void remove_rule(struct call *call, struct account *a,
			const struct database_rule *rule)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_rule_delete(&a->db, rule->kind, rule->effect,
				      rule->what, &error);
	if (failed == -ENOENT)
		call_answer(call, SCMP_CODE_NOTFOUND, "is not on the list");
	else if (failed < 0)
		call_database_failed(call, failed, &error);
	else if ((rule->effect == DATABASE_RULE_BAN || is_let_in(call, a)) &&
		 account_commit(call, a))
		call_answer(call, SCMP_CODE_OK, "off the list");
}

static void unset(struct call *call, enum database_rule_effect effect)
{
	struct database_rule rule = {.effect = effect};
	struct network network;
	struct account a;

	rule.kind = call->command->form->deed == SCMP_OF_USER
			    ? DATABASE_RULE_USER
			    : DATABASE_RULE_IP;
	if (!take_what(call, &rule, &network) ||
	    !account_open_database(call, &a, DATABASE_WRITE))
		return;
	remove_rule(call, &a, &rule);
	account_close(&a);
}

void rules_unban(struct call *call)
{
	unset(call, DATABASE_RULE_BAN);
}

void rules_unallow(struct call *call)
{
	unset(call, DATABASE_RULE_ALLOW);
}

void rules_allow(struct call *call)
{
	struct database_rule rule = {
		.kind = DATABASE_RULE_IP,
		.effect = DATABASE_RULE_ALLOW,
	};
	struct network network;
	struct account a;

	if (!take_what(call, &rule, &network) ||
	    !account_open_database(call, &a, DATABASE_WRITE))
		return;
	if (take_fields(call, &rule) && store(call, &a, &rule) &&
	    is_let_in(call, &a) && account_commit(call, &a))
		call_answer(call, SCMP_CODE_OK,
			    "allowed; who is on no such list is kept out");
	account_close(&a);
}
