/* SPDX-License-Identifier: ISC */
/* Roles: those of users, and which there are. */
#include "config/roles.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/listing.h"
#include "store/database_settings.h"

#include <errno.h>
#include <string.h>

enum { RIGHTS_TEXT = 512 };

/* --- of a user --- */

void roles_show_user(struct call *call)
{
	struct account a;

	if (!account_open(call, &a, scmp_command_word(call->command, 0),
			  DATABASE_READ))
		return;
	call_answer(call, SCMP_CODE_OK, "%s",
		    a.user.row.role[0] ? a.user.row.role : "user");
	account_close(&a);
}

static void set_user(struct call *call, struct account *a, struct span word)
{
	char role[USERS_ROLE_SIZE];
	unsigned rights;
	struct buf out;

	buf_init(&out, role, sizeof(role));
	buf_add_span(&out, word);
	if (!buf_str(&out))
		role[0] = '\0';
	if (!account_may_touch(call, a) || !account_has_role(call, a, role))
		return;
	if (!account_may_give(call, a, role))
		return;
	if (!account_role_rights(call, a, role, &rights))
		return;
	if (strcmp(a->user.row.role, role) == 0) {
		call_answer(call, SCMP_CODE_NOCHANGE, "has that role");
		return;
	}
	/* Whatever he may do less makes it less than before. */
	if ((a->rights & ~rights) && !account_may_lose(call, a, "demoted"))
		return;
	memcpy(a->user.row.role, role, sizeof(role));
	if (account_store(call, a, DATABASE_ROLE))
		call_answer(call, SCMP_CODE_OK,
			    "role %s, from the next command on", role);
}

void roles_set_user(struct call *call)
{
	struct account a;

	if (!account_open(call, &a, scmp_command_word(call->command, 0),
			  DATABASE_WRITE))
		return;
	set_user(call, &a, scmp_command_word(call->command, 1));
	account_close(&a);
}

/* --- which there are --- */

struct listing {
	struct call *call;
	struct span only; /* empty: all */
	unsigned n;
};

static void list_role(struct listing *l, const char *name, const char *rights,
		      bool is_fixed)
{
	struct buf *record;

	if (l->only.n && !span_equal(l->only, span_str(name)))
		return;
	record = call_record(l->call);
	scmp_write_field_str(record, "role", name);
	scmp_write_field_str(record, "fixed", is_fixed ? "yes" : "no");
	scmp_write_field_str(record, "rights", rights);
	call_send(l->call);
	l->n++;
}

static int list_made(const char *name, const char *rights, void *context)
{
	list_role(context, name, rights, false);
	return 0;
}

static bool is_known(struct call *call, struct account *a, struct span word)
{
	char role[USERS_ROLE_SIZE];
	struct buf out;

	if (!word.n)
		return true;
	buf_init(&out, role, sizeof(role));
	buf_add_span(&out, word);
	return account_has_role(call, a, buf_str(&out) ? role : "");
}

static int pass_by(const char *name, const char *rights, void *context)
{
	(void)name;
	(void)rights;
	(void)context;
	return 0;
}

/* That they can be read is known before +OK. */
static bool can_list(struct call *call, struct account *a, struct span only)
{
	int failed;

	if (!is_known(call, a, only))
		return false;
	failed = database_texts_list(&a->db, DATABASE_ROLES, pass_by, NULL,
				     account_error(a));
	return failed == 0 || account_fail(call, a, failed);
}

static void list(struct listing *listing, struct account *a)
{
	struct call *call = listing->call;
	int failed;

	call_begin(call, "roles and their rights");
	for (int i = 0; i < ROLES_FIXED; i++)
		list_role(listing, roles_fixed[i].name, roles_fixed[i].rights,
			  true);
	failed = database_texts_list(&a->db, DATABASE_ROLES, list_made, listing,
				     account_error(a));
	if (failed < 0)
		listing_break(call, "ROLES", failed, &a->error);
	else
		call_end(call);
}

void roles_list(struct call *call)
{
	struct listing listing = {
		.call = call,
		.only = scmp_command_word(call->command, 0),
	};
	struct account a;

	if (!account_open_database(call, &a, DATABASE_READ))
		return;
	if (can_list(call, &a, listing.only))
		list(&listing, &a);
	account_close(&a);
}

/* --- making them --- */

/* A role that is being changed. */
struct change {
	char name[USERS_ROLE_SIZE];
	bool is_there;
	unsigned rights;
};

static bool begin_change(struct call *call, struct account *a,
			 struct change *change)
{
	char memory[RIGHTS_TEXT];
	struct buf name, rights;
	int failed;

	buf_init(&name, change->name, sizeof(change->name));
	buf_add_span(&name, scmp_command_word(call->command, 0));
	if (!buf_str(&name) || !role_name_is_valid(change->name)) {
		call_answer(call, SCMP_CODE_SYNTAX,
			    "a role's name is 1 to 31 of a-z 0-9 - _ and "
			    "begins with a letter");
		return false;
	}
	if (role_is_fixed(change->name)) {
		call_answer(call, SCMP_CODE_CONFLICT,
			    "the roles user, viewer, operator and admin are "
			    "fixed");
		return false;
	}
	buf_init(&rights, memory, sizeof(memory));
	failed = database_text_get(&a->db, DATABASE_ROLES, change->name,
				   &rights, account_error(a));
	if (failed == 0 && rights.overflow)
		failed = -EBADMSG;
	if (failed < 0 && failed != -ENOENT)
		return account_fail(call, a, failed);
	change->is_there = failed == 0;
	change->rights = scmp_rights_parse(buf_span(&rights));
	return true;
}

/* "+bans.read", "bans.read" or "-bans.read" */
static bool take_right(struct call *call, struct change *change,
		       struct span word)
{
	bool takes_away = word.n && word.p[0] == '-';
	unsigned right;

	if (takes_away || (word.n && word.p[0] == '+'))
		word = span_drop(word, 1);
	right = scmp_right_find(word);
	if (!right) {
		call_answer(call, SCMP_CODE_RANGE,
			    "there is no right " SPAN_FMT
			    "; ROLES admin lists them all",
			    SPAN_ARG(span_take(word, 40)));
		return false;
	}
	/* Nobody makes a role that may do more than himself. */
	if (!caller_may_act_on(call->caller, right)) {
		call_answer(call, SCMP_CODE_PERM,
			    "that right is not among yours");
		return false;
	}
	change->rights =
		takes_away ? change->rights & ~right : change->rights | right;
	return true;
}

static void store(struct call *call, struct account *a,
		  const struct change *change)
{
	char memory[USERS_ERROR_SIZE], names[RIGHTS_TEXT];
	struct buf error, rights;
	int failed;

	buf_init(&rights, names, sizeof(names));
	for (int i = 0; i < SCMP_RIGHTS; i++) {
		if (!(change->rights & 1U << i))
			continue;
		buf_add_str(&rights, rights.n ? " " : "");
		buf_add_str(&rights, scmp_right_names[i]);
	}
	buf_init(&error, memory, sizeof(memory));
	failed = database_text_set(&a->db, DATABASE_ROLES, change->name,
				   buf_str(&rights) ? names : "", &error);
	if (failed < 0)
		call_database_failed(call, failed, &error);
	else if (account_commit(call, a))
		call_answer(call, SCMP_CODE_OK, "%s: %s", change->name,
			    rights.n ? names : "no rights");
}

static void change_role(struct call *call, struct account *a, bool adds)
{
	const struct scmp_command *command = call->command;
	struct change change;

	if (!begin_change(call, a, &change))
		return;
	if (adds && change.is_there) {
		call_answer(call, SCMP_CODE_EXISTS,
			    "there is a role of that name");
		return;
	}
	if (!adds && !change.is_there) {
		call_answer(call, SCMP_CODE_NOTFOUND,
			    "there is no role of that name");
		return;
	}
	for (size_t i = 1; i < command->words_n; i++) {
		if (!take_right(call, &change, scmp_command_word(command, i)))
			return;
	}
	store(call, a, &change);
}

static void with_database(struct call *call,
			  void (*work)(struct call *call, struct account *a,
				       bool adds),
			  bool adds)
{
	struct account a;

	if (!account_open_database(call, &a, DATABASE_WRITE))
		return;
	work(call, &a, adds);
	account_close(&a);
}

void roles_add(struct call *call)
{
	with_database(call, change_role, true);
}

void roles_set(struct call *call)
{
	with_database(call, change_role, false);
}

static int find_holder(const struct database_user *user, void *context)
{
	return strcmp(user->row.role, context) == 0;
}

static void remove_role(struct call *call, struct account *a, bool adds)
{
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE];
	struct change change;
	struct buf error;
	int failed;

	(void)adds;
	if (!begin_change(call, a, &change))
		return;
	buf_init(&error, memory, sizeof(memory));
	failed = database_users_list(&a->db, &all, find_holder, change.name,
				     &error);
	if (failed > 0) {
		call_answer(call, SCMP_CODE_CONFLICT,
			    "some user has that role; give him another one "
			    "first");
		return;
	}
	if (failed == 0)
		failed = database_text_delete(&a->db, DATABASE_ROLES,
					      change.name, &error);
	if (failed == -ENOENT)
		call_answer(call, SCMP_CODE_NOTFOUND,
			    "there is no role of that name");
	else if (failed < 0)
		call_database_failed(call, failed, &error);
	else if (account_commit(call, a))
		call_answer(call, SCMP_CODE_OK, "role removed");
}

void roles_delete(struct call *call)
{
	with_database(call, remove_role, false);
}
