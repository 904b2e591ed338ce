/* SPDX-License-Identifier: ISC */
/*
 * Bans and allows in the database: who may not come in, or who alone may.
 * What they mean, and how they are matched, is not decided here. Failures are
 * those of store/database.h.
 */
#ifndef STORE_DATABASE_RULES_H
#define STORE_DATABASE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/database.h"

enum database_rule_kind { DATABASE_RULE_USER, DATABASE_RULE_IP };
enum database_rule_effect { DATABASE_RULE_BAN, DATABASE_RULE_ALLOW };

/* As they stand in the table: `user`, `ip`; `ban`, `allow`. */
extern const char *const database_rule_kinds[];
extern const char *const database_rule_effects[];

/* So many seconds after their time rules can still be looked at. */
enum { DATABASE_RULES_KEPT_S = 7 * 24 * 60 * 60 };

struct database_rule {
	int64_t id; /* set by the functions that read */
	enum database_rule_kind kind;
	enum database_rule_effect effect;
	char what[256];			/* a name, or an address or network */
	int64_t until;			/* seconds since 1970; 0: for ever */
	int64_t created;		/* the same; 0 in a new rule: now */
	char author[256], reason[1024]; /* cut, if there is more */
};

/* A row that cannot be read: of an unknown kind or effect, or too long. */
struct database_rule_fault {
	int64_t id;
	int64_t until; /* as in a rule */
	/* It is an allow, and not plainly one of a user. */
	bool is_allow;
	const char *why; /* what is wrong with it */
};

/* Adds the rule, or replaces that of the same kind, effect and `what`, and
 * removes those that ran out long ago. -EINVAL: `what` is empty. */
__attribute__((warn_unused_result)) int
database_rule_set(struct database *db, const struct database_rule *rule,
		  struct buf *error);

/* -ENOENT: there is no such rule. */
__attribute__((warn_unused_result)) int
database_rule_delete(struct database *db, enum database_rule_kind kind,
		     enum database_rule_effect effect, const char *what,
		     struct buf *error);

/*
 * Makes the *n rules about the user `from` (there may be none) rules about
 * `to`. Of two that are then the same the one that holds longer stays. Within a
 * transaction, together with what renames the user.
 */
__attribute__((warn_unused_result)) int
database_rules_rename(struct database *db, const char *from, const char *to,
		      uint64_t *n, struct buf *error);

/*
 * Calls `each` for every rule that holds at `now` (seconds since 1970; 0: those
 * that have run out, too), in the order of kind, effect, what. A result other
 * than 0 ends the list and becomes its result. A row that cannot be read ends
 * it with -EBADMSG.
 */
__attribute__((warn_unused_result)) int database_rules_list(
	struct database *db, int64_t now,
	int (*each)(const struct database_rule *rule, void *context),
	void *context, struct buf *error);

/* What is done with the rows. */
struct database_rules_reader {
	int (*each)(const struct database_rule *rule, void *context);
	/* Told of a row that cannot be read, which is then left out. */
	int (*fault)(const struct database_rule_fault *fault, void *context);
	void *context;
};

/* The same, but one row that cannot be read does not hide the others. */
__attribute__((warn_unused_result)) int
database_rules_read(struct database *db, int64_t now,
		    const struct database_rules_reader *reader,
		    struct buf *error);

#endif
