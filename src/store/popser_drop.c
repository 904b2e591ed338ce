/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "base/buf.h"
#include "proto/maildir.h"
#include "store/maildrop_rename.h"
#include "store/popser_plan.h"

/* --- what is recorded ----------------------------------------------------- */

static int add_row(struct popser_login *p, const struct popser_record *r)
{
	const struct maildrop_item item = {
		.size = r->size,
		.sized = true,
		.in_new = r->in_new,
		.ino = (r->moved ? POPSER_ROW_MOVED : 0U) |
		       (r->deleted ? POPSER_ROW_DELETED : 0U),
	};

	return maildrop_list_add(&p->rows, span_make(r->name, r->name_n),
				 r->uid, &item);
}

static int add_rows(struct popser_login *p, struct span text)
{
	struct popser_record record;
	struct span line;
	int r = 0;

	while (r == 0 && popser_log_next(&text, &line)) {
		if (popser_record_parse(line, &record) &&
		    span_equal(record.maildir, popser_own_path(p)))
			r = add_row(p, &record);
	}
	return r == 0 ? maildrop_list_sort(&p->rows) : r;
}

int popser_begin(struct popser_login *p, struct maildrop *d)
{
	const struct popser_options *o = d->options.popser;
	struct maildrop_arena text = {0};
	int r;

	*p = (struct popser_login){.d = d,
				   .log = {d->options.index_dirfd, o->log}};
	r = popser_maildir(span_str(o->maildir), &p->path);
	if (r < 0)
		return r;
	r = popser_log_read(&p->log, &text);
	if (r == 0)
		r = add_rows(p, span_make(text.p, text.used));
	else
		popser_note(d, r);
	maildrop_arena_free(&text);
	return r == -ENOMEM ? r : 0;
}

void popser_end(struct popser_login *p)
{
	maildrop_arena_free(&p->path);
	maildrop_list_free(&p->rows);
	maildrop_arena_free(&p->plans);
}

/* --- lines and messages --------------------------------------------------- */

static bool has_twin(const struct maildrop_list *l, uint32_t i)
{
	return (i > 0 && maildrop_list_are_twins(l, i - 1, i)) ||
	       (i + 1 < l->n && maildrop_list_are_twins(l, i, i + 1));
}

/* Of several with one base name the one of the very name and folder. */
static uint32_t find_exact(const struct maildrop_list *rows, uint32_t row,
			   const struct maildrop_list *list,
			   const struct maildrop_item *item)
{
	const struct maildrop_item *items = maildrop_list_items(rows);
	uint32_t first = row;

	for (; row < rows->n &&
	       (row == first || maildrop_list_are_twins(rows, first, row));
	     row++) {
		if (items[row].in_new == item->in_new &&
		    span_equal(maildrop_list_name(rows, &items[row]),
			       maildrop_list_name(list, item)))
			return row;
	}
	return POPSER_NO_ROW;
}

/*
 * The line of message i. A message keeps it over changes of flags and folder,
 * as long as it is the only one of its base name.
 */
static uint32_t find_row(const struct popser_login *p,
			 const struct maildrop_list *list, uint32_t i)
{
	const struct maildrop_item *item = &maildrop_list_items(list)[i];
	uint32_t row =
		maildrop_list_find(&p->rows, maildrop_list_base(list, item));

	if (row == p->rows.n)
		return POPSER_NO_ROW;
	if (has_twin(list, i) || has_twin(&p->rows, row))
		return find_exact(&p->rows, row, list, item);
	return row;
}

/* A recorded size that the file cannot have is not believed. */
static void recall(const struct popser_login *p, struct maildrop_item *item,
		   const char *name, uint64_t size)
{
	struct stat st;
	uint64_t octets;

	if (!popser_is_file(popser_folder(p, item), name, &st))
		return;
	octets = (uint64_t)st.st_size;
	if (size < octets || size - octets > octets + 2)
		return;
	item->size = size;
	item->file_size = octets;
	item->claimed = false;
	item->sized = true;
}

void popser_recall(struct popser_login *p, struct maildrop_list *list)
{
	struct maildrop_item *items = maildrop_list_items(list);

	for (uint32_t i = 0; i < list->n; i++) {
		uint32_t row = find_row(p, list, i);

		if (row != POPSER_NO_ROW)
			recall(p, &items[i],
			       maildrop_list_text(list, &items[i]),
			       maildrop_list_items(&p->rows)[row].size);
	}
}

/* --- what becomes of each ------------------------------------------------- */

/* MD5 of the base name; of a second one of that name, with its ordinal. */
static void make_uid(struct span base, unsigned ordinal,
		     char out[2 * MD5_DIGEST_SIZE])
{
	unsigned char digest[MD5_DIGEST_SIZE];
	char memory[24];
	struct buf b;
	struct md5_ctx hash;

	md5_init(&hash);
	md5_update(&hash, base.n, (const uint8_t *)base.p);
	if (ordinal > 1) {
		buf_init(&b, memory, sizeof(memory));
		buf_add_char(&b, '\0');
		buf_add_u64(&b, ordinal);
		md5_update(&hash, b.n, (const uint8_t *)b.p);
	}
	md5_digest(&hash, sizeof(digest), digest);
	buf_init(&b, out, 2 * MD5_DIGEST_SIZE);
	buf_add_hex(&b, digest, sizeof(digest));
}

/* Never onto another message, nor to a name that would be too long. */
static enum popser_plan_kind plan_kind(const struct popser_login *p,
				       const struct maildrop_list *list,
				       uint32_t i, uint32_t row)
{
	const struct maildrop_item *item = &maildrop_list_items(list)[i];

	if (!item->in_new) {
		if (row != POPSER_NO_ROW &&
		    (maildrop_list_items(&p->rows)[row].ino & POPSER_ROW_MOVED))
			return POPSER_MOVED;
		return POPSER_STAYS;
	}
	if (has_twin(list, i) || p->d->folders[INDEX_CUR] < 0 ||
	    item->name_n + sizeof(POPSER_SUFFIX) - 1 > INDEX_NAME_MAX)
		return POPSER_STAYS;
	return POPSER_MOVES;
}

static int make_plans(struct popser_login *p, const struct maildrop_list *list)
{
	struct maildrop_item *rows = maildrop_list_items(&p->rows);
	struct popser_plan *plan =
		maildrop_arena_add(&p->plans, (list->n + 1) * sizeof(*plan));
	unsigned ordinal = 1;

	if (!plan)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->n; i++, plan++) {
		bool twin = i > 0 && maildrop_list_are_twins(list, i - 1, i);

		ordinal = twin ? ordinal + 1 : 1;
		make_uid(
			maildrop_list_base(list, &maildrop_list_items(list)[i]),
			ordinal, plan->uid);
		plan->row = find_row(p, list, i);
		plan->kind = plan_kind(p, list, i, plan->row);
		if (plan->row == POPSER_NO_ROW)
			continue;
		rows[plan->row].gone = true;
		if (rows[plan->row].ino & POPSER_ROW_DELETED)
			p->d->popser_undone++;
	}
	return 0;
}

/* --- moving --------------------------------------------------------------- */

static int move_one(const struct popser_login *p,
		    const struct maildrop_list *list,
		    const struct maildrop_item *item)
{
	char to[INDEX_NAME_MAX + 1];
	struct buf b;

	buf_init(&b, to, sizeof(to));
	buf_add_span(&b, maildrop_list_name(list, item));
	buf_add_str(&b, POPSER_SUFFIX);
	if (!buf_str(&b))
		return -ENAMETOOLONG;
	return maildrop_rename(p->d->folders[INDEX_NEW],
			       maildrop_list_text(list, item),
			       p->d->folders[INDEX_CUR], to);
}

/* Returns how many could not be moved. */
static uint32_t move_all(struct popser_login *p,
			 const struct maildrop_list *list, bool is_recorded)
{
	uint32_t failed = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		struct popser_plan *plan = &popser_plans(p)[i];
		int r = 0;

		if (plan->kind != POPSER_MOVES)
			continue;
		if (is_recorded)
			r = move_one(p, list, &maildrop_list_items(list)[i]);
		if (!is_recorded || r < 0) {
			plan->kind = POPSER_STAYS;
			failed++;
		}
		/* Gone is gone: whoever moved it has not failed us. */
		if (r != -ENOENT)
			popser_note(p->d, r);
	}
	return failed;
}

/* The list as it is now. */
static int list_anew(const struct popser_login *p,
		     const struct maildrop_list *from, struct maildrop_list *to)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < from->n; i++) {
		struct maildrop_item item = maildrop_list_items(from)[i];
		const struct popser_plan *plan = &popser_plans(p)[i];
		char memory[INDEX_NAME_MAX + 1];
		struct buf name;

		buf_init(&name, memory, sizeof(memory));
		buf_add_span(&name, maildrop_list_name(from, &item));
		if (plan->kind == POPSER_MOVES) {
			buf_add_str(&name, POPSER_SUFFIX);
			item.in_new = false;
		}
		r = maildrop_list_add(to, buf_span(&name),
				      span_make(plan->uid, sizeof(plan->uid)),
				      &item);
	}
	return r;
}

int popser_move(struct popser_login *p, struct maildrop_list *list)
{
	struct maildrop_list now = {0};
	bool is_recorded;
	int r = make_plans(p, list);

	if (r < 0)
		return r;
	/* An unreadable file must not be replaced. */
	is_recorded =
		p->d->popser_why == 0 && popser_record_login(p, list) == 0;
	if (move_all(p, list, is_recorded) > 0 && is_recorded)
		(void)!popser_record_login(p, list);
	r = list_anew(p, list, &now);
	if (r == 0) {
		struct maildrop_list old = *list;

		*list = now;
		now = old;
	}
	maildrop_list_free(&now);
	return r;
}
