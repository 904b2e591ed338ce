/* SPDX-License-Identifier: ISC */
/* Whole sessions and idle ones, from one thread with epoll: the client must
 * take as little of the machine as it can. */
#include "bench.h"
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is sent on the reply to the step before; every reply is a line. */
enum step { STEP_GREETING, STEP_USER, STEP_PASS, STEP_STAT, STEP_QUIT };

struct session {
	int fd;
	enum step step; /* whose reply is awaited */
	bool rests;	/* held by `idle` */
	bool quit;	/* and has come: only the end of file is missing */
	unsigned user;
	double start;
	size_t n;
	char line[512];
};

struct run {
	const struct load *load;
	int poll;
	enum step last; /* the session rests or ends after its reply */
	unsigned started, running, done, failed;
	double *times;
};

static void begin(struct run *run, struct session *s, unsigned user)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};

	s->fd = bench_connect(run->load->port, SOCK_NONBLOCK);
	s->step = STEP_GREETING;
	s->quit = false;
	s->user = user;
	s->n = 0;
	s->start = bench_now();
	if (epoll_ctl(run->poll, EPOLL_CTL_ADD, s->fd, &e))
		die("epoll_ctl:");
	run->started++;
	run->running++;
}

static void finish(struct run *run, struct session *s, bool good)
{
	close(s->fd);
	s->fd = -1;
	run->running--;
	if (good)
		run->times[run->done++] = bench_now() - s->start;
	else if (run->failed++ < 3)
		fprintf(stderr, "load: session failed at step %d: %.*s\n",
			s->step, (int)s->n, s->line);
}

static void send_step(struct run *run, struct session *s)
{
	char user[256], text[512];
	int n = 0;

	load_user(run->load, s->user, user, sizeof(user));
	if (s->step == STEP_USER)
		n = snprintf(text, sizeof(text), "USER %s\r\n", user);
	else if (s->step == STEP_PASS)
		n = snprintf(text, sizeof(text), "PASS %s\r\n",
			     run->load->password);
	else if (s->step == STEP_STAT)
		n = snprintf(text, sizeof(text), "STAT\r\n");
	else
		n = snprintf(text, sizeof(text), "QUIT\r\n");
	if (write(s->fd, text, (size_t)n) != n)
		finish(run, s, false);
}

/* A whole line is there. */
static void advance(struct run *run, struct session *s)
{
	if (memcmp(s->line, "+OK", 3) != 0) {
		finish(run, s, false);
		return;
	}
	s->n = 0;
	if (s->step == run->last && s->step == STEP_QUIT) {
		s->quit = true;
	} else if (s->step == run->last) {
		s->rests = true;
		run->times[run->done++] = bench_now() - s->start;
		run->running--;
	} else {
		s->step++;
		send_step(run, s);
	}
}

static void receive(struct run *run, struct session *s)
{
	ssize_t n = read(s->fd, s->line + s->n, sizeof(s->line) - s->n);

	if (s->rests)
		die("the server ended an idle session");
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(run, s, n == 0 && s->quit);
		return;
	}
	s->n += (size_t)n;
	if (s->line[s->n - 1] == '\n')
		advance(run, s);
	else if (s->n == sizeof(s->line))
		finish(run, s, false);
}

/* A slot's users are its own, as long as their number is a multiple of that
 * of the slots: no two sessions are ever in one maildrop. */
static void serve_slots(struct run *run, struct session *slots, unsigned count)
{
	const struct load *load = run->load;
	struct epoll_event events[64];

	for (unsigned i = 0; i < count && run->started < load->total; i++)
		begin(run, &slots[i], i % load->users);
	while (run->running > 0) {
		int n = epoll_wait(run->poll, events, 64, 30000);

		if (n == 0)
			die("no reply within 30 s (%u sessions done)",
			    run->done);
		for (int i = 0; i < n; i++) {
			struct session *s = events[i].data.ptr;

			receive(run, s);
			if (s->fd < 0 && run->started < load->total)
				begin(run, s, (s->user + count) % load->users);
		}
	}
}

static void prepare(struct run *run, const struct load *load, enum step last)
{
	*run = (struct run){.load = load, .last = last};
	run->poll = epoll_create1(EPOLL_CLOEXEC);
	run->times = calloc(load->total, sizeof(*run->times));
	if (run->poll < 0 || !run->times)
		die("epoll or memory:");
}

static struct session *make_slots(unsigned n)
{
	struct session *slots = calloc(n, sizeof(*slots));

	if (!slots)
		die("no memory");
	return slots;
}

static void report(struct run *run, double seconds)
{
	bench_median(run->times, run->done);
	printf("sessions=%u failed=%u seconds=%.4f rate=%.1f p50_ms=%.3f "
	       "p99_ms=%.3f\n",
	       run->done, run->failed, seconds, run->done / seconds,
	       bench_quantile(run->times, run->done, 0.5) * 1e3,
	       bench_quantile(run->times, run->done, 0.99) * 1e3);
	fflush(stdout);
}

int load_logins(const struct load *load)
{
	struct session *slots = make_slots(load->at_once);
	struct run run;
	double start;

	if (load->users % load->at_once)
		die("--users is to be a multiple of --at-once");
	prepare(&run, load, STEP_QUIT);
	start = bench_now();
	serve_slots(&run, slots, load->at_once);
	report(&run, bench_now() - start);
	free(slots);
	free(run.times);
	return run.failed ? 1 : 0;
}

/* Sixteen logins under way at a time, each slot used once. */
int load_idle(const struct load *load)
{
	struct session *slots = make_slots(load->total);
	struct load part = *load;
	struct run run;
	double start = bench_now();
	char c;

	bench_raise_files(load->total + 64);
	prepare(&run, load, STEP_STAT);
	part.users = load->total;
	run.load = &part;
	for (unsigned at = 0; at < load->total; at += 16) {
		unsigned n = load->total - at < 16 ? load->total - at : 16;

		for (unsigned i = 0; i < n; i++)
			begin(&run, &slots[at + i], at + i);
		part.total = run.started;
		serve_slots(&run, NULL, 0);
	}
	report(&run, bench_now() - start);
	while (read(0, &c, 1) > 0)
		;
	return run.failed ? 1 : 0;
}
