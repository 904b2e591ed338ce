/* SPDX-License-Identifier: ISC */
#include "scmpd/kick.h"

#include "scmpd/hangup.h"
#include "stats/statistics_look.h"
#include "sys/log.h"

#include <string.h>

struct kicking {
	struct scmpd *scmpd;
	const struct kick_match *match;
	enum control_how how;
	uint32_t n;
};

static bool is_spared(const struct kick_match *m,
		      const struct statistics_row *row)
{
	return m->is_spared && row->user_n &&
	       m->is_spared(m->context, span_make(row->user, row->user_n));
}

static bool kick_one(void *context, const struct statistics_row *row)
{
	struct kicking *k = context;

	if (session_filter_fits(&k->match->which, row) &&
	    !is_spared(k->match, row) &&
	    control_end(&k->scmpd->control, row->slot, row->serial, k->how))
		k->n++;
	return true;
}

uint32_t kick_sessions(struct scmpd *s, const struct kick_match *match,
		       enum control_how how)
{
	struct kicking k = {s, match, how, 0};
	int failed = control_renew(&s->control);

	if (failed < 0)
		log_error("run_dir %s: control: %s; no session is told to "
			  "close until scmpd is restarted",
			  s->run_dir, strerror(-failed));
	(void)!statistics_look_all(&s->statistics, kick_one, &k, NULL);
	if (k.n)
		control_publish(&s->control);
	return k.n;
}

const char *kick_trouble(const struct scmpd *s)
{
	return s->control.file ? ""
			       : "; sessions that are on were not told (the "
				 "file control in run_dir was removed or "
				 "replaced; restart scmpd)";
}

uint32_t kick_user(struct scmpd *s, struct span user,
		   const struct connection *except)
{
	const struct kick_match match = {
		.which = {.is_own = true, .user = user}};

	(void)hangup_user(s, user, except);
	return kick_sessions(s, &match, CONTROL_GRACEFULLY);
}
