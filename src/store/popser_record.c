/* SPDX-License-Identifier: ISC */
/* What a login as popser writes into popser.log. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "store/popser_plan.h"

static int add_line(struct maildrop_arena *to, const struct popser_record *r)
{
	char memory[POPSER_LINE_MAX];
	struct buf b;
	char *room;

	buf_init(&b, memory, sizeof(memory));
	popser_record_format(r, &b);
	room = b.overflow ? NULL : maildrop_arena_add(to, b.n);
	if (!room)
		return b.overflow ? -ENAMETOOLONG : -ENOMEM;
	memcpy(room, b.p, b.n);
	return 0;
}

static void set_name(struct popser_record *r, struct span name,
		     struct span more)
{
	memcpy(r->name, name.p, name.n);
	if (more.n > 0)
		memcpy(r->name + name.n, more.p, more.n);
	r->name_n = (uint8_t)(name.n + more.n);
	r->name[r->name_n] = '\0';
}

/*
 * The name that a line about a moved message bears: the present one, unless
 * the original could not be told from that, since it had flags in new/.
 */
static struct span name_of_moved(const struct popser_login *p,
				 const struct maildrop_list *list,
				 const struct maildrop_item *item, uint32_t row)
{
	struct span recorded = maildrop_list_name(
		&p->rows, &maildrop_list_items(&p->rows)[row]);
	struct span base = maildrop_list_base(list, item);

	if (!span_equal(popser_original(recorded), base))
		return recorded;
	return maildrop_list_name(list, item);
}

static int record_message(const struct popser_login *p,
			  const struct maildrop_list *list, uint32_t i,
			  struct maildrop_arena *to)
{
	const struct maildrop_item *item = &maildrop_list_items(list)[i];
	const struct popser_plan *plan = &popser_plans(p)[i];
	struct span name = maildrop_list_name(list, item);
	struct popser_record r = {
		.maildir = popser_own_path(p),
		.moved = plan->kind != POPSER_STAYS,
		.in_new = plan->kind == POPSER_STAYS && item->in_new,
		.uid = span_make(plan->uid, sizeof(plan->uid)),
		.size = item->size,
	};

	if (plan->kind == POPSER_MOVED)
		name = name_of_moved(p, list, item, plan->row);
	set_name(&r, name,
		 span_str(plan->kind == POPSER_MOVES ? POPSER_SUFFIX : ""));
	return add_line(to, &r);
}

/* A line without a message, kept if its file is there: it was unreadable. */
static int record_rest(const struct popser_login *p, uint32_t row,
		       struct maildrop_arena *to)
{
	const struct maildrop_item *item = &maildrop_list_items(&p->rows)[row];
	struct popser_record r = {
		.maildir = popser_own_path(p),
		.moved = item->ino & POPSER_ROW_MOVED,
		.in_new = item->in_new,
		.uid = maildrop_list_uid(&p->rows, item),
		.size = item->size,
	};
	struct stat st;

	if (item->gone ||
	    !popser_is_file(popser_folder(p, item),
			    maildrop_list_text(&p->rows, item), &st))
		return 0;
	set_name(&r, maildrop_list_name(&p->rows, item), span_str(""));
	return add_line(to, &r);
}

static enum popser_fate drop_own(void *context, uint32_t number,
				 const struct popser_record *r)
{
	const struct popser_login *p = context;

	(void)number;
	return r && span_equal(r->maildir, popser_own_path(p)) ? POPSER_DROP
							       : POPSER_KEEP;
}

int popser_record_login(struct popser_login *p,
			const struct maildrop_list *list)
{
	struct maildrop_arena text = {0};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		r = record_message(p, list, i, &text);
	for (uint32_t i = 0; r == 0 && i < p->rows.n; i++)
		r = record_rest(p, i, &text);
	if (r == 0)
		r = popser_log_change(&p->log, drop_own, p,
				      span_make(text.p, text.used));
	maildrop_arena_free(&text);
	p->d->popser_recorded = r == 0;
	popser_note(p->d, r);
	return r;
}
