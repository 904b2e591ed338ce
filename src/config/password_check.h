/* SPDX-License-Identifier: ISC */
/*
 * Does a password fit a user's row? In turn with other processes, and so that
 * time does not tell what was wrong: the one way for all programs.
 */
#ifndef CONFIG_PASSWORD_CHECK_H
#define CONFIG_PASSWORD_CHECK_H

#include "auth/auth.h"
#include "base/span.h"
#include "store/users.h"

#include <stdint.h>

struct password_turns {
	int run_dirfd;	/* -1: nothing is counted */
	uint32_t turns; /* hashes computed at once, at most */
	uint32_t wait_ms;
};

/*
 * Checks the password against the row (an empty one: of nobody). Whatever is
 * wrong takes as long: an unknown user, a row without a hash that can be used,
 * one that keeps the password in clear or in a cheaper hash where others have
 * costly ones. So the usual work is done wherever the row itself was little of
 * it. AUTH_TEMPFAIL also if no turn came in time, *failed being -ETIMEDOUT
 * then; another negative errno there: turns could not be counted. `example` is
 * room for the work, and cleared.
 */
__attribute__((warn_unused_result)) enum auth_verdict
password_check(struct users *users, const struct password_turns *turns,
	       const struct user_row *row, struct user_row *example,
	       struct span password, int *failed);

/* settings->auth_hashes, or what 0 stands for. */
uint32_t password_turns_of(int64_t auth_hashes);

#endif
