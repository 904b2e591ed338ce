/* SPDX-License-Identifier: ISC */
/* BANS and ALLOWS. */
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "store/database_rules.h"
#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * In pieces, each of which is read anew behind the last rule of the one before:
 * neither a slow reader nor a long list takes memory or keeps writers out.
 */
enum { PIECE = 500 };

struct listing {
	struct call *call;
	enum database_rule_effect effect;
	bool has_last;
	enum database_rule_kind kind; /* of the last that was sent */
	char what[sizeof(((struct database_rule *)NULL)->what)];
	unsigned n; /* in this piece */
};

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

static bool more(struct call *call, void *state)
{
	struct listing *l = state;
	char memory[USERS_ERROR_SIZE];
	struct account a;
	struct buf error;
	int rest = -EIO;

	l->call = call;
	l->n = 0;
	buf_init(&error, memory, sizeof(memory));
	if (account_open_database(call, &a, DATABASE_READ)) {
		rest = database_rules_list(&a.db, clock_now_s(), list_rule, l,
					   &error);
		account_close(&a);
	}
	if (rest < 0)
		call_break(call);
	return rest > 0;
}

static const struct call_source source = {more, free};

static void list(struct call *call, enum database_rule_effect effect)
{
	struct listing *l;
	struct account a;

	/* That it can be read is known before +OK. */
	if (!account_open_database(call, &a, DATABASE_READ))
		return;
	account_close(&a);
	l = calloc(1, sizeof(*l));
	if (!l) {
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
		return;
	}
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
