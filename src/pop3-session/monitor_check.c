/* SPDX-License-Identifier: ISC */
/* Do the credentials fit?  One path for all, so that time tells nothing. */
#include "pop3-session/monitor.h"

#include "stats/admission_tell.h"
#include "stats/turns.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* With the secret that is kept for it, or the password if that is one. */
static enum auth_verdict check_apop(const struct monitor *m,
				    const struct user_row *row,
				    struct span proof)
{
	struct span stamp = span_make(m->stamp, m->stamp_n);

	if (row->secret[0])
		return auth_check_apop_secret(span_str(row->secret), stamp,
					      proof);
	return auth_check_apop(row->password, stamp, proof);
}

/*
 * Where nothing can be counted mail is served all the same: false only if all
 * turns are taken for too long.
 */
static bool take_turn(const struct monitor *m, int *turn)
{
	const struct settings *settings = m->service->settings;

	*turn = turns_take(m->service->admission.run_dirfd, m->service->hashes,
			   (uint32_t)settings->auth_hashes_wait * 1000);
	if (*turn >= 0 || *turn == -EBADF) /* service_share() has told */
		return true;
	if (*turn == -ETIMEDOUT) {
		log_warning("user %s: %u passwords are being checked and none "
			    "was finished within %d s; told to come later "
			    "(auth_hashes, auth_hashes_wait)",
			    m->user, m->service->hashes,
			    (int)settings->auth_hashes_wait);
		return false;
	}
	if (admission_may_tell(&m->service->admission))
		log_warning("run_dir: the file turns cannot be used: %s; the "
			    "passwords that are checked at once are not "
			    "counted (remove it)",
			    strerror(-*turn));
	return true;
}

/* In turn with others if it is much work. */
static enum auth_verdict check_in_turn(const struct monitor *m,
				       const char *stored, struct span proof)
{
	enum auth_verdict verdict;
	int turn = -1;

	if (auth_is_costly(stored) && !take_turn(m, &turn))
		return AUTH_TEMPFAIL;
	verdict = auth_check_password(stored, proof);
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

/*
 * Whatever is wrong has to take as long: an unknown user, a row without a hash
 * that can be used, one that keeps the password in clear or in a cheaper hash
 * where others have costly ones.  So the usual work is done wherever the row
 * itself was little of it.  What is usual is asked for first, and for
 * everybody: the stores may have to be read for that.
 */
enum auth_verdict monitor_check(const struct monitor *m,
				const struct user_row *row,
				struct user_row *example,
				enum channel_method method, struct span proof)
{
	enum auth_verdict verdict;

	if (method == CHANNEL_APOP)
		return check_apop(m, row, proof);
	users_example(&m->service->users, example);
	verdict = check_in_turn(m, row->password, proof);
	if (verdict != AUTH_TEMPFAIL &&
	    !(verdict == AUTH_GOOD && row->enabled) &&
	    (verdict == AUTH_UNSUPPORTED || is_little_work(row, example)) &&
	    check_in_turn(m, example->password, proof) == AUTH_TEMPFAIL)
		verdict = AUTH_TEMPFAIL;
	user_row_clear(example);
	return verdict;
}

/*
 * No refusal comes sooner.  Where passwords are kept in clear, looking for a
 * user is all the work there is, and finding one takes some microseconds more.
 */
enum { REFUSAL_MS = 10 };

void monitor_take_up(struct monitor *m)
{
	(void)clock_gettime(CLOCK_MONOTONIC, &m->taken_up);
}

void monitor_hold_back(const struct monitor *m)
{
	struct timespec until = m->taken_up;

	if (!m->setup->is_network)
		return;
	until.tv_nsec += REFUSAL_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}
