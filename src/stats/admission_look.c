/* SPDX-License-Identifier: ISC */
#include "stats/admission_look.h"

#include "stats/admission_file.h"
#include "stats/admission_life.h"

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

bool admission_count(const struct admission *a,
		     const struct network_address *peer, struct span user,
		     struct admission_numbers *numbers)
{
	struct admission_probe probe = admission_probe_begin(a->run_dirfd);
	struct slots_key key = {{0}};
	uint64_t hash;
	uint32_t slot = 0;

	*numbers = (struct admission_numbers){0};
	if (!admission_file_is_usable(a))
		return false;
	if (peer)
		key = slots_key_of(peer);
	hash = slots_user_of(a->file, user);
	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		const struct slots_slot *s = &a->file->slots[slot];
		bool near = peer && slots_is_of(s, &key, 0);
		bool own = slots_is_of(s, NULL, hash);

		if (admission_probe_is_dead(&probe, slot))
			continue;
		numbers->sessions++;
		numbers->network += near;
		numbers->user += own;
		numbers->user_and_network += near && own;
	}
	admission_probe_end(&probe);
	return true;
}
