/* SPDX-License-Identifier: ISC */
/* Bans and allows. */
#include "store/database_rules.h"

#include "priv/identity.h"
#include "proto/duration.h"
#include "proto/network.h"
#include "scmp/commands.h"
#include "scmp/output.h"
#include "scmp/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct output_column columns[] = {
	{.key = "kind", .title = "KIND"},
	{.key = "what", .title = "WHAT", .can_be_cut = true},
	{.key = "until", .title = "UNTIL", .is_time = true},
	{.key = "by", .title = "BY"},
	{.key = "created", .title = "SINCE", .is_time = true},
	{.key = "reason", .title = "REASON", .can_be_cut = true},
};

/* --- what a rule says --- */

/* Who did it: the person behind sudo(8), if there is one. */
static void take_author(struct database_rule *rule)
{
	const char *sudo = getenv("SUDO_USER");
	struct buf out;

	if (sudo && sudo[0]) {
		buf_init(&out, rule->author, sizeof(rule->author));
		buf_add_escaped(&out, span_str(sudo));
		if (buf_str(&out))
			return;
	}
	if (identity_own_name(rule->author, sizeof(rule->author)) < 0)
		memcpy(rule->author, "local", sizeof("local"));
}

static int take_what(const struct scmp *s, const char *word,
		     struct database_rule *rule)
{
	struct network network;
	const char *name;
	struct buf out;

	buf_init(&out, rule->what, sizeof(rule->what));
	if (rule->kind == DATABASE_RULE_IP) {
		if (!network_parse(span_str(word), &network))
			return scmp_fail(s, STATUS_REFUSED,
					 "%s: not an address or a network such "
					 "as 192.0.2.0/24 or 2001:db8::/32",
					 word);
		network_format(&network, &out);
	} else {
		name = scmp_account_name(s, word);
		if (!name)
			return STATUS_REFUSED;
		buf_add_str(&out, name);
	}
	return buf_str(&out) ? STATUS_OK
			     : scmp_fail(s, STATUS_REFUSED, "too long");
}

static int take_options(const struct scmp *s, struct database_rule *rule)
{
	const char *reason = scmp_value(s, OPTION_REASON);
	uint64_t seconds;

	if (scmp_given(s, OPTION_FOR)) {
		if (!duration_parse(span_str(scmp_value(s, OPTION_FOR)),
				    &seconds) ||
		    seconds == 0)
			return scmp_fail(s, STATUS_USAGE,
					 "--for wants a number and s, m, h, d "
					 "or w, such as 30m");
		rule->until = (int64_t)time(NULL) + (int64_t)seconds;
	}
	if (reason && strlen(reason) >= sizeof(rule->reason))
		return scmp_fail(s, STATUS_REFUSED, "--reason: too long");
	if (reason)
		memcpy(rule->reason, reason, strlen(reason) + 1);
	take_author(rule);
	return STATUS_OK;
}

/* --- changing --- */

static int set(struct scmp *s, enum database_rule_kind kind,
	       enum database_rule_effect effect)
{
	struct database_rule rule = {.kind = kind, .effect = effect};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = take_what(s, s->words[0], &rule);

	if (r == STATUS_OK)
		r = take_options(s, &rule);
	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	r = database_rule_set(&s->db, &rule, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "%s %s.",
		 effect == DATABASE_RULE_BAN ? "Banned" : "Allowed", rule.what);
	return STATUS_OK;
}

static int unset(struct scmp *s, enum database_rule_kind kind,
		 enum database_rule_effect effect)
{
	struct database_rule rule = {.kind = kind, .effect = effect};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = take_what(s, s->words[0], &rule);

	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	r = database_rule_delete(&s->db, kind, effect, rule.what, &error);
	if (r == -ENOENT)
		return scmp_fail(s, STATUS_NOT_FOUND, "%s is not %s", rule.what,
				 effect == DATABASE_RULE_BAN ? "banned"
							     : "on the list");
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	scmp_say(s, "%s %s.", rule.what,
		 effect == DATABASE_RULE_BAN ? "is banned no more"
					     : "is off the list");
	return STATUS_OK;
}

int ban_user(struct scmp *s)
{
	return set(s, DATABASE_RULE_USER, DATABASE_RULE_BAN);
}

int ban_ip(struct scmp *s)
{
	return set(s, DATABASE_RULE_IP, DATABASE_RULE_BAN);
}

int allow_ip(struct scmp *s)
{
	return set(s, DATABASE_RULE_IP, DATABASE_RULE_ALLOW);
}

int unban_user(struct scmp *s)
{
	return unset(s, DATABASE_RULE_USER, DATABASE_RULE_BAN);
}

int unban_ip(struct scmp *s)
{
	return unset(s, DATABASE_RULE_IP, DATABASE_RULE_BAN);
}

int unallow_ip(struct scmp *s)
{
	return unset(s, DATABASE_RULE_IP, DATABASE_RULE_ALLOW);
}

/* --- lists --- */

struct rules_listing {
	struct output output;
	enum database_rule_effect effect;
	uint64_t offset, limit, at;
};

static json_t *record(const struct database_rule *rule)
{
	return json_pack("{ss so so so sI so}", "kind",
			 database_rule_kinds[rule->kind], "what",
			 output_text(rule->what, false), "until",
			 rule->until ? json_integer(rule->until) : json_null(),
			 "by", output_text(rule->author, true), "created",
			 (json_int_t)rule->created, "reason",
			 output_text(rule->reason, true));
}

static int list_one(const struct database_rule *rule, void *context)
{
	struct rules_listing *l = context;

	if (rule->effect != l->effect || l->at++ < l->offset)
		return 0;
	if (l->limit && l->at > l->offset + l->limit)
		return 0;
	output_add(&l->output, record(rule));
	return 0;
}

static int list(struct scmp *s, enum database_rule_effect effect)
{
	struct rules_listing l = {.effect = effect};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = sort_take_part(s, &l.offset, &l.limit), end;

	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	output_begin(&l.output, s, columns, COUNT(columns));
	r = database_rules_list(
		&s->db, scmp_given(s, OPTION_ALL) ? 0 : (int64_t)time(NULL),
		list_one, &l, &error);
	end = output_end(&l.output);
	return r < 0 ? scmp_fail_database(s, r, &error) : end;
}

int bans_list(struct scmp *s)
{
	return list(s, DATABASE_RULE_BAN);
}

int allows_list(struct scmp *s)
{
	return list(s, DATABASE_RULE_ALLOW);
}
