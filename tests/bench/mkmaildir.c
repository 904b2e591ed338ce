/* SPDX-License-Identifier: ISC */
/*
 * Makes Maildirs for the benchmark. The same options make the same names
 * and the same octets, on every machine and at every time.
 *
 *   mkmaildir [options] DIR
 *     --count N     messages in each (default 20)
 *     --size N      octets of a message as stored, with LF ends (13k)
 *     --first N     number of the first message (0): deliver more later
 *     --names KIND  plain | s (,S=) | sw (,S= and ,W=)  (default s)
 *     --new         into new/ rather than cur/
 *     --owner ID    uid and gid of all that is made
 *     --boxes N     make N Maildirs DIR/u00001 … instead of DIR itself
 *     --from N      number of the first of them (1)
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum names { NAMES_PLAIN, NAMES_S, NAMES_SW };

/* Delivery time of message 0; one more second for each that follows. */
enum { FIRST_TIME = 1500000000 };
enum { POOL_SIZE = 1 << 20, HEADER_MAX = 1024, CHUNK = 1 << 20 };

struct plan {
	uint64_t count, size, first, boxes, from;
	enum names names;
	bool in_new;
	bool has_owner;
	uid_t owner;
	const char *dir;
};

/* A megabyte of text lines; every body is a window of it, repeated. */
static char pool[POOL_SIZE];

/* splitmix64: small, fast, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* One line in 300 begins with a dot, one in 12 is empty, the others are
 * words up to 60–76 octets. */
static size_t make_line(char *out, uint64_t *state)
{
	uint64_t r = next_random(state);
	size_t n = 0, want = 60 + (r >> 32) % 17;

	if (r % 12 == 0)
		want = 0;
	else if (r % 300 == 1)
		out[n++] = '.';
	while (n < want) {
		uint64_t w = next_random(state);
		size_t len = 2 + w % 8;

		for (size_t i = 0; i < len && n < want; i++, w >>= 5)
			out[n++] = (char)('a' + (w >> 8) % 26);
		if (n < want)
			out[n++] = ' ';
	}
	out[n++] = '\n';
	return n;
}

static void make_pool(void)
{
	uint64_t state = 20;
	char line[128];
	size_t at = 0;

	while (at < POOL_SIZE) {
		size_t n = make_line(line, &state);

		if (n > POOL_SIZE - at)
			n = POOL_SIZE - at;
		memcpy(pool + at, line, n);
		at += n;
	}
	pool[POOL_SIZE - 1] = '\n';
}

static size_t make_header(char *out, uint64_t number)
{
	int n = snprintf(
		out, HEADER_MAX,
		"Return-Path: <sender%llu@example.net>\n"
		"Delivered-To: user@example.org\n"
		"Received: from relay.example.net (relay.example.net "
		"[192.0.2.25])\n"
		"\tby mx.example.org (Postfix) with ESMTPS id %012llX\n"
		"\tfor <user@example.org>; Fri, 14 Jul 2017 02:40:00 +0000\n"
		"Date: Fri, 14 Jul 2017 02:40:00 +0000\n"
		"From: Some Sender <sender%llu@example.net>\n"
		"To: user@example.org\n"
		"Subject: Message number %llu of the benchmark\n"
		"Message-ID: <%llu.bench@example.net>\n"
		"MIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=us-ascii\n"
		"\n",
		(unsigned long long)(number % 97),
		(unsigned long long)(number * 2654435761u),
		(unsigned long long)(number % 97), (unsigned long long)number,
		(unsigned long long)number);

	return (size_t)n;
}

/* Fills a buffer with octets [at, at + n) of the body of a message. */
static void make_body(char *out, uint64_t number, uint64_t at, size_t n)
{
	uint64_t from = (number * 7919 + at) % POOL_SIZE;

	while (n > 0) {
		size_t part = POOL_SIZE - from < n ? POOL_SIZE - from : n;

		memcpy(out, pool + from, part);
		out += part;
		n -= part;
		from = 0;
	}
}

static uint64_t count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		lines++;
		p++;
	}
	return lines;
}

/* Writes the message to fd and returns its line ends. */
static uint64_t write_message(int fd, uint64_t number, uint64_t size)
{
	static char chunk[CHUNK];
	char header[HEADER_MAX];
	size_t head = make_header(header, number);
	uint64_t at = 0, lines = 0;

	if (head > size)
		head = size;
	while (at < size) {
		size_t n = size - at < CHUNK ? size - at : CHUNK;
		size_t skip = at == 0 ? head : 0;

		memcpy(chunk, header, skip);
		make_body(chunk + skip, number, at + skip, n - skip);
		if (at + n == size)
			chunk[n - 1] = '\n';
		lines += count_lines(chunk, n);
		if (!bench_write(fd, chunk, n))
			die("write:");
		at += n;
	}
	return lines;
}

static void make_name(char *out, size_t cap, const struct plan *plan,
		      uint64_t number, uint64_t lines)
{
	size_t n =
		(size_t)snprintf(out, cap, "%llu.M%06lluP%llu.mx.example.org",
				 (unsigned long long)(FIRST_TIME + number),
				 (unsigned long long)(number * 7919 % 1000000),
				 (unsigned long long)(1000 + number % 30000));

	if (plan->names >= NAMES_S)
		n += (size_t)snprintf(out + n, cap - n, ",S=%llu",
				      (unsigned long long)plan->size);
	if (plan->names == NAMES_SW)
		n += (size_t)snprintf(out + n, cap - n, ",W=%llu",
				      (unsigned long long)(plan->size + lines));
	if (!plan->in_new)
		snprintf(out + n, cap - n, ":2,S");
}

static void give(const struct plan *plan, int fd)
{
	if (plan->has_owner && fchown(fd, plan->owner, plan->owner))
		die("fchown:");
}

/* A folder that is there keeps its owner, and with it the time of its last
 * change: new mail changes new/ alone. */
static int open_dir(const struct plan *plan, int parent, const char *name)
{
	bool made = mkdirat(parent, name, 0700) == 0;
	int fd;

	if (!made && errno != EEXIST)
		die("mkdir %s:", name);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("open %s:", name);
	if (made)
		give(plan, fd);
	return fd;
}

/* As a delivery agent does: written in tmp/, then renamed. */
static void deliver(const struct plan *plan, int tmp, int to, uint64_t number)
{
	char temporary[32], name[256];
	int fd;
	uint64_t lines;

	snprintf(temporary, sizeof(temporary), "%llu",
		 (unsigned long long)number);
	fd = openat(tmp, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
	if (fd < 0)
		die("tmp/%s:", temporary);
	lines = write_message(fd, number, plan->size);
	give(plan, fd);
	close(fd);
	make_name(name, sizeof(name), plan, number, lines);
	if (renameat(tmp, temporary, to, name))
		die("rename %s:", name);
}

static void make_box(const struct plan *plan, int parent, const char *name)
{
	int box = open_dir(plan, parent, name);
	int cur = open_dir(plan, box, "cur");
	int new = open_dir(plan, box, "new");
	int tmp = open_dir(plan, box, "tmp");

	for (uint64_t i = 0; i < plan->count; i++)
		deliver(plan, tmp, plan->in_new ? new : cur, plan->first + i);
	close(tmp);
	close(new);
	close(cur);
	close(box);
}

static void make_boxes(const struct plan *plan)
{
	char name[32];
	int parent = open(plan->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		die("%s:", plan->dir);
	for (uint64_t i = 0; i < plan->boxes; i++) {
		snprintf(name, sizeof(name), "u%05llu",
			 (unsigned long long)(plan->from + i));
		make_box(plan, parent, name);
	}
	close(parent);
}

static enum names parse_names(const char *text)
{
	if (strcmp(text, "plain") == 0)
		return NAMES_PLAIN;
	if (strcmp(text, "s") == 0)
		return NAMES_S;
	if (strcmp(text, "sw") == 0)
		return NAMES_SW;
	die("--names %s: use plain, s or sw", text);
}

static void parse(struct plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'c'},
		{"size", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"names", required_argument, NULL, 'n'},
		{"new", no_argument, NULL, 'N'},
		{"owner", required_argument, NULL, 'o'},
		{"boxes", required_argument, NULL, 'b'},
		{"from", required_argument, NULL, 'F'},
		{NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			plan->count = bench_number(optarg);
		else if (c == 's')
			plan->size = bench_number(optarg);
		else if (c == 'f')
			plan->first = bench_number(optarg);
		else if (c == 'n')
			plan->names = parse_names(optarg);
		else if (c == 'F')
			plan->from = bench_number(optarg);
		else if (c == 'N')
			plan->in_new = true;
		else if (c == 'b')
			plan->boxes = bench_number(optarg);
		else if (c == 'o') {
			plan->has_owner = true;
			plan->owner = (uid_t)bench_number(optarg);
		} else
			exit(2);
	}
	if (optind + 1 != argc)
		die("which directory?");
	plan->dir = argv[optind];
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.count = 20, .size = 13 << 10, .from = 1, .names = NAMES_S};

	parse(&plan, argc, argv);
	make_pool();
	if (plan.boxes)
		make_boxes(&plan);
	else
		make_box(&plan, AT_FDCWD, plan.dir);
	return 0;
}
