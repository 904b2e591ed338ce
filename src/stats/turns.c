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

enum { TURNS_MODE = 0640 }; /* the group may look */

static const char turns_name[] = "turns";

/* One that others could have made, or could lock, is not ours. */
static bool turns_is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       !(st.st_mode & (S_IWGRP | S_IRWXO)) &&
	       (!st.st_uid || st.st_uid == geteuid());
}

/* Whatever the umask was when it was made. */
static void turns_show(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && !(st.st_mode & S_IRGRP))
		(void)fchmod(fd, TURNS_MODE);
}

/* *may_take: its turns can be taken; else one can only look at them. */
static int turns_open(int run_dirfd, bool *may_take)
{
	const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = openat(run_dirfd, turns_name, O_RDWR | O_CREAT | flags,
			TURNS_MODE);

	*may_take = fd >= 0;
	if (fd < 0 && errno == EACCES)
		fd = openat(run_dirfd, turns_name, O_RDONLY | flags);
	if (fd < 0)
		return -errno;
	if (turns_is_ours(fd)) {
		if (*may_take)
			turns_show(fd);
		return fd;
	}
	close(fd);
	return -EPERM;
}

static int turns_try(int fd, bool may_take, off_t turn)
{
	bool is_taken = false;
	int failed =
		shared_lock_octet(fd, may_take ? F_OFD_SETLK : F_OFD_GETLK,
				  F_WRLCK, turn, may_take ? NULL : &is_taken);

	return !failed && is_taken ? -EAGAIN : failed;
}

/* Each begins at another place, so that they seldom meet. */
static int turns_try_all(int fd, bool may_take, uint32_t turns)
{
	uint32_t first = (uint32_t)getpid() % turns;
	int failed = -EAGAIN;

	for (uint32_t i = 0; i < turns && failed == -EAGAIN; i++)
		failed = turns_try(fd, may_take, (first + i) % turns);
	return failed;
}

static void turns_pause(uint64_t ms)
{
	struct timespec time = {(time_t)(ms / 1000),
				(long)(ms % 1000) * 1000000};

	/* A signal that ends it early does no harm. */
	(void)ppoll(NULL, 0, &time, NULL);
}

static int turns_wait(int fd, bool may_take, uint32_t turns, uint32_t wait_ms)
{
	uint64_t now = clock_ms(), end = now + wait_ms;
	uint64_t pause = TURNS_FIRST_WAIT_MS;
	int failed = turns_try_all(fd, may_take, turns);

	while (failed == -EAGAIN && now < end) {
		turns_pause(pause < end - now ? pause : end - now);
		if (pause < TURNS_LAST_WAIT_MS)
			pause *= 2;
		failed = turns_try_all(fd, may_take, turns);
		now = clock_ms();
	}
	return failed == -EAGAIN ? -ETIMEDOUT : failed;
}

int turns_take(int run_dirfd, uint32_t turns, uint32_t wait_ms)
{
	bool may_take;
	int fd, failed;

	if (turns == 0 || turns > TURNS_MOST)
		return -EINVAL;
	fd = turns_open(run_dirfd, &may_take);
	if (fd < 0)
		return fd;
	failed = turns_wait(fd, may_take, turns, wait_ms);
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
