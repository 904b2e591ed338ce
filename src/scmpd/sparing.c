/* SPDX-License-Identifier: ISC */
#include "scmpd/sparing.h"

#include <errno.h>

void sparing_begin(struct sparing *s, struct call *call,
		   struct account *account)
{
	*s = (struct sparing){.call = call, .account = account};
}

static bool may_do_more(struct sparing *s, struct span user)
{
	struct account *a = s->account;
	int failed;

	if (!a->is_open || s->failed)
		return a->is_open;
	failed = database_user_find(&a->db, user, &a->user, account_error(a));
	if (failed == -ENOENT)
		return false;
	if (failed == 0)
		failed = caller_role_rights(&a->db, a->user.row.role,
					    &a->rights, account_error(a));
	database_user_clear(&a->user);
	if (failed < 0)
		s->failed = failed;
	return failed < 0 || !caller_may_act_on(s->call->caller, a->rights);
}

bool sparing_is_of(struct sparing *s, struct span user)
{
	struct buf last;

	if (!s->last[0] || !span_equal(user, span_str(s->last))) {
		s->was_spared = may_do_more(s, user);
		buf_init(&last, s->last, sizeof(s->last));
		buf_add_span(&last, user);
		(void)buf_str(&last);
	}
	s->n += s->was_spared;
	return s->was_spared;
}

static bool is_spared(void *context, struct span user)
{
	return sparing_is_of(context, user);
}

void sparing_add(struct sparing *s, struct kick_match *match)
{
	match->is_spared = is_spared;
	match->context = s;
}
