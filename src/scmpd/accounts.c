/* SPDX-License-Identifier: ISC */
#include "scmpd/accounts.h"

#include "auth/policy.h"
#include "config/policy.h"
#include "config/roles.h"
#include "store/database_settings.h"
#include "store/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool account_take_name(struct call *call, struct span word,
		       char name[USERS_NAME_SIZE])
{
	const struct settings *settings = call->scmpd->settings;
	struct buf out;

	buf_init(&out, name, USERS_NAME_SIZE);
	if (place_normalise_user(word, settings->username_case == CASE_LOWER,
				 span_str(settings->default_domain),
				 &out) == 0 &&
	    buf_str(&out))
		return true;
	call_answer(call, SCMP_CODE_SYNTAX, "no name of a user");
	return false;
}

struct buf *account_error(struct account *a)
{
	buf_init(&a->error, a->error_memory, sizeof(a->error_memory));
	return &a->error;
}

bool account_fail(struct call *call, struct account *a, int failed)
{
	call_database_failed(call, failed, &a->error);
	return false;
}

/* The same, and nothing is open any more. */
static bool fail_and_close(struct call *call, struct account *a, int failed)
{
	(void)account_fail(call, a, failed);
	account_close(a);
	return false;
}

bool account_open_database(struct call *call, struct account *a,
			   enum database_mode mode)
{
	int failed;

	memset(a, 0, sizeof(*a));
	if (!call_database(call, &a->db, mode))
		return false;
	a->is_open = true;
	if (mode == DATABASE_READ)
		return true;
	failed = database_begin(&a->db, account_error(a));
	if (failed < 0)
		return fail_and_close(call, a, failed);
	a->is_changing = true;
	return true;
}

bool account_is_anywhere(struct call *call, struct span name, bool *is_there)
{
	char memory[USERS_ERROR_SIZE];
	struct user_row row;
	struct buf error;
	enum users_verdict found;

	buf_init(&error, memory, sizeof(memory));
	found = users_find(&call->scmpd->users, name, &row, &error);
	user_row_clear(&row);
	*is_there = found == USERS_FOUND;
	if (found == USERS_FOUND || found == USERS_UNKNOWN)
		return true;
	/* Most often there is a writer, who will be done soon. */
	call_answer(call,
		    found == USERS_TEMPFAIL ? SCMP_CODE_BUSY
					    : SCMP_CODE_SYS_PERM,
		    SPAN_FMT, SPAN_ARG(buf_span(&error)));
	return false;
}

/* It may be of another store, which is not changed from here. */
static void answer_missing(struct call *call, const char *name)
{
	bool is_elsewhere;

	if (!account_is_anywhere(call, span_str(name), &is_elsewhere))
		return;
	if (is_elsewhere)
		call_answer(call, SCMP_CODE_CONFLICT,
			    "that account is kept in a file of `users`, which "
			    "is changed by hand");
	else
		call_answer(call, SCMP_CODE_NOTFOUND, "there is no such user");
}

bool account_open(struct call *call, struct account *a, struct span word,
		  enum database_mode mode)
{
	char name[USERS_NAME_SIZE];
	int failed;

	if (!account_take_name(call, word, name) ||
	    !account_open_database(call, a, mode))
		return false;
	failed = database_user_find(&a->db, span_str(name), &a->user,
				    account_error(a));
	if (failed == 0 && account_take_rights(call, a))
		return true;
	if (failed < 0 && failed != -ENOENT)
		return fail_and_close(call, a, failed);
	account_close(a);
	if (failed < 0)
		answer_missing(call, name);
	return false;
}

void account_release(struct account *a)
{
	if (a->is_changing)
		database_rollback(&a->db);
	if (a->is_open)
		database_close(&a->db);
	a->is_open = a->is_changing = false;
}

void account_close(struct account *a)
{
	account_release(a);
	database_user_clear(&a->user);
}

bool account_commit(struct call *call, struct account *a)
{
	int failed = database_commit(&a->db, account_error(a));

	if (failed < 0)
		return fail_and_close(call, a, failed);
	a->is_changing = false;
	return true;
}

bool account_store(struct call *call, struct account *a, unsigned fields)
{
	int failed = database_user_change(&a->db, span_str(a->user.row.name),
					  fields, &a->user, account_error(a));

	if (failed < 0)
		return fail_and_close(call, a, failed);
	return account_commit(call, a);
}

/* --- who may what --- */

bool account_role_rights(struct call *call, struct account *a, const char *role,
			 unsigned *rights)
{
	int failed = caller_role_rights(&a->db, role, rights, account_error(a));

	return failed == 0 || account_fail(call, a, failed);
}

bool account_take_rights(struct call *call, struct account *a)
{
	return account_role_rights(call, a, a->user.row.role, &a->rights);
}

bool account_may_touch(struct call *call, const struct account *a)
{
	if (caller_may_act_on(call->caller, a->rights))
		return true;
	call_answer(call, SCMP_CODE_PERM,
		    "that account's role may do more than yours");
	return false;
}

bool account_may_give(struct call *call, struct account *a, const char *role)
{
	unsigned rights;

	if (!account_role_rights(call, a, role, &rights))
		return false;
	if (caller_may_act_on(call->caller, rights))
		return true;
	call_answer(call, SCMP_CODE_PERM, "that role may do more than yours");
	return false;
}

/* 0 or 1, or a negative errno. */
static int is_last_admin(struct account *a)
{
	uint64_t n;
	int failed;

	if (strcmp(a->user.row.role, "admin") != 0 || !a->user.row.enabled)
		return 0;
	failed = database_users_count_role(&a->db, "admin", &n,
					   account_error(a));
	return failed < 0 ? failed : n <= 1;
}

bool account_may_lose(struct call *call, struct account *a, const char *what)
{
	const struct caller *caller = call->caller;
	int is_last = is_last_admin(a);

	if (is_last < 0)
		return account_fail(call, a, is_last);
	if (caller->trust == CALLER_ACCOUNT &&
	    strcmp(caller->name, a->user.row.name) == 0)
		call_answer(call, SCMP_CODE_CONFLICT,
			    "you are logged in as this user, who would be %s",
			    what);
	else if (is_last)
		call_answer(call, SCMP_CODE_CONFLICT,
			    "the last enabled administrator would be %s", what);
	else
		return true;
	return false;
}

bool account_has_role(struct call *call, struct account *a, const char *role)
{
	char memory[1];
	struct buf rights;
	int failed;

	if (role_is_fixed(role))
		return true;
	buf_init(&rights, memory, sizeof(memory));
	failed = database_text_get(&a->db, DATABASE_ROLES, role, &rights,
				   account_error(a));
	if (failed == 0)
		return true;
	if (failed != -ENOENT)
		return account_fail(call, a, failed);
	call_answer(call, SCMP_CODE_NOTFOUND, "there is no role of that name");
	return false;
}

/* --- passwords --- */

static bool read_policy(struct call *call, struct account *a,
			struct policy *policy)
{
	int failed;

	policy_init(policy);
	failed = policy_read(policy, &a->db, account_error(a));
	return failed == 0 || account_fail(call, a, failed);
}

static bool check(struct call *call, const struct account *a,
		  const struct policy *policy, struct span password)
{
	char memory[AUTH_REASONS_SIZE];
	struct buf reasons;
	int refused;

	buf_init(&reasons, memory, sizeof(memory));
	refused = auth_policy_check(&policy->auth, span_str(a->user.row.name),
				    password, &reasons);
	if (refused == 0)
		return true;
	call_answer(call, refused > 0 ? SCMP_CODE_POLICY : SCMP_CODE_SYS_PERM,
		    SPAN_FMT, SPAN_ARG(buf_span(&reasons)));
	return false;
}

static bool make_by_chance(struct call *call, const struct policy *policy,
			   char made[ACCOUNT_MADE])
{
	struct buf out;

	buf_init(&out, made, ACCOUNT_MADE);
	if (auth_policy_generate(&policy->auth, &out) == 0 && buf_str(&out))
		return true;
	call_answer(call, SCMP_CODE_POLICY,
		    "the policy's max_length allows no password that is made "
		    "by chance");
	return false;
}

bool account_make_password(struct call *call, struct account *a,
			   struct span password, char made[ACCOUNT_MADE],
			   bool *kick_on_change)
{
	const struct auth_cost usual = {0};
	char memory[512];
	struct policy policy;
	struct buf error, stored;

	made[0] = '\0';
	if (!read_policy(call, a, &policy))
		return false;
	*kick_on_change = policy.kick_on_change;
	if (!password.n || span_equal(password, span_str("*"))) {
		if (!make_by_chance(call, &policy, made))
			return false;
		password = span_str(made);
	} else if (!check(call, a, &policy, password)) {
		return false;
	}
	buf_init(&error, memory, sizeof(memory));
	buf_init(&stored, a->user.row.password, sizeof(a->user.row.password));
	if (auth_make_password(span_str(""), &usual, password, &stored,
			       &error) == 0 &&
	    buf_str(&stored))
		return true;
	call_answer(call, SCMP_CODE_SYS_TEMP,
		    "no hash could be made: " SPAN_FMT,
		    SPAN_ARG(buf_span(&error)));
	return false;
}
