/* SPDX-License-Identifier: ISC */
/*
 * guess --port N --tries N NAME:PASSWORD...: how long each of these logins,
 * all of which are refused, takes from PASS to its answer. Each try has a
 * connection of its own; they take turns in an order that changes. Prints
 * the median of each in microseconds, in their order:
 *
 *	median_us=N,N,...
 */
#include "bench.h"
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS_MOST = 8 };

struct kind {
	const char *name, *password;
	double *times;
	size_t n;
};

static double try(uint16_t port, const struct kind *kind)
{
	static struct client c;
	const char *line;
	double start, end;

	client_open(&c, port);
	(void)client_ok(&c);
	client_send(&c, "USER %s\r\n", kind->name);
	(void)client_ok(&c);
	start = bench_now();
	client_send(&c, "PASS %s\r\n", kind->password);
	line = client_line(&c);
	end = bench_now();
	if (strncmp(line, "-ERR [AUTH] ", 12) != 0)
		die("%s was answered: %s", kind->name, line);
	client_quit(&c);
	return (end - start) * 1e6;
}

static void take(struct kind *kind, char *text, size_t tries)
{
	char *colon = strchr(text, ':');

	if (!colon)
		die("%s: not NAME:PASSWORD", text);
	*colon = '\0';
	kind->name = text;
	kind->password = colon + 1;
	kind->times = calloc(tries, sizeof(*kind->times));
	if (!kind->times)
		die("calloc:");
}

/* The first half in one order, the second in the other, turned by one each
 * time, so that nobody is always behind the same one. */
static struct kind *turn(struct kind *kinds, size_t n, size_t round, size_t i)
{
	size_t at = (round / 2 + i) % n;

	return &kinds[round % 2 ? n - 1 - at : at];
}

int main(int argc, char **argv)
{
	struct kind kinds[KINDS_MOST] = {0};
	size_t n = 0, tries = 0;
	uint16_t port = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
			port = (uint16_t)bench_number(argv[++i]);
		else if (strcmp(argv[i], "--tries") == 0 && i + 1 < argc)
			tries = (size_t)bench_number(argv[++i]);
		else if (n < KINDS_MOST && tries)
			take(&kinds[n++], argv[i], tries);
		else
			die("--port N --tries N NAME:PASSWORD...");
	}
	for (size_t round = 0; round < tries; round++) {
		for (size_t i = 0; i < n; i++) {
			struct kind *kind = turn(kinds, n, round, i);

			kind->times[kind->n++] = try(port, kind);
		}
	}
	printf("median_us=");
	for (size_t i = 0; i < n; i++)
		printf("%s%.2f", i ? "," : "",
		       bench_median(kinds[i].times, kinds[i].n));
	printf("\n");
	return 0;
}
