/* SPDX-License-Identifier: ISC */
/*
 * Admission for somebody who only wants to know: nothing is made, counted,
 * folded or locked, so the numbers may be of different moments. Nothing here
 * waits.
 */
#ifndef STATS_ADMISSION_LOOK_H
#define STATS_ADMISSION_LOOK_H

#include "base/span.h"
#include "stats/admission.h"

/* Sessions that live. */
struct admission_numbers {
	uint32_t sessions, network;	 /* in all, and of the peer's network */
	uint32_t user, user_and_network; /* of these, the user's */
};

/*
 * Opens what others have made; run_dirfd stays the caller's. 0, to be closed by
 * admission_close(), or a negative errno: -ENOENT (nobody was here yet),
 * -EACCES, -EBADMSG … Of the functions of admission.h only
 * admission_held_since() may be used with it, too.
 */
__attribute__((warn_unused_result)) int admission_look(struct admission *a,
						       int run_dirfd);

/* False: the file is no longer what it was. peer NULL: of no network. */
bool admission_count(const struct admission *a,
		     const struct network_address *peer, struct span user,
		     struct admission_numbers *numbers);

#endif
