/* SPDX-License-Identifier: ISC */
#include "config/policy.h"

#include "base/num.h"
#include "store/database_settings.h"

#include <string.h>

#define AT(member) offsetof(struct policy, member)

const struct policy_rule policy_rules[POLICY_RULES] = {
	{"min_length", "characters that a password has at least",
	 AT(auth.min_length), POLICY_NUMBER, 500},
	{"max_length",
	 "characters that it has at most; 0: as many as can be used",
	 AT(auth.max_length), POLICY_NUMBER, 500},
	{"classes",
	 "how many of small letters, capitals, digits and all other characters "
	 "must be in it",
	 AT(auth.classes), POLICY_NUMBER, AUTH_CLASSES},
	{"forbid_name", "whether the user's name must not be in it",
	 AT(auth.forbid_name), POLICY_YES, 0},
	{"deny_list",
	 "a file of words, one a line, that are refused besides the most "
	 "common ones",
	 AT(deny_list), POLICY_PATH, 0},
	{"kick_on_change",
	 "whether a user's sessions end when the password changes (for a "
	 "daemon)",
	 AT(kick_on_change), POLICY_YES, 0},
};

void policy_init(struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->auth = auth_policy_default;
	policy->auth.deny_list = policy->deny_list;
}

const struct policy_rule *policy_rule_find(const char *name)
{
	for (size_t i = 0; i < POLICY_RULES; i++) {
		if (span_equal_nocase(span_str(policy_rules[i].name),
				      span_str(name)))
			return &policy_rules[i];
	}
	return NULL;
}

static bool take_path(char *to, const char *value)
{
	size_t n = strlen(value);

	if (n >= USERS_PATH_SIZE || (n && value[0] != '/'))
		return false;
	memcpy(to, value, n + 1);
	return true;
}

static bool take_yes(bool *to, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return false;
	*to = yes;
	return true;
}

bool policy_take(struct policy *policy, const struct policy_rule *rule,
		 const char *value)
{
	char *slot = (char *)policy + rule->offset;
	uint64_t v;

	switch (rule->kind) {
	case POLICY_PATH:
		return take_path(slot, value);
	case POLICY_YES:
		return take_yes((bool *)slot, value);
	case POLICY_NUMBER:
		if (!num_parse_u64(span_str(value), rule->max, &v))
			return false;
		*(uint32_t *)slot = (uint32_t)v;
		return true;
	}
	return false;
}

void policy_add_expected(struct buf *out, const struct policy_rule *rule)
{
	switch (rule->kind) {
	case POLICY_PATH:
		buf_add_str(out, "an absolute path, or nothing");
		return;
	case POLICY_YES:
		buf_add_str(out, "yes or no");
		return;
	case POLICY_NUMBER:
		buf_add_str(out, "a number up to ");
		buf_add_u64(out, rule->max);
		return;
	}
}

void policy_add_value(struct buf *out, const struct policy *policy,
		      const struct policy_rule *rule)
{
	const char *slot = (const char *)policy + rule->offset;

	switch (rule->kind) {
	case POLICY_PATH:
		buf_add_str(out, slot);
		return;
	case POLICY_YES:
		buf_add_str(out, *(const bool *)slot ? "yes" : "no");
		return;
	case POLICY_NUMBER:
		buf_add_u64(out, *(const uint32_t *)slot);
		return;
	}
}

static int take_row(const char *name, const char *value, void *context)
{
	const struct policy_rule *rule = policy_rule_find(name);
	struct policy *policy = context;

	if (rule && policy_take(policy, rule, value))
		policy->given[rule - policy_rules] = true;
	return 0;
}

int policy_read(struct policy *policy, struct database *db, struct buf *error)
{
	policy_init(policy);
	return database_texts_list(db, DATABASE_POLICY, take_row, policy,
				   error);
}
