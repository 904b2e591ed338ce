/* SPDX-License-Identifier: ISC */
/*
 * list SOCKET TRIES LINE: asks scmpd's Unix socket for a list so many times,
 * one after the other, and prints how long it takes from LINE to the dot that
 * ends the list (the median, in milliseconds), and how many records it had:
 *
 *	median_ms=N records=N
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = 30};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *stream;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		die("%s:", path);
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("%s:", path);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	stream = fdopen(fd, "r+");
	if (!stream)
		die("%s:", path);
	return stream;
}

static void read_line(FILE *stream, char *line, size_t size)
{
	errno = 0;
	if (!fgets(line, (int)size, stream))
		die("no answer:");
}

static void expect_ok(FILE *stream)
{
	char line[8192];

	read_line(stream, line, sizeof(line));
	if (strncmp(line, "+OK", 3) != 0)
		die("was answered: %s", line);
}

/* Its records; *ms is how long it took. */
static size_t list(FILE *stream, const char *request, double *ms)
{
	double start = bench_now();
	char line[8192];
	size_t n = 0;

	bench_write(fileno(stream), request, strlen(request));
	expect_ok(stream);
	for (;; n++) {
		read_line(stream, line, sizeof(line));
		if (strcmp(line, ".\r\n") == 0)
			break;
	}
	*ms = (bench_now() - start) * 1e3;
	return n;
}

int main(int argc, char **argv)
{
	size_t tries = argc == 4 ? (size_t)bench_number(argv[2]) : 0;
	size_t records = 0;
	char request[1024];
	double *times;
	FILE *stream;

	if (!tries)
		die("SOCKET TRIES LINE");
	(void)snprintf(request, sizeof(request), "%s\r\n", argv[3]);
	times = calloc(tries, sizeof(*times));
	if (!times)
		die("calloc:");
	stream = open_socket(argv[1]);
	expect_ok(stream);
	for (size_t i = 0; i < tries; i++)
		records = list(stream, request, &times[i]);
	printf("median_ms=%.2f records=%zu\n", bench_median(times, tries),
	       records);
	fclose(stream);
	free(times);
	return 0;
}
