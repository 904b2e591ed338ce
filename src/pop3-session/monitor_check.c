/* SPDX-License-Identifier: ISC */
/* Do the credentials fit?  One path for all, so that time tells nothing. */
#include "pop3-session/monitor.h"

#include "config/password_check.h"
#include "stats/admission_tell.h"
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

/* What was wrong with the turns of a check, if anything. */
static void tell_turns(const struct monitor *m, int failed)
{
	if (failed == 0 || failed == -EBADF) /* service_share() has told */
		return;
	if (failed == -ETIMEDOUT)
		log_warning("user %s: %u passwords are being checked and none "
			    "was finished within %d s; told to come later "
			    "(auth_hashes, auth_hashes_wait)",
			    m->user, m->service->hashes,
			    (int)m->service->settings->auth_hashes_wait);
	else if (admission_may_tell(&m->service->admission))
		log_warning("run_dir: the file turns cannot be used: %s; the "
			    "passwords that are checked at once are not "
			    "counted (remove it)",
			    strerror(-failed));
}

enum auth_verdict monitor_check(const struct monitor *m,
				const struct user_row *row,
				struct user_row *example,
				enum channel_method method, struct span proof)
{
	const struct password_turns turns = {
		.run_dirfd = m->service->admission.run_dirfd,
		.turns = m->service->hashes,
		.wait_ms =
			(uint32_t)m->service->settings->auth_hashes_wait * 1000,
	};
	enum auth_verdict verdict;
	int failed;

	if (method == CHANNEL_APOP)
		return check_apop(m, row, proof);
	verdict = password_check(&m->service->users, &turns, row, example,
				 proof, &failed);
	tell_turns(m, failed);
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
