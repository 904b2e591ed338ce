/* SPDX-License-Identifier: ISC */
/* What UPDATE does to popser.log. */
#include "store/popser_drop.h"

#include "proto/maildir.h"
#include "store/maildrop_map.h"
#include "store/maildrop_seek.h"
#include "store/table.h"

struct update {
	struct maildrop *d;
	struct maildrop_arena path; /* the Maildir's, escaped */
	const uint8_t *deleted;	    /* before */
	bool all_removed;	    /* after */
	struct maildrop_map map;    /* after, unless all are removed */
	struct table_view *view;
	uint32_t number; /* of the last line of this Maildir */
};

static bool is_own(const struct update *u, const struct popser_record *r)
{
	return r && span_equal(r->maildir, span_make(u->path.p, u->path.used));
}

static void change(struct update *u, popser_editor *editor)
{
	struct maildrop *d = u->d;
	const struct popser_log log = {d->options.index_dirfd,
				       d->options.popser->log};
	int r = popser_maildir(span_str(d->options.popser->maildir), &u->path);

	if (r == 0)
		r = popser_log_change(&log, editor, u, span_make("", 0));
	if (r < 0 && d->popser_why == 0)
		d->popser_why = -r;
	maildrop_arena_free(&u->path);
}

/* The lines are in the order of the listing. */
static enum popser_fate mark(void *context, uint32_t line,
			     const struct popser_record *r)
{
	struct update *u = context;
	struct table_row row;
	uint32_t bit = u->number;

	(void)line;
	if (!is_own(u, r) || u->number >= u->d->count)
		return POPSER_KEEP;
	u->number++;
	if (!(u->deleted[bit / 8] >> (bit % 8) & 1) ||
	    table_row(u->view, u->number, &row) != 0 ||
	    !span_equal(row.uid, r->uid))
		return POPSER_KEEP;
	return POPSER_SET_Y;
}

void popser_before_update(struct maildrop *d, const uint8_t *deleted)
{
	struct update u = {.d = d, .deleted = deleted};
	int error;

	if (!d->popser_recorded)
		return;
	u.view = maildrop_view(d, &error);
	if (u.view)
		change(&u, mark);
}

static enum popser_fate forget(void *context, uint32_t line,
			       const struct popser_record *r)
{
	const struct update *u = context;
	struct maildrop_place place;

	(void)line;
	if (!is_own(u, r) || !r->deleted)
		return POPSER_KEEP;
	if (u->all_removed)
		return POPSER_DROP;
	return maildrop_map_find(
		       &u->map,
		       maildir_name_base(span_make(r->name, r->name_n)),
		       &place) > 0
		       ? POPSER_SET_N
		       : POPSER_DROP;
}

void popser_after_update(struct maildrop *d, bool all_removed)
{
	struct update u = {.d = d, .all_removed = all_removed};

	if (!d->popser_recorded)
		return;
	/* Without a look at the folders lines stay Y until the next login. */
	if (all_removed || maildrop_map_make(&u.map, d->folders) == 0)
		change(&u, forget);
	maildrop_map_free(&u.map);
}
