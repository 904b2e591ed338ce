/* SPDX-License-Identifier: ISC */
#include "store/database_rules.h"

#include <errno.h>
#include <string.h>

#include "store/database_sql.h"
#include "sys/clock.h"

const char *const database_rule_kinds[] = {
	[DATABASE_RULE_USER] = "user",
	[DATABASE_RULE_IP] = "ip",
	NULL,
};

const char *const database_rule_effects[] = {
	[DATABASE_RULE_BAN] = "ban",
	[DATABASE_RULE_ALLOW] = "allow",
	NULL,
};

static void rule_bind_key(sqlite3_stmt *statement, enum database_rule_kind kind,
			  enum database_rule_effect effect, const char *what)
{
	database_bind_text(statement, 1, database_rule_kinds[kind]);
	database_bind_text(statement, 2, database_rule_effects[effect]);
	(void)sqlite3_bind_text(statement, 3, what, -1, SQLITE_STATIC);
}

int database_rule_set(struct database *db, const struct database_rule *rule,
		      struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	if (!rule->what[0])
		return database_refuse(db, -EINVAL, NULL, span_str(NULL),
				       "a rule must name a user or a network",
				       error);
	failed = database_prepare(
		db, DATABASE_RULE_SET,
		"INSERT INTO rules(kind,effect,what,until,author,reason,"
		"created) VALUES(?,?,?,?,?,?,?) "
		"ON CONFLICT(kind,effect,what) DO UPDATE SET "
		"until=excluded.until,author=excluded.author,"
		"reason=excluded.reason,created=excluded.created",
		&statement, error);
	if (failed)
		return failed;
	rule_bind_key(statement, rule->kind, rule->effect, rule->what);
	if (rule->until)
		(void)sqlite3_bind_int64(statement, 4, rule->until);
	database_bind_text(statement, 5, rule->author);
	database_bind_text(statement, 6, rule->reason);
	(void)sqlite3_bind_int64(statement, 7,
				 rule->created ? rule->created : clock_now_s());
	failed = database_run(db, statement, error);
	database_finish(db, statement);
	return failed;
}

int database_rule_delete(struct database *db, enum database_rule_kind kind,
			 enum database_rule_effect effect, const char *what,
			 struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = database_prepare(db, DATABASE_ONCE,
				  "DELETE FROM rules WHERE kind=? AND effect=? "
				  "AND what=?",
				  &statement, error);
	if (failed)
		return failed;
	rule_bind_key(statement, kind, effect, what);
	failed = database_run(db, statement, error);
	if (!failed && !sqlite3_changes(db->handle))
		failed = database_refuse(
			db, -ENOENT, database_rule_effects[effect],
			span_str(what), "there is no such rule", error);
	database_finish(db, statement);
	return failed;
}

static bool rule_read_word(sqlite3_stmt *statement, int column,
			   const char *const *words, unsigned *word)
{
	char text[8];

	if (!database_text(statement, column, text, sizeof(text)))
		return false;
	for (*word = 0; words[*word]; ++*word) {
		if (strcmp(words[*word], text) == 0)
			return true;
	}
	return false;
}

static bool rule_read(sqlite3_stmt *statement, struct database_rule *rule)
{
	unsigned kind, effect;

	if (!rule_read_word(statement, 1, database_rule_kinds, &kind) ||
	    !rule_read_word(statement, 2, database_rule_effects, &effect))
		return false;
	rule->id = sqlite3_column_int64(statement, 0);
	rule->kind = (enum database_rule_kind)kind;
	rule->effect = (enum database_rule_effect)effect;
	rule->until = sqlite3_column_int64(statement, 4);
	rule->created = sqlite3_column_int64(statement, 7);
	return database_text(statement, 3, rule->what, sizeof(rule->what)) &&
	       database_text(statement, 5, rule->author,
			     sizeof(rule->author)) &&
	       database_text(statement, 6, rule->reason, sizeof(rule->reason));
}

int database_rules_list(struct database *db, int64_t now,
			int (*each)(const struct database_rule *, void *),
			void *context, struct buf *error)
{
	struct database_rule rule;
	sqlite3_stmt *statement;
	int more = 0, failed;

	failed = database_prepare(
		db, DATABASE_ONCE,
		"SELECT id,kind,effect,what,until,author,reason,created "
		"FROM rules WHERE until IS NULL OR until>? "
		"ORDER BY kind,effect,what",
		&statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_int64(statement, 1, now);
	while (!failed && (more = database_step(db, statement, error)) > 0) {
		if (rule_read(statement, &rule))
			failed = each(&rule, context);
		else
			failed = database_refuse(
				db, -EBADMSG, NULL, span_str(NULL),
				"a rule is neither of user nor of ip, neither "
				"ban nor allow, or too long; remove it",
				error);
	}
	database_finish(db, statement);
	return failed ? failed : more;
}

int database_rules_prune(struct database *db, int64_t now, uint64_t *n,
			 struct buf *error)
{
	sqlite3_stmt *statement;
	int failed;

	failed = database_prepare(db, DATABASE_ONCE,
				  "DELETE FROM rules WHERE until<=?",
				  &statement, error);
	if (failed)
		return failed;
	(void)sqlite3_bind_int64(statement, 1, now);
	failed = database_run(db, statement, error);
	if (!failed && n)
		*n = (uint64_t)sqlite3_changes(db->handle);
	database_finish(db, statement);
	return failed;
}
