/* SPDX-License-Identifier: ISC */
#include "stats/admission_life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stats/admission_file.h"
#include "stats/statistics.h"

enum {
	ADMISSION_SHARDS = ADMISSION_SLOTS / ADMISSION_SHARD,
	ADMISSION_SHARD_MODE = 0640,
};

/* The file that the slot's octet is in: a descriptor or a negative errno. */
static int admission_shard(int run_dirfd, uint32_t shard, int flags)
{
	char name[16];
	int fd;

	(void)snprintf(name, sizeof(name), "alive.%03u", shard);
	fd = openat(run_dirfd, name,
		    flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		    ADMISSION_SHARD_MODE);
	return fd < 0 ? -errno : fd;
}

/* The same, made first if it is not there: for the group to look, whatever the
 * umask. */
static int admission_make_shard(int run_dirfd, uint32_t shard)
{
	int fd = admission_shard(run_dirfd, shard, O_RDWR);

	if (fd != -ENOENT)
		return fd;
	fd = admission_shard(run_dirfd, shard, O_RDWR | O_CREAT);
	if (fd >= 0)
		(void)fchmod(fd, ADMISSION_SHARD_MODE);
	return fd;
}

int admission_life_begin(int run_dirfd, uint32_t slot)
{
	int fd = admission_make_shard(run_dirfd, slot / ADMISSION_SHARD);
	int failed;

	if (fd < 0)
		return fd;
	failed = shared_lock_octet(fd, F_OFD_SETLK, F_WRLCK,
				   slot % ADMISSION_SHARD, NULL);
	if (!failed)
		return fd;
	close(fd);
	return failed;
}

/* --- looking --- */

struct admission_probe admission_probe_begin(int run_dirfd)
{
	return (struct admission_probe){
		.run_dirfd = run_dirfd,
		.shard = ADMISSION_SHARDS,
		.fd = -1,
	};
}

void admission_probe_end(struct admission_probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}

bool admission_probe_is_dead(struct admission_probe *probe, uint32_t slot)
{
	uint32_t shard = slot / ADMISSION_SHARD;
	bool locked = true;

	if (probe->shard != shard) {
		admission_probe_end(probe);
		probe->shard = shard;
		probe->fd = admission_shard(probe->run_dirfd, shard, O_RDONLY);
	}
	if (probe->fd < 0)
		return probe->fd == -ENOENT;
	return shared_lock_octet(probe->fd, F_OFD_GETLK, F_WRLCK,
				 slot % ADMISSION_SHARD, &locked) == 0 &&
	       !locked;
}

void admission_life_end(struct admission *a, uint32_t slot)
{
	/* In this order, for whoever finds the slot in use does both again. */
	if (a->statistics)
		statistics_fold(a->statistics, slot,
				a->file->slots[slot].serial);
	slots_release(a->file, slot);
}

void admission_life_fold(struct admission *a, const struct slots_key *key,
			 uint64_t user)
{
	struct admission_probe probe = admission_probe_begin(a->run_dirfd);
	uint32_t slot = 0;

	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		if (!slots_is_of(&a->file->slots[slot], key, user))
			continue;
		if (admission_probe_is_dead(&probe, slot))
			admission_life_end(a, slot);
	}
	admission_probe_end(&probe);
}
