/* SPDX-License-Identifier: ISC */
#include "sys/clock.h"

#include <time.h>

static struct timespec now(clockid_t clock)
{
	struct timespec t = {0};

	/* Cannot fail for these clocks and a valid pointer. */
	(void)clock_gettime(clock, &t);
	return t;
}

uint64_t clock_ms(void)
{
	struct timespec t = now(CLOCK_MONOTONIC);

	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_boot_ms(void)
{
	struct timespec t = now(CLOCK_BOOTTIME);

	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t clock_now_s(void)
{
	return now(CLOCK_REALTIME).tv_sec;
}

uint64_t clock_real_ns(void)
{
	struct timespec t = now(CLOCK_REALTIME);

	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void clock_nap_ms(unsigned ms)
{
	const struct timespec nap = {ms / 1000, ms % 1000 * 1000000L};

	(void)nanosleep(&nap, NULL);
}
