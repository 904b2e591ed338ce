/* SPDX-License-Identifier: ISC */
#include "config/password_check.h"

#include "stats/turns.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

uint32_t password_turns_of(int64_t auth_hashes)
{
	cpu_set_t processors;

	if (auth_hashes > 0)
		return (uint32_t)auth_hashes;
	if (sched_getaffinity(0, sizeof(processors), &processors) < 0)
		return 1;
	return (uint32_t)CPU_COUNT(&processors);
}

/* Where nothing can be counted there is service all the same: false only if
 * all turns are taken for too long. */
static bool take_turn(const struct password_turns *turns, int *turn,
		      int *failed)
{
	*turn = turns->run_dirfd < 0 ? -EBADF
				     : turns_take(turns->run_dirfd,
						  turns->turns, turns->wait_ms);
	if (*turn < 0)
		*failed = *turn;
	return *turn != -ETIMEDOUT;
}

/* In turn with others if it is much work. */
static enum auth_verdict check_in_turn(const struct password_turns *turns,
				       const char *stored, struct span password,
				       int *failed)
{
	enum auth_verdict verdict;
	int turn = -1;

	if (auth_is_costly(stored) && !take_turn(turns, &turn, failed))
		return AUTH_TEMPFAIL;
	verdict = auth_check_password(stored, password);
	turns_give(turn);
	return verdict;
}

/* Is a check of this row less than half the work that is usual here? */
static bool is_little_work(const struct user_row *row,
			   const struct user_row *example)
{
	return auth_work_us(row->password) <
	       (auth_work_us(example->password) + 1) / 2;
}

enum auth_verdict password_check(struct users *users,
				 const struct password_turns *turns,
				 const struct user_row *row,
				 struct user_row *example, struct span password,
				 int *failed)
{
	enum auth_verdict verdict;

	*failed = 0;
	/* First, and for everybody: the stores may have to be read for it. */
	users_example(users, example);
	verdict = check_in_turn(turns, row->password, password, failed);
	if (verdict != AUTH_TEMPFAIL &&
	    !(verdict == AUTH_GOOD && row->enabled) &&
	    (verdict == AUTH_UNSUPPORTED || is_little_work(row, example)) &&
	    check_in_turn(turns, example->password, password, failed) ==
		    AUTH_TEMPFAIL)
		verdict = AUTH_TEMPFAIL;
	user_row_clear(example);
	return verdict;
}
