/* SPDX-License-Identifier: ISC */
/* Bans and allows: of the address, and of the user. */
#include "pop3-session/explain.h"

#include "pop3-session/door.h"
#include "store/database_rules.h"
#include "sys/clock.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define AT(member) offsetof(struct settings, member)

/* The rule that decided, looked for among all. */
struct rule_search {
	enum database_rule_kind kind;
	const struct network *network; /* of a ban of addresses */
	const char *user;	       /* of one of a name */
	struct database_rule found;
	bool has;
};

static int is_it(const struct database_rule *rule, void *context)
{
	struct rule_search *s = context;
	struct network network;

	if (s->has || rule->effect != DATABASE_RULE_BAN ||
	    rule->kind != s->kind)
		return 0;
	if (s->kind == DATABASE_RULE_USER)
		s->has = strcmp(rule->what, s->user) == 0;
	else
		s->has = network_parse(span_str(rule->what), &network) &&
			 memcmp(&network, s->network, sizeof(network)) == 0;
	if (s->has)
		s->found = *rule;
	return 0;
}

static void search_rule(const struct explain *x, struct rule_search *s)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (database_open(&db, x->service->rulebook.path, DATABASE_READ,
			  RULES_WAIT_MS, &error) < 0)
		return;
	(void)!database_rules_list(&db, clock_now_s(), is_it, s, &error);
	database_close(&db);
}

/* "until …" or "for ever" */
static const char *duration(int64_t until, char *text, size_t size)
{
	time_t seconds = (time_t)until;
	struct tm tm;

	if (until == 0 || !gmtime_r(&seconds, &tm) ||
	    strftime(text, size, "until %Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "for ever";
	return text;
}

static void say_ban(struct explain *x, const char *what, struct rule_search *s)
{
	char until[64], name[1024], reason[4096], author[1024];
	const char *path = x->service->rulebook.path;

	search_rule(x, s);
	if (!s->has) {
		explain_say(x, what, EXPLAIN_REFUSED, "a ban in %s", path);
		return;
	}
	explain_say(x, what, EXPLAIN_REFUSED,
		    "a ban of %s, %s%s%s%s%s (%s, rule id %lld)",
		    explain_escape(s->found.what, name, sizeof(name)),
		    duration(s->found.until, until, sizeof(until)),
		    s->found.author[0] ? ", by " : "",
		    explain_escape(s->found.author, author, sizeof(author)),
		    s->found.reason[0] ? ": " : "",
		    explain_escape(s->found.reason, reason, sizeof(reason)),
		    path, (long long)s->found.id);
}

static bool know_rules(struct explain *x)
{
	struct rulebook *book = &x->service->rulebook;

	if (!book->path) {
		explain_say_key(x, "bans", EXPLAIN_OK, AT(users),
				"there are none without a store sqlite:");
		return false;
	}
	rulebook_look(book, RULES_WAIT_MS);
	if (book->failed == 0)
		return true;
	if (book->failed == -EACCES || book->failed == -EPERM)
		explain_unseen(x, "bans", book->path, -book->failed);
	else
		explain_say(x, "bans", EXPLAIN_NOTE,
			    "%s: %s; a server goes by what it has read before",
			    book->path, strerror(-book->failed));
	return false;
}

void explain_rules(struct explain *x)
{
	const struct rulebook *book = &x->service->rulebook;
	struct rule_search s = {.kind = DATABASE_RULE_IP};
	struct network by;

	if (!know_rules(x))
		return;
	s.network = &by;
	switch (rulebook_ask(book, &x->setup.peer, &by)) {
	case RULES_LET_IN:
		explain_say(x, "bans", EXPLAIN_OK, "none fits; %s (%s)",
			    book->rules.has_allows ? "the allow list lets it in"
						   : "there is no allow list",
			    book->path);
		return;
	case RULES_BANNED:
		say_ban(x, "bans", &s);
		break;
	case RULES_NOT_ALLOWED:
		explain_say(x, "bans", EXPLAIN_REFUSED,
			    "there is an allow list, and the address is not "
			    "on it (%s)",
			    book->path);
		break;
	}
	explain_refuse(x, door_reply(DOOR_RULED_OUT));
}

void explain_user_ban(struct explain *x)
{
	struct rule_search s = {
		.kind = DATABASE_RULE_USER,
		.user = x->m.user,
	};

	say_ban(x, "user ban", &s);
	explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
}
