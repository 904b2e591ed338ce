/* SPDX-License-Identifier: ISC */
/*
 * guess --port N --tries N NAME:PASSWORD...: how long each of these logins,
 * all of which are refused, takes from PASS to its answer. Each try has a
 * connection of its own; they take turns in an order that changes. Prints
 * the median of each in microseconds, in their order, and the median of what
 * each took for every microsecond that the first took in the same round,
 * which a machine whose speed drifts does not change:
 *
 *	median_us=N,N,...
 *	ratio=1.0000,N,...
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

/* Sorts the times: to be called when nobody needs their rounds any more. */
static void print_medians(const struct kind *kinds, size_t n)
{
	printf("median_us=");
	for (size_t i = 0; i < n; i++)
		printf("%s%.2f", i ? "," : "",
		       bench_median(kinds[i].times, kinds[i].n));
	printf("\n");
}

static void print_ratios(const struct kind *kinds, size_t n)
{
	double *ratios = calloc(kinds[0].n, sizeof(*ratios));

	if (!ratios)
		die("calloc:");
	printf("ratio=");
	for (size_t i = 0; i < n; i++) {
		for (size_t round = 0; round < kinds[i].n; round++)
			ratios[round] =
				kinds[i].times[round] / kinds[0].times[round];
		printf("%s%.4f", i ? "," : "",
		       bench_median(ratios, kinds[i].n));
	}
	printf("\n");
	free(ratios);
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
	print_ratios(kinds, n);
	print_medians(kinds, n);
	return 0;
}
