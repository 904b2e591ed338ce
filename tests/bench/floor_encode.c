/* SPDX-License-Identifier: ISC */
/*
 * What sending a message costs at least: open, read, encode, write, with a
 * plain encoder (memchr for the line end, memcpy for the line).
 *
 *   floor_encode PORT MAILROOT          encodes
 *   floor_encode --plain PORT MAILROOT  writes what it read, as it is
 *
 * Speaks as much POP3 as the load generator needs; a user's Maildir is
 * MAILROOT/USER, and its messages are those of cur/ in the order of names.
 */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN_SIZE = 64 << 10, OUT_SIZE = 2 * IN_SIZE + 16 };

struct box {
	int dir;
	struct dirent **names;
	int count;
};

static bool plain;
static char in[IN_SIZE], out[OUT_SIZE];

static int is_message(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void box_open(struct box *box, const char *root, const char *user)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/cur", root, user);
	box->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	box->count = scandir(path, &box->names, is_message, alphasort);
	if (box->dir < 0 || box->count < 0)
		die("%s:", path);
}

/* `line_start` says whether the input begins a line, and is kept for the
 * next call. Returns the octets put to `to`. */
static size_t encode(const char *p, size_t n, char *to, bool *line_start)
{
	const char *end = p + n;
	char *at = to;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((lf ? lf : end) - p);

		if (*line_start && *p == '.')
			*at++ = '.';
		memcpy(at, p, len);
		at += len;
		p += len;
		*line_start = lf != NULL;
		if (lf) {
			*at++ = '\r';
			*at++ = '\n';
			p++;
		}
	}
	return (size_t)(at - to);
}

/* Sends message `number`: the reply line goes with its first part, the end
 * with its last. */
static void send_message(const struct box *box, int sock, int number)
{
	static const char ok[] = "+OK message follows\r\n";
	bool line_start = true;
	size_t used = strlen(ok);
	ssize_t n;
	int fd;

	if (number < 1 || number > box->count) {
		bench_write(sock, "-ERR no such message\r\n", 22);
		return;
	}
	fd = openat(box->dir, box->names[number - 1]->d_name,
		    O_RDONLY | O_CLOEXEC);
	memcpy(out, ok, used);
	while ((n = read(fd, plain ? out + used : in, IN_SIZE - 64)) > 0) {
		if (plain)
			used += (size_t)n;
		else
			used += encode(in, (size_t)n, out + used, &line_start);
		if (n < IN_SIZE - 64)
			break;
		bench_write(sock, out, used);
		used = 0;
	}
	memcpy(out + used, ".\r\n", 3);
	bench_write(sock, out, used + 3);
	close(fd);
}

/* Returns 0 after QUIT. */
static int answer(struct box *box, const char *root, int sock, char *line)
{
	static char user[1024];

	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, "RETR ", 5) == 0) {
		send_message(box, sock, atoi(line + 5));
		return 1;
	}
	if (strncmp(line, "USER ", 5) == 0)
		snprintf(user, sizeof(user), "%s", line + 5);
	if (strncmp(line, "PASS ", 5) == 0)
		box_open(box, root, user);
	if (strcmp(line, "STAT") == 0) {
		char reply[64];
		int n = snprintf(reply, sizeof(reply), "+OK %d 0\r\n",
				 box->count);

		return bench_write(sock, reply, (size_t)n);
	}
	return bench_write(sock, "+OK\r\n", 5) && strcmp(line, "QUIT") != 0;
}

static void serve(int sock, const char *root)
{
	struct box box = {-1, NULL, 0};
	FILE *lines = fdopen(sock, "r");
	char line[1024];

	bench_write(sock, "+OK ready\r\n", 11);
	while (fgets(line, sizeof(line), lines))
		if (!answer(&box, root, sock, line))
			break;
	_exit(0);
}

int main(int argc, char **argv)
{
	int listener;

	if (argc > 1 && strcmp(argv[1], "--plain") == 0) {
		plain = true;
		argc--;
		argv++;
	}
	if (argc != 3)
		die("which port and which folder of Maildirs?");
	listener = bench_listen((uint16_t)bench_number(argv[1]));
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (fd < 0)
			continue;
		if (fork() == 0)
			serve(fd, argv[2]);
		close(fd);
	}
}
