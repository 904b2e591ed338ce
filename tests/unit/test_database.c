/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/database.h"
#include "store/database_rules.h"
#include "store/database_settings.h"
#include "store/database_store.h"
#include "store/database_users.h"
#include "store/users.h"
#include "sys/clock.h"

/* --- a folder with a database --- */

static char folder[64], path[96], spec[112], journal[112];
static char error_text[USERS_ERROR_SIZE];
static struct buf error;

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-database.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/users.db", folder);
	snprintf(spec, sizeof(spec), "sqlite:%s", path);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	buf_init(&error, error_text, sizeof(error_text) - 1);
	return 0;
}

static int remove_folder(void **state)
{
	char beside[112];

	(void)state;
	unlink(path);
	unlink(journal);
	snprintf(beside, sizeof(beside), "%s-wal", path);
	unlink(beside);
	snprintf(beside, sizeof(beside), "%s-shm", path);
	unlink(beside);
	return rmdir(folder);
}

static const char *said(void)
{
	error_text[error.n] = '\0';
	return error_text;
}

static int try_open(struct database *db, enum database_mode mode)
{
	buf_reset(&error);
	return database_open(db, path, mode, 50, &error);
}

static struct database open_as(enum database_mode mode)
{
	struct database db;
	int r = try_open(&db, mode);

	if (r)
		fail_msg("%d %s", r, said());
	return db;
}

static void put_file(const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

/* As a program of somebody else's would. */
static void run_sql(const char *sql)
{
	sqlite3 *raw;

	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	if (sqlite3_exec(raw, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(raw));
	sqlite3_close(raw);
}

static void add(struct database *db, const char *name, const char *password)
{
	struct database_user user;

	database_user_init(&user);
	snprintf(user.row.name, sizeof(user.row.name), "%s", name);
	snprintf(user.row.password, sizeof(user.row.password), "%s", password);
	buf_reset(&error);
	if (database_user_add(db, &user, &error))
		fail_msg("%s", said());
	assert_true(user.id > 0);
}

static void make_users(void)
{
	struct database db = open_as(DATABASE_CREATE);

	add(&db, "alice", "{PLAIN}secret");
	add(&db, "bob", "$6$salt$hash");
	database_close(&db);
}

static enum users_verdict find(const char *name, struct user_row *row)
{
	const char *specs[] = {spec};
	struct users u;

	buf_reset(&error);
	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	return users_find(&u, span_str(name), row, &error);
}

/* --- opening --- */

static void test_what_is_no_database_of_ours_is_refused(void **state)
{
	struct database db;

	(void)state;
	assert_int_equal(try_open(&db, DATABASE_READ), -ENOENT);
	assert_non_null(strstr(said(), path));
	assert_non_null(strstr(said(), "scmp --offline user add"));
	assert_int_equal(try_open(&db, DATABASE_WRITE), -ENOENT);

	put_file("", 0);
	assert_int_equal(try_open(&db, DATABASE_READ), -EBADMSG);
	put_file("alice:{PLAIN}secret:::::\n", 25);
	assert_int_equal(try_open(&db, DATABASE_READ), -EBADMSG);
	assert_non_null(strstr(said(), "not a database"));
	assert_null(strstr(said(), "secret"));
	assert_int_equal(try_open(&db, DATABASE_CREATE), -EBADMSG);
	unlink(path);

	run_sql("CREATE TABLE messages(x)");
	assert_int_equal(try_open(&db, DATABASE_READ), -EBADMSG);
	assert_int_equal(try_open(&db, DATABASE_CREATE), -EBADMSG);
	assert_non_null(strstr(said(), "another program"));
	unlink(path);

	/* Nothing is opened that could block or is not ours to read. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_open(&db, DATABASE_READ), -EINVAL);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(try_open(&db, DATABASE_READ), -EINVAL);
	rmdir(path);
}

static void test_a_newer_schema_is_refused_by_readers_and_writers(void **state)
{
	static const enum database_mode modes[] = {
		DATABASE_READ, DATABASE_UNDO, DATABASE_WRITE, DATABASE_CREATE};
	struct database db;

	(void)state;
	make_users();
	run_sql("PRAGMA user_version = 1000");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(try_open(&db, modes[i]), -ENOTSUP);
		assert_non_null(strstr(said(), "newer than this program"));
	}
}

/* Version 1 had no index of hashes. */
static void test_an_older_schema_is_read_and_brought_up_to_date(void **state)
{
	struct users_facts facts = {0};
	struct database db;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	add(&db, "carl",
	    "$6$saltsalt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130"
	    "MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.");
	database_close(&db);
	run_sql("DROP INDEX users_hash; PRAGMA user_version = 1");
	assert_int_equal(database_store_facts(path, &facts), 0);
	assert_non_null(strstr(facts.example, "$6$"));
	db = open_as(DATABASE_WRITE);
	database_close(&db);
	/* There is one now, and the number says so. */
	run_sql("SELECT count(*) FROM users INDEXED BY users_hash WHERE "
		"password>'' AND substr(password,1,1) NOT IN ('!','*') AND "
		"upper(substr(password,1,6)) NOT IN ('{PLAIN','{CLEAR')");
	db = open_as(DATABASE_READ);
	database_close(&db);
	run_sql("CREATE TEMP TABLE t(x INTEGER CHECK(x=2)); INSERT INTO t "
		"SELECT user_version FROM pragma_user_version");
}

static void test_the_mode_of_a_new_file_goes_by_its_folder(void **state)
{
	struct database db;
	struct stat st;

	(void)state;
	(void)umask(077);
	db = open_as(DATABASE_CREATE);
	database_close(&db);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	unlink(path);
	assert_int_equal(chmod(folder, 02770), 0);
	db = open_as(DATABASE_CREATE);
	database_close(&db);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	/* Neither is another journal than the classic one ever used. */
	assert_int_equal(access(journal, F_OK), -1);
}

static void test_a_change_is_all_or_nothing(void **state)
{
	struct database db;
	struct user_row row;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	assert_int_equal(database_begin(&db, &error), 0);
	add(&db, "carol", "x");
	database_rollback(&db);
	assert_int_equal(database_begin(&db, &error), 0);
	add(&db, "dave", "x");
	database_close(&db);
	assert_int_equal(find("carol", &row), USERS_UNKNOWN);
	assert_int_equal(find("dave", &row), USERS_UNKNOWN);

	db = open_as(DATABASE_WRITE);
	assert_int_equal(database_begin(&db, &error), 0);
	add(&db, "erin", "x");
	assert_int_equal(database_commit(&db, &error), 0);
	database_close(&db);
	assert_int_equal(find("erin", &row), USERS_FOUND);
}

/* --- users --- */

static void test_a_user_is_stored_whole(void **state)
{
	struct database_user user, back;
	struct database db = open_as(DATABASE_CREATE);

	(void)state;
	database_user_init(&user);
	strcpy(user.row.name, "carol@example.org");
	strcpy(user.row.password, "$y$j9T$salt$hash");
	strcpy(user.row.secret, "kept for APOP");
	strcpy(user.row.role, "operator");
	strcpy(user.row.maildir, "%h/Maildir");
	strcpy(user.row.home, "/home/carol");
	user.row.has_uid = user.row.has_gid = true;
	user.row.uid = 4294967294;
	user.row.gid = 1;
	strcpy(user.row.networks, "192.0.2.0/24,2001:db8::/32");
	user.row.has_max_sessions = true;
	user.row.max_sessions = 3;
	user.row.must_change = true;
	strcpy(user.display_name, "Carol \xc3\x85.");
	strcpy(user.comment, "it's; DROP TABLE users --");
	assert_int_equal(database_user_add(&db, &user, &error), 0);
	assert_int_equal(database_user_find(&db, span_str("carol@example.org"),
					    &back, &error),
			 0);
	assert_int_equal(back.id, user.id);
	assert_true(back.created > 0 && back.created == user.created);
	assert_memory_equal(&back.row, &user.row, sizeof(user.row));
	assert_string_equal(back.display_name, user.display_name);
	assert_string_equal(back.comment, user.comment);
	assert_int_equal(database_user_add(&db, &user, &error), -EEXIST);
	assert_non_null(strstr(said(), "carol@example.org: the name is taken"));
	/* The exact octets of the name. */
	assert_int_equal(database_user_find(&db, span_str("Carol@example.org"),
					    &back, &error),
			 -ENOENT);
	database_close(&db);
}

static void test_only_the_named_fields_change(void **state)
{
	struct database_user change, back;
	struct database db;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	database_user_init(&change);
	strcpy(change.row.password, "new");
	strcpy(change.row.home, "/home/x");
	change.row.enabled = false;
	assert_int_equal(database_user_change(&db, span_str("alice"),
					      DATABASE_HOME | DATABASE_ENABLED,
					      &change, &error),
			 0);
	assert_int_equal(
		database_user_find(&db, span_str("alice"), &back, &error), 0);
	assert_string_equal(back.row.password, "{PLAIN}secret");
	assert_string_equal(back.row.home, "/home/x");
	assert_false(back.row.enabled);

	strcpy(change.row.name, "bob");
	buf_reset(&error);
	assert_int_equal(database_user_change(&db, span_str("alice"),
					      DATABASE_NAME, &change, &error),
			 -EEXIST);
	assert_non_null(strstr(said(), "user bob: the name is taken"));
	strcpy(change.row.name, "alison");
	assert_int_equal(database_user_change(&db, span_str("alice"),
					      DATABASE_NAME, &change, &error),
			 0);
	buf_reset(&error);
	assert_int_equal(database_user_change(&db, span_str("alice"),
					      DATABASE_NAME, &change, &error),
			 -ENOENT);
	assert_non_null(strstr(said(), "alice: there is no such user"));
	assert_int_equal(database_user_delete(&db, span_str("alison"), &error),
			 0);
	assert_int_equal(database_user_delete(&db, span_str("alison"), &error),
			 -ENOENT);
	database_close(&db);
}

static void test_what_cannot_be_served_is_not_stored(void **state)
{
	static const struct {
		unsigned field;
		const char *value;
	} rows[] = {
		{DATABASE_NAME, ""},
		{DATABASE_NAME, "with\nline end"},
		{DATABASE_MAILDIR, "relative"},
		{DATABASE_MAILDIR, "/%q"},
		{DATABASE_HOME, "home"},
		{DATABASE_NETWORKS, "192.0.2.0/33"},
		{DATABASE_NETWORKS, "192.0.2.1,,"},
		{DATABASE_NETWORKS, "here"},
		{DATABASE_ROLE, ""},
		{DATABASE_UID, NULL},
		{DATABASE_GID, NULL},
	};
	struct database db;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct database_user user;
		char *to = rows[i].field == DATABASE_NAME ? user.row.name
			   : rows[i].field == DATABASE_MAILDIR
				   ? user.row.maildir
			   : rows[i].field == DATABASE_HOME ? user.row.home
			   : rows[i].field == DATABASE_ROLE ? user.row.role
							    : user.row.networks;

		database_user_init(&user);
		user.row.has_uid = rows[i].field == DATABASE_UID;
		user.row.has_gid = rows[i].field == DATABASE_GID;
		if (rows[i].value)
			strcpy(to, rows[i].value);
		buf_reset(&error);
		if (database_user_change(&db, span_str("alice"), rows[i].field,
					 &user, &error) != -EINVAL)
			fail_msg("row %zu was stored", i);
		assert_true(error.n > 0);
	}
	database_close(&db);
}

struct names {
	char text[256];
	int stop_after;
};

static int note_name(const struct database_user *user, void *context)
{
	struct names *names = context;

	strcat(strcat(names->text, user->row.name), " ");
	return names->stop_after && --names->stop_after == 0 ? 77 : 0;
}

static void note_fault(const char *fault, void *context)
{
	struct names *names = context;

	assert_non_null(strstr(fault, "user bob"));
	strcat(names->text, "! ");
}

static void test_lists_go_by_mask_and_window(void **state)
{
	static const struct {
		struct database_search search;
		const char *names;
	} rows[] = {
		{{0}, "A a[1] alice bob bobby z* "},
		{{.mask = "bob"}, "bob "},
		{{.mask = "bob*"}, "bob bobby "},
		{{.mask = "b?b"}, "bob "},
		{{.mask = "a[1]"}, "a[1] "},
		{{.mask = "*c*"}, "alice "},
		{{.mask = "none"}, ""},
		{{.offset = 1, .limit = 2}, "a[1] alice "},
		{{.offset = 5}, "z* "},
	};
	struct names names = {.stop_after = 2};
	const struct database_search all = {0};
	struct database db;
	uint64_t n = 0;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	add(&db, "z*", "x");
	add(&db, "bobby", "x");
	add(&db, "A", "x");
	add(&db, "a[1]", "x");
	assert_int_equal(
		database_users_list(&db, &all, note_name, &names, &error), 77);
	assert_string_equal(names.text, "A a[1] ");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&names, 0, sizeof(names));
		assert_int_equal(database_users_list(&db, &rows[i].search,
						     note_name, &names, &error),
				 0);
		assert_string_equal(names.text, rows[i].names);
	}
	assert_int_equal(database_users_count(&db, NULL, &n, &error), 0);
	assert_int_equal(n, 6);
	assert_int_equal(database_users_count(&db, "bob*", &n, &error), 0);
	assert_int_equal(n, 2);
	assert_int_equal(database_users_count_role(&db, "user", &n, &error), 0);
	assert_int_equal(n, 6);
	assert_int_equal(database_users_count_role(&db, "admin", &n, &error),
			 0);
	assert_int_equal(n, 0);
	database_close(&db);
}

static void test_a_damaged_row_concerns_one_user(void **state)
{
	struct database_search all = {0};
	struct names names = {0};
	struct database db;
	struct user_row row;

	(void)state;
	make_users();
	run_sql("UPDATE users SET uid = -5 WHERE name = 'bob'");
	assert_int_equal(find("bob", &row), USERS_PERMFAIL);
	assert_non_null(strstr(said(), "user bob: uid"));
	assert_int_equal(find("alice", &row), USERS_FOUND);
	run_sql("UPDATE users SET uid = 0 WHERE name = 'bob'");
	assert_int_equal(find("bob", &row), USERS_PERMFAIL);

	db = open_as(DATABASE_READ);
	assert_int_equal(
		database_users_list(&db, &all, note_name, &names, &error),
		-EBADMSG);
	all.damaged = note_fault;
	memset(&names, 0, sizeof(names));
	assert_int_equal(
		database_users_list(&db, &all, note_name, &names, &error), 0);
	assert_string_equal(names.text, "alice ! ");
	database_close(&db);
}

/* --- what else is in it --- */

static int note_credential(const struct database_credential *c, void *context)
{
	char *text = context;

	sprintf(text + strlen(text), "%s/%s=%s ", c->kind, c->label, c->value);
	return 0;
}

static void test_credentials_go_with_their_user(void **state)
{
	struct database_credential c = {
		.kind = "app", .label = "phone", .value = "one"};
	char text[256] = "";
	struct database db;

	(void)state;
	make_users();
	db = open_as(DATABASE_WRITE);
	assert_int_equal(
		database_credential_set(&db, span_str("alice"), &c, &error), 0);
	strcpy(c.value, "two");
	assert_int_equal(
		database_credential_set(&db, span_str("alice"), &c, &error), 0);
	strcpy(c.kind, "scram-sha-256");
	c.label[0] = '\0';
	assert_int_equal(
		database_credential_set(&db, span_str("alice"), &c, &error), 0);
	assert_int_equal(
		database_credential_set(&db, span_str("nobody"), &c, &error),
		-ENOENT);
	assert_int_equal(database_credentials_list(&db, span_str("alice"),
						   note_credential, text,
						   &error),
			 0);
	assert_string_equal(text, "app/phone=two scram-sha-256/=two ");
	assert_int_equal(database_credential_delete(&db, span_str("alice"),
						    "app", "laptop", &error),
			 -ENOENT);
	assert_int_equal(database_credential_delete(&db, span_str("alice"),
						    "app", "phone", &error),
			 0);
	assert_int_equal(database_user_delete(&db, span_str("alice"), &error),
			 0);
	add(&db, "alice", "x");
	text[0] = '\0';
	assert_int_equal(database_credentials_list(&db, span_str("alice"),
						   note_credential, text,
						   &error),
			 0);
	assert_string_equal(text, "");
	database_close(&db);
}

static int64_t rules_from; /* times are told from then on */

static int note_rule(const struct database_rule *rule, void *context)
{
	char *text = context;

	sprintf(text + strlen(text), "%s-%s-%s-%d ",
		database_rule_kinds[rule->kind],
		database_rule_effects[rule->effect], rule->what,
		rule->until ? (int)(rule->until - rules_from) : 0);
	return 0;
}

static void test_rules_hold_until_their_time(void **state)
{
	struct database_rule rule = {.kind = DATABASE_RULE_IP,
				     .what = "192.0.2.0/24",
				     .reason = "guessing"};
	struct database db = open_as(DATABASE_CREATE);
	char text[256] = "";

	(void)state;
	rules_from = clock_now_s();
	rule.until = rules_from + 1000;
	assert_int_equal(database_rule_set(&db, &rule, &error), 0);
	rule.until = rules_from + 2000;
	assert_int_equal(database_rule_set(&db, &rule, &error), 0);
	rule.kind = DATABASE_RULE_USER;
	strcpy(rule.what, "mallory");
	rule.until = 0;
	assert_int_equal(database_rule_set(&db, &rule, &error), 0);
	rule.effect = DATABASE_RULE_ALLOW;
	rule.what[0] = '\0';
	assert_int_equal(database_rule_set(&db, &rule, &error), -EINVAL);

	assert_int_equal(database_rules_list(&db, rules_from + 1999, note_rule,
					     text, &error),
			 0);
	assert_string_equal(text,
			    "ip-ban-192.0.2.0/24-2000 user-ban-mallory-0 ");
	text[0] = '\0';
	assert_int_equal(database_rules_list(&db, rules_from + 2000, note_rule,
					     text, &error),
			 0);
	assert_string_equal(text, "user-ban-mallory-0 ");
	assert_int_equal(database_rule_delete(&db, DATABASE_RULE_USER,
					      DATABASE_RULE_ALLOW, "mallory",
					      &error),
			 -ENOENT);
	assert_int_equal(database_rule_delete(&db, DATABASE_RULE_USER,
					      DATABASE_RULE_BAN, "mallory",
					      &error),
			 0);
	database_close(&db);
}

/* Not with the first that is added behind them: they can still be looked at. */
static void test_rules_that_ran_out_long_ago_are_removed(void **state)
{
	struct database_rule rule = {.kind = DATABASE_RULE_IP};
	struct database db = open_as(DATABASE_CREATE);
	static const int64_t ran_out[] = {60, DATABASE_RULES_KEPT_S - 600,
					  DATABASE_RULES_KEPT_S + 600};
	char text[256] = "";

	(void)state;
	rules_from = clock_now_s();
	for (size_t i = 0; i < 3; i++) {
		sprintf(rule.what, "192.0.2.%zu", i);
		rule.until = rules_from - ran_out[i];
		assert_int_equal(database_rule_set(&db, &rule, &error), 0);
	}
	strcpy(rule.what, "192.0.2.9");
	rule.until = 0;
	assert_int_equal(database_rule_set(&db, &rule, &error), 0);
	assert_int_equal(database_rules_list(&db, 0, note_rule, text, &error),
			 0);
	assert_string_equal(text, "ip-ban-192.0.2.0--60 "
				  "ip-ban-192.0.2.1--604200 "
				  "ip-ban-192.0.2.9-0 ");
	database_close(&db);
}

static int note_text(const char *name, const char *value, void *context)
{
	char *text = context;

	sprintf(text + strlen(text), "%s=%s ", name, value);
	return 0;
}

static void test_settings_policy_and_roles_are_kept_apart(void **state)
{
	struct database db = open_as(DATABASE_CREATE);
	char memory[64], text[256] = "";
	struct buf value;

	(void)state;
	for (int t = DATABASE_SETTINGS; t <= DATABASE_ROLES; t++) {
		buf_init(&value, memory, sizeof(memory));
		assert_int_equal(
			database_text_get(&db, t, "one", &value, &error),
			-ENOENT);
		assert_int_equal(database_text_set(&db, t, "", "x", &error),
				 -EINVAL);
		assert_int_equal(database_text_set(&db, t, "two", "2", &error),
				 0);
		assert_int_equal(database_text_set(&db, t, "one", "x", &error),
				 0);
		assert_int_equal(database_text_set(&db, t, "one", "1", &error),
				 0);
		assert_int_equal(
			database_text_get(&db, t, "one", &value, &error), 0);
		assert_string_equal(buf_str(&value), "1");
		text[0] = '\0';
		assert_int_equal(
			database_texts_list(&db, t, note_text, text, &error),
			0);
		assert_string_equal(text, "one=1 two=2 ");
		assert_int_equal(database_text_delete(&db, t, "one", &error),
				 0);
		assert_int_equal(database_text_delete(&db, t, "one", &error),
				 -ENOENT);
	}
	database_close(&db);
}

/* The view for mail servers: a path only where it is sure. */
static void test_mailboxes_are_where_we_serve_them(void **state)
{
	static const char *const rows[][2] = {
		{"alice", "var/vmail/alice/Maildir/"},
		{"a@b.org", "var/vmail/a@b.org/Maildir/"},
		{"homely", "home/homely/Mail/"},
		{"split@b.org", "srv/b.org/split/"},
		{"hashed", ""},
	};
	struct database db = open_as(DATABASE_CREATE);
	sqlite3_stmt *s;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		add(&db, rows[i][0], "x");
	database_close(&db);
	run_sql("UPDATE users SET home='/home/homely',maildir='%h/Mail' "
		"WHERE name='homely';"
		"UPDATE users SET maildir='/srv/%d/%n/' WHERE name LIKE "
		"'split%';"
		"UPDATE users SET maildir='/srv/%2Mu/%u' WHERE name='hashed'");
	db = open_as(DATABASE_READ);
	for (size_t i = 0; i < 5; i++) {
		sqlite3_prepare_v2(db.handle,
				   "SELECT coalesce(maildir,'') FROM mailboxes"
				   " WHERE name=?",
				   -1, &s, NULL);
		sqlite3_bind_text(s, 1, rows[i][0], -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(s), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(s, 0),
				    rows[i][1]);
		sqlite3_finalize(s);
	}
	database_close(&db);
}

/* --- as a store --- */

static void test_logins_find_what_is_there(void **state)
{
	struct user_row row;

	(void)state;
	make_users();
	assert_int_equal(find("alice", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}secret");
	assert_true(row.enabled);
	assert_int_equal(find("ALICE", &row), USERS_UNKNOWN);
	assert_int_equal(find("", &row), USERS_UNKNOWN);
	run_sql("UPDATE users SET enabled=0 WHERE name='alice';"
		"UPDATE users SET password='!' || password WHERE name='bob';"
		"INSERT INTO users(name) VALUES('carol')");
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"alice", "bob", "carol"};

		assert_int_equal(find(names[i], &row), USERS_FOUND);
		assert_false(row.enabled);
	}
}

static bool offers_apop(void)
{
	const char *specs[] = {spec};
	struct users u;

	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	return users_offer_apop(&u);
}

static void test_facts_tell_of_secrets_and_hashes(void **state)
{
	const char *specs[] = {spec};
	struct user_row row;
	struct users u;

	(void)state;
	make_users();
	assert_true(offers_apop());
	run_sql("UPDATE users SET password='$6$salt$other' "
		"WHERE name='alice'");
	assert_false(offers_apop());
	run_sql("UPDATE users SET secret='s' WHERE name='bob'");
	assert_true(offers_apop());

	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	users_example(&u, &row);
	assert_memory_equal(row.password, "$6$", 3);
	assert_string_not_equal(row.password, "$6$salt$other");
}

/* Neither the oldest nor the newest, and beside many who have none. */
static void test_facts_find_the_costliest_hash(void **state)
{
	const char *specs[] = {spec};
	struct user_row row;
	struct users u;

	(void)state;
	make_users();
	run_sql("DELETE FROM users;"
		"INSERT INTO users(name,password) VALUES('first','$1$salt$x');"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
		"WHERE i<90) INSERT INTO users(name,password) "
		"SELECT 'user'||i,iif(i%3,iif(i%2,'!','{PLAIN}x'),NULL) FROM n;"
		"INSERT INTO users(name,password) "
		"VALUES('middle','$6$rounds=100000$salt$x'),"
		"('last','$1$salt$x')");
	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	users_example(&u, &row);
	assert_memory_equal(row.password, "$6$rounds=100000$", 17);

	run_sql("UPDATE users SET password='$1$salt$x' WHERE name='middle';"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
		"WHERE i<500) INSERT INTO users(name,password) "
		"SELECT 'more'||i,'$1$salt$x' FROM n;"
		"INSERT INTO users(name,password) "
		"VALUES('newest','$2b$12$0123456789012345678901"
		"0123456789012345678901234567890')");
	users_example(&u, &row);
	assert_memory_equal(row.password, "$2b$12$", 7);
}

/* So many rows at one end; they have the password, an expression, or none. */
static void add_rows(int n, const char *password)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
		 "WHERE i<%d) INSERT INTO users(name,password) "
		 "SELECT hex(randomblob(8)),%s FROM n",
		 n, password);
	run_sql(sql);
}

/* How many of these rows hide a costly hash in the middle from both ends? */
static bool hide(int n, const char *password)
{
	const char *specs[] = {spec};
	struct user_row row;
	struct users u;

	run_sql("DELETE FROM users");
	add_rows(n, password);
	add_rows(1, "'$6$rounds=100000$salt$x'");
	add_rows(n, password);
	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	users_example(&u, &row);
	return strncmp(row.password, "$6$rounds=100000$", 17) != 0;
}

static void test_rows_without_a_hash_hide_none(void **state)
{
	static const char *const nothing[] = {
		"NULL",		  "''",
		"'!$1$salt$x'",	  "'*'",
		"'{PLAIN}x'",	  "'{clear}x'",
		"'{CLEARTEXT}x'", "iif(i%2,NULL,'!')",
	};

	(void)state;
	make_users();
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		assert_false(hide(2000, nothing[i]));
	/* What is taken for a hash and is none counts, but not as one. */
	assert_false(hide(DATABASE_STORE_ROWS - 1, "'{LDAP}x'"));
	assert_true(hide(DATABASE_STORE_ROWS, "'{LDAP}x'"));
	assert_false(hide(DATABASE_STORE_HASHES - 1, "'$1$salt$x'"));
	assert_true(hide(DATABASE_STORE_HASHES, "'$1$salt$x'"));
}

/* Octets that this process has read so far. */
static uint64_t octets_read(void)
{
	char text[512] = "";
	int fd = open("/proc/self/io", O_RDONLY);
	uint64_t n = 0;

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_int_equal(sscanf(text, "rchar: %" SCNu64, &n), 1);
	return n;
}

static uint64_t cost_of_login(const char *name)
{
	struct user_row row;
	uint64_t before = octets_read();

	assert_int_equal(find(name, &row), USERS_FOUND);
	(void)offers_apop();
	return octets_read() - before;
}

static void test_a_million_users_cost_a_login_what_ten_do(void **state)
{
	uint64_t ten, million;

	(void)state;
	make_users();
	/* Nobody keeps a secret, so none is found soon. */
	run_sql("UPDATE users SET password='$6$salt$hash' WHERE name='alice';"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
		"WHERE i<8) INSERT INTO users(name,password) "
		"SELECT 'user'||i,'$6$salt$hash' FROM n");
	ten = cost_of_login("user7");
	run_sql("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;"
		"WITH RECURSIVE n(i) AS (SELECT 9 UNION ALL SELECT i+1 FROM n "
		"WHERE i<999998) INSERT INTO users(name,password) "
		"SELECT 'user'||i,'$6$salt$hash' FROM n");
	million = cost_of_login("user777777");
	/* Some more pages on the way from the roots of the trees. */
	if (million > ten + 14 * 4096)
		fail_msg("%" PRIu64 " octets, not %" PRIu64, million, ten);
}

/* --- writers that are at work, hang, or die --- */

/* A child that does `sql` and then waits. */
static pid_t hold(const char *sql)
{
	int go[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		sqlite3 *raw;

		if (sqlite3_open(path, &raw) ||
		    sqlite3_exec(raw, sql, NULL, NULL, NULL) ||
		    write(go[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(go[1]);
	assert_int_equal(read(go[0], &c, 1), 1);
	close(go[0]);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_a_writer_that_hangs_is_a_failure_for_now(void **state)
{
	struct user_row row;
	struct users u;
	const char *specs[] = {spec};
	pid_t pid;

	(void)state;
	make_users();
	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	assert_true(users_offer_apop(&u));
	/* Not yet in its commit: nobody has to wait. */
	pid = hold("BEGIN IMMEDIATE; UPDATE users SET password='x'");
	assert_int_equal(find("alice", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}secret");
	end(pid);
	pid = hold("BEGIN EXCLUSIVE");
	assert_int_equal(find("alice", &row), USERS_TEMPFAIL);
	assert_non_null(strstr(said(), "written by another process"));
	assert_int_equal(find("nobody", &row), USERS_TEMPFAIL);
	/* What was known stays, though the file has another time now. */
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
	assert_true(users_offer_apop(&u));
	end(pid);
	assert_int_equal(find("alice", &row), USERS_FOUND);
}

/* Whose commits the file's times do not show. */
static void test_write_ahead_mode_is_refused_and_ended(void **state)
{
	struct database db;
	struct user_row row;
	char log[112];
	pid_t other;

	(void)state;
	make_users();
	other = hold("PRAGMA journal_mode = WAL; "
		     "UPDATE users SET enabled = 0 WHERE name = 'alice'");
	assert_int_equal(find("alice", &row), USERS_PERMFAIL);
	assert_non_null(strstr(said(), "PRAGMA journal_mode = DELETE"));
	assert_int_equal(find("nobody", &row), USERS_PERMFAIL);
	assert_int_equal(try_open(&db, DATABASE_UNDO), -EBADMSG);
	/* While somebody has it open nobody can bring it back. */
	assert_int_equal(try_open(&db, DATABASE_WRITE), -EBADMSG);
	assert_non_null(strstr(said(), "PRAGMA journal_mode = DELETE"));
	end(other);
	assert_int_equal(find("alice", &row), USERS_PERMFAIL);
	db = open_as(DATABASE_WRITE);
	add(&db, "carol", "{PLAIN}secret");
	database_close(&db);
	snprintf(log, sizeof(log), "%s-wal", path);
	assert_int_equal(access(log, F_OK), -1);
	assert_int_equal(find("alice", &row), USERS_FOUND);
	assert_false(row.enabled);
	assert_int_equal(find("carol", &row), USERS_FOUND);
}

/* The journal's removal is the moment from which a commit holds. */
static int die_instead(const char *name)
{
	(void)name;
	raise(SIGKILL);
	return -1;
}

static void kill_writer_in_mid_commit(void)
{
	pid_t pid = fork();
	char first = 0;
	int status, fd;

	if (pid == 0) {
		sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
		sqlite3 *raw;

		if (vfs->xSetSystemCall(vfs, "unlink",
					(sqlite3_syscall_ptr)die_instead) ||
		    sqlite3_open(path, &raw))
			_exit(1);
		(void)sqlite3_exec(raw,
				   "UPDATE users SET password='{PLAIN}changed'",
				   NULL, NULL, NULL);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* It is hot: its header is in force. */
	fd = open(journal, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &first, 1), 1);
	assert_int_equal((unsigned char)first, 0xd9);
	close(fd);
}

static int owners_asked;

static int refuse_owner(uid_t uid, gid_t gid, int (*work)(const char *),
			const char *of)
{
	(void)work;
	assert_int_equal(uid, geteuid());
	assert_int_equal(gid, getegid());
	assert_string_equal(of, path);
	owners_asked++;
	return -EPERM;
}

static int be_owner(uid_t uid, gid_t gid, int (*work)(const char *),
		    const char *of)
{
	(void)refuse_owner(uid, gid, work, of);
	return work(of);
}

static void test_what_a_dead_writer_left_is_undone(void **state)
{
	const char *specs[] = {spec};
	struct user_row row;
	struct database db;
	struct users u;

	(void)state;
	make_users();
	kill_writer_in_mid_commit();
	assert_int_equal(try_open(&db, DATABASE_READ), -EOWNERDEAD);
	assert_int_equal(users_open(&u, specs, 1, &error), 0);
	assert_false(users_offer_apop(&u));
	buf_reset(&error);
	u.as_owner = refuse_owner;
	assert_int_equal(users_find(&u, span_str("alice"), &row, &error),
			 USERS_TEMPFAIL);
	assert_non_null(strstr(said(), "died in mid-commit"));
	assert_int_equal(access(journal, F_OK), 0);

	buf_reset(&error);
	u.as_owner = be_owner;
	assert_int_equal(users_find(&u, span_str("alice"), &row, &error),
			 USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}secret");
	assert_non_null(strstr(said(), "has been undone"));
	assert_int_equal(access(journal, F_OK), -1);
	assert_int_equal(owners_asked, 2);
	assert_true(users_offer_apop(&u));

	/* Without a hook with the process's own rights. */
	kill_writer_in_mid_commit();
	assert_int_equal(find("alice", &row), USERS_FOUND);
	assert_int_equal(owners_asked, 2);
}

static void put_number(FILE *to, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		fputc((int)(n >> shift & 255), to);
}

/* As SQLite's file format has it, section 3.3: of several databases. */
static void name_super_journal(const char *name)
{
	FILE *to = fopen(journal, "ab");
	uint32_t sum = 0;

	assert_non_null(to);
	for (const char *p = name; *p; p++)
		sum += (unsigned char)*p;
	put_number(to, 0x40000000 / 4096 + 1);
	fputs(name, to);
	put_number(to, (uint32_t)strlen(name));
	put_number(to, sum);
	put_number(to, 0xd9d505f9);
	put_number(to, 0x20a163d7);
	assert_int_equal(fclose(to), 0);
}

/* Whoever may write the folder is not to remove files with others' rights. */
static void test_a_journal_removes_no_other_file(void **state)
{
	struct user_row row;
	char victim[128];
	FILE *file;

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	file = fopen(victim, "w");
	assert_non_null(file);
	fputs("precious", file);
	assert_int_equal(fclose(file), 0);
	make_users();
	kill_writer_in_mid_commit();
	name_super_journal(victim);
	/* The first that undoes it is told that something is wrong. */
	(void)!find("alice", &row);
	assert_int_equal(access(victim, F_OK), 0);
	buf_reset(&error);
	assert_int_equal(find("alice", &row), USERS_FOUND);
	assert_string_equal(row.password, "{PLAIN}secret");
	assert_int_equal(access(victim, F_OK), 0);
	assert_int_equal(unlink(victim), 0);
}

static void test_a_broken_file_is_a_lasting_failure(void **state)
{
	struct user_row row;
	int fd;

	(void)state;
	make_users();
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	for (off_t at = 4096; at < 16 * 4096; at += 4096)
		assert_int_equal(pwrite(fd, "damaged beyond repair", 21, at),
				 21);
	close(fd);
	assert_int_equal(find("alice", &row), USERS_PERMFAIL);
	assert_non_null(strstr(said(), "damaged"));
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_no_database_of_ours_is_refused),
		TEST(test_a_newer_schema_is_refused_by_readers_and_writers),
		TEST(test_an_older_schema_is_read_and_brought_up_to_date),
		TEST(test_the_mode_of_a_new_file_goes_by_its_folder),
		TEST(test_a_change_is_all_or_nothing),
		TEST(test_a_user_is_stored_whole),
		TEST(test_only_the_named_fields_change),
		TEST(test_what_cannot_be_served_is_not_stored),
		TEST(test_lists_go_by_mask_and_window),
		TEST(test_a_damaged_row_concerns_one_user),
		TEST(test_credentials_go_with_their_user),
		TEST(test_rules_hold_until_their_time),
		TEST(test_rules_that_ran_out_long_ago_are_removed),
		TEST(test_settings_policy_and_roles_are_kept_apart),
		TEST(test_mailboxes_are_where_we_serve_them),
		TEST(test_logins_find_what_is_there),
		TEST(test_facts_tell_of_secrets_and_hashes),
		TEST(test_facts_find_the_costliest_hash),
		TEST(test_rows_without_a_hash_hide_none),
		TEST(test_a_million_users_cost_a_login_what_ten_do),
		TEST(test_a_writer_that_hangs_is_a_failure_for_now),
		TEST(test_write_ahead_mode_is_refused_and_ended),
		TEST(test_what_a_dead_writer_left_is_undone),
		TEST(test_a_journal_removes_no_other_file),
		TEST(test_a_broken_file_is_a_lasting_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
