/* SPDX-License-Identifier: ISC */
#include "stats/turns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stats/shared.h"
#include "sys/clock.h"

enum { TURNS_MODE = 0600 };

static const char turns_name[] = "turns";

/* One that others could have made, or could open, is not ours. */
static bool turns_is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       !(st.st_mode & (S_IRWXG | S_IRWXO)) &&
	       (!st.st_uid || st.st_uid == geteuid());
}

static int turns_open(int run_dirfd)
{
	int fd = openat(run_dirfd, turns_name,
			O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				O_NOCTTY,
			TURNS_MODE);

	if (fd < 0)
		return -errno;
	if (turns_is_ours(fd))
		return fd;
	close(fd);
	return -EPERM;
}

/* Each begins at another place, so that they seldom meet. */
static int turns_lock_any(int fd, uint32_t turns)
{
	uint32_t first = (uint32_t)getpid() % turns;
	int failed = -EAGAIN;

	for (uint32_t i = 0; i < turns && failed == -EAGAIN; i++)
		failed = shared_lock_octet(fd, F_OFD_SETLK, F_WRLCK,
					   (first + i) % turns, NULL);
	return failed;
}

static void turns_pause(uint64_t ms)
{
	struct timespec time = {(time_t)(ms / 1000),
				(long)(ms % 1000) * 1000000};

	/* A signal that ends it early does no harm. */
	(void)ppoll(NULL, 0, &time, NULL);
}

static int turns_wait(int fd, uint32_t turns, uint32_t wait_ms)
{
	uint64_t now = clock_ms(), end = now + wait_ms;
	uint64_t pause = TURNS_FIRST_WAIT_MS;
	int failed = turns_lock_any(fd, turns);

	while (failed == -EAGAIN && now < end) {
		turns_pause(pause < end - now ? pause : end - now);
		if (pause < TURNS_LAST_WAIT_MS)
			pause *= 2;
		failed = turns_lock_any(fd, turns);
		now = clock_ms();
	}
	return failed == -EAGAIN ? -ETIMEDOUT : failed;
}

int turns_take(int run_dirfd, uint32_t turns, uint32_t wait_ms)
{
	int fd, failed;

	if (turns == 0 || turns > TURNS_MOST)
		return -EINVAL;
	fd = turns_open(run_dirfd);
	if (fd < 0)
		return fd;
	failed = turns_wait(fd, turns, wait_ms);
	if (!failed)
		return fd;
	close(fd);
	return failed;
}

void turns_give(int turn)
{
	if (turn >= 0)
		close(turn);
}
