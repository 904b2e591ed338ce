/* SPDX-License-Identifier: ISC */
/* When the bans of a database are read again, and which of its rows count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/rulebook.h"
#include "store/database.h"
#include "store/database_rules.h"
#include "sys/clock.h"
#include "sys/log.h"

/* --- a clock that the tests set --- */

static uint64_t now_ms;

uint64_t clock_ms(void)
{
	return now_ms;
}

int64_t clock_now_s(void)
{
	return (int64_t)time(NULL);
}

uint64_t clock_real_ns(void)
{
	return (uint64_t)time(NULL) * 1000000000;
}

void clock_nap_ms(unsigned ms)
{
	now_ms += ms;
}

/* --- a database --- */

static char folder[64], path[128], log_path[128];
static char error_text[USERS_ERROR_SIZE];
static struct buf error;
static struct rulebook book;

static void run_sql(const char *sql)
{
	sqlite3 *raw;

	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static int set_up(void **state)
{
	const struct log_options options = {
		.sink = log_path, .ident = "test", .level = LOG_AT_INFO};
	struct database db;

	(void)state;
	strcpy(folder, "/tmp/test-rulebook.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/users.db", folder);
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	assert_int_equal(log_open(&options), 0);
	buf_init(&error, error_text, sizeof(error_text));
	assert_int_equal(database_open(&db, path, DATABASE_CREATE, 0, &error),
			 0);
	database_close(&db);
	memset(&book, 0, sizeof(book));
	book.path = path;
	now_ms = 1000000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rules_clear(&book.rules);
	log_close();
	unlink(path);
	unlink(log_path);
	return rmdir(folder);
}

static enum rules_verdict ask(const char *address)
{
	struct peer peer = {.known = true};
	struct network by;

	assert_true(network_address_parse(span_str(address), &peer.address));
	return rulebook_ask(&book, &peer, &by);
}

/* How many lines of the log have the text. */
static int logged(const char *text)
{
	FILE *file = fopen(log_path, "r");
	char line[4096];
	int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

static void ban(const char *address)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "INSERT INTO rules(kind,effect,what) VALUES('ip','ban','%s')",
		 address);
	run_sql(sql);
}

/* --- when they are read --- */

static void test_a_change_that_shows_is_read_at_once(void **state)
{
	(void)state;
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.1"), RULES_LET_IN);
	for (int i = 1; i < 20; i++) {
		char address[32];

		snprintf(address, sizeof(address), "192.0.2.%d", i);
		ban(address);
		/* As where the kernel's clock moves on between two changes. */
		book.seen.ctime.tv_nsec ^= 1;
		rulebook_look(&book, 0);
		assert_int_equal(ask(address), RULES_BANNED);
	}
}

static void test_a_change_that_does_not_show_is_read_soon(void **state)
{
	uint64_t again_ms;

	(void)state;
	rulebook_look(&book, 0);
	again_ms = book.seen.again_ms;
	ban("192.0.2.1");
	file_stamp_take(path, &book.seen);
	book.seen.again_ms = again_ms;
	/* Connection after connection: no reading. */
	for (; now_ms < 1000000 + FILE_STAMP_AGAIN_MS; now_ms++) {
		rulebook_look(&book, 0);
		assert_int_equal(ask("192.0.2.1"), RULES_LET_IN);
	}
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.1"), RULES_BANNED);
}

/* Whatever is committed in that mode does not show, and is not believed in. */
static void test_write_ahead_mode_is_told_of(void **state)
{
	sqlite3 *other;

	(void)state;
	ban("192.0.2.1");
	rulebook_look(&book, 0);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "PRAGMA journal_mode = WAL", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	now_ms += FILE_STAMP_AGAIN_MS;
	for (int i = 0; i < 3; i++) {
		rulebook_look(&book, 0);
		assert_int_equal(book.failed, -EBADMSG);
		assert_int_equal(ask("192.0.2.1"), RULES_BANNED);
	}
	assert_int_equal(logged("journal_mode = DELETE"), 1);
	run_sql("PRAGMA journal_mode = DELETE");
	ban("192.0.2.2");
	rulebook_look(&book, 0);
	assert_int_equal(book.failed, 0);
	assert_int_equal(ask("192.0.2.2"), RULES_BANNED);
}

/* --- rows --- */

static void test_a_row_that_means_nothing_hides_no_other(void **state)
{
	char sql[4096];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "INSERT INTO rules(id,kind,effect,what) VALUES"
		 "(1,'ip','ban','192.0.2.1'),(2,'Ip','ban','192.0.2.2'),"
		 "(3,'ip','baan','192.0.2.3'),(4,'ip','ban','%0300d'),"
		 "(5,'user','ban','%0300d'),(6,'ip','ban','example.org'),"
		 "(7,'user','ban','mallory'),(8,'user','allow','%0300d'),"
		 "(9,'country','ban','xx')",
		 0, 0, 0);
	run_sql(sql);
	rulebook_look(&book, 0);
	assert_int_equal(book.failed, 0);
	assert_int_equal(ask("192.0.2.1"), RULES_BANNED);
	assert_int_equal(ask("192.0.2.2"), RULES_LET_IN);
	assert_true(rulebook_bans_user(&book, span_str("mallory")));
	assert_int_equal(logged("row 2: its kind is neither"), 1);
	assert_int_equal(logged("row 3: its effect is neither"), 1);
	assert_int_equal(logged("row 4: what it is of is too long"), 1);
	assert_int_equal(logged("row 5: what it is of is too long"), 1);
	assert_int_equal(logged("row 6: ban of example.org: not an address"),
			 1);
	assert_int_equal(logged("row 8: what it is of is too long"), 1);
	assert_int_equal(logged("DELETE FROM rules WHERE id=9)"), 1);
	assert_int_equal(logged("rules: "), 7);

	/* Each is told of once, until it was mended and broken again. */
	ban("192.0.2.9");
	now_ms += FILE_STAMP_AGAIN_MS;
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.9"), RULES_BANNED);
	assert_int_equal(logged("rules: "), 7);
	run_sql("UPDATE rules SET kind='ip' WHERE id=2");
	now_ms += FILE_STAMP_AGAIN_MS;
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.2"), RULES_BANNED);
	run_sql("UPDATE rules SET kind='i' WHERE id=2");
	now_ms += FILE_STAMP_AGAIN_MS;
	rulebook_look(&book, 0);
	assert_int_equal(logged("row 2: its kind is neither"), 2);
	assert_int_equal(logged("rules: "), 8);
}

static void test_a_long_reason_is_no_reason_to_let_in(void **state)
{
	char sql[4096];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "INSERT INTO rules(kind,effect,what,author,reason) "
		 "VALUES('ip','ban','192.0.2.1','%0256d','%02000d')",
		 0, 0);
	run_sql(sql);
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.1"), RULES_BANNED);
	assert_int_equal(logged("rules"), 0);
}

static void test_many_such_rows_fill_no_log(void **state)
{
	(void)state;
	run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
		"WHERE i<1000) INSERT INTO rules(kind,effect,what) "
		"SELECT 'x','ban',i FROM n");
	for (int i = 0; i < 3; i++) {
		rulebook_look(&book, 0);
		assert_int_equal(logged("rules: "), RULES_TOLD + 1);
		run_sql("UPDATE rules SET reason='again'");
		now_ms += FILE_STAMP_AGAIN_MS;
	}
	assert_int_equal(logged("further rows cannot be used"), 1);
}

/* Each alone in the table: everybody would be let in without it. */
static const char *const allows_of_nobody[] = {
	"'ip','allow','192.0.2'",
	"'network','allow','192.0.2.0/24'",
	"'ip','allow',hex(zeroblob(300))",
};

static void test_an_allow_that_means_nothing_lets_nobody_in(void **state)
{
	char sql[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(
			sql, sizeof(sql),
			"DELETE FROM rules; "
			"INSERT INTO rules(id,kind,effect,what) VALUES(%zu,%s)",
			i + 1, allows_of_nobody[i]);
		run_sql(sql);
		now_ms += FILE_STAMP_AGAIN_MS;
		rulebook_look(&book, 0);
		assert_int_equal(ask("192.0.2.1"), RULES_NOT_ALLOWED);
		/* The machine itself never is shut out so. */
		assert_int_equal(ask("127.0.0.1"), RULES_LET_IN);
		assert_int_equal(logged("no other row of the allow list"),
				 (int)i + 1);
		run_sql("INSERT INTO rules(kind,effect,what) "
			"VALUES('ip','allow','198.51.100.0/24')");
		now_ms += FILE_STAMP_AGAIN_MS;
		rulebook_look(&book, 0);
		assert_int_equal(ask("192.0.2.1"), RULES_NOT_ALLOWED);
		assert_int_equal(ask("198.51.100.7"), RULES_LET_IN);
	}
	/* Nor is it for ever, if it was not to be. */
	run_sql("DELETE FROM rules; INSERT INTO rules(kind,effect,what,until) "
		"VALUES('ip','allow','x',unixepoch()-1)");
	now_ms += FILE_STAMP_AGAIN_MS;
	rulebook_look(&book, 0);
	assert_int_equal(ask("192.0.2.1"), RULES_LET_IN);
}

/* --- what a change would mean --- */

static void change(struct database *db, enum database_rule_effect effect,
		   const char *what, bool adds)
{
	struct database_rule rule = {.kind = DATABASE_RULE_IP,
				     .effect = effect};

	strcpy(rule.what, what);
	if (adds)
		assert_int_equal(database_rule_set(db, &rule, &error), 0);
	else
		assert_int_equal(database_rule_delete(db, rule.kind, effect,
						      what, &error),
				 0);
}

static enum rules_verdict try_out(struct database *db, const char *address)
{
	struct peer peer = {.known = address != NULL};
	enum rules_verdict verdict;

	if (address)
		assert_true(network_address_parse(span_str(address),
						  &peer.address));
	assert_int_equal(rulebook_try(&book, db, &peer, &verdict, &error), 0);
	return verdict;
}

static void test_a_change_can_be_tried_before_it_is_stored(void **state)
{
	struct database db;

	(void)state;
	assert_int_equal(database_open(&db, path, DATABASE_WRITE, 0, &error),
			 0);
	assert_int_equal(database_begin(&db, &error), 0);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_LET_IN);
	/* ALLOW that would keep out who says it, */
	change(&db, DATABASE_RULE_ALLOW, "198.51.100.0/24", true);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_NOT_ALLOWED);
	assert_int_equal(try_out(&db, "198.51.100.9"), RULES_LET_IN);
	assert_int_equal(try_out(&db, "127.0.0.1"), RULES_LET_IN);
	assert_int_equal(try_out(&db, NULL), RULES_LET_IN);
	/* and UNALLOW that would: of two the one that he is on, */
	change(&db, DATABASE_RULE_ALLOW, "192.0.2.0/24", true);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_LET_IN);
	change(&db, DATABASE_RULE_ALLOW, "192.0.2.0/24", false);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_NOT_ALLOWED);
	/* but not the last one. */
	change(&db, DATABASE_RULE_ALLOW, "198.51.100.0/24", false);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_LET_IN);
	change(&db, DATABASE_RULE_BAN, "192.0.2.0/24", true);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_BANNED);
	database_rollback(&db);
	assert_int_equal(try_out(&db, "192.0.2.1"), RULES_LET_IN);
	database_close(&db);
	/* What is in force is not touched. */
	assert_int_equal(book.readings, 0);
}

static void test_what_cannot_be_read_is_no_verdict(void **state)
{
	const struct peer peer = {0};
	enum rules_verdict verdict;
	struct database db;

	(void)state;
	run_sql("DROP TABLE rules");
	assert_int_equal(database_open(&db, path, DATABASE_READ, 0, &error), 0);
	assert_true(rulebook_try(&book, &db, &peer, &verdict, &error) < 0);
	database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_change_that_shows_is_read_at_once),
		TEST(test_a_change_that_does_not_show_is_read_soon),
		TEST(test_write_ahead_mode_is_told_of),
		TEST(test_a_row_that_means_nothing_hides_no_other),
		TEST(test_a_long_reason_is_no_reason_to_let_in),
		TEST(test_many_such_rows_fill_no_log),
		TEST(test_an_allow_that_means_nothing_lets_nobody_in),
		TEST(test_a_change_can_be_tried_before_it_is_stored),
		TEST(test_what_cannot_be_read_is_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
