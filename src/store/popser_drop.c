/* SPDX-License-Identifier: ISC */
#include "store/popser_drop.h"

#include <errno.h>
#include <fcntl.h>
#include <md5.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "proto/maildir.h"
#include "store/maildrop_rename.h"

enum { NO_ROW = UINT32_MAX };

/* What of a line is kept in the `ino` of its item; `gone` is a line that has
 * found its message. */
enum { ROW_MOVED = 1, ROW_DELETED = 2 };

static const char suffix[] = ":2,S";

enum plan_kind {
	PLAN_STAY,  /* where it is; we have never moved it */
	PLAN_MOVED, /* moved at an earlier login */
	PLAN_MOVE,  /* to be moved now */
};

struct plan {
	enum plan_kind kind;
	uint32_t row; /* its line of old, or NO_ROW */
	char uid[2 * MD5_DIGEST_LENGTH];
};

static struct plan *plans(const struct popser_login *p)
{
	return (struct plan *)(void *)p->plans.p;
}

static struct span own_path(const struct popser_login *p)
{
	return span_make(p->path.p, p->path.used);
}

static void note(struct maildrop *d, int error)
{
	if (error && d->popser_why == 0)
		d->popser_why = -error;
}

/* --- what is recorded ----------------------------------------------------- */

static int add_row(struct popser_login *p, const struct popser_record *r)
{
	const struct maildrop_item item = {
		.size = r->size,
		.sized = true,
		.in_new = r->in_new,
		.ino = (r->moved ? ROW_MOVED : 0U) |
		       (r->deleted ? ROW_DELETED : 0U),
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
		    span_equal(record.maildir, own_path(p)))
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
		note(d, r);
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
	return NO_ROW;
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
		return NO_ROW;
	if (has_twin(list, i) || has_twin(&p->rows, row))
		return find_exact(&p->rows, row, list, item);
	return row;
}

static int folder_of(const struct popser_login *p,
		     const struct maildrop_item *item)
{
	return p->d->folders[item->in_new ? INDEX_NEW : INDEX_CUR];
}

static bool is_file(int folder, const char *name, struct stat *st)
{
	return fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st->st_mode);
}

/* A recorded size that the file cannot have is not believed. */
static void recall(const struct popser_login *p, struct maildrop_item *item,
		   const char *name, uint64_t size)
{
	struct stat st;
	uint64_t octets;

	if (!is_file(folder_of(p, item), name, &st))
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

		if (row != NO_ROW)
			recall(p, &items[i],
			       maildrop_list_text(list, &items[i]),
			       maildrop_list_items(&p->rows)[row].size);
	}
}

/* --- what becomes of each ------------------------------------------------- */

/* MD5 of the base name; of a second one of that name, with its ordinal. */
static void make_uid(struct span base, unsigned ordinal,
		     char out[2 * MD5_DIGEST_LENGTH])
{
	unsigned char digest[MD5_DIGEST_LENGTH];
	char memory[24];
	struct buf b;
	MD5_CTX hash;

	MD5Init(&hash);
	MD5Update(&hash, (const uint8_t *)base.p, base.n);
	if (ordinal > 1) {
		buf_init(&b, memory, sizeof(memory));
		buf_add_char(&b, '\0');
		buf_add_u64(&b, ordinal);
		MD5Update(&hash, (const uint8_t *)b.p, b.n);
	}
	MD5Final(digest, &hash);
	buf_init(&b, out, 2 * MD5_DIGEST_LENGTH);
	buf_add_hex(&b, digest, sizeof(digest));
}

/* Never onto another message, nor to a name that would be too long. */
static enum plan_kind plan_kind(const struct popser_login *p,
				const struct maildrop_list *list, uint32_t i,
				uint32_t row)
{
	const struct maildrop_item *item = &maildrop_list_items(list)[i];

	if (!item->in_new) {
		if (row != NO_ROW &&
		    (maildrop_list_items(&p->rows)[row].ino & ROW_MOVED))
			return PLAN_MOVED;
		return PLAN_STAY;
	}
	if (has_twin(list, i) || p->d->folders[INDEX_CUR] < 0 ||
	    item->name_n + sizeof(suffix) - 1 > INDEX_NAME_MAX)
		return PLAN_STAY;
	return PLAN_MOVE;
}

static int make_plans(struct popser_login *p, const struct maildrop_list *list)
{
	struct maildrop_item *rows = maildrop_list_items(&p->rows);
	struct plan *plan =
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
		if (plan->row == NO_ROW)
			continue;
		rows[plan->row].gone = true;
		if (rows[plan->row].ino & ROW_DELETED)
			p->d->popser_undone++;
	}
	return 0;
}

/* --- recording ------------------------------------------------------------ */

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
	const struct plan *plan = &plans(p)[i];
	struct span name = maildrop_list_name(list, item);
	struct popser_record r = {
		.maildir = own_path(p),
		.moved = plan->kind != PLAN_STAY,
		.in_new = plan->kind == PLAN_STAY && item->in_new,
		.uid = span_make(plan->uid, sizeof(plan->uid)),
		.size = item->size,
	};

	if (plan->kind == PLAN_MOVED)
		name = name_of_moved(p, list, item, plan->row);
	set_name(&r, name, span_str(plan->kind == PLAN_MOVE ? suffix : ""));
	return add_line(to, &r);
}

/* A line without a message, kept if its file is there: it was unreadable. */
static int record_rest(const struct popser_login *p, uint32_t row,
		       struct maildrop_arena *to)
{
	const struct maildrop_item *item = &maildrop_list_items(&p->rows)[row];
	struct popser_record r = {
		.maildir = own_path(p),
		.moved = item->ino & ROW_MOVED,
		.in_new = item->in_new,
		.uid = maildrop_list_uid(&p->rows, item),
		.size = item->size,
	};
	struct stat st;

	if (item->gone || !is_file(folder_of(p, item),
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
	return r && span_equal(r->maildir, own_path(p)) ? POPSER_DROP
							: POPSER_KEEP;
}

/* Lines of messages come first and in their order: UPDATE counts on it. */
static int record(struct popser_login *p, const struct maildrop_list *list)
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
	note(p->d, r);
	return r;
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
	buf_add_str(&b, suffix);
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
		struct plan *plan = &plans(p)[i];
		int r = 0;

		if (plan->kind != PLAN_MOVE)
			continue;
		if (is_recorded)
			r = move_one(p, list, &maildrop_list_items(list)[i]);
		if (!is_recorded || r < 0) {
			plan->kind = PLAN_STAY;
			failed++;
		}
		/* Gone is gone: whoever moved it has not failed us. */
		if (r != -ENOENT)
			note(p->d, r);
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
		const struct plan *plan = &plans(p)[i];
		char memory[INDEX_NAME_MAX + 1];
		struct buf name;

		buf_init(&name, memory, sizeof(memory));
		buf_add_span(&name, maildrop_list_name(from, &item));
		if (plan->kind == PLAN_MOVE) {
			buf_add_str(&name, suffix);
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
	is_recorded = p->d->popser_why == 0 && record(p, list) == 0;
	if (move_all(p, list, is_recorded) > 0 && is_recorded)
		(void)!record(p, list);
	r = list_anew(p, list, &now);
	if (r == 0) {
		struct maildrop_list old = *list;

		*list = now;
		now = old;
	}
	maildrop_list_free(&now);
	return r;
}
