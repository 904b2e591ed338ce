/* SPDX-License-Identifier: ISC */
#include "pop3-session/rulebook.h"

#include "store/database.h"
#include "store/database_rules.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>

void rulebook_find(struct rulebook *book, const struct settings *settings)
{
	const struct span prefix = SPAN_LITERAL("sqlite:");
	size_t i;

	for (i = 0; i < settings->users.n && !book->path; i++) {
		const char *item = settings->users.items[i];

		if (span_starts(span_str(item), prefix))
			book->path = item + prefix.n;
	}
}

static int take_rule(const struct database_rule *rule, void *context)
{
	struct rules *rules = context;
	struct span what = span_str(rule->what);
	int r = 0;

	if (rule->kind == DATABASE_RULE_IP)
		r = rule->effect == DATABASE_RULE_BAN
			    ? rules_ban_network(rules, what, rule->until)
			    : rules_allow_network(rules, what, rule->until);
	else if (rule->effect == DATABASE_RULE_BAN)
		r = rules_ban_user(rules, what, rule->until);
	if (r != -EINVAL)
		return r;
	log_warning("rules: %s of %s: not an address or a network; it is not "
		    "in force",
		    database_rule_effects[rule->effect], rule->what);
	return 0;
}

static int read_rules(const struct rulebook *book, unsigned wait_ms,
		      struct rules *rules, struct buf *error)
{
	struct database db;
	int r = database_open(&db, book->path, DATABASE_READ, wait_ms, error);

	if (r < 0)
		return r;
	r = database_rules_list(&db, clock_now_s(), take_rule, rules, error);
	database_close(&db);
	if (r < 0)
		rules_clear(rules);
	else
		rules_sort(rules);
	return r;
}

/* A writer at work is nothing to be told of: the next connection asks again. */
static void tell_failure(struct rulebook *book, int r, const struct buf *error)
{
	if (r < 0 && r != book->failed && r != -EBUSY)
		log_error("bans and allows are not known, or as they "
			  "were: " SPAN_FMT,
			  SPAN_ARG(buf_span(error)));
	book->failed = r;
}

void rulebook_look(struct rulebook *book, unsigned wait_ms)
{
	char memory[USERS_ERROR_SIZE];
	struct rules rules = {0};
	struct buf error;
	struct file_stamp now;
	int r;

	if (!book->path)
		return;
	file_stamp_take(book->path, &now);
	if (file_stamp_is_same(&book->seen, &now))
		return;
	buf_init(&error, memory, sizeof(memory));
	r = read_rules(book, wait_ms, &rules, &error);
	tell_failure(book, r, &error);
	if (r < 0)
		return;
	rules_clear(&book->rules);
	book->rules = rules;
	book->seen = now;
}

enum rules_verdict rulebook_ask(const struct rulebook *book,
				const struct peer *peer, struct network *by)
{
	enum rules_verdict verdict;

	if (!peer->known)
		return RULES_LET_IN;
	verdict = rules_ask(&book->rules, &peer->address, clock_now_s(), by);
	if (verdict == RULES_NOT_ALLOWED && network_is_loopback(&peer->address))
		return RULES_LET_IN;
	return verdict;
}

bool rulebook_bans_user(const struct rulebook *book, struct span name)
{
	return rules_bans_user(&book->rules, name, clock_now_s());
}
