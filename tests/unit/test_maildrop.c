/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/maildir.h"
#include "proto/wire.h"
#include "store/maildrop.h"
#include "store/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MESSAGES = 6000 };

/* --- system calls that are watched, and fail when told to --- */

static struct {
	unsigned listed[2]; /* calls of getdents64 that read new/ and cur/ */
	unsigned fsyncs;
	int flock, renameat2, fsync, unlinkat, pwrite; /* errno */
	void (*before_list)(void);
	void (*before_unlink)(void);
} calls;

static char root[64]; /* the Maildir */

static ino_t folder_ino(const char *folder)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", root, folder);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

ssize_t getdents64(int fd, void *buffer, size_t n)
{
	struct stat st;

	if (fstat(fd, &st) == 0) {
		calls.listed[INDEX_NEW] += st.st_ino == folder_ino("new");
		calls.listed[INDEX_CUR] += st.st_ino == folder_ino("cur");
	}
	if (calls.before_list)
		calls.before_list();
	return syscall(SYS_getdents64, fd, buffer, n);
}

int flock(int fd, int operation)
{
	if (calls.flock) {
		errno = calls.flock;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to,
	      unsigned flags)
{
	if (calls.renameat2) {
		errno = calls.renameat2;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

/* Tests need not wait for the disk. */
int fsync(int fd)
{
	calls.fsyncs++;
	(void)fd;
	errno = calls.fsync;
	return calls.fsync ? -1 : 0;
}

int unlinkat(int dir, const char *name, int flags)
{
	if (calls.before_unlink)
		calls.before_unlink();
	if (calls.unlinkat) {
		errno = calls.unlinkat;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* Fails on disk files only, as on a full disk. */
ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	if (calls.pwrite && fcntl(fd, F_GET_SEALS) < 0) {
		errno = calls.pwrite;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, p, n, offset);
}

/* --- a Maildir to play with --- */

/* Runs a command of the shell in the Maildir. */
static int run(const char *command)
{
	char line[400];

	snprintf(line, sizeof(line), "cd %s && { %s; }", root, command);
	return system(line);
}

static int setup(void **state)
{
	(void)state;
	memset(&calls, 0, sizeof(calls));
	strcpy(root, "/tmp/test_maildrop.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return run("mkdir new cur tmp");
}

static int teardown(void **state)
{
	(void)state;
	memset(&calls, 0, sizeof(calls));
	if (geteuid() != getuid() && seteuid(getuid()) != 0)
		return -1;
	return run("chmod -R u+rwX .; rm -rf \"$PWD\"");
}

static const char *at(const char *name)
{
	static char paths[4][600];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void move(const char *from, const char *to)
{
	char other[600];

	strcpy(other, at(from));
	assert_int_equal(rename(other, at(to)), 0);
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0;
}

/* Waits until the folders' times are past, so that an index can be trusted. */
static void let_settle(void)
{
	struct timespec now, nap = {0, 1000000};
	struct stat folders[2];
	int64_t since;

	do {
		nanosleep(&nap, NULL);
		since = INT64_MAX;
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		for (int i = 0; i < 2; i++) {
			const struct timespec *t = &folders[i].st_ctim;
			int64_t ns;

			if (stat(at(i ? "new" : "cur"), &folders[i]) != 0)
				continue;
			ns = (now.tv_sec - t->tv_sec) * 1000000000 +
			     now.tv_nsec - t->tv_nsec;
			since = ns < since ? ns : since;
		}
	} while (since <= 12000000);
}

static struct maildrop_options options = {.index_dirfd = -1};

static int try_open(struct maildrop *d)
{
	int fd = open(root, O_PATH | O_DIRECTORY);
	int error = maildrop_open(d, fd, &options);

	close(fd);
	return error;
}

static void open_drop(struct maildrop *d)
{
	memset(calls.listed, 0, sizeof(calls.listed));
	assert_int_equal(try_open(d), 0);
}

/* --- what the list must be, by the rules and without cleverness --- */

struct message {
	char folder[4], name[256], uid[80];
	uint64_t size;
};

struct model {
	size_t n;
	struct message m[MESSAGES];
};

static uint64_t naive_size(const char *path)
{
	FILE *f = fopen(path, "r");
	uint64_t n = 0;
	int c, last = '\n';

	if (!f)
		return 0;
	while ((c = getc(f)) != EOF) {
		n += c == '\n' && last != '\r' ? 2 : 1;
		last = c;
	}
	fclose(f);
	return n + (last == '\n' ? 0 : 2);
}

static int message_order(const void *pa, const void *pb)
{
	const struct message *a = pa, *b = pb;
	int order = maildir_name_order(span_str(a->name), span_str(b->name));

	return order ? order : strcmp(a->folder, b->folder);
}

static void naive_uid(struct message *m, unsigned ordinal)
{
	struct span base = maildir_name_base(span_str(m->name));
	unsigned char digest[SHA256_DIGEST_SIZE];
	char text[300];
	int n = (int)base.n;

	if (ordinal == 1 && maildir_base_is_uid(base)) {
		snprintf(m->uid, sizeof(m->uid), SPAN_FMT, SPAN_ARG(base));
		return;
	}
	memcpy(text, base.p, base.n);
	if (ordinal > 1)
		n += 1 + sprintf(text + n, "%c%u", 0, ordinal) - 1;
	{
		struct sha256_ctx hash;

		sha256_init(&hash);
		sha256_update(&hash, (size_t)n, (uint8_t *)text);
		sha256_digest(&hash, sizeof(digest), digest);
	}
	m->uid[0] = '.';
	for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
		sprintf(m->uid + 1 + 2 * i, "%02x", digest[i]);
}

static void model_read(struct model *model)
{
	static const char *const folders[] = {"new", "cur"};
	unsigned ordinal = 0;

	model->n = 0;
	for (size_t f = 0; f < 2; f++) {
		DIR *dir = opendir(at(folders[f]));
		struct dirent *e;

		while (dir && (e = readdir(dir)) != NULL) {
			struct message *m = &model->m[model->n];
			char path[600];
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s/%s", root,
				 folders[f], e->d_name);
			if (e->d_name[0] == '.' || lstat(path, &st) != 0 ||
			    !S_ISREG(st.st_mode))
				continue;
			assert_true(model->n < MESSAGES);
			strcpy(m->folder, folders[f]);
			strcpy(m->name, e->d_name);
			m->size = naive_size(path);
			model->n++;
		}
		if (dir)
			closedir(dir);
	}
	qsort(model->m, model->n, sizeof(model->m[0]), message_order);
	for (size_t i = 0; i < model->n; i++) {
		bool twin = i > 0 && span_equal(maildir_name_base(span_str(
							model->m[i - 1].name)),
						maildir_name_base(span_str(
							model->m[i].name)));

		ordinal = twin ? ordinal + 1 : 1;
		naive_uid(&model->m[i], ordinal);
	}
}

static void check_against(const struct maildrop *d, const struct model *model)
{
	static struct table_view v;
	struct table_entry e;
	uint64_t octets = 0;
	int fds[2];

	assert_int_equal(table_open(&v, fds, maildrop_tables(d, fds)), 0);
	assert_int_equal(table_count(&v), d->count);
	assert_int_equal(table_octets(&v), d->octets);
	assert_int_equal(d->count, model->n);
	for (uint32_t i = 0; i < d->count; i++) {
		const struct message *m = &model->m[i];

		assert_int_equal(table_entry(&v, i + 1, &e), 0);
		if (!span_equal(e.name, span_str(m->name)) ||
		    !span_equal(e.row.uid, span_str(m->uid)) ||
		    e.row.size != m->size ||
		    e.in_new != (strcmp(m->folder, "new") == 0))
			fail_msg("row %u: " SPAN_FMT " " SPAN_FMT
				 " %llu new=%d, not %s/%s %s %llu",
				 i + 1, SPAN_ARG(e.name), SPAN_ARG(e.row.uid),
				 (unsigned long long)e.row.size, e.in_new,
				 m->folder, m->name, m->uid,
				 (unsigned long long)m->size);
		octets += m->size;
	}
	assert_int_equal(d->octets, octets);
}

static struct model model;

/* The maildrop as opened is what is in the folders. */
static void check(const struct maildrop *d)
{
	model_read(&model);
	check_against(d, &model);
}

static void open_and_check(struct maildrop *d)
{
	open_drop(d);
	check(d);
}

static void open_check_close(void)
{
	struct maildrop d;

	open_and_check(&d);
	maildrop_close(&d);
}

/* The number of the message with that base name; 0: not listed. */
static uint32_t number_of(const struct maildrop *d, const char *base)
{
	static struct table_view v;
	struct table_entry e;
	int fds[2];

	assert_int_equal(table_open(&v, fds, maildrop_tables(d, fds)), 0);
	for (uint32_t n = 1; n <= table_count(&v); n++) {
		assert_int_equal(table_entry(&v, n, &e), 0);
		if (span_equal(e.base, span_str(base)))
			return n;
	}
	return 0;
}

static uint64_t size_of(const struct maildrop *d, const char *base)
{
	static struct table_view v;
	struct table_row row;
	int fds[2];

	assert_int_equal(table_open(&v, fds, maildrop_tables(d, fds)), 0);
	assert_int_equal(table_row(&v, number_of(d, base), &row), 0);
	return row.size;
}

static const char *text_of(struct maildrop *d, uint32_t number)
{
	static char text[4096];
	int fd = maildrop_fetch(d, number);
	ssize_t n;

	if (fd < 0)
		return strerrorname_np(-fd);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	close(fd);
	text[n] = 0;
	return text;
}

static void mark(uint8_t *bits, uint32_t number)
{
	assert_true(number > 0);
	bits[(number - 1) / 8] |= (uint8_t)(1U << ((number - 1) % 8));
}

/* --- listing --- */

static void test_empty(void **state)
{
	struct maildrop d;
	int fds[2];

	(void)state;
	open_and_check(&d);
	assert_int_equal(d.count, 0);
	assert_int_equal(maildrop_tables(&d, fds), 0);
	assert_int_equal(maildrop_fetch(&d, 1), -ERANGE);
	maildrop_close(&d);
	maildrop_close(&d);
	assert_false(is_there("pop3-session.index"));
}

static void test_folders_missing(void **state)
{
	struct maildrop d;

	(void)state;
	rmdir(at("cur"));
	rmdir(at("tmp"));
	put("new/1.a", "x\n");
	open_and_check(&d);
	assert_int_equal(d.count, 1);
	maildrop_close(&d);
	let_settle();
	open_and_check(&d);
	maildrop_close(&d);
	unlink(at("new/1.a"));
	rmdir(at("new"));
	open_and_check(&d);
	assert_int_equal(d.count, 0);
	maildrop_close(&d);
}

/* Folders that are links lead elsewhere. */
static void test_folder_is_link(void **state)
{
	struct maildrop d;

	(void)state;
	rmdir(at("cur"));
	assert_int_equal(symlink("/etc", at("cur")), 0);
	put("new/1.a", "x\n");
	open_drop(&d);
	assert_int_equal(d.count, 1);
	maildrop_close(&d);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *name, *text;
		uint64_t size;
	} cases[] = {
		{"1.empty", "", 0},
		{"2.lf", "a\nb\n", 6},
		{"3.crlf", "a\r\nb\r\n", 6},
		{"4.noend", "a", 3},
		{"5.cr", "a\r", 4},
		{"6.dots", ".\n..\n", 7},
		{"7.right,S=4,W=6", "a\nb\n", 6},
		{"8.wrong-w,S=4,W=7", "a\nb\n", 7}, /* S= is right */
		{"9.wrong-s,S=5,W=7", "a\nb\n", 6},
		{"10.w-only,W=99", "a\nb\n", 6},
		{"11.w-below-s,S=4,W=3", "a\nb\n", 6},
		{"12.w-impossible,S=4,W=99", "a\nb\n", 6},
		{"13.huge,S=18446744073709551615,W=18446744073709551615", "x\n",
		 3},
		{"14.nonsense,S=-4,W=+6", "a\nb\n", 6},
	};
	struct maildrop d;
	char name[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(name, sizeof(name), "%s/%s", i % 2 ? "cur" : "new",
			 cases[i].name);
		put(name, cases[i].text);
	}
	for (int round = 0; round < 3; round++) {
		open_drop(&d);
		for (size_t i = 0; i < COUNT(cases); i++)
			if (size_of(&d, cases[i].name) != cases[i].size)
				fail_msg("%s in round %d", cases[i].name,
					 round);
		maildrop_close(&d);
		let_settle();
	}
}

/* Larger than any buffer, and with its line ends on their borders. */
static void test_size_of_large(void **state)
{
	enum { N = 300000 };
	struct maildrop d;
	char *text = malloc(N + 1);

	(void)state;
	for (unsigned k = 1; k < 4; k++) {
		memset(text, 'x', N);
		text[N] = 0;
		for (size_t i = 0; i < N; i += 65536 / k)
			memcpy(text + i, "\r\n", 2);
		text[65535] = '\n';
		text[131071] = '\r';
		text[131072] = '\n';
		put("cur/1.large", text);
		options.no_index = true;
		open_and_check(&d);
		options.no_index = false;
		maildrop_close(&d);
	}
	free(text);
}

static void test_strange_names(void **state)
{
	char longest[256] = {0};
	char path[300];
	struct maildrop d;

	(void)state;
	memset(longest, 'L', 255);
	snprintf(path, sizeof(path), "cur/%s", longest);
	put(path, "longest\n");
	memset(longest, 'K', 255);
	snprintf(path, sizeof(path), "new/%s", longest);
	put(path, "longest in new\n");
	put("cur/1.with space:2,S", "a\n");
	put("cur/1.with\nnewline:2,S", "b\n");
	put("cur/1.latin\xe9", "c\n");
	put("cur/:2,S", "d\n");
	put("cur/:", "e\n");
	put("cur/,S=2,W=3", "f\n");
	put("cur/1", "g\n");
	put("cur/01", "h\n");
	put("cur/99999999999999999999999999.x", "i\n");
	put("cur/1.a:1,experimental", "j\n");
	put("cur/1.b:3,unknown", "k\n");
	put("cur/1.c:2", "l\n");
	put("new/1.d:2,FRS", "m\n");
	put("new/-", "n\n");
	put("new/ ", "o\n");
	put("new/~", "p\n");
	put("cur/.hidden", "no\n");
	put("cur/..hidden", "no\n");
	put("cur/70.45678901234567890123456789012345678901234567890123456789012"
	    "34567",
	    "q\n");
	put("cur/71.45678901234567890123456789012345678901234567890123456789012"
	    "345678",
	    "r\n");
	open_and_check(&d);
	assert_int_equal(d.count, 20);
	for (uint32_t n = 1; n <= d.count; n++)
		assert_int_not_equal(text_of(&d, n)[0], 'E');
	maildrop_close(&d);
	let_settle();
	open_and_check(&d);
	maildrop_close(&d);
}

static void test_what_is_no_message(void **state)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct maildrop d;
	int sock;

	(void)state;
	put("cur/1.a", "yes\n");
	assert_int_equal(mkfifo(at("cur/2.fifo"), 0600), 0);
	assert_int_equal(mkfifo(at("new/2.fifo"), 0600), 0);
	assert_int_equal(mkdir(at("cur/3.folder"), 0700), 0);
	assert_int_equal(symlink("/etc/passwd", at("cur/4.link")), 0);
	assert_int_equal(symlink("1.a", at("cur/5.link")), 0);
	assert_int_equal(symlink("nowhere", at("new/6.link")), 0);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(sun.sun_path, at("cur/7.sock"));
	assert_int_equal(bind(sock, (struct sockaddr *)&sun, sizeof(sun)), 0);
	open_and_check(&d);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.skipped, 7);
	assert_true(d.skipped_kind != 0 && d.skipped_kind != S_IFREG);
	maildrop_close(&d);
	close(sock);
}

/* What was listed as a file and is something else by now. */
static void test_file_becomes_something_else(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/1.a", "a\n");
	put("cur/2.b", "b\n");
	put("cur/3.c", "c\n");
	open_and_check(&d);
	unlink(at("cur/1.a"));
	unlink(at("cur/2.b"));
	unlink(at("cur/3.c"));
	assert_int_equal(mkfifo(at("cur/1.a"), 0600), 0);
	assert_int_equal(symlink("/etc/passwd", at("cur/2.b")), 0);
	assert_int_equal(mkdir(at("cur/3.c"), 0700), 0);
	for (uint32_t n = 1; n <= 3; n++)
		assert_int_equal(maildrop_fetch(&d, n), -ENOENT);
	maildrop_close(&d);
}

static void test_unreadable(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/1.a", "a\n");
	put("cur/2.b", "b\n");
	put("cur/3.c,S=2,W=3", "c\n");
	assert_int_equal(chmod(at("cur/2.b"), 0), 0);
	assert_int_equal(chmod(at("cur/3.c,S=2,W=3"), 0), 0);
	if (geteuid() == 0) { /* who may read all */
		assert_int_equal(run("chown -R 65534 ."), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	let_settle();
	open_drop(&d);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.unreadable, 1);
	assert_int_equal(d.unreadable_why, EACCES);
	assert_int_equal(maildrop_fetch(&d, 2), -EACCES);
	maildrop_close(&d);
	/* It becomes readable, which leaves no trace in the folder. */
	assert_int_equal(chmod(at("cur/2.b"), 0600), 0);
	assert_int_equal(chmod(at("cur/3.c,S=2,W=3"), 0600), 0);
	open_and_check(&d);
	assert_int_equal(d.count, 3);
	maildrop_close(&d);
}

static void test_order_and_twins(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/2.b:2,S", "1\n");
	put("new/10.a", "22\n");
	put("cur/2.a:2,", "333\n");
	put("new/2.b", "4444\n");	/* the base name of the first */
	put("cur/2.b:2,RS", "55555\n"); /* and again */
	put("cur/noti.me", "666666\n");
	put("new/1.zzz", "7777777\n");
	open_and_check(&d);
	assert_int_equal(d.count, 7);
	assert_int_equal(number_of(&d, "noti.me"), 1);
	assert_int_equal(number_of(&d, "10.a"), 7);
	maildrop_close(&d);
	let_settle();
	open_check_close();
	unlink(at("new/2.b"));
	open_check_close();
	let_settle();
	open_check_close();
	unlink(at("cur/2.b:2,RS"));
	open_check_close();
}

/* --- the index --- */

static void test_unchanged_is_not_read(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,", "a\n");
	put("new/2.b", "b\n");
	let_settle();
	open_and_check(&d);
	assert_true(calls.listed[INDEX_NEW] && calls.listed[INDEX_CUR]);
	maildrop_close(&d);
	for (int i = 0; i < 3; i++) {
		open_and_check(&d);
		assert_int_equal(calls.listed[INDEX_NEW], 0);
		assert_int_equal(calls.listed[INDEX_CUR], 0);
		assert_string_equal(text_of(&d, 2), "b\n");
		maildrop_close(&d);
	}
}

/* A change at the very time that the index was made must not be hidden. */
static void test_unsettled_is_read(void **state)
{
	struct maildrop d;

	(void)state;
	for (int i = 0; i < 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "new/%d.x", i);
		put(name, "a\n");
		open_check_close();
		snprintf(name, sizeof(name), "cur/%d.y", i);
		put(name, "a\nb\n");
		open_check_close();
	}
	let_settle();
	open_check_close();
	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_NEW] + calls.listed[INDEX_CUR], 0);
	maildrop_close(&d);
}

/*
 * Within the tick of the clock in which a folder changed it is not read: what
 * is known of it afterwards is of a later tick.
 */
static void test_read_after_the_tick(void **state)
{
	struct timespec now;
	struct maildrop d;
	struct stat st;

	(void)state;
	for (int i = 0; i < 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "new/%d.x", i);
		put(name, "a\n");
		open_drop(&d);
		assert_int_equal(stat(at("new"), &st), 0);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		assert_true(now.tv_sec > st.st_ctim.tv_sec ||
			    now.tv_nsec > st.st_ctim.tv_nsec);
		assert_true(d.stamps[INDEX_NEW].settled);
		maildrop_close(&d);
	}
}

static void fill_cur(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name[64];

		snprintf(name, sizeof(name), "cur/%u.M%uP7.host:2,S", 1000 + i,
			 i * 7919 % 1000);
		put(name, i % 3 ? "text\n" : "text\ntext\n");
	}
}

static void test_new_mail_does_not_read_cur(void **state)
{
	struct maildrop d;
	struct stat base, base_after;

	(void)state;
	fill_cur(100);
	let_settle();
	open_check_close();
	stat(at("pop3-session.index"), &base);
	for (int i = 0; i < 12; i++) {
		char name[32];

		snprintf(name, sizeof(name), "new/%d.new", 5000 + i);
		put(name, "new\n");
		if (i == 5)
			put("new/4999.before-the-others", "new\n");
		let_settle();
		open_and_check(&d);
		assert_int_equal(calls.listed[INDEX_CUR], 0);
		assert_true(calls.listed[INDEX_NEW] > 0);
		maildrop_close(&d);
		stat(at("pop3-session.index"), &base_after);
		if (i < 11) /* then 13 messages are more than 100 / 8 */
			assert_int_equal(base.st_ino, base_after.st_ino);
	}
	assert_int_not_equal(base.st_ino, base_after.st_ino);
	assert_false(is_there("pop3-session.index.tail"));
	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_NEW] + calls.listed[INDEX_CUR], 0);
	maildrop_close(&d);
}

/* New mail that does not sort last. */
static void test_new_mail_in_the_middle(void **state)
{
	struct maildrop d;

	(void)state;
	fill_cur(100);
	let_settle();
	open_check_close();
	put("new/1050.middle", "new\n");
	let_settle();
	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	assert_int_equal(number_of(&d, "1050.middle"), 52);
	maildrop_close(&d);
	put("new/1099.M181P7.host", "twin of the last\n");
	let_settle();
	open_check_close();
	open_check_close();
}

static void test_cur_grows_at_its_end(void **state)
{
	struct stat base, base_after;

	(void)state;
	fill_cur(100);
	let_settle();
	open_check_close();
	stat(at("pop3-session.index"), &base);
	put("cur/5000.a:2,S", "a\n");
	let_settle();
	open_check_close();
	stat(at("pop3-session.index"), &base_after);
	assert_int_equal(base.st_ino, base_after.st_ino);
	open_check_close();
	move("cur/5000.a:2,S", "cur/5000.a:2,RS");
	open_check_close();
	unlink(at("cur/5000.a:2,RS"));
	let_settle();
	open_check_close();
	open_check_close();
}

/* Sizes of messages that are known are not counted again. */
static void test_sizes_are_kept(void **state)
{
	struct maildrop d;
	int fd;

	(void)state;
	fill_cur(100);
	put("new/2000.a", "a\n");
	open_check_close();
	fd = open(at("new/2000.a"), O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "more\n", 5), 5); /* not done by anyone */
	close(fd);
	move("new/2000.a", "cur/2000.a:2,F");
	put("cur/3000.b", "b\n");
	open_drop(&d);
	assert_int_equal(size_of(&d, "2000.a"), 3);
	maildrop_close(&d);
}

static void damage(const char *name, off_t at_octet)
{
	int fd = open(at(name), O_RDWR);
	unsigned char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at_octet), 1);
	c ^= 0x55;
	assert_int_equal(syscall(SYS_pwrite64, fd, &c, 1, at_octet), 1);
	close(fd);
}

static void test_index_files_of_any_kind(void **state)
{
	static const char *const commands[] = {
		": >pop3-session.index",
		"head -c 100 /dev/urandom >pop3-session.index",
		"head -c 70000 /dev/urandom >pop3-session.index",
		"truncate -s -1 pop3-session.index",
		"truncate -s 4096 pop3-session.index",
		"truncate -s 1T pop3-session.index",
		"rm -f pop3-session.index && mkfifo "
		"pop3-session.index",
		"rm -f pop3-session.index && mkdir pop3-session.index",
		"rmdir pop3-session.index; "
		"ln -s /etc/passwd pop3-session.index",
		"rm -f pop3-session.index && "
		"ln -s /dev/full pop3-session.index",
		"rm -f pop3-session.index && "
		"ln -s nowhere pop3-session.index.tmp",
		"mkdir pop3-session.index.tmp",
		"rmdir pop3-session.index.tmp; "
		"mkfifo pop3-session.index.tail",
		"rm pop3-session.index.tail && "
		"cp pop3-session.index pop3-session.index.tail",
	};
	struct maildrop d;

	(void)state;
	fill_cur(20);
	let_settle();
	open_check_close();
	for (size_t i = 0; i < COUNT(commands); i++) {
		int status = run(commands[i]);

		if (status != 0)
			fail_msg("%s", commands[i]);
		open_and_check(&d);
		assert_string_equal(text_of(&d, 20), "text\n");
		maildrop_close(&d);
		open_check_close();
	}
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

/* A tail and a base that do not belong together. */
static void test_index_torn_between_files(void **state)
{
	(void)state;
	fill_cur(100);
	let_settle();
	open_check_close();
	run("cp pop3-session.index old");
	put("new/5000.a", "a\n");
	let_settle();
	open_check_close();
	assert_true(is_there("pop3-session.index.tail"));
	run("cp pop3-session.index.tail old.tail");
	put("cur/1.first", "a\n");
	let_settle();
	open_check_close();
	assert_false(is_there("pop3-session.index.tail"));
	run("cp old.tail pop3-session.index.tail");
	open_check_close();
	run("cp old pop3-session.index");
	open_check_close();
	run("rm pop3-session.index");
	open_check_close();
}

static void test_index_damaged_at_login(void **state)
{
	(void)state;
	fill_cur(300);
	let_settle();
	open_check_close();
	damage("pop3-session.index", 4096 + 10);
	put("cur/7000.later", "x\n");
	open_check_close();
	let_settle();
	open_check_close();
	damage("pop3-session.index", 5 * 4096 + 10);
	put("cur/7001.later", "x\n");
	open_check_close();
	damage("pop3-session.index", 20);
	open_check_close();
}

static void test_damage_mid_session(void **state)
{
	static struct table_view v;
	struct maildrop d;
	struct table_row row;
	uint8_t deleted[38] = {0};
	struct maildrop_outcome outcome;
	int fds[2];

	(void)state;
	fill_cur(300);
	let_settle();
	open_check_close();
	damage("pop3-session.index", 5 * 4096 + 10);
	open_drop(&d);
	assert_int_equal(d.count, 300);
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	assert_int_equal(table_open(&v, fds, maildrop_tables(&d, fds)), 0);
	assert_int_equal(table_row(&v, 290, &row), -EBADMSG);
	assert_int_equal(maildrop_fetch(&d, 290), -EBADMSG);
	put("cur/9000.later", "x\n");
	assert_int_equal(maildrop_refresh(&d), 0);
	unlink(at("cur/9000.later"));
	check(&d);
	assert_string_equal(text_of(&d, 290), "text\n");
	maildrop_close(&d);

	/* Found by UPDATE only. */
	open_check_close();
	let_settle();
	open_check_close();
	damage("pop3-session.index", 5 * 4096 + 10);
	open_drop(&d);
	mark(deleted, 299);
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), 0);
	assert_int_equal(outcome.removed, 1);
	assert_false(is_there("cur/1298.M362P7.host:2,S"));
	maildrop_close(&d);
	open_check_close();
}

static void test_damage_and_another_list(void **state)
{
	struct maildrop d;
	struct maildrop_outcome outcome;
	uint8_t deleted[38] = {0};

	(void)state;
	fill_cur(300);
	let_settle();
	open_check_close();
	damage("pop3-session.index", 5 * 4096 + 10);
	open_drop(&d);
	/* One goes, one of the same size comes: the totals are equal. */
	unlink(at("cur/1001.M919P7.host:2,S"));
	put("cur/1000.between", "text\n");
	assert_int_equal(maildrop_refresh(&d), -ESTALE);
	mark(deleted, 290);
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), -EIO);
	assert_int_equal(outcome.removed, 0);
	assert_int_equal(outcome.failed, 1);
	assert_true(is_there("cur/1289.M591P7.host:2,S"));
	maildrop_close(&d);
	open_check_close();
}

static void test_full_disk(void **state)
{
	struct maildrop d;

	(void)state;
	fill_cur(100);
	calls.pwrite = ENOSPC;
	for (int i = 0; i < 2; i++) {
		open_and_check(&d);
		assert_int_equal(d.index_why, ENOSPC);
		assert_string_equal(text_of(&d, 100), "text\ntext\n");
		maildrop_close(&d);
	}
	assert_false(is_there("pop3-session.index"));
	assert_false(is_there("pop3-session.index.tmp"));
	calls.pwrite = 0;
	let_settle();
	open_check_close();
	put("new/5000.a", "a\n");
	calls.pwrite = EDQUOT;
	open_and_check(&d); /* a base on the disk, a tail in memory */
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	maildrop_close(&d);
	put("new/1.a", "a\n");
	open_and_check(&d);
	maildrop_close(&d);
}

static void test_front_cannot_write_tables(void **state)
{
	struct maildrop d;
	int fds[2];

	(void)state;
	fill_cur(3);
	for (int i = 0; i < 2; i++) {
		options.no_index = i;
		open_and_check(&d);
		assert_int_equal(maildrop_tables(&d, fds), 1);
		assert_int_equal(syscall(SYS_pwrite64, fds[0], "x", 1, 0), -1);
		assert_int_equal(ftruncate(fds[0], 0), -1);
		maildrop_close(&d);
	}
	options.no_index = false;
}

static void test_index_elsewhere(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/1.a", "a\n");
	mkdir(at("elsewhere"), 0700);
	options.index_dirfd = open(at("elsewhere"), O_PATH | O_DIRECTORY);
	let_settle();
	open_check_close();
	assert_false(is_there("pop3-session.index"));
	assert_true(is_there("elsewhere/pop3-session.index"));
	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	maildrop_close(&d);
	close(options.index_dirfd);
	options.index_dirfd = -1;
}

static bool refuse(void *context)
{
	(void)context;
	return false;
}

static void test_given_up(void **state)
{
	struct maildrop d;

	(void)state;
	fill_cur(2000);
	options.go_on = refuse;
	assert_int_equal(try_open(&d), -ECANCELED);
	options.go_on = NULL;
	open_check_close();
}

static bool rename_two(void *context)
{
	(void)context;
	if (is_there("cur/2999.M81P7.host:2,S")) {
		move("cur/2999.M81P7.host:2,S", "cur/2999.M81P7.host:2,RS");
		move("cur/2998.M162P7.host:2,S", "new/2998.M162P7.host");
		unlink(at("cur/2997.M243P7.host:2,S"));
	}
	return true;
}

/* Between the listing of a file and its reading. */
static void test_renamed_before_it_is_read(void **state)
{
	struct maildrop d;

	(void)state;
	fill_cur(2000);
	options.go_on = rename_two;
	open_and_check(&d);
	options.go_on = NULL;
	assert_int_equal(d.count, 1999);
	assert_true(is_there("cur/2999.M81P7.host:2,RS"));
	maildrop_close(&d);
	open_check_close();
}

/* --- very many names that tell their sizes --- */

enum { CLAIMS = 5000 };

/* All true but for those of the given number, counted from 0; -1: none. */
static void fill_claims(int liar)
{
	char name[64];

	for (int i = 0; i < CLAIMS; i++) {
		snprintf(name, sizeof(name), "cur/%d.x,S=2,W=3:2,S", 10000 + i);
		put(name, i == liar ? "a\nb\n" : "a\n");
	}
}

/* How many messages have their size from the name, not yet checked. */
static uint32_t claims_of(const struct table_view *v)
{
	uint32_t claims = 0;

	for (uint32_t i = 0; i < v->files; i++)
		claims += v->heads[i].claimed;
	return claims;
}

static uint32_t claimed(const struct maildrop *d)
{
	static struct table_view v;
	int fds[2];

	assert_int_equal(table_open(&v, fds, maildrop_tables(d, fds)), 0);
	return claims_of(&v);
}

static void test_claims_are_checked_later(void **state)
{
	struct maildrop d;
	unsigned slices = 0;
	int result;

	(void)state;
	fill_claims(-1);
	let_settle();
	open_and_check(&d);
	assert_int_equal(claimed(&d), CLAIMS);
	assert_int_equal(maildrop_tend(&d), 1);
	maildrop_close(&d);
	open_and_check(&d); /* the session ended before all was checked */
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	assert_int_equal(claimed(&d), CLAIMS);
	while ((result = maildrop_tend(&d)) == 1)
		slices++;
	assert_int_equal(result, 0);
	assert_true(slices > 3);
	assert_int_equal(maildrop_tend(&d), 0);
	maildrop_close(&d);
	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_CUR], 0);
	assert_int_equal(claimed(&d), 0);
	maildrop_close(&d);
	put("cur/20000.y", "y\n");
	let_settle();
	open_and_check(&d);
	assert_int_equal(claimed(&d), 0);
	maildrop_close(&d);
}

static void test_claims_are_kept_as_such(void **state)
{
	struct maildrop d;

	(void)state;
	fill_claims(-1);
	open_and_check(&d);
	maildrop_close(&d);
	put("cur/1.y", "y\n");
	open_and_check(&d);
	assert_int_equal(claimed(&d), CLAIMS);
	move("cur/12501.x,S=2,W=3:2,S", "cur/12501.x,S=2,W=3:2,RS");
	maildrop_settle(&d); /* one is not where it was */
	maildrop_close(&d);
	open_and_check(&d);
	assert_int_equal(claimed(&d), CLAIMS);
	maildrop_settle(&d);
	maildrop_close(&d);
	open_and_check(&d);
	assert_int_equal(claimed(&d), 0);
	maildrop_close(&d);
}

static void test_claim_is_a_lie(void **state)
{
	struct maildrop d;
	int result;

	(void)state;
	fill_claims(2501);
	for (int way = 0; way < 3; way++) {
		unlink(at("pop3-session.index"));
		open_drop(&d);
		assert_int_equal(size_of(&d, "12501.x,S=2,W=3"), 3);
		switch (way) {
		case 0:
			while ((result = maildrop_tend(&d)) == 1)
				;
			assert_int_equal(result, -ESTALE);
			break;
		case 1:
			assert_int_equal(
				maildrop_fetch(&d, number_of(&d, "12501.x,S=2,"
								 "W=3")),
				-ESTALE);
			break;
		case 2:
			maildrop_settle(&d);
			break;
		}
		assert_int_equal(maildrop_tend(&d), -ESTALE);
		maildrop_close(&d);
		open_and_check(&d);
		assert_int_equal(size_of(&d, "12501.x,S=2,W=3"), 6);
		assert_int_equal(claimed(&d), 0);
		maildrop_close(&d);
	}
}

/* Without an index every session would put it off again. */
static void test_claims_without_index(void **state)
{
	struct maildrop d;

	(void)state;
	fill_claims(2501);
	calls.pwrite = ENOSPC;
	open_and_check(&d);
	assert_int_equal(claimed(&d), 0);
	maildrop_close(&d);
}

static void test_lie_among_the_first(void **state)
{
	struct maildrop d;

	(void)state;
	fill_claims(2500);
	open_and_check(&d);
	assert_int_equal(claimed(&d), 0);
	maildrop_close(&d);
}

/* --- other programs, while the folders are read --- */

static int flips, flips_from, flips_to;

/* Flags change, messages move on and back between reads of the folders. */
static void flip(void)
{
	bool odd = flips % 2;

	if (flips_from-- > 0 || flips == flips_to)
		return;
	flips++;
	move(odd ? "cur/1050.M950P7.host:2,RS" : "cur/1050.M950P7.host:2,S",
	     odd ? "cur/1050.M950P7.host:2,S" : "cur/1050.M950P7.host:2,RS");
	move(odd ? "cur/5000.a:2," : "new/5000.a",
	     odd ? "new/5000.a" : "cur/5000.a:2,");
}

static void test_renamed_while_listed(void **state)
{
	struct maildrop d;

	(void)state;
	fill_cur(100);
	put("new/5000.a", "a\n");
	for (int i = 0; i < 8 * 6; i++) {
		flips = 0;
		flips_from = i / 6;
		flips_to = 1 + i % 6;
		calls.before_list = flip;
		/* The folders have changed in this tick of the clock, too. */
		put("new/of-now", "");
		assert_int_equal(unlink(at("new/of-now")), 0);
		open_drop(&d);
		calls.before_list = NULL;
		assert_int_equal(d.count, 101);
		assert_int_equal(number_of(&d, "1050.M950P7.host"), 51);
		assert_string_equal(text_of(&d, 101), "a\n");
		maildrop_close(&d);
		flips_from = 0;
		flips_to = 7;
		if (flips % 2)
			flip();
		open_check_close();
	}
}

static void test_fetch_what_was_renamed(void **state)
{
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,", "a\n");
	put("new/2.b", "b\n");
	put("cur/3.c:2,S", "c\n");
	put("cur/4.d:2,S", "d\n");
	put("new/5.strange\n \xff", "e\n");
	open_and_check(&d);
	move("cur/1.a:2,", "cur/1.a:2,RS");
	move("new/2.b", "cur/2.b:2,");
	unlink(at("cur/3.c:2,S"));
	move("new/5.strange\n \xff", "cur/5.strange\n \xff:2,S");
	put("cur/6.f", "not seen\n");
	assert_string_equal(text_of(&d, 1), "a\n");
	assert_string_equal(text_of(&d, 2), "b\n");
	assert_string_equal(text_of(&d, 3), "ENOENT");
	assert_string_equal(text_of(&d, 4), "d\n");
	assert_string_equal(text_of(&d, 5), "e\n");
	assert_string_equal(text_of(&d, 6), "ERANGE");
	assert_int_equal(maildrop_tend(&d), 0);
	move("cur/1.a:2,RS", "new/1.a");
	assert_string_equal(text_of(&d, 1), "a\n");
	move("new/1.a", "cur/1.a:2,T");
	move("cur/2.b:2,", "cur/2.b:2,T");
	assert_string_equal(text_of(&d, 1), "a\n");
	assert_string_equal(text_of(&d, 2), "b\n");
	move("cur/4.d:2,S", "cur/4.d:2,ST");
	put("cur/4.d:2,F", "a twin from nowhere\n");
	assert_string_equal(text_of(&d, 4), "ENOENT");
	maildrop_close(&d);
}

/* --- the lock --- */

static int stat_root(void *context, struct stat *st)
{
	(void)context;
	return stat(root, st) == 0 ? 0 : -errno;
}

static int stat_other(void *context, struct stat *st)
{
	(void)context;
	return stat("/", st) == 0 ? 0 : -errno;
}

static int stat_none(void *context, struct stat *st)
{
	(void)context;
	(void)st;
	return -ENOENT;
}

static void test_lock(void **state)
{
	static const int errors[] = {0, EBADF, ENOLCK, EOPNOTSUPP};
	struct maildrop_outcome outcome;
	struct maildrop a, b;

	(void)state;
	put("new/1.a", "a\n");
	for (size_t i = 0; i < COUNT(errors); i++) {
		calls.flock = errors[i];
		open_drop(&a);
		assert_int_equal(try_open(&b), -EWOULDBLOCK);
		assert_int_equal(try_open(&b), -EWOULDBLOCK);
		maildrop_close(&a);
		open_drop(&b);
		assert_int_equal(maildrop_commit(&b, NULL, NULL, &outcome), 0);
		open_drop(&a); /* while b is still there */
		maildrop_close(&b);
		assert_int_equal(try_open(&b), -EWOULDBLOCK);
		maildrop_close(&a);
		assert_int_equal(is_there("pop3-session.lock"), i > 0);
	}
	calls.flock = EIO;
	assert_int_equal(try_open(&a), -EIO);
}

static void test_lock_of_another_folder(void **state)
{
	struct maildrop d;

	(void)state;
	options.path_stat = stat_other;
	assert_int_equal(try_open(&d), -ESTALE);
	options.path_stat = stat_none;
	assert_int_equal(try_open(&d), -ESTALE);
	options.path_stat = stat_root;
	open_drop(&d);
	maildrop_close(&d);
	options.path_stat = NULL;
}

/* --- UPDATE --- */

static void test_nothing_happens_without_commit(void **state)
{
	struct maildrop d;

	(void)state;
	put("new/1.a", "a\n");
	put("cur/2.b:2,", "b\n");
	open_and_check(&d);
	assert_string_equal(text_of(&d, 1), "a\n");
	maildrop_close(&d);
	assert_true(is_there("new/1.a"));
	assert_true(is_there("cur/2.b:2,"));
	assert_int_equal(calls.fsyncs, 0);
}

static void test_commit(void **state)
{
	static const struct {
		bool keep_new, mark_seen;
		const char *there[5];
		unsigned moved;
	} cases[] = {
		{false,
		 false,
		 {"cur/2.b:2,", "cur/3.c:2,", "cur/5.e:2,F", "cur/6.f:2,",
		  "cur/7.g:2,FT"},
		 2},
		{false,
		 true,
		 {"cur/2.b:2,", "cur/3.c:2,S", "cur/5.e:2,F", "cur/6.f:2,S",
		  "cur/7.g:2,FST"},
		 4},
		{true,
		 false,
		 {"new/2.b", "new/3.c", "cur/5.e:2,F", "cur/6.f:2,",
		  "cur/7.g:2,FT"},
		 0},
		{true,
		 true,
		 {"new/2.b", "new/3.c", "cur/5.e:2,F", "cur/6.f:2,S",
		  "cur/7.g:2,FST"},
		 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct maildrop_outcome outcome;
		uint8_t deleted[1] = {0}, retrieved[1] = {0};
		struct maildrop d;

		teardown(NULL);
		setup(NULL);
		put("new/1.a", "a\n");
		put("new/2.b", "b\n");
		put("new/3.c", "c\n");
		put("cur/4.d:2,S", "d\nd\n");
		put("cur/5.e:2,F", "e\n");
		put("cur/6.f:2,", "f\n");
		put("cur/7.g:2,FT", "g\n");
		options.keep_new = cases[i].keep_new;
		options.mark_seen = cases[i].mark_seen;
		open_and_check(&d);
		mark(deleted, 1);
		mark(deleted, 4);
		mark(retrieved, 1);
		mark(retrieved, 3);
		mark(retrieved, 6);
		mark(retrieved, 7);
		deleted[0] |= 0x80; /* past the last: nothing */
		put("new/8.later", "not seen\n");
		assert_int_equal(
			maildrop_commit(&d, deleted, retrieved, &outcome), 0);
		assert_int_equal(outcome.removed, 2);
		assert_int_equal(outcome.removed_octets, 3 + 6);
		assert_int_equal(outcome.moved, cases[i].moved);
		assert_int_equal(outcome.failed + outcome.unmoved, 0);
		assert_int_equal(calls.fsyncs, 2);
		maildrop_close(&d);
		assert_false(is_there("new/1.a"));
		assert_false(is_there("cur/4.d:2,S"));
		assert_true(is_there("new/8.later"));
		for (size_t k = 0; k < COUNT(cases[i].there); k++)
			if (!is_there(cases[i].there[k]))
				fail_msg("%zu: %s", i, cases[i].there[k]);
		open_and_check(&d);
		assert_int_equal(d.count, 6);
		maildrop_close(&d);
	}
	options.keep_new = options.mark_seen = false;
}

static void test_commit_nothing(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t none[1] = {0};
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,", "a\n");
	open_and_check(&d);
	assert_int_equal(maildrop_commit(&d, none, none, &outcome), 0);
	maildrop_close(&d);
	assert_int_equal(calls.fsyncs, 0);
	unlink(at("cur/1.a:2,"));
	open_and_check(&d);
	assert_int_equal(maildrop_commit(&d, NULL, NULL, &outcome), 0);
	maildrop_close(&d);
}

static void test_commit_of_what_others_renamed(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t deleted[1] = {0x1f};
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,", "a\n");
	put("new/2.b", "b\n");
	put("cur/3.c:2,S", "c\n");
	put("cur/4.d:2,S", "d\n");
	put("new/5.e", "e\n");
	put("new/6.f", "f\n");
	open_and_check(&d);
	move("cur/1.a:2,", "cur/1.a:2,RS");
	move("new/2.b", "cur/2.b:2,");
	unlink(at("cur/3.c:2,S"));
	move("new/6.f", "cur/6.f:2,F");
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), 0);
	assert_int_equal(outcome.removed, 5);
	assert_int_equal(outcome.failed, 0);
	maildrop_close(&d);
	open_and_check(&d);
	assert_int_equal(d.count, 1);
	assert_true(is_there("cur/6.f:2,F"));
	maildrop_close(&d);
}

static int chases;

/* Renames what is about to be removed, once more than is looked for. */
static void chase(void)
{
	char from[32], to[32];

	snprintf(from, sizeof(from), "cur/1.a:2,%.*s", chases, "FFFFFFFFFF");
	chases++;
	snprintf(to, sizeof(to), "cur/1.a:2,%.*s", chases, "FFFFFFFFFF");
	if (chases < 9)
		move(from, to);
}

static void test_commit_of_what_runs_away(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t deleted[1] = {1};
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,", "a\n");
	open_and_check(&d);
	chases = 0;
	calls.before_unlink = chase;
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), -EIO);
	calls.before_unlink = NULL;
	assert_int_equal(outcome.failed, 1);
	assert_int_equal(outcome.removed, 0);
	maildrop_close(&d);
	open_and_check(&d);
	assert_int_equal(d.count, 1);
	maildrop_close(&d);
}

/* Twins: what cannot be told apart is not removed. */
static void test_commit_of_twins(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t deleted[1] = {1};
	struct maildrop d;

	(void)state;
	put("cur/1.a:2,F", "first\n");
	put("cur/1.a:2,S", "second\n");
	put("cur/2.b:2,S", "b\n");
	open_and_check(&d);
	unlink(at("cur/1.a:2,F"));
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), -EIO);
	assert_int_equal(outcome.failed, 1);
	assert_true(is_there("cur/1.a:2,S"));
	maildrop_close(&d);
	put("cur/1.a:2,F", "first\n");
	open_and_check(&d);
	deleted[0] = 2;
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), 0);
	assert_true(is_there("cur/1.a:2,F"));
	assert_false(is_there("cur/1.a:2,S"));
	maildrop_close(&d);
}

static void test_commit_fails(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t deleted[1] = {3};
	struct maildrop d, other;

	(void)state;
	put("cur/1.a:2,F", "a\n");
	put("cur/2.b:2,F", "b\n");
	put("new/3.c", "c\n");
	open_and_check(&d);
	calls.unlinkat = EACCES;
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), -EIO);
	calls.unlinkat = 0;
	assert_int_equal(outcome.failed, 2);
	assert_int_equal(outcome.failed_why, EACCES);
	assert_int_equal(outcome.moved, 1);
	open_drop(&other); /* the lock is free */
	maildrop_close(&other);
	maildrop_close(&d);

	open_and_check(&d);
	calls.fsync = EIO;
	calls.fsyncs = 0;
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), -EIO);
	assert_int_equal(outcome.removed, 2);
	assert_int_equal(outcome.sync_why, EIO);
	assert_int_equal(calls.fsyncs, 1); /* never again */
	maildrop_close(&d);
}

static void test_moves_never_overwrite(void **state)
{
	static const int errors[] = {0, EINVAL};
	struct maildrop_outcome outcome;
	struct maildrop d;
	char longest[300] = "new/";

	(void)state;
	memset(longest + 4, 'x', 254);
	for (size_t i = 0; i < COUNT(errors); i++) {
		teardown(NULL);
		setup(NULL);
		put("new/1.a", "a\n");
		put("new/2.b", "b\n");
		put(longest, "no room for flags\n");
		put("new/3.c:1,x", "another info\n");
		open_and_check(&d);
		put("cur/1.a:2,", "somebody else's\n");
		calls.renameat2 = errors[i];
		assert_int_equal(maildrop_commit(&d, NULL, NULL, &outcome), 0);
		calls.renameat2 = 0;
		assert_int_equal(outcome.moved, 1);
		assert_int_equal(outcome.unmoved, 1);
		assert_int_equal(outcome.unmoved_why, EEXIST);
		assert_true(is_there("new/1.a"));
		assert_true(is_there("cur/2.b:2,"));
		assert_false(is_there("new/2.b"));
		assert_true(is_there(longest));
		assert_true(is_there("new/3.c:1,x"));
		maildrop_close(&d);
		open_check_close();
	}
	calls.renameat2 = EXDEV; /* the sandbox of an old kernel */
	put("new/4.d", "d\n");
	open_and_check(&d);
	assert_int_equal(maildrop_commit(&d, NULL, NULL, &outcome), 0);
	assert_int_equal(outcome.unmoved_why, EXDEV);
	assert_true(is_there("new/4.d"));
	maildrop_close(&d);
}

static void test_cur_is_made(void **state)
{
	struct maildrop_outcome outcome;
	struct maildrop d;

	(void)state;
	rmdir(at("cur"));
	put("new/1.a", "a\n");
	open_and_check(&d);
	assert_int_equal(maildrop_commit(&d, NULL, NULL, &outcome), 0);
	assert_int_equal(outcome.moved, 1);
	maildrop_close(&d);
	assert_true(is_there("cur/1.a:2,"));
}

static void test_quota(void **state)
{
	struct maildrop_outcome outcome;
	uint8_t deleted[1] = {3};
	char text[100] = {0};
	struct maildrop d;
	FILE *f;

	(void)state;
	put("maildirsize", "1000S\n500 3\n");
	put("cur/1.a:2,", "a\nb\n");
	put("cur/2.b,S=8,W=10:2,", "c\nd\nefg\n"); /* file sizes count */
	put("cur/3.c:2,", "c\n");
	open_drop(&d);
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), 0);
	maildrop_close(&d);
	f = fopen(at("maildirsize"), "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_string_equal(text, "1000S\n500 3\n-12 -2\n");

	unlink(at("maildirsize"));
	assert_int_equal(symlink("victim", at("maildirsize")), 0);
	put("victim", "");
	open_drop(&d);
	deleted[0] = 1;
	assert_int_equal(maildrop_commit(&d, deleted, NULL, &outcome), 0);
	maildrop_close(&d);
	f = fopen(at("victim"), "r");
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
}

/* The folders are what the index says, and nobody had to read them. */
static void check_unread(void)
{
	struct maildrop d;

	open_and_check(&d);
	assert_int_equal(calls.listed[INDEX_CUR] + calls.listed[INDEX_NEW], 0);
	maildrop_close(&d);
}

/*
 * UPDATE in a large maildrop: new mail moves, some is deleted; meanwhile, at
 * the first removal, somebody else does something.
 */
static void large_update(struct maildrop *d, uint32_t number,
			 void (*meanwhile)(void))
{
	static uint8_t deleted[256], retrieved[256];
	struct maildrop_outcome outcome;

	fill_cur(2000);
	let_settle();
	open_and_check(d);
	maildrop_close(d);
	put("new/5000.a", "a\n");
	put("new/5001.b", "b\n");
	put("new/5002.c:1,x", "stays\n");
	let_settle();
	open_and_check(d);
	memset(deleted, 0, sizeof(deleted));
	memset(retrieved, 0, sizeof(retrieved));
	mark(deleted, 2001);
	if (number > 0) {
		mark(deleted, number);
		mark(retrieved, number + 1);
	}
	mark(retrieved, 2002);
	options.mark_seen = true;
	d->options.mark_seen = true;
	calls.before_unlink = meanwhile;
	memset(calls.listed, 0, sizeof(calls.listed));
	assert_int_equal(maildrop_commit(d, deleted, retrieved, &outcome), 0);
	options.mark_seen = false;
}

static unsigned listed(void)
{
	return calls.listed[INDEX_NEW] + calls.listed[INDEX_CUR];
}

static void test_own_update_is_known(void **state)
{
	struct maildrop d;

	(void)state;
	large_update(&d, 0, NULL);
	assert_true(is_there("cur/5001.b:2,S"));
	check_unread(); /* at once */
	maildrop_settle(&d);
	assert_int_equal(listed(), 0);
	maildrop_close(&d);
	check_unread();
}

static void test_own_update_of_base_is_known(void **state)
{
	struct maildrop d, other;

	(void)state;
	large_update(&d, 77, NULL);
	maildrop_settle(&d);
	assert_int_equal(listed(), 0);
	open_drop(&other); /* the lock is not taken again */
	maildrop_close(&other);
	maildrop_close(&d);
	check_unread();
	assert_false(is_there("pop3-session.index.tail"));
}

static void deliver_one(void)
{
	put("new/6000.later", "later\n");
	calls.before_unlink = NULL;
}

static void test_update_with_others(void **state)
{
	struct maildrop d;

	(void)state;
	large_update(&d, 0, deliver_one);
	open_check_close(); /* at once */
	maildrop_settle(&d);
	maildrop_close(&d);
	open_check_close();
	let_settle();
	open_check_close();
	check_unread();
}

static void test_mail_between_update_and_index(void **state)
{
	struct maildrop d;

	(void)state;
	large_update(&d, 77, NULL);
	put("cur/1.first", "first\n");
	maildrop_settle(&d);
	maildrop_close(&d);
	open_check_close();
	let_settle();
	open_check_close();
	check_unread();
}

static void test_another_session_before_the_index(void **state)
{
	struct maildrop d, other;

	(void)state;
	large_update(&d, 77, NULL);
	put("cur/1.first", "first\n");
	open_and_check(&other);
	maildrop_settle(&d);
	check(&other);
	maildrop_close(&other);
	maildrop_close(&d);
	open_check_close();
}

/* Where UPDATE cannot be sure, the folder is read when nobody waits. */
static void test_settle(void **state)
{
	struct maildrop d, other;

	(void)state;
	calls.renameat2 = EINVAL; /* links, which are not expected */
	large_update(&d, 77, NULL);
	open_drop(&other);
	maildrop_settle(&d); /* the lock is not taken again */
	maildrop_close(&other);
	maildrop_close(&d);
	check_unread();
}

/* --- everything at once --- */

static unsigned seed;

static unsigned dice(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void random_name(char *to, size_t n)
{
	static const char *const infos[] = {"", ":2,", ":2,S", ":2,FRS",
					    ":1,x"};
	static const char *const bases[][2] = {
		{"", ".M1P1.host"},
		{"", ",S=3,W=5"},
		{"0", ".x"},
		{"", " white space "},
		{"", "\n"},
		{"x", ""},
		{"", ".a:b"},
		{"", ".a-name-too-long-to-be-a-unique-id-by-the-rules-of-the-"
		     "protocol-of-this-office"},
	};
	const char *const *base = bases[dice(COUNT(bases))];

	snprintf(to, n, "%s/%s%u%s%u%s", dice(2) ? "cur" : "new", base[0],
		 1000 + dice(300), base[1], dice(20),
		 infos[dice(COUNT(infos))]);
}

static void deliver(void)
{
	static const char *const texts[] = {
		"",	     "a",	 "a\n", "a\r\n",
		"a\nb\nc\n", "\n\n\n\n", "x\r", "line\nline\r\n"};
	char name[300], text[64] = "";

	random_name(name, sizeof(name));
	for (unsigned i = dice(6); i > 0; i--)
		strcat(text, texts[dice(COUNT(texts))]);
	/* Nobody makes another file under the name of one that there was. */
	if (!is_there(name))
		put(name, text);
}

static const struct message *pick(void)
{
	model_read(&model);
	return model.n ? &model.m[dice((unsigned)model.n)] : NULL;
}

static void mutate(void)
{
	const struct message *m;
	char from[300], to[400];
	struct span base;

	switch (dice(6)) {
	case 0:
	case 1:
	case 2:
		deliver();
		return;
	case 3:
		m = pick();
		snprintf(from, sizeof(from), "%s/%s", m ? m->folder : "new",
			 m ? m->name : "none");
		unlink(at(from));
		return;
	case 4: /* flags change, or it moves on or back */
		m = pick();
		if (!m)
			return;
		base = maildir_name_base(span_str(m->name));
		snprintf(from, sizeof(from), "%s/%s", m->folder, m->name);
		snprintf(to, sizeof(to), "%s/" SPAN_FMT ":2,%.*s",
			 dice(3) ? "cur" : "new", SPAN_ARG(base), (int)dice(6),
			 "FPRST");
		if (!is_there(to))
			move(from, to);
		return;
	case 5: /* another name altogether */
		m = pick();
		if (!m)
			return;
		snprintf(from, sizeof(from), "%s/%s", m->folder, m->name);
		random_name(to, sizeof(to));
		if (!is_there(to))
			move(from, to);
		return;
	}
}

static void random_session(void)
{
	uint8_t deleted[MESSAGES / 8] = {0}, retrieved[MESSAGES / 8] = {0};
	struct maildrop_outcome outcome;
	static struct model before;
	struct maildrop d;
	size_t want = 0;

	options.keep_new = dice(4) == 0;
	options.mark_seen = dice(2) == 0;
	open_and_check(&d);
	before = model;
	for (uint32_t n = 1; n <= d.count; n++) {
		if (dice(8) == 0) {
			mark(deleted, n);
			want++;
		}
		if (dice(3) == 0)
			mark(retrieved, n);
	}
	assert_int_equal(maildrop_commit(&d, deleted, retrieved, &outcome), 0);
	assert_int_equal(outcome.removed, want);
	assert_int_equal(outcome.failed, 0);
	maildrop_close(&d);
	model_read(&model);
	assert_int_equal(model.n, before.n - want);
	options.keep_new = options.mark_seen = false;
}

/*
 * Whatever happened to the Maildir, what is listed with the index is what is
 * there. Sizes of renamed files go by the base name, so a base name is not
 * used twice for different texts.
 */
static void test_any_history(void **state)
{
	struct maildrop d;
	unsigned trusted = 0;

	(void)state;
	for (seed = 1; seed < 7; seed++) {
		unsigned start = seed;

		teardown(NULL);
		setup(NULL);
		for (int i = 0; i < 60; i++)
			deliver();
		for (int round = 0; round < 60; round++) {
			for (unsigned k = dice(5); k > 0; k--)
				mutate();
			if (dice(3) == 0)
				let_settle();
			if (dice(6) == 0) {
				random_session();
				continue;
			}
			open_and_check(&d);
			trusted += calls.listed[0] + calls.listed[1] == 0;
			maildrop_close(&d);
		}
		seed = start;
	}
	assert_true(trusted > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_folders_missing),
		TEST(test_folder_is_link),
		TEST(test_sizes),
		TEST(test_size_of_large),
		TEST(test_strange_names),
		TEST(test_what_is_no_message),
		TEST(test_file_becomes_something_else),
		TEST(test_unreadable),
		TEST(test_order_and_twins),
		TEST(test_unchanged_is_not_read),
		TEST(test_unsettled_is_read),
		TEST(test_read_after_the_tick),
		TEST(test_new_mail_does_not_read_cur),
		TEST(test_new_mail_in_the_middle),
		TEST(test_cur_grows_at_its_end),
		TEST(test_sizes_are_kept),
		TEST(test_index_files_of_any_kind),
		TEST(test_index_torn_between_files),
		TEST(test_index_damaged_at_login),
		TEST(test_damage_mid_session),
		TEST(test_damage_and_another_list),
		TEST(test_full_disk),
		TEST(test_front_cannot_write_tables),
		TEST(test_index_elsewhere),
		TEST(test_given_up),
		TEST(test_renamed_before_it_is_read),
		TEST(test_claims_are_checked_later),
		TEST(test_claims_are_kept_as_such),
		TEST(test_claim_is_a_lie),
		TEST(test_claims_without_index),
		TEST(test_lie_among_the_first),
		TEST(test_renamed_while_listed),
		TEST(test_fetch_what_was_renamed),
		TEST(test_lock),
		TEST(test_lock_of_another_folder),
		TEST(test_nothing_happens_without_commit),
		TEST(test_commit),
		TEST(test_commit_nothing),
		TEST(test_commit_of_what_others_renamed),
		TEST(test_commit_of_what_runs_away),
		TEST(test_commit_of_twins),
		TEST(test_commit_fails),
		TEST(test_moves_never_overwrite),
		TEST(test_cur_is_made),
		TEST(test_quota),
		TEST(test_own_update_is_known),
		TEST(test_own_update_of_base_is_known),
		TEST(test_update_with_others),
		TEST(test_mail_between_update_and_index),
		TEST(test_another_session_before_the_index),
		TEST(test_settle),
		TEST(test_any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
