/* SPDX-License-Identifier: ISC */
#include "bench.h"
#include "client.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP_PASS, STEP_STAT, STEP_LIST, STEP_UIDL, STEP_RETR, STEPS };

static const char *const step_names[STEPS] = {"pass", "stat", "list", "uidl",
					      "retr"};

/* The end of each step in seconds since PASS was sent. */
struct sample {
	double at[STEPS];
	unsigned messages;
};

/* An empty maildrop takes as many round trips: the refusals count. */
static void ask(struct client *c, const char *verb, unsigned number)
{
	client_send(c, "%s %u\r\n", verb, number);
	client_line(c);
}

static void take_sample(const struct load *load, struct sample *s)
{
	static struct client c;
	char user[256];
	double start;
	unsigned number;
	uint64_t wire = 0, digest = 0;

	load_user(load, 0, user, sizeof(user));
	client_open(&c, load->port);
	client_ok(&c);
	client_send(&c, "USER %s\r\n", user);
	client_ok(&c);
	start = bench_now();
	client_send(&c, "PASS %s\r\n", load->password);
	client_ok(&c);
	s->at[STEP_PASS] = bench_now() - start;
	client_send(&c, "STAT\r\n");
	s->messages = (unsigned)strtoul(client_ok(&c) + 3, NULL, 10);
	s->at[STEP_STAT] = bench_now() - start;
	number = load->number && load->number < s->messages ? load->number
							    : s->messages;
	if (number == 0)
		number = 1;
	ask(&c, "LIST", number);
	s->at[STEP_LIST] = bench_now() - start;
	ask(&c, "UIDL", number);
	s->at[STEP_UIDL] = bench_now() - start;
	ask(&c, "RETR", number);
	if (s->messages)
		client_wait(&c);
	s->at[STEP_RETR] = bench_now() - start;
	if (s->messages)
		client_text(&c, &wire, &digest);
	client_quit(&c);
}

int load_open(const struct load *load)
{
	struct sample *samples = calloc(load->total, sizeof(*samples));
	double *column = calloc(load->total, sizeof(*column));

	if (!samples || !column)
		die("no memory");
	for (unsigned i = 0; i < load->total; i++) {
		if (i > 0 && load->pause_ms)
			usleep(load->pause_ms * 1000);
		take_sample(load, &samples[i]);
	}
	printf("messages=%u", samples[load->total - 1].messages);
	for (int step = 0; step < STEPS; step++) {
		for (unsigned i = 0; i < load->total; i++)
			column[i] = samples[i].at[step];
		printf(" %s_us=%.0f", step_names[step],
		       bench_median(column, load->total) * 1e6);
	}
	printf(" ms=%.3f min_ms=%.3f max_ms=%.3f\n",
	       bench_quantile(column, load->total, 0.5) * 1e3, column[0] * 1e3,
	       column[load->total - 1] * 1e3);
	free(samples);
	free(column);
	return 0;
}
