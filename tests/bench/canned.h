/* SPDX-License-Identifier: ISC */
/* The answers of the floors that serve no mail. */
#ifndef BENCH_CANNED_H
#define BENCH_CANNED_H

#include <string.h>
#include <unistd.h>

#define CANNED_GREETING "+OK ready\r\n"

/* Answers one command line. Returns 0 after QUIT. */
static inline int canned_answer(int fd, const char *line)
{
	const char *reply = "+OK\r\n";
	int quit = strncmp(line, "QUIT", 4) == 0;

	if (strncmp(line, "STAT", 4) == 0)
		reply = "+OK 20 266240\r\n";
	if (write(fd, reply, strlen(reply)) < 0)
		return 0;
	return !quit;
}

/* A whole session. The load generator never sends half a line. */
static inline void canned_session(int in, int out)
{
	char line[1024];
	ssize_t n;

	if (write(out, CANNED_GREETING, strlen(CANNED_GREETING)) < 0)
		return;
	while ((n = read(in, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		if (!canned_answer(out, line))
			return;
	}
}

#endif
