/* SPDX-License-Identifier: ISC */
/* Accounts: adding, deleting, enabling, disabling, and how many there may be.
 */
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/kick.h"
#include "scmpd/setting.h"
#include "store/place.h"

#include <string.h>

/* --- MAX_USERS --- */

static bool count(struct call *call, struct account *a, uint64_t *n)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = database_users_count(&a->db, NULL, n, &error);
	if (failed == 0)
		return true;
	call_database_failed(call, failed, &error);
	return false;
}

void users_show_max(struct call *call)
{
	unsigned long long max;
	struct account a;
	uint64_t n;

	if (!setting_open(call, &a, DATABASE_READ))
		return;
	max = (unsigned long long)call->scmpd->settings->max_users;
	if (count(call, &a, &n))
		call_answer(call, SCMP_CODE_OK,
			    "%llu users at most; %llu now%s%s", max,
			    (unsigned long long)n, max ? "" : "; 0 is no limit",
			    scmpd_has_other_users(call->scmpd)
				    ? "; those of other stores do not count"
				    : "");
	account_close(&a);
}

static bool is_enough(struct call *call, struct account *a)
{
	uint64_t max = (uint64_t)call->scmpd->settings->max_users, n;

	if (!count(call, a, &n))
		return false;
	if (!max || max >= n)
		return true;
	call_answer(call, SCMP_CODE_RANGE, "there are %llu users",
		    (unsigned long long)n);
	return false;
}

void users_set_max(struct call *call)
{
	bool same;

	if (setting_change(call, "max_users",
			   scmp_command_word(call->command, 0).p, is_enough,
			   &same))
		call_answer(call, same ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
			    "%lld users at most",
			    (long long)call->scmpd->settings->max_users);
}

/* --- ADD_USER --- */

/* False: answered. */
static bool is_free(struct call *call, const char *name)
{
	bool is_there;

	if (!account_is_anywhere(call, span_str(name), &is_there))
		return false;
	if (is_there)
		call_answer(call, SCMP_CODE_EXISTS,
			    "there is a user of that name");
	return !is_there;
}

static bool is_room(struct call *call, struct account *a)
{
	uint64_t max, n;

	if (!setting_look_at(call, a) || !count(call, a, &n))
		return false;
	max = (uint64_t)call->scmpd->settings->max_users;
	if (!max || n < max)
		return true;
	call_answer(call, SCMP_CODE_LIMIT,
		    "there are %llu users, and no more are allowed (MAX_USERS)",
		    (unsigned long long)n);
	return false;
}

static bool take_role(struct call *call, struct account *a, struct span role)
{
	struct user_row *row = &a->user.row;
	struct buf text;

	buf_init(&text, row->role, sizeof(row->role));
	buf_add_span(&text, role);
	return account_has_role(call, a, buf_str(&text) ? row->role : "") &&
	       account_may_give(call, a, row->role);
}

static bool take_maildir(struct call *call, struct account *a,
			 struct span maildir)
{
	struct user_row *row = &a->user.row;
	char memory[512];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (place_check_template(maildir, &text) < 0) {
		call_answer(call, SCMP_CODE_RANGE, SPAN_FMT,
			    SPAN_ARG(buf_span(&text)));
		return false;
	}
	buf_init(&text, row->maildir, sizeof(row->maildir));
	buf_add_span(&text, maildir);
	if (buf_str(&text))
		return true;
	call_answer(call, SCMP_CODE_RANGE, "the path is too long");
	return false;
}

static bool take_fields(struct call *call, struct account *a)
{
	struct span role = scmp_command_field(call->command, "role");
	struct span maildir = scmp_command_field(call->command, "maildir");

	return (!role.p || take_role(call, a, role)) &&
	       (!maildir.p || take_maildir(call, a, maildir));
}

static void add(struct call *call, struct account *a, const char *name)
{
	char memory[USERS_ERROR_SIZE], made[ACCOUNT_MADE];
	struct buf error;
	bool kick;
	int failed;

	database_user_init(&a->user);
	memcpy(a->user.row.name, name, strlen(name) + 1);
	made[0] = '\0';
	if (!take_fields(call, a) ||
	    !account_make_password(call, a, scmp_command_word(call->command, 1),
				   made, &kick) ||
	    !is_room(call, a)) {
		explicit_bzero(made, sizeof(made));
		return;
	}
	buf_init(&error, memory, sizeof(memory));
	failed = database_user_add(&a->db, &a->user, &error);
	if (failed < 0)
		call_database_failed(call, failed, &error);
	else if (account_commit(call, a) && made[0])
		call_answer_detail(call, SCMP_CODE_GENERATED, span_str(made),
				   "user added; this is the password");
	else
		call_answer(call, SCMP_CODE_OK, "user added");
	explicit_bzero(made, sizeof(made));
}

void users_add(struct call *call)
{
	char name[USERS_NAME_SIZE];
	struct account a;

	if (!account_take_name(call, scmp_command_word(call->command, 0),
			       name) ||
	    !is_free(call, name) ||
	    !account_open_database(call, &a, DATABASE_WRITE))
		return;
	add(call, &a, name);
	account_close(&a);
}

/* --- DELETE_USER, ENABLE_USER, DISABLE_USER --- */

static void remove_user(struct call *call, struct account *a)
{
	char memory[USERS_ERROR_SIZE], name[USERS_NAME_SIZE];
	struct buf error;
	int failed;

	if (!account_may_touch(call, a) ||
	    !account_may_lose(call, a, "deleted"))
		return;
	memcpy(name, a->user.row.name, sizeof(name));
	buf_init(&error, memory, sizeof(memory));
	failed = database_user_delete(&a->db, span_str(name), &error);
	if (failed < 0) {
		call_database_failed(call, failed, &error);
	} else if (account_commit(call, a)) {
		(void)kick_user(call->scmpd, span_str(name), call->connection);
		call_answer(call, SCMP_CODE_OK,
			    "user deleted; the mail stays%s",
			    kick_trouble(call->scmpd));
	}
}

void users_delete(struct call *call)
{
	struct account a;

	if (!account_open(call, &a, scmp_command_word(call->command, 0),
			  DATABASE_WRITE))
		return;
	remove_user(call, &a);
	account_close(&a);
}

static void set_enabled(struct call *call, struct account *a, bool enabled)
{
	char name[USERS_NAME_SIZE];

	if (!account_may_touch(call, a) ||
	    (!enabled && !account_may_lose(call, a, "disabled")))
		return;
	if (a->user.row.enabled == enabled) {
		call_answer(call, SCMP_CODE_NOCHANGE, "is %s already",
			    enabled ? "enabled" : "disabled");
		return;
	}
	memcpy(name, a->user.row.name, sizeof(name));
	a->user.row.enabled = enabled;
	if (!account_store(call, a, DATABASE_ENABLED))
		return;
	if (!enabled)
		(void)kick_user(call->scmpd, span_str(name), call->connection);
	call_answer(call, SCMP_CODE_OK, "user %s%s",
		    enabled ? "enabled" : "disabled",
		    enabled ? "" : kick_trouble(call->scmpd));
}

static void enable(struct call *call, bool enabled)
{
	struct account a;

	if (!account_open(call, &a, scmp_command_word(call->command, 0),
			  DATABASE_WRITE))
		return;
	set_enabled(call, &a, enabled);
	account_close(&a);
}

void users_enable(struct call *call)
{
	enable(call, true);
}

void users_disable(struct call *call)
{
	enable(call, false);
}
