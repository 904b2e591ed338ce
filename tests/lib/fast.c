/* SPDX-License-Identifier: ISC */
/*
 * A clock that runs FAST times as fast, for tests of time limits: to be loaded
 * (LD_PRELOAD) into a program that waits with epoll_wait(). What it asks about
 * since the machine's start goes by faster, and it waits for as much less. The
 * date is as it is.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

enum { CLOCKS = 16, SECOND_NS = 1000000000 };

static int (*get)(clockid_t, struct timespec *);
static int (*wait)(int, struct epoll_event *, int, int);
static long long times, began[CLOCKS];

static long long ns_of(const struct timespec *t)
{
	return t->tv_sec * (long long)SECOND_NS + t->tv_nsec;
}

/* (Other libraries' constructors may ask for the time before.) */
__attribute__((constructor)) static void begin(void)
{
	const char *fast = getenv("FAST");
	struct timespec t;

	if (times)
		return;
	*(void **)&get = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&wait = dlsym(RTLD_NEXT, "epoll_wait");
	times = fast ? atoll(fast) : 1;
	for (clockid_t c = 0; c < CLOCKS; c++) {
		if (get(c, &t) == 0)
			began[c] = ns_of(&t);
	}
}

static int is_of_the_machine(clockid_t clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
	       clock == CLOCK_BOOTTIME;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int failed;
	long long ns;

	begin();
	failed = get(clock, t);
	if (failed || !is_of_the_machine(clock))
		return failed;
	ns = began[clock] + (ns_of(t) - began[clock]) * times;
	t->tv_sec = ns / SECOND_NS;
	t->tv_nsec = (long)(ns % SECOND_NS);
	return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	return wait(fd, events, most,
		    ms > 0 ? (int)((ms + times - 1) / times) : ms);
}
