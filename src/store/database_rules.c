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

/* Who adds rules without end (fail2ban) so does not fill the table with them.
 */
static int rules_forget_old(struct database *db, struct buf *error)
{
	sqlite3_stmt *statement;
	int failed = database_prepare(db, DATABASE_ONCE,
				      "DELETE FROM rules WHERE until<?",
				      &statement, error);

	if (failed)
		return failed;
	(void)sqlite3_bind_int64(statement, 1,
				 clock_now_s() - DATABASE_RULES_KEPT_S);
	failed = database_run(db, statement, error);
	database_finish(db, statement);
	return failed;
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
	failed = rules_forget_old(db, error);
	if (failed)
		return failed;
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

static int rules_run_renaming(struct database *db, const char *sql,
			      const char *from, const char *to,
			      struct buf *error)
{
	sqlite3_stmt *statement;
	int failed =
		database_prepare(db, DATABASE_ONCE, sql, &statement, error);

	if (failed)
		return failed;
	database_bind_text(statement, 1, from);
	if (to)
		database_bind_text(statement, 2, to);
	failed = database_run(db, statement, error);
	database_finish(db, statement);
	return failed;
}

int database_rules_rename(struct database *db, const char *from, const char *to,
			  uint64_t *n, struct buf *error)
{
	int failed = rules_run_renaming(
		db,
		"INSERT INTO rules(kind,effect,what,until,author,reason,"
		"created) SELECT kind,effect,?2,until,author,reason,created "
		"FROM rules WHERE kind='user' AND what=?1 "
		"ON CONFLICT(kind,effect,what) DO UPDATE SET "
		"until=excluded.until,author=excluded.author,"
		"reason=excluded.reason,created=excluded.created "
		"WHERE rules.until<excluded.until OR (rules.until IS NOT NULL "
		"AND excluded.until IS NULL)",
		from, to, error);

	if (!failed)
		failed = rules_run_renaming(
			db, "DELETE FROM rules WHERE kind='user' AND what=?1",
			from, NULL, error);
	if (!failed)
		*n = (uint64_t)sqlite3_changes(db->handle);
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

/* As much as there is room for, with no part of a letter. */
static void rule_read_cut(sqlite3_stmt *statement, int column, char *to,
			  size_t size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	size_t n = text ? strnlen(text, size) : 0;

	if (n == size)
		for (n--; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	if (n)
		memcpy(to, text, n);
	to[n] = '\0';
}

/* NULL, or what is wrong with the row. */
static const char *rule_read(sqlite3_stmt *statement,
			     struct database_rule *rule)
{
	unsigned kind, effect;

	if (!rule_read_word(statement, 1, database_rule_kinds, &kind))
		return "its kind is neither user nor ip";
	if (!rule_read_word(statement, 2, database_rule_effects, &effect))
		return "its effect is neither ban nor allow";
	rule->id = sqlite3_column_int64(statement, 0);
	rule->kind = (enum database_rule_kind)kind;
	rule->effect = (enum database_rule_effect)effect;
	rule->until = sqlite3_column_int64(statement, 4);
	rule->created = sqlite3_column_int64(statement, 7);
	/* These two are for people, and no reason to let somebody in. */
	rule_read_cut(statement, 5, rule->author, sizeof(rule->author));
	rule_read_cut(statement, 6, rule->reason, sizeof(rule->reason));
	return database_text(statement, 3, rule->what, sizeof(rule->what))
		       ? NULL
		       : "what it is of is too long, or has a NUL";
}

static int rule_refuse(sqlite3_stmt *statement, const char *why,
		       const struct database_rules_reader *reader)
{
	unsigned kind, effect;
	struct database_rule_fault fault = {
		.id = sqlite3_column_int64(statement, 0),
		.until = sqlite3_column_int64(statement, 4),
		.why = why,
	};

	fault.is_allow =
		rule_read_word(statement, 2, database_rule_effects, &effect) &&
		effect == DATABASE_RULE_ALLOW &&
		!(rule_read_word(statement, 1, database_rule_kinds, &kind) &&
		  kind == DATABASE_RULE_USER);
	return reader->fault(&fault, reader->context);
}

int database_rules_read(struct database *db, int64_t now,
			const struct database_rules_reader *reader,
			struct buf *error)
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
		const char *why = rule_read(statement, &rule);

		failed = why ? rule_refuse(statement, why, reader)
			     : reader->each(&rule, reader->context);
	}
	database_finish(db, statement);
	return failed ? failed : more;
}

/* For those whom a row that cannot be read stops. */
struct rule_list {
	struct database *db;
	int (*each)(const struct database_rule *, void *);
	void *context;
	struct buf *error;
};

static int rule_list_each(const struct database_rule *rule, void *context)
{
	struct rule_list *l = context;

	return l->each(rule, l->context);
}

static int rule_list_fault(const struct database_rule_fault *fault,
			   void *context)
{
	struct rule_list *l = context;
	char memory[24];
	struct buf id;

	buf_init(&id, memory, sizeof(memory));
	buf_add_u64(&id, (uint64_t)fault->id);
	(void)database_refuse(l->db, -EBADMSG, "rule of id", buf_span(&id),
			      fault->why, l->error);
	buf_add_str(l->error, "; remove it from the table rules");
	return -EBADMSG;
}

int database_rules_list(struct database *db, int64_t now,
			int (*each)(const struct database_rule *, void *),
			void *context, struct buf *error)
{
	struct rule_list list = {db, each, context, error};
	const struct database_rules_reader reader = {rule_list_each,
						     rule_list_fault, &list};

	return database_rules_read(db, now, &reader, error);
}
