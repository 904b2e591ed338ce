/* SPDX-License-Identifier: ISC */
/*
 * A clock that tests can put forward, to be loaded before a program that is
 * linked to the C library dynamically (LD_PRELOAD): its monotonic clocks are
 * ahead by as many milliseconds as the file $POP3_TEST_CLOCK says, in decimal
 * digits. The file is mapped at the start, so nothing is opened later, whatever
 * the program may do then. What waits already goes on waiting: somebody has to
 * wake it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DIGITS = 32 };

static const volatile char *ahead;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("POP3_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED
			   : mmap(NULL, DIGITS, PROT_READ, MAP_SHARED, fd, 0);

	if (map != MAP_FAILED)
		ahead = map;
	if (fd >= 0)
		close(fd);
}

static int64_t ahead_ms(void)
{
	int64_t ms = 0;

	for (int i = 0;
	     ahead && i < DIGITS && ahead[i] >= '0' && ahead[i] <= '9'; i++)
		ms = ms * 10 + (ahead[i] - '0');
	return ms;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	long failed = syscall(SYS_clock_gettime, clock, t);
	int64_t ms = ahead_ms();

	if (failed)
		return (int)failed;
	if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
	    clock == CLOCK_BOOTTIME) {
		t->tv_sec += ms / 1000;
		t->tv_nsec += ms % 1000 * 1000000;
		if (t->tv_nsec >= 1000000000) {
			t->tv_sec++;
			t->tv_nsec -= 1000000000;
		}
	}
	return 0;
}
