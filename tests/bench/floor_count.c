/* SPDX-License-Identifier: ISC */
/*
 * What a Maildir costs without an index.
 *
 *   floor_count list DIR   reads the names in cur/ and new/
 *   floor_count count DIR  and each file, counting its octets with CRLF ends
 *
 * Prints messages, octets and milliseconds.
 */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct totals {
	uint64_t messages, octets;
};

static uint64_t count_octets(int fd)
{
	static char buf[64 << 10];
	uint64_t octets = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		const char *p = buf, *end = buf + n;

		octets += (uint64_t)n;
		while ((p = memchr(p, '\n', (size_t)(end - p)))) {
			octets++;
			p++;
		}
	}
	return octets;
}

static void walk(int dir, bool count, struct totals *t)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;

	if (!d)
		die("fdopendir:");
	while ((e = readdir(d))) {
		int fd;

		if (e->d_name[0] == '.')
			continue;
		t->messages++;
		if (!count)
			continue;
		fd = openat(dir, e->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die("%s:", e->d_name);
		t->octets += count_octets(fd);
		close(fd);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	static const char *const folders[] = {"new", "cur"};
	struct totals t = {0, 0};
	bool count;
	double start;
	int box;

	if (argc != 3)
		die("list or count, and which Maildir?");
	count = strcmp(argv[1], "count") == 0;
	start = bench_now();
	box = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 2; i++) {
		int dir = openat(box, folders[i],
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0)
			die("%s/%s:", argv[2], folders[i]);
		walk(dir, count, &t);
	}
	printf("messages=%llu octets=%llu ms=%.3f\n",
	       (unsigned long long)t.messages, (unsigned long long)t.octets,
	       (bench_now() - start) * 1e3);
	return 0;
}
