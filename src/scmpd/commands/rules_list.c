/* SPDX-License-Identifier: ISC */
/* BANS and ALLOWS. */
#include "scmpd/handlers.h"
#include "scmpd/listing.h"
#include "store/database_rules.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 500 };

struct listing {
	struct call *call;
	enum database_rule_effect effect;
	bool has_last;
	enum database_rule_kind kind; /* of the last that was sent */
	char what[sizeof(((struct database_rule *)NULL)->what)];
	unsigned n; /* in this piece */
	/* Damaged rows: those in this piece, and how many were told of. */
	unsigned damaged, told;
};

static const char *name_of(enum database_rule_effect effect)
{
	return effect == DATABASE_RULE_BAN ? "BANS" : "ALLOWS";
}

/* They come in the order of kind and then what. */
static bool is_behind(const struct listing *l, const struct database_rule *rule)
{
	const char *kind = database_rule_kinds[rule->kind];
	int order =
		l->has_last ? strcmp(kind, database_rule_kinds[l->kind]) : 1;

	return order > 0 || (order == 0 && strcmp(rule->what, l->what) > 0);
}

static int list_rule(const struct database_rule *rule, void *context)
{
	struct listing *l = context;
	struct buf *record;

	if (rule->effect != l->effect || !is_behind(l, rule))
		return 0;
	if (l->n == PIECE)
		return 1;
	record = call_record(l->call);
	scmp_write_field_str(record, "kind", database_rule_kinds[rule->kind]);
	scmp_write_field_str(record, "what", rule->what);
	if (rule->until)
		scmp_write_field_u64(record, "until", (uint64_t)rule->until);
	else
		scmp_write_field_str(record, "until", "never");
	scmp_write_field_str(record, "by", rule->author);
	scmp_write_field_str(record, "reason", rule->reason);
	call_send(l->call);
	l->n++;
	l->has_last = true;
	l->kind = rule->kind;
	memcpy(l->what, rule->what, sizeof(l->what));
	return 0;
}

/* Each piece meets those of the pieces before it, too. */
static int pass_over(const struct database_rule_fault *fault, void *context)
{
	struct listing *l = context;
	char memory[128];
	struct buf row;

	if (l->damaged++ < l->told)
		return 0;
	buf_init(&row, memory, sizeof(memory));
	buf_add_str(&row, "the rule of id ");
	buf_add_u64(&row, (uint64_t)fault->id);
	buf_add_str(&row, ": ");
	buf_add_str(&row, fault->why);
	listing_pass_over(name_of(l->effect), &l->told,
			  buf_str(&row) ? memory : "a rule");
	return 0;
}

static bool more(struct call *call, void *state)
{
	struct listing *l = state;
	const struct database_rules_reader reader = {list_rule, pass_over, l};
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int rest;

	l->call = call;
	l->n = l->damaged = 0;
	if (!call_database(call, &db, DATABASE_READ)) {
		call_break(call);
		return false;
	}
	buf_init(&error, memory, sizeof(memory));
	rest = database_rules_read(&db, clock_now_s(), &reader, &error);
	database_close(&db);
	if (rest < 0)
		listing_break(call, name_of(l->effect), rest, &error);
	return rest > 0;
}

static const struct call_source source = {more, free};

static void list(struct call *call, enum database_rule_effect effect)
{
	struct listing *l = listing_begin(call, sizeof(*l));

	if (!l)
		return;
	l->effect = effect;
	call_begin(call, "those that hold");
	call_continue(call, &source, l);
}

void rules_bans(struct call *call)
{
	list(call, DATABASE_RULE_BAN);
}

void rules_allows(struct call *call)
{
	list(call, DATABASE_RULE_ALLOW);
}
