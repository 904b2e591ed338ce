/* SPDX-License-Identifier: ISC */
#include "stats/admission_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <time.h>

#include "sys/clock.h"

/* --- opening --- */

static void admission_forget_file(struct admission *a)
{
	shared_close(a->fd, a->file, &slots_kind);
	a->fd = -1;
	a->file = NULL;
}

static int admission_open_file(struct admission *a)
{
	a->file = shared_open(a->run_dirfd, &slots_kind, &a->fd);
	if (a->file)
		return 0;
	errno = -a->fd;
	a->fd = -1;
	return -errno;
}

int admission_open(struct admission *a, int run_dirfd)
{
	*a = (struct admission){.run_dirfd = run_dirfd, .fd = -1};
	return admission_open_file(a);
}

void admission_close(struct admission *a)
{
	admission_forget_file(a);
}

/* --- the critical section --- */

/* The record lock, waited for. 0, -ETIMEDOUT, or another negative errno. */
static int admission_wait(int fd)
{
	struct timespec pause = {.tv_nsec = 20000};
	uint64_t end = 0;
	int failed;

	for (;;) {
		failed = shared_lock_octet(fd, F_SETLK, F_WRLCK, 0, NULL);
		if (failed != -EAGAIN)
			return failed;
		if (!end)
			end = clock_boot_ms() + ADMISSION_WAIT_MS;
		else if (clock_boot_ms() >= end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 1000000)
			pause.tv_nsec *= 2;
	}
}

bool admission_file_lock(struct admission *a)
{
	/* the second turn is for a file that was replaced or damaged */
	for (int turn = 0; turn < 2; turn++) {
		if (a->fd < 0 && admission_open_file(a) < 0)
			return false;
		if (admission_wait(a->fd) < 0)
			return false;
		if (shared_verify(a->fd, a->file, &slots_kind) == 0) {
			slots_begin(a->file);
			return true;
		}
		admission_forget_file(a); /* which frees the lock */
	}
	return false;
}

void admission_file_unlock(struct admission *a)
{
	slots_end(a->file);
	(void)shared_lock_octet(a->fd, F_SETLK, F_UNLCK, 0, NULL);
}

/* --- without it --- */

bool admission_file_is_usable(const struct admission *a)
{
	return a->fd >= 0 && shared_verify(a->fd, a->file, &slots_kind) == 0;
}

struct slots_slot *admission_file_slot(struct admission *a,
				       const struct admission_ticket *ticket)
{
	struct slots_slot *s;

	if (!ticket->serial || ticket->slot >= ADMISSION_SLOTS)
		return NULL;
	s = &a->file->slots[ticket->slot];
	return atomic_load_explicit(&s->serial, memory_order_acquire) ==
			       ticket->serial
		       ? s
		       : NULL;
}
