/* SPDX-License-Identifier: ISC */
#include "stats/admission_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "stats/slots.h"

int admission_look(struct admission *a, int run_dirfd)
{
	int failed;

	*a = (struct admission){.run_dirfd = run_dirfd, .fd = -1};
	a->file = shared_look(run_dirfd, &slots_kind, &a->fd);
	if (a->file)
		return 0;
	failed = a->fd;
	a->fd = -1;
	return failed;
}

/* One file of liveness after the other is open while slots are gone through. */
struct look_shard {
	uint32_t number;
	int fd; /* or a negative errno */
};

static void look_at_shard(const struct admission *a, uint32_t number,
			  struct look_shard *shard)
{
	char name[16];

	if (shard->number == number)
		return;
	if (shard->fd >= 0)
		close(shard->fd);
	shard->number = number;
	(void)snprintf(name, sizeof(name), "alive.%03u", number);
	shard->fd = openat(a->run_dirfd, name,
			   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				   O_NOCTTY);
	if (shard->fd < 0)
		shard->fd = -errno;
}

/* In doubt a session lives, as for those who count. */
static bool look_is_alive(const struct admission *a, uint32_t slot,
			  struct look_shard *shard)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = slot % ADMISSION_SHARD,
		.l_len = 1,
	};

	look_at_shard(a, slot / ADMISSION_SHARD, shard);
	if (shard->fd < 0)
		return shard->fd != -ENOENT;
	return fcntl(shard->fd, F_OFD_GETLK, &lock) < 0 ||
	       lock.l_type != F_UNLCK;
}

bool admission_count(const struct admission *a,
		     const struct network_address *peer, struct span user,
		     struct admission_numbers *numbers)
{
	struct look_shard shard = {.number = UINT32_MAX, .fd = -1};
	struct slots_key key = {{0}};
	uint64_t hash;
	uint32_t slot = 0;

	*numbers = (struct admission_numbers){0};
	if (a->fd < 0 || shared_verify(a->fd, a->file, &slots_kind) < 0)
		return false;
	if (peer)
		key = slots_key_of(peer);
	hash = slots_user_of(a->file, user);
	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		const struct slots_slot *s = &a->file->slots[slot];
		bool near = peer && slots_is_of(s, &key, 0);
		bool own = slots_is_of(s, NULL, hash);

		if (!look_is_alive(a, slot, &shard))
			continue;
		numbers->sessions++;
		numbers->network += near;
		numbers->user += own;
		numbers->user_and_network += near && own;
	}
	if (shard.fd >= 0)
		close(shard.fd);
	return true;
}
