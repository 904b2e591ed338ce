/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/popser_drop.h"
#include "store/popser_log.h"
#include "store/popser_undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/table.h"

#define LENGTH(a) (sizeof(a) / sizeof(a[0]))
#define UID_OF_X  "9dd4e461268c8034f5c8564e155c67a6"

/* --- lines ---------------------------------------------------------------- */

static const struct {
	const char *line;
	const char *maildir, *name;
	bool moved, in_new, deleted;
	uint64_t size;
} good[] = {
	{"/m/cur/x:2,S\tu\t5\tN", "/m", "x:2,S", true, false, false, 5},
	{"/m/cur/x:2,S\tu\t0\tY", "/m", "x:2,S", true, false, true, 0},
	{"/m/./cur/x\tu\t5\tN", "/m", "x", false, false, false, 5},
	{"/m/./new/x\tu\t5\tN", "/m", "x", false, true, false, 5},
	{"/cur/x\tu\t5\tN", "", "x", true, false, false, 5},
	{"/./new/x\tu\t5\tN", "", "x", false, true, false, 5},
	{"/a b/cur/cur/x y\tu\t5\tN", "/a b/cur", "x y", true, false, false, 5},
	{"/m/new/cur/x\tu\t5\tN", "/m/new", "x", true, false, false, 5},
	{"/m/cur/a//tb\tu\t5\tN", "/m", "a\tb", true, false, false, 5},
	{"/m/cur///ta\tu\t5\tN", "/m", "\ta", true, false, false, 5},
	{"/m/cur///n\tu\t5\tN", "/m", "\n", true, false, false, 5},
	{"/m/cur/a//n//t\tu\t5\tN", "/m", "a\n\t", true, false, false, 5},
	{"/m//tm/cur/x\tu\t5\tN", "/m//tm", "x", true, false, false, 5},
	{"///tm/cur/x\tu\t5\tN", "///tm", "x", true, false, false, 5},
	{"/m//n/./cur/x\tu\t5\tN", "/m//n", "x", false, false, false, 5},
	{"/m\\/cur/\\057\tu\t5\tN", "/m\\", "\\057", true, false, false, 5},
	{"/m/cur/\xc3\xbc\tu\t1234567890123\tN", "/m", "\xc3\xbc", true, false,
	 false, 1234567890123},
};

static void lines_are_read_and_written_back(void **state)
{
	char memory[POPSER_LINE_MAX];
	struct popser_record r;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		struct span line = span_str(good[i].line);

		assert_true(popser_record_parse(line, &r));
		assert_true(span_equal(r.maildir, span_str(good[i].maildir)));
		assert_string_equal(r.name, good[i].name);
		assert_int_equal(r.name_n, strlen(good[i].name));
		assert_int_equal(r.moved, good[i].moved);
		assert_int_equal(r.in_new, good[i].in_new);
		assert_int_equal(r.deleted, good[i].deleted);
		assert_int_equal(r.size, good[i].size);
		buf_init(&b, memory, sizeof(memory));
		popser_record_format(&r, &b);
		assert_int_equal(b.p[b.n - 1], '\n');
		assert_true(span_equal(span_take(buf_span(&b), b.n - 1), line));
	}
}

static const char *const bad[] = {
	"",
	"/m/cur/x\tu\t5",
	"/m/cur/x\tu\t5\tN\t",
	"/m/cur/x\tu\t5\tn",
	"/m/cur/x\tu\t5\tNN",
	"/m/cur/x\tu\t5\t",
	"/m/cur/x\tu\t-5\tN",
	"/m/cur/x\tu\t5k\tN",
	"/m/cur/x\tu\t\tN",
	"/m/cur/x\tu\t18446744073709551615\tN",
	"/m/cur/x\t\t5\tN",
	"/m/cur/x\tu u\t5\tN",
	"/m/cur/x\tu\1\t5\tN",
	"m/cur/x\tu\t5\tN",
	"cur/x\tu\t5\tN",
	"x\tu\t5\tN",
	"/x\tu\t5\tN",
	"/m/tmp/x\tu\t5\tN",
	"/m/new/x\tu\t5\tN", /* moved, but in new/ */
	"/m/xcur/x\tu\t5\tN",
	"/m/cur/\tu\t5\tN",
	"/m/cur/.\tu\t5\tN",
	"/m/cur/..\tu\t5\tN",
	"/m/cur/.x\tu\t5\tN",
	"/m/../cur/x\tu\t5\tN",
	"/../m/cur/x\tu\t5\tN",
	"/m/./././cur/x\tu\t5\tN",
	"/./m/cur/x\tu\t5\tN",
	"//m/cur/x\tu\t5\tN",
	"/m//m/cur/x\tu\t5\tN",
	"/m//cur/x\tu\t5\tN",
	"//tm/cur/x\tu\t5\tN", /* no slash before the tab */
};

static void what_is_no_line_is_refused(void **state)
{
	struct popser_record r;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		if (popser_record_parse(span_str(bad[i]), &r))
			fail_msg("taken: %s", bad[i]);
	}
}

static void every_octet_of_a_name_survives(void **state)
{
	char memory[POPSER_LINE_MAX];
	struct popser_record r = {.maildir = span_str("/m"),
				  .moved = true,
				  .uid = span_str(UID_OF_X),
				  .size = 1};
	struct popser_record back;
	struct buf b;

	(void)state;
	for (int c = 1; c < 256; c++) {
		if (c == '/')
			continue;
		r.name_n = (uint8_t)snprintf(r.name, sizeof(r.name), "%ca%c%cb",
					     c == '.' ? 'x' : c, c, c);
		buf_init(&b, memory, sizeof(memory));
		popser_record_format(&r, &b);
		assert_false(b.overflow);
		/* One line, four columns. */
		assert_int_equal(span_find(buf_span(&b), '\n'), b.n - 1);
		assert_true(popser_record_parse(
			span_take(buf_span(&b), b.n - 1), &back));
		assert_string_equal(back.name, r.name);
	}
}

static void the_longest_line_fits(void **state)
{
	static char path[3 * 4096];
	char memory[POPSER_LINE_MAX];
	struct maildrop_arena maildir = {0};
	struct popser_record r = {.uid = span_str(UID_OF_X),
				  .size = UINT64_MAX / 4,
				  .name_n = INDEX_NAME_MAX};
	struct buf b;

	(void)state;
	memset(path, '\t', 4096);
	path[0] = '/';
	assert_int_equal(popser_maildir(span_make(path, 4095), &maildir), 0);
	r.maildir = span_make(maildir.p, maildir.used);
	memset(r.name, '\n', INDEX_NAME_MAX);
	buf_init(&b, memory, sizeof(memory));
	popser_record_format(&r, &b);
	assert_false(b.overflow);
	assert_true(popser_record_parse(span_take(buf_span(&b), b.n - 1), &r));
	maildrop_arena_free(&maildir);
}

static void original_names(void **state)
{
	static const struct {
		const char *name, *original;
	} cases[] = {
		{"x:2,S", "x"},	      {"x:2,RS", "x"},
		{"x:2,", "x"},	      {"x", "x"},
		{"x:2,FS", "x"},      {"x:1,a", "x"},
		{"x:2,:2,S", "x:2,"}, {"x:2,F:2,S", "x:2,F"},
		{"a:b:2,S", "a:b"},   {":2,S", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_true(span_equal(popser_original(span_str(cases[i].name)),
				       span_str(cases[i].original)));
}

/* --- the file ------------------------------------------------------------- */

struct world {
	char path[64];	  /* of a folder of its own */
	char maildir[80]; /* in it */
	int dir, maildir_fd;
	struct popser_log log;
};

static int run(const char *path, const char *command)
{
	char text[600];

	(void)snprintf(text, sizeof(text), "cd '%s' && %s", path, command);
	return system(text);
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->path, "/tmp/test_popser_log.XXXXXX");
	if (!mkdtemp(w->path))
		return -1;
	(void)snprintf(w->maildir, sizeof(w->maildir), "%s/m", w->path);
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
	w->log = (struct popser_log){w->dir, "popser.log"};
	*state = w;
	if (run(w->path, "mkdir m m/new m/cur") != 0)
		return -1;
	w->maildir_fd = open(w->maildir, O_RDONLY | O_DIRECTORY);
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;
	int r = run(w->path, "rm -rf \"$PWD\"");

	close(w->dir);
	close(w->maildir_fd);
	free(w);
	return r;
}

/* Is this what the shell says? */
static void assert_says(const struct world *w, const char *command,
			const char *expected)
{
	char text[700], got[4096] = "";
	FILE *f;
	size_t n;

	(void)snprintf(text, sizeof(text), "cd '%s' && %s", w->path, command);
	f = popen(text, "r");
	assert_non_null(f);
	n = fread(got, 1, sizeof(got) - 1, f);
	got[n] = '\0';
	(void)pclose(f);
	assert_string_equal(got, expected);
}

static enum popser_fate by_table(void *context, uint32_t number,
				 const struct popser_record *r)
{
	const enum popser_fate *fates = context;

	(void)r;
	return fates[number];
}

static void lines_are_kept_dropped_marked_and_added(void **state)
{
	struct world *w = *state;
	enum popser_fate fates[] = {POPSER_KEEP, POPSER_DROP, POPSER_SET_Y,
				    POPSER_SET_N, POPSER_KEEP};

	assert_int_equal(run(w->path, "printf '%s\\n' '/m/cur/1\tu\t1\tN' "
				      "'/m/cur/2\tu\t2\tN' '/m/cur/3\tu\t3\tN' "
				      "'/m/cur/4\tu\t4\tY' damaged "
				      ">popser.log"),
			 0);
	assert_int_equal(popser_log_change(&w->log, by_table, fates,
					   span_str("/m/cur/5\tu\t5\tN\n")),
			 0);
	assert_says(w, "cat popser.log; ls",
		    "/m/cur/1\tu\t1\tN\n/m/cur/3\tu\t3\tY\n"
		    "/m/cur/4\tu\t4\tN\ndamaged\n/m/cur/5\tu\t5\tN\n"
		    "m\npopser.log\n");
}

static void an_unchanged_file_is_left_alone(void **state)
{
	struct world *w = *state;
	enum popser_fate fates[] = {POPSER_KEEP, POPSER_SET_N};
	struct stat before, after;

	assert_int_equal(run(w->path, "printf '%s\\n' damaged "
				      "'/m/cur/1\tu\t1\tN' >popser.log"),
			 0);
	assert_int_equal(fstatat(w->dir, "popser.log", &before, 0), 0);
	assert_int_equal(
		popser_log_change(&w->log, by_table, fates, span_str("")), 0);
	assert_int_equal(fstatat(w->dir, "popser.log", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* Where there is none, none is made for nothing. */
	assert_int_equal(run(w->path, "rm popser.log"), 0);
	assert_int_equal(
		popser_log_change(&w->log, by_table, fates, span_str("")), 0);
	assert_says(w, "ls", "m\n");
}

static void what_an_earlier_attempt_left_is_no_obstacle(void **state)
{
	struct world *w = *state;

	assert_int_equal(run(w->path, "echo half >popser.dupl.log"), 0);
	assert_int_equal(
		popser_log_change(&w->log, by_table, NULL, span_str("x\n")), 0);
	assert_says(w, "cat popser.log; ls", "x\nm\npopser.log\n");
	/* Not even a link, whose target stays what it is. */
	assert_int_equal(run(w->path, "echo mine >t; ln -s t popser.dupl.log"),
			 0);
	assert_int_equal(popser_log_change(&w->log, by_table,
					   (enum popser_fate[]){POPSER_DROP},
					   span_str("y\n")),
			 0);
	assert_says(w, "cat t popser.log", "mine\ny\n");
}

static void what_is_no_file_is_not_read(void **state)
{
	struct world *w = *state;
	struct maildrop_arena text = {0};

	assert_int_equal(run(w->path, "mkfifo popser.log"), 0);
	assert_int_equal(popser_log_read(&w->log, &text), -EINVAL);
	assert_int_equal(run(w->path, "rm popser.log; mkdir popser.log"), 0);
	assert_int_equal(popser_log_read(&w->log, &text), -EINVAL);
	assert_int_equal(run(w->path, "rmdir popser.log; echo a >t; "
				      "ln -s t popser.log"),
			 0);
	assert_int_equal(popser_log_read(&w->log, &text), -ELOOP);
	maildrop_arena_free(&text);
}

/* --- a whole life --------------------------------------------------------- */

static int open_drop(const struct world *w, struct maildrop *d)
{
	static struct popser_options popser;
	struct maildrop_options options = {.keep_new = true,
					   .no_index = true,
					   .popser = &popser,
					   .index_dirfd = w->dir};

	popser = (struct popser_options){"popser.log", w->maildir};
	return maildrop_open(d, w->maildir_fd, &options);
}

static uint32_t faults_told;

static void complain(void *context, const struct popser_fault *f)
{
	(void)context;
	assert_true(f->error > 0);
	faults_told++;
}

static uint32_t undo(const struct world *w)
{
	uint32_t faults;

	faults_told = 0;
	faults = popser_undo(&w->log, complain, NULL);
	assert_int_equal(faults, faults_told);
	return faults;
}

static void a_message_from_delivery_to_reset(void **state)
{
	struct world *w = *state;
	struct maildrop_outcome outcome;
	struct table_view *view = malloc(sizeof(*view));
	struct table_row row;
	struct maildrop d;
	uint8_t deleted = 2;
	int fds[2];

	assert_non_null(view);
	assert_int_equal(run(w->path, "printf 'a\\n' >m/new/1.x; "
				      "printf 'b' >m/new/2.x; "
				      "printf 'c' >m/cur/3.x:2,F"),
			 0);
	assert_int_equal(open_drop(w, &d), 0);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.popser_why, 0);
	assert_int_equal(table_open(view, fds, maildrop_tables(&d, fds)), 0);
	assert_int_equal(table_row(view, 1, &row), 0);
	assert_int_equal(row.size, 3);
	assert_int_equal(row.uid.n, 32);
	assert_says(w,
		    "ls m/new m/cur; sed \"s|$PWD||\" popser.log | "
		    "cut -f 1,3,4",
		    "m/cur:\n1.x:2,S\n2.x:2,S\n3.x:2,F\n\nm/new:\n"
		    "/m/cur/1.x:2,S\t3\tN\n/m/cur/2.x:2,S\t3\tN\n"
		    "/m/./cur/3.x:2,F\t3\tN\n");
	/* While it is locked nothing is undone. */
	assert_int_equal(undo(w), 1);
	assert_int_equal(maildrop_commit(&d, &deleted, NULL, &outcome), 0);
	assert_int_equal(outcome.removed, 1);
	assert_int_equal(outcome.moved, 0);
	maildrop_close(&d);
	assert_says(w, "ls m/cur; cut -f 4 popser.log",
		    "1.x:2,S\n3.x:2,F\nN\nN\n");
	assert_int_equal(undo(w), 0);
	assert_says(w, "ls; ls m/new m/cur",
		    "m\nm/cur:\n3.x:2,F\n\nm/new:\n1.x\n");
	free(view);
}

static void a_line_that_ran_ahead_of_its_move_is_nothing_to_undo(void **state)
{
	struct world *w = *state;
	struct maildrop d;

	assert_int_equal(run(w->path, "printf 'a\\n' >m/new/1.x"), 0);
	assert_int_equal(open_drop(w, &d), 0);
	maildrop_close(&d);
	/* As if killed between the two. */
	assert_int_equal(run(w->path, "mv m/cur/1.x:2,S m/new/1.x; "
				      "cp popser.log saved"),
			 0);
	assert_int_equal(undo(w), 0);
	assert_says(w, "ls m/new m/cur", "m/cur:\n\nm/new:\n1.x\n");
	/* And the next login moves it. */
	assert_int_equal(run(w->path, "cp saved popser.log"), 0);
	assert_int_equal(open_drop(w, &d), 0);
	maildrop_close(&d);
	assert_says(w, "ls m/new m/cur; cmp saved popser.log",
		    "m/cur:\n1.x:2,S\n\nm/new:\n");
}

static void twins_keep_apart(void **state)
{
	struct world *w = *state;
	struct maildrop d;

	assert_int_equal(run(w->path, "echo 1 >m/new/1.x; "
				      "echo 2 >m/cur/1.x:2,S; "
				      "echo 3 >m/cur/1.x:2,F"),
			 0);
	assert_int_equal(open_drop(w, &d), 0);
	assert_int_equal(d.count, 3);
	maildrop_close(&d);
	assert_says(w, "cut -f 2 popser.log | sort -u | wc -l", "3\n");
	assert_int_equal(undo(w), 0);
	assert_says(w, "cat m/new/1.x m/cur/1.x:2,S m/cur/1.x:2,F",
		    "1\n2\n3\n");
}

static void an_unreadable_message_keeps_its_line(void **state)
{
	struct world *w = *state;
	struct maildrop d;

	assert_int_equal(run(w->path, "printf 'a\\n' >m/new/1.x; "
				      "printf 'b\\n' >m/new/2.x"),
			 0);
	assert_int_equal(open_drop(w, &d), 0);
	maildrop_close(&d);
	/* It has to be counted anew, and cannot be. */
	assert_int_equal(run(w->path, "chmod 0 m/cur/1.x:2,S; "
				      "sed -i '1s/\t3\t/\t99\t/' popser.log"),
			 0);
	/* Root reads everything: be somebody else. */
	if (geteuid() == 0) {
		assert_int_equal(run(w->path, "chown -R 65534 \"$PWD\""), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_int_equal(open_drop(w, &d), 0);
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.unreadable, 1);
	assert_int_equal(d.popser_why, 0);
	maildrop_close(&d);
	assert_int_equal(undo(w), 0);
	assert_says(w, "ls m/new m/cur", "m/cur:\n\nm/new:\n1.x\n2.x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_and_written_back),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(every_octet_of_a_name_survives),
		cmocka_unit_test(the_longest_line_fits),
		cmocka_unit_test(original_names),
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)
		IN_WORLD(lines_are_kept_dropped_marked_and_added),
		IN_WORLD(an_unchanged_file_is_left_alone),
		IN_WORLD(what_an_earlier_attempt_left_is_no_obstacle),
		IN_WORLD(what_is_no_file_is_not_read),
		IN_WORLD(a_message_from_delivery_to_reset),
		IN_WORLD(a_line_that_ran_ahead_of_its_move_is_nothing_to_undo),
		IN_WORLD(twins_keep_apart),
		IN_WORLD(an_unreadable_message_keeps_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
