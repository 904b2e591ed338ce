/* SPDX-License-Identifier: ISC */
/*
 * The policy for passwords that are set by our programs, between the database,
 * which knows names and texts, and auth/policy.h, which judges. One table gives
 * name, range, default and help of each rule.
 */
#ifndef CONFIG_POLICY_H
#define CONFIG_POLICY_H

#include "auth/policy.h"
#include "base/buf.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>

enum policy_kind { POLICY_NUMBER, POLICY_YES, POLICY_PATH };

struct policy_rule {
	const char *name, *help;
	size_t offset; /* in struct policy */
	enum policy_kind kind;
	uint32_t max; /* of a number */
};

enum { POLICY_RULES = 6 };
extern const struct policy_rule policy_rules[POLICY_RULES];

struct policy {
	struct auth_policy auth; /* its deny_list is the one below */
	bool kick_on_change;
	char deny_list[USERS_PATH_SIZE];
	bool given[POLICY_RULES]; /* by the database */
};

/* What holds where the database says nothing. */
void policy_init(struct policy *policy);

/*
 * That, and what the database says. A rule in it that is unknown or has an
 * impossible value is passed over. 0, or a negative errno with *error.
 */
__attribute__((warn_unused_result)) int
policy_read(struct policy *policy, struct database *db, struct buf *error);

/* The rule of that name, in any case; or NULL. */
const struct policy_rule *policy_rule_find(const char *name);

/* Takes a value. False, and nothing changed, if it cannot be. */
bool policy_take(struct policy *policy, const struct policy_rule *rule,
		 const char *value);

/* "a number up to 4": what policy_take() takes. */
void policy_add_expected(struct buf *out, const struct policy_rule *rule);

/* The present value as it is stored; an empty path is nothing. */
void policy_add_value(struct buf *out, const struct policy *policy,
		      const struct policy_rule *rule);

#endif
