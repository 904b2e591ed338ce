/* SPDX-License-Identifier: ISC */
/* The policy for passwords, and roles. */
#include "scmp/texts.h"
#include "config/policy.h"
#include "config/roles.h"
#include "scmp/commands.h"
#include "scmp/output.h"
#include "scmp/record.h"
#include "store/database_settings.h"
#include "store/database_users.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- policy --- */

const struct output_column policy_columns[POLICY_COLUMNS] = {
	{.key = "name", .title = "RULE"},
	{.key = "value", .title = "VALUE", .can_be_cut = true},
	{.key = "source", .title = "FROM"},
	{.key = "help", .title = "MEANING", .can_be_cut = true},
};

static json_t *policy_record(const struct policy *policy, size_t i)
{
	char memory[USERS_PATH_SIZE];
	struct buf value;

	buf_init(&value, memory, sizeof(memory));
	policy_add_value(&value, policy, &policy_rules[i]);
	return json_pack("{ss so ss ss}", "name", policy_rules[i].name, "value",
			 output_text(buf_str(&value) ? memory : "", true),
			 "source", policy->given[i] ? "database" : "default",
			 "help", policy_rules[i].help);
}

int policy_list(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE];
	struct output output;
	struct policy policy;
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = policy_read(&policy, &s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	output_begin(&output, s, policy_columns, POLICY_COLUMNS);
	for (size_t i = 0; i < POLICY_RULES; i++)
		output_add(&output, policy_record(&policy, i));
	return output_end(&output);
}

static const struct policy_rule *find_rule(const struct scmp *s)
{
	const struct policy_rule *rule = policy_rule_find(s->words[0]);

	if (!rule)
		scmp_fail(s, STATUS_NOT_FOUND,
			  "there is no rule %s (policy list tells which there "
			  "are)",
			  s->words[0]);
	return rule;
}

int policy_set(struct scmp *s)
{
	const struct policy_rule *rule = find_rule(s);
	char memory[USERS_ERROR_SIZE], expected[128];
	struct policy policy;
	struct buf out;
	int r;

	if (!rule)
		return STATUS_NOT_FOUND;
	policy_init(&policy);
	buf_init(&out, expected, sizeof(expected));
	policy_add_expected(&out, rule);
	if (!policy_take(&policy, rule, s->words[1]))
		return scmp_fail(s, STATUS_REFUSED, "%s must be %s", rule->name,
				 buf_str(&out) ? expected : "another");
	buf_init(&out, memory, sizeof(memory));
	r = database_text_set(&s->db, DATABASE_POLICY, rule->name, s->words[1],
			      &out);
	if (r < 0)
		return scmp_fail_database(s, r, &out);
	scmp_say(s, "%s is %s now.", rule->name, s->words[1]);
	return STATUS_OK;
}

int policy_unset(struct scmp *s)
{
	const struct policy_rule *rule = find_rule(s);
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	if (!rule)
		return STATUS_NOT_FOUND;
	buf_init(&error, memory, sizeof(memory));
	r = database_text_delete(&s->db, DATABASE_POLICY, rule->name, &error);
	if (r < 0 && r != -ENOENT)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "%s is by default again.", rule->name);
	return STATUS_OK;
}

/* --- roles --- */

static const struct output_column role_columns[] = {
	{.key = "name", .title = "ROLE"},
	{.key = "fixed", .title = "FIXED"},
	{.key = "rights", .title = "RIGHTS", .can_be_cut = true},
};

static json_t *role_record(const char *name, const char *rights, bool is_fixed)
{
	return json_pack("{so sb so}", "name", output_text(name, false),
			 "fixed", (int)is_fixed, "rights",
			 record_words(rights));
}

static int list_role(const char *name, const char *rights, void *context)
{
	output_add(context, role_record(name, rights, false));
	return 0;
}

int role_list(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE];
	struct output output;
	struct buf error;
	int r, end;

	buf_init(&error, memory, sizeof(memory));
	output_begin(&output, s, role_columns, COUNT(role_columns));
	for (int i = 0; i < ROLES_FIXED; i++)
		output_add(&output, role_record(roles_fixed[i].name,
						roles_fixed[i].rights, true));
	r = database_texts_list(&s->db, DATABASE_ROLES, list_role, &output,
				&error);
	end = output_end(&output);
	return r < 0 ? scmp_fail_database(s, r, &error) : end;
}

static void name_role(struct buf *out, const char *name)
{
	buf_add_str(out, ", ");
	buf_add_escaped(out, span_str(name));
}

static int name_made_role(const char *name, const char *rights, void *context)
{
	(void)rights;
	name_role(context, name);
	return 0;
}

int texts_find_role(struct scmp *s, const char *role, struct buf *error)
{
	char rights[1024], memory[1024];
	struct buf value, others;
	int r;

	if (role_is_fixed(role))
		return STATUS_OK;
	buf_init(&value, rights, sizeof(rights));
	buf_init(&others, memory, sizeof(memory));
	r = database_text_get(&s->db, DATABASE_ROLES, role, &value, error);
	if (r == 0)
		return STATUS_OK;
	if (r == -ENOENT)
		r = database_texts_list(&s->db, DATABASE_ROLES, name_made_role,
					&others, error);
	if (r < 0)
		return STATUS_UNAVAILABLE;
	buf_add_str(error, "there is no role ");
	buf_add_escaped(error, span_str(role));
	buf_add_str(error, " (only user");
	for (int i = 1; i < ROLES_FIXED; i++)
		name_role(error, roles_fixed[i].name);
	buf_add_span(error, buf_span(&others));
	buf_add_char(error, ')');
	return STATUS_NOT_FOUND;
}

static int check_role(const struct scmp *s)
{
	if (role_is_fixed(s->words[0]))
		return scmp_fail(s, STATUS_REFUSED,
				 "the role %s is fixed; make one of another "
				 "name",
				 s->words[0]);
	if (!role_name_is_valid(s->words[0]))
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: a role has 1 to 31 of a-z 0-9 - _, "
				 "beginning with a letter",
				 s->words[0]);
	for (size_t i = 1; i < s->words_n; i++) {
		if (!role_right_is_known(s->words[i]))
			return scmp_fail(s, STATUS_REFUSED,
					 "there is no right %s (role list "
					 "tells those of admin, who has all)",
					 s->words[i]);
	}
	return STATUS_OK;
}

int role_set(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE], rights[1024];
	struct buf error, value;
	int r = check_role(s);

	if (r != STATUS_OK)
		return r;
	buf_init(&value, rights, sizeof(rights));
	for (size_t i = 1; i < s->words_n; i++) {
		buf_add_str(&value, i > 1 ? " " : "");
		buf_add_str(&value, s->words[i]);
	}
	if (!buf_str(&value))
		return scmp_fail(s, STATUS_REFUSED, "too many rights");
	buf_init(&error, memory, sizeof(memory));
	r = database_text_set(&s->db, DATABASE_ROLES, s->words[0], rights,
			      &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "The role %s has: %s.", s->words[0], rights);
	return STATUS_OK;
}

/* Does somebody have it? 1 ends the list. */
static int has_role(const struct database_user *user, void *context)
{
	return strcmp(user->row.role, context) == 0;
}

int role_del(struct scmp *s)
{
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = check_role(s);

	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	r = database_users_list(&s->db, &all, has_role, s->words[0], &error);
	if (r > 0)
		return scmp_fail(s, STATUS_REFUSED,
				 "there are users of the role %s (user list "
				 "--role %s)",
				 s->words[0], s->words[0]);
	if (r == 0)
		r = database_text_delete(&s->db, DATABASE_ROLES, s->words[0],
					 &error);
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND, "there is no role %s",
				 s->words[0]);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "Removed the role %s.", s->words[0]);
	return STATUS_OK;
}
