/* SPDX-License-Identifier: ISC */
/* Admission of users: what is known of a session once it has a name. */
#include "stats/admission.h"

#include <stdatomic.h>

#include "stats/admission_file.h"
#include "stats/admission_life.h"

enum admission_verdict
admission_judge_user(const struct admission_user_limits *limits, uint32_t user,
		     uint32_t user_and_network)
{
	if (limits->per_user && user >= limits->per_user)
		return ADMISSION_USER_FULL;
	if (limits->per_user_and_network &&
	    user_and_network >= limits->per_user_and_network)
		return ADMISSION_USER_NETWORK_FULL;
	return ADMISSION_ENTERED;
}

/* How the user's others stand to the limits. */
static enum admission_verdict
admission_ask_user(struct admission *a, const struct admission_ticket *ticket,
		   uint64_t user, const struct admission_user_limits *limits)
{
	const struct slots_slot *s = &a->file->slots[ticket->slot];
	uint32_t all = 0, near = 0;

	if (limits->per_user)
		all = slots_number_of(a->file, ticket->slot, NULL, user);
	if (limits->per_user_and_network && s->has_key)
		near = slots_number_of(a->file, ticket->slot, &s->key, user);
	return admission_judge_user(limits, all, near);
}

/* Without a limit nothing has to be the case while it is noted. */
static bool admission_note(struct admission *a,
			   const struct admission_ticket *ticket,
			   struct span name)
{
	struct slots_slot *s;

	if (!admission_file_is_usable(a))
		return false;
	s = admission_file_slot(a, ticket);
	if (s)
		atomic_store_explicit(&s->user, slots_user_of(a->file, name),
				      memory_order_relaxed);
	return s;
}

enum admission_verdict
admission_name(struct admission *a, const struct admission_ticket *ticket,
	       struct span name, const struct admission_user_limits *limits)
{
	enum admission_verdict verdict = ADMISSION_UNAVAILABLE;
	struct slots_slot *s;
	uint64_t user;

	if (!ticket->serial)
		return ADMISSION_UNAVAILABLE;
	if (!limits->per_user && !limits->per_user_and_network)
		return admission_note(a, ticket, name) ? ADMISSION_ENTERED
						       : ADMISSION_UNAVAILABLE;
	if (!admission_file_lock(a))
		return ADMISSION_UNAVAILABLE;
	user = slots_user_of(a->file, name);
	s = admission_file_slot(a, ticket);
	if (s)
		verdict = admission_ask_user(a, ticket, user, limits);
	if (s && verdict != ADMISSION_ENTERED) {
		admission_life_fold(a, NULL, user); /* the dead do not count */
		verdict = admission_ask_user(a, ticket, user, limits);
	}
	if (verdict == ADMISSION_ENTERED)
		atomic_store_explicit(&s->user, user, memory_order_relaxed);
	admission_file_unlock(a);
	return verdict;
}
