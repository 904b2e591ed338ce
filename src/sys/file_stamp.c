/* SPDX-License-Identifier: ISC */
#include "sys/file_stamp.h"

#include "sys/clock.h"

#include <string.h>

/* No step is longer, and seconds are enough to tell. */
enum { STEP_S = 1 };

void file_stamp_take(const char *path, struct file_stamp *stamp)
{
	struct stat st;

	memset(stamp, 0, sizeof(*stamp));
	if (stat(path, &st) != 0)
		return;
	stamp->dev = st.st_dev;
	stamp->ino = st.st_ino;
	stamp->size = st.st_size;
	stamp->mtime = st.st_mtim;
	stamp->ctime = st.st_ctim;
	stamp->is_old = st.st_ctim.tv_sec + STEP_S < clock_now_s();
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

void file_stamp_keep(struct file_stamp *stamp)
{
	if (stamp->ino)
		stamp->again_ms = clock_ms() + FILE_STAMP_AGAIN_MS;
}

bool file_stamp_is_same(const struct file_stamp *then,
			const struct file_stamp *now)
{
	return (then->is_old || clock_ms() < then->again_ms) &&
	       then->dev == now->dev && then->ino == now->ino &&
	       then->size == now->size &&
	       is_same_time(&then->mtime, &now->mtime) &&
	       is_same_time(&then->ctime, &now->ctime);
}
