/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const colours[] = {"red", "green", "blue", NULL};

struct settings {
	const char *path;
	const char *secret;
	struct conf_list hosts;
	struct conf_list listen;
	int64_t timeout;
	bool fast;
	int colour;
	uint64_t room;
	unsigned mode;
	const char *later;
};

#define AT(member) .offset = offsetof(struct settings, member)
static const struct conf_key keys[] = {
	{.name = "path",
	 .type = CONF_STRING,
	 .flags = CONF_LIVE,
	 AT(path),
	 .def = "/var/x%u"},
	{.name = "secret",
	 .type = CONF_STRING,
	 AT(secret),
	 .flags = CONF_SECRET,
	 .min = 2,
	 .max = 8},
	{.name = "hosts", .type = CONF_LIST, AT(hosts), .def = "a, b"},
	{.name = "listen", .type = CONF_LIST, AT(listen), .flags = CONF_GATHER},
	{.name = "timeout",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 AT(timeout),
	 .min = 1,
	 .max = 3600,
	 .unit = "seconds",
	 .def = "600",
	 .help = "Waits."},
	{.name = "fast",
	 .type = CONF_BOOLEAN,
	 .flags = CONF_LIVE,
	 AT(fast),
	 .def = "yes"},
	{.name = "colour",
	 .type = CONF_WORD,
	 .flags = CONF_LIVE,
	 AT(colour),
	 .words = colours,
	 .def = "green"},
	{.name = "room",
	 .type = CONF_SIZE,
	 .flags = CONF_LIVE,
	 AT(room),
	 .min = 1,
	 .max = INT64_MAX,
	 .def = "64k"},
	{.name = "mode",
	 .type = CONF_MODE,
	 .flags = CONF_LIVE,
	 AT(mode),
	 .def = "0640"},
	{.name = "later", .type = CONF_STRING, AT(later), .flags = CONF_LATER},
};
enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

struct fixture {
	struct conf conf;
	struct settings settings;
	char error_mem[1024];
	struct buf error;
	char dir[64];
	char file[96];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char folder[128];

	assert_non_null(f);
	strcpy(f->dir, "/tmp/test-conf-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->file, sizeof(f->file), "%s/x.conf", f->dir);
	snprintf(folder, sizeof(folder), "%s.d", f->file);
	assert_int_equal(mkdir(folder, 0700), 0);
	buf_init(&f->error, f->error_mem, sizeof(f->error_mem));
	assert_int_equal(
		conf_init(&f->conf, keys, NKEYS, &f->settings, &f->error), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	conf_free(&f->conf);
	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put(const char *path, const char *suffix, const char *text,
		size_t n)
{
	char whole[160];
	FILE *out;

	snprintf(whole, sizeof(whole), "%s%s", path, suffix);
	out = fopen(whole, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static int load(struct fixture *f, const char *text)
{
	put(f->file, "", text, strlen(text));
	buf_reset(&f->error);
	return conf_load(&f->conf, f->file, true, &f->error);
}

static const char *joined(const struct conf_list *list)
{
	static char text[256];

	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			strcat(text, "|");
		strcat(text, list->items[i]);
	}
	return text;
}

static void defaults_come_from_the_table(void **state)
{
	struct fixture *f = *state;
	const struct settings *s = &f->settings;

	assert_string_equal(s->path, "/var/x%u");
	assert_string_equal(s->secret, "");
	assert_string_equal(joined(&s->hosts), "a|b");
	assert_int_equal(s->listen.n, 0);
	assert_int_equal(s->timeout, 600);
	assert_true(s->fast);
	assert_int_equal(s->colour, 1);
	assert_int_equal(s->room, 65536);
	assert_int_equal(s->mode, 0640);
	assert_false(conf_is_given(&f->conf, offsetof(struct settings, mode)));
}

static void a_file_sets_every_type(void **state)
{
	struct fixture *f = *state;
	const struct settings *s = &f->settings;

	assert_int_equal(load(f, "# first\n"
				 "path = /srv/%d/%n # why\n"
				 "secret = \"a #\\\"b\"\n"
				 "hosts = {one, \"two # 2\",\n"
				 "  three # of many\n"
				 "}\n"
				 "listen = \"*:110\"\n"
				 "listen = [::1]:110\n"
				 "timeout = 5\n"
				 "fast = Off\n"
				 "colour = blue\n"
				 "room = 2M\n"
				 "mode = 0600\n"),
			 0);
	assert_string_equal(s->path, "/srv/%d/%n");
	assert_string_equal(s->secret, "a #\"b");
	assert_string_equal(joined(&s->hosts), "one|two # 2|three");
	assert_string_equal(joined(&s->listen), "*:110|[::1]:110");
	assert_int_equal(s->timeout, 5);
	assert_false(s->fast);
	assert_int_equal(s->colour, 2);
	assert_int_equal(s->room, 2 << 20);
	assert_int_equal(s->mode, 0600);
	assert_true(conf_is_given(&f->conf, offsetof(struct settings, mode)));
}

/* What is wrong, on which line, and a word of the message. */
static const struct {
	const char *text;
	const char *where, *what;
} faults[] = {
	{"\n# c\n/* no */\n", ":3: ", "*"},
	{"nothing = 1\n", ":1: ", "nothing"},
	{"# c\n\n# d\ntimeout = 0\n", ":4: ", "from 1 to 3600 seconds"},
	{"timeout = 3601", ":1: ", "timeout = 3601"},
	{"timeout = 5s", ":1: ", "number"},
	{"timeout = \"\"", ":1: ", "number"},
	{"timeout = -5", ":1: ", "number"},
	{"timeout = 5\n\ntimeout = 6\n", ":3: ", "twice"},
	{"hosts = a\nhosts = b\n", ":2: ", "twice"},
	{"hosts = {a}\nhosts = {b}\n", ":2: ", "twice"},
	{"fast = maybe", ":1: ", "yes or no"},
	{"colour = pink", ":1: ", "red, green or blue"},
	{"room = 0", ":1: ", "size"},
	{"room = 9999999999G", ":1: ", "size"},
	{"room = k", ":1: ", "size"},
	{"mode = 0800", ":1: ", "octal"},
	{"mode = 17777", ":1: ", "octal"},
	{"listen = *:110", ":1: ", "quotes"},
	{"\npath = \"open\n\n", ":2: ", "not closed"},
	{"path", ":1: ", ""},
	{"path =", ":1: ", ""},
	{"path = {a}", ":1: ", "unexpected"},
	{"hosts = a, b", ":1: ", "unexpected"},
	{"hosts = {a", ":1: ", ""},
	{"path = a\nsection x {\n}\n", ":2: ", "section"},
};

static void a_fault_is_told_with_file_and_line(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char where[160];
		const char *error;

		print_message("%s\n", faults[i].text);
		assert_int_equal(load(f, faults[i].text), -EINVAL);
		error = buf_str(&f->error);
		assert_non_null(error);
		print_message("  %s\n", error);
		snprintf(where, sizeof(where), "%s%s", f->file,
			 faults[i].where);
		assert_int_equal(strncmp(error, where, strlen(where)), 0);
		assert_non_null(strstr(error, faults[i].what));
		assert_null(strchr(error, '\n'));
	}
}

static void a_secret_is_not_in_messages_or_prints(void **state)
{
	struct fixture *f = *state;
	char mem[4096] = "";
	FILE *out = fmemopen(mem, sizeof(mem), "w");

	assert_int_equal(load(f, "secret = muchtoolongsecret"), -EINVAL);
	assert_null(strstr(buf_str(&f->error), "muchtoo"));
	buf_reset(&f->error);
	assert_int_equal(
		conf_set(&f->conf, "secret=muchtoolongsecret", &f->error),
		-EINVAL);
	assert_null(strstr(buf_str(&f->error), "muchtoo"));
	assert_int_equal(load(f, "secret = hush"), 0);
	assert_string_equal(f->settings.secret, "hush");
	conf_print(&f->conf, out);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(mem, "hush"));
}

static void octets_that_are_no_text_are_refused(void **state)
{
	struct fixture *f = *state;

	put(f->file, "", "path = a\n\0timeout = 5\n", 22);
	assert_int_equal(conf_load(&f->conf, f->file, true, &f->error),
			 -EINVAL);
	assert_non_null(strstr(buf_str(&f->error), ":2: "));
}

static void missing_files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		conf_load(&f->conf, "/nonexistent/x", false, &f->error), 0);
	assert_int_equal(f->error.n, 0);
	assert_int_equal(conf_load(&f->conf, "/nonexistent/x", true, &f->error),
			 -ENOENT);
	assert_non_null(strstr(buf_str(&f->error), "/nonexistent/x: "));
	buf_reset(&f->error);
	assert_int_equal(conf_load(&f->conf, f->dir, true, &f->error), -EISDIR);
	assert_int_equal(load(f, ""), 0);
}

static void later_files_win_in_the_order_of_names(void **state)
{
	struct fixture *f = *state;

	put(f->file, ".d/20.conf", "timeout = 20\nhosts += d\n", 24);
	put(f->file, ".d/10.conf", "timeout = 10\nmode = 0010\n", 25);
	put(f->file, ".d/30.conf~", "timeout = 30\n", 13);
	put(f->file, ".d/.40.conf", "timeout = 40\n", 13);
	assert_int_equal(load(f, "timeout = 1\nfast = no\nhosts = {c}\n"), 0);
	assert_int_equal(f->settings.timeout, 20);
	assert_int_equal(f->settings.mode, 0010);
	assert_false(f->settings.fast);
	assert_string_equal(joined(&f->settings.hosts), "c|d");
}

/* Made in no order that a folder could have by chance. */
static void names_are_sorted(void **state)
{
	static const char order[] = "5193742860";
	struct fixture *f = *state;

	for (size_t i = 0; order[i]; i++) {
		char name[32], text[32];

		snprintf(name, sizeof(name), ".d/%c.conf", order[i]);
		snprintf(text, sizeof(text), "hosts += %c\n", order[i]);
		put(f->file, name, text, strlen(text));
	}
	assert_int_equal(load(f, "hosts = c\n"), 0);
	assert_string_equal(joined(&f->settings.hosts),
			    "c|0|1|2|3|4|5|6|7|8|9");
}

static void a_fault_in_a_folder_names_its_file(void **state)
{
	struct fixture *f = *state;

	put(f->file, ".d/20.conf", "\ntimeout = x\n", 13);
	assert_int_equal(load(f, "timeout = 1\n"), -EINVAL);
	assert_non_null(strstr(buf_str(&f->error), ".d/20.conf:2: "));
}

static void a_list_can_be_emptied(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "hosts = {}\n"), 0);
	assert_int_equal(f->settings.hosts.n, 0);
	assert_true(conf_is_given(&f->conf, offsetof(struct settings, hosts)));
}

static void options_win_over_files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "timeout = 7\nhosts = {x}\n"), 0);
	assert_int_equal(conf_set(&f->conf, "timeout=8", &f->error), 0);
	assert_int_equal(f->settings.timeout, 8);
	assert_int_equal(conf_set(&f->conf, "timeout=9", &f->error), 0);
	assert_int_equal(f->settings.timeout, 9);
	assert_int_equal(conf_set(&f->conf, "hosts=p, q,r ", &f->error), 0);
	assert_string_equal(joined(&f->settings.hosts), "p|q|r");
	assert_int_equal(conf_set(&f->conf, "hosts=", &f->error), 0);
	assert_int_equal(f->settings.hosts.n, 0);
	assert_int_equal(conf_set(&f->conf, "listen=a", &f->error), 0);
	assert_int_equal(conf_set(&f->conf, "listen=b=c", &f->error), 0);
	assert_string_equal(joined(&f->settings.listen), "a|b=c");
	assert_int_equal(conf_set(&f->conf, "path=", &f->error), 0);
	assert_string_equal(f->settings.path, "");
}

static void faulty_options(void **state)
{
	static const char *const options[] = {
		"timeout", "timeout=",	"timeout=x", "=5",
		"",	   "unknown=1", "time=5",    "TIMEOUT=5"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		buf_reset(&f->error);
		assert_int_equal(conf_set(&f->conf, options[i], &f->error),
				 -EINVAL);
		assert_int_equal(strncmp(buf_str(&f->error), "-o ", 3), 0);
	}
	assert_int_equal(f->settings.timeout, 600);
}

static int override(struct fixture *f, const char *name, const char *text)
{
	buf_reset(&f->error);
	return conf_override(&f->conf, span_str(name), text, &f->error);
}

static void assert_source(struct fixture *f, const char *name,
			  const char *value, const char *source)
{
	char memory[64];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	assert_true(conf_add_value(&f->conf, span_str(name), &text));
	assert_string_equal(buf_str(&text), value);
	assert_string_equal(conf_source(&f->conf, span_str(name)), source);
}

static void what_is_overridden_comes_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "timeout = 7\npath = \"/a\"\n"), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(override(f, "timeout", "8"), 0);
		assert_int_equal(override(f, "timeout", "9"), 0);
		assert_int_equal(override(f, "path", "/b"), 0);
		assert_int_equal(override(f, "fast", "no"), 0);
		assert_int_equal(override(f, "colour", "blue"), 0);
		assert_int_equal(override(f, "room", "2k"), 0);
		assert_int_equal(override(f, "mode", "644"), 0);
		assert_source(f, "timeout", "9", "scmp");
		assert_source(f, "path", "/b", "scmp");
		assert_source(f, "fast", "no", "scmp");
		assert_source(f, "colour", "blue", "scmp");
		assert_source(f, "room", "2048", "scmp");
		assert_source(f, "mode", "0644", "scmp");
		conf_restore(&f->conf);
		assert_source(f, "timeout", "7", "file");
		assert_source(f, "path", "/a", "file");
		assert_source(f, "fast", "yes", "default");
		assert_source(f, "colour", "green", "default");
		assert_source(f, "room", "65536", "default");
		assert_source(f, "mode", "0640", "default");
		conf_restore(&f->conf);
	}
}

static void what_cannot_be_overridden_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(override(f, "hosts", "x"), -ENOENT);
	assert_int_equal(override(f, "nothing", "x"), -ENOENT);
	assert_int_equal(override(f, "timeout", "0"), -EINVAL);
	assert_non_null(strstr(buf_str(&f->error), "1 to 3600"));
	assert_source(f, "timeout", "600", "default");
	assert_int_equal(override(f, "timeout", "5"), 0);
	assert_int_equal(override(f, "timeout", "x"), -EINVAL);
	assert_source(f, "timeout", "5", "scmp");
	assert_null(conf_source(&f->conf, span_str("nothing")));
	assert_string_equal(conf_live_name(&f->conf, 0), "path");
	assert_null(conf_live_name(&f->conf, 6));
}

/* Up to the comment that ends the line. */
static size_t value_length(const char *line)
{
	size_t n = strcspn(line, "\n");

	while (n > 0 && line[n] != '#')
		n--;
	return n;
}

static void what_is_printed_can_be_read_again(void **state)
{
	struct fixture *f = *state;
	char first[4096] = "", second[4096] = "";
	FILE *out = fmemopen(first, sizeof(first), "w");
	struct conf again;
	struct settings settings;

	assert_int_equal(load(f, "hosts = {\"*:1\", \"a${HOME}\\\\ b\"}\n"
				 "path = 'it\\'s \"${HOME}\"'\n"
				 "listen = {\"//x\", \"a#b\"}\n"
				 "timeout = 77\n"),
			 0);
	assert_int_equal(conf_set(&f->conf, "mode=0111", &f->error), 0);
	conf_print(&f->conf, out);
	fclose(out);
	assert_non_null(strstr(first, "timeout = 77 # "));
	assert_non_null(strstr(first, "x.conf:4\n"));
	assert_non_null(strstr(first, "mode = 0111 # -o\n"));
	assert_non_null(strstr(first, "fast = yes # default\n"));
	assert_non_null(strstr(first, "\\${HOME}"));

	put(f->file, "", first, strlen(first));
	assert_int_equal(conf_init(&again, keys, NKEYS, &settings, &f->error),
			 0);
	if (conf_load(&again, f->file, true, &f->error) != 0)
		fail_msg("%s", buf_str(&f->error));
	assert_string_equal(settings.path, f->settings.path);
	out = fmemopen(second, sizeof(second), "w");
	conf_print(&again, out);
	fclose(out);
	/* The origins differ, the values do not. */
	for (size_t i = 0; i < NKEYS; i++) {
		char name[32];
		const char *a, *b;

		snprintf(name, sizeof(name), "%s = ", keys[i].name);
		a = strstr(first, name);
		b = strstr(second, name);
		assert_non_null(a);
		assert_non_null(b);
		assert_memory_equal(a, b, value_length(a));
	}
	conf_free(&again);
}

static size_t warned;
static void warn(const char *name, const char *where)
{
	assert_string_equal(name, "later");
	assert_non_null(strstr(where, "x.conf:2"));
	warned++;
}

static void what_is_not_built_yet_is_warned_of(void **state)
{
	struct fixture *f = *state;

	conf_each_later(&f->conf, warn);
	assert_int_equal(warned, 0);
	assert_int_equal(load(f, "\nlater = x\n"), 0);
	conf_each_later(&f->conf, warn);
	assert_int_equal(warned, 1);
}

static void a_default_that_is_not_allowed_is_found(void **state)
{
	static const struct conf_key bad[] = {{.name = "timeout",
					       .type = CONF_INTEGER,
					       AT(timeout),
					       .min = 1,
					       .max = 5,
					       .def = "6"}};
	struct fixture *f = *state;
	struct settings settings;
	struct conf c;

	assert_int_equal(conf_init(&c, bad, 1, &settings, &f->error), -EINVAL);
	assert_non_null(strstr(buf_str(&f->error), "timeout"));
	conf_free(&c);
}

static void the_environment_is_left_alone(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(setenv("LC_ALL", "xx_YY", 1), 0);
	assert_int_equal(load(f, "timeout = 7\n"), 0);
	assert_string_equal(getenv("LC_ALL"), "xx_YY");
	assert_int_equal(unsetenv("LC_ALL"), 0);
	assert_int_equal(load(f, "timeout = 7\n"), 0);
	assert_null(getenv("LC_ALL"));
}

static void the_manual_has_every_key(void **state)
{
	char mem[4096] = "";
	FILE *out = fmemopen(mem, sizeof(mem), "w");

	(void)state;
	conf_print_mdoc(keys, NKEYS, out);
	fclose(out);
	for (size_t i = 0; i < NKEYS; i++) {
		const char *at, *end, *live;
		char item[64];

		snprintf(item, sizeof(item), ".It Ic %s ", keys[i].name);
		at = strstr(mem, item);
		assert_non_null(at);
		end = strstr(at + 1, ".It Ic ");
		live = strstr(at, "May be changed while");
		assert_int_equal(live && (!end || live < end),
				 (keys[i].flags & CONF_LIVE) != 0);
	}
	assert_non_null(strstr(mem, "From 1 to 3600"));
	assert_non_null(strstr(mem, "Cm red | Cm green | Cm blue"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_come_from_the_table),
		TEST(a_file_sets_every_type),
		TEST(a_fault_is_told_with_file_and_line),
		TEST(a_secret_is_not_in_messages_or_prints),
		TEST(octets_that_are_no_text_are_refused),
		TEST(missing_files),
		TEST(later_files_win_in_the_order_of_names),
		TEST(names_are_sorted),
		TEST(a_fault_in_a_folder_names_its_file),
		TEST(a_list_can_be_emptied),
		TEST(options_win_over_files),
		TEST(what_is_overridden_comes_back),
		TEST(what_cannot_be_overridden_stays),
		TEST(faulty_options),
		TEST(what_is_printed_can_be_read_again),
		TEST(what_is_not_built_yet_is_warned_of),
		TEST(a_default_that_is_not_allowed_is_found),
		TEST(the_environment_is_left_alone),
		TEST(the_manual_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
