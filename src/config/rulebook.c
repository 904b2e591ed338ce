/* SPDX-License-Identifier: ISC */
#include "config/rulebook.h"

#include "config/live.h"

#include "store/database.h"
#include "store/database_rules.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>

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

/* A reading under way. */
struct reading {
	const struct rulebook *book;
	struct rulebook_told told;
	struct rules rules;
};

static bool was_told(const struct rulebook_told *told, int64_t id)
{
	uint32_t i, n = told->n < RULES_TOLD ? told->n : RULES_TOLD;

	for (i = 0; i < n; i++) {
		if (told->ids[i] == id)
			return true;
	}
	return false;
}

/* `of` and `what`: which rule, where that can be said. */
static void tell_row(struct reading *r, const struct database_rule_fault *fault,
		     const char *of, const char *what)
{
	const struct rulebook *book = r->book;
	uint32_t n = r->told.n++;

	if (n < RULES_TOLD)
		r->told.ids[n] = fault->id;
	if (n > RULES_TOLD || was_told(&book->told, fault->id) ||
	    (n == RULES_TOLD && book->told.n > RULES_TOLD))
		return;
	if (n == RULES_TOLD)
		log_error("rules: %s: further rows cannot be used; mend those "
			  "that were named first",
			  book->path);
	else
		log_error("rules: %s: row %lld: %s%s%s; %s (mend it, or DELETE "
			  "FROM rules WHERE id=%lld)",
			  book->path, (long long)fault->id, of, what,
			  fault->why,
			  fault->is_allow ? "it lets nobody in, and who is on "
					    "no other row of the allow list is "
					    "kept out"
					  : "it is not in force",
			  (long long)fault->id);
}

static int take_fault(const struct database_rule_fault *fault, void *context)
{
	struct reading *r = context;

	tell_row(r, fault, "", "");
	if (fault->is_allow)
		rules_allow_nobody(&r->rules, fault->until);
	return 0;
}

static int take_no_network(struct reading *r, const struct database_rule *rule)
{
	const struct database_rule_fault fault = {
		.id = rule->id,
		.until = rule->until,
		.is_allow = rule->effect == DATABASE_RULE_ALLOW,
		.why = ": not an address or a network",
	};

	tell_row(r, &fault, fault.is_allow ? "allow of " : "ban of ",
		 rule->what);
	if (fault.is_allow)
		rules_allow_nobody(&r->rules, fault.until);
	return 0;
}

static int take_rule(const struct database_rule *rule, void *context)
{
	struct reading *r = context;
	struct span what = span_str(rule->what);
	int failed = 0;

	if (rule->kind == DATABASE_RULE_IP)
		failed = rule->effect == DATABASE_RULE_BAN
				 ? rules_ban_network(&r->rules, what,
						     rule->until)
				 : rules_allow_network(&r->rules, what,
						       rule->until);
	else if (rule->effect == DATABASE_RULE_BAN)
		failed = rules_ban_user(&r->rules, what, rule->until);
	return failed == -EINVAL ? take_no_network(r, rule) : failed;
}

/* Of each that is passed over, once. */
static void tell_setting(struct rulebook *book, struct span text)
{
	char now[RULES_SETTING];

	text = span_take(text, sizeof(now) - 1);
	memset(now, 0, sizeof(now));
	if (text.n)
		memcpy(now, text.p, text.n);
	if (text.n && strcmp(now, book->told_setting) != 0)
		log_warning("%s: " SPAN_FMT, book->path, SPAN_ARG(text));
	memcpy(book->told_setting, now, sizeof(now));
}

/* All is as it was before if this fails. */
static int read_settings(struct rulebook *book, struct database *db,
			 struct buf *error)
{
	char memory[USERS_ERROR_SIZE];
	struct buf text;
	int failed;

	if (!book->live)
		return 0;
	buf_init(&text, memory, sizeof(memory));
	failed = live_read(book->live, db, &text);
	if (failed)
		buf_add_span(error, buf_span(&text));
	else
		tell_setting(book, buf_span(&text));
	return failed;
}

static int read_rules(struct reading *r, struct rulebook *book,
		      unsigned wait_ms, struct buf *error)
{
	const struct database_rules_reader reader = {take_rule, take_fault, r};
	struct database db;
	int failed =
		database_open(&db, book->path, DATABASE_READ, wait_ms, error);

	if (failed)
		return failed;
	failed = database_rules_read(&db, clock_now_s(), &reader, error);
	if (!failed)
		failed = read_settings(book, &db, error);
	database_close(&db);
	if (failed)
		rules_clear(&r->rules);
	else
		rules_sort(&r->rules);
	return failed;
}

/* A writer at work is nothing to be told of: the next connection asks again. */
static void tell_failure(struct rulebook *book, int r, const struct buf *error)
{
	if (r < 0 && r != book->failed && r != -EBUSY)
		log_error("bans and allows are not known, or as they "
			  "were: " SPAN_FMT "%s",
			  SPAN_ARG(buf_span(error)),
			  error->n ? "" : strerrordesc_np(-r));
	book->failed = r;
}

/* With all that this takes of the stack, which is a page more, only if need
 * be. */
static __attribute__((noinline)) void read_again(struct rulebook *book,
						 const struct file_stamp *now,
						 unsigned wait_ms)
{
	char memory[USERS_ERROR_SIZE];
	struct reading reading = {.book = book};
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = read_rules(&reading, book, wait_ms, &error);
	tell_failure(book, r, &error);
	if (r < 0)
		return;
	rules_clear(&book->rules);
	book->rules = reading.rules;
	book->told = reading.told;
	book->readings++;
	book->seen = *now;
	file_stamp_keep(&book->seen);
}

void rulebook_look(struct rulebook *book, unsigned wait_ms)
{
	struct file_stamp now;

	if (!book->path)
		return;
	file_stamp_take(book->path, &now);
	if (!file_stamp_is_same(&book->seen, &now))
		read_again(book, &now, wait_ms);
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

int rulebook_try(const struct rulebook *book, struct database *db,
		 const struct peer *peer, enum rules_verdict *verdict,
		 struct buf *error)
{
	struct reading reading = {.book = book};
	const struct database_rules_reader reader = {take_rule, take_fault,
						     &reading};
	struct rulebook tried = {0};
	struct network by;
	int failed = database_rules_read(db, clock_now_s(), &reader, error);

	tried.rules = reading.rules;
	if (!failed) {
		rules_sort(&tried.rules);
		*verdict = rulebook_ask(&tried, peer, &by);
	}
	rules_clear(&tried.rules);
	return failed;
}

bool rulebook_bans_user(const struct rulebook *book, struct span name)
{
	return rules_bans_user(&book->rules, name, clock_now_s());
}
