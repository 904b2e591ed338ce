/* SPDX-License-Identifier: ISC */
#include "store/maildrop_known.h"

#include "proto/maildir.h"

int maildrop_known_add(struct table_view *v, uint32_t after,
		       const bool fresh[INDEX_FOLDERS], struct maildrop_list *l)
{
	struct table_entry e;

	for (uint32_t n = after + 1; n <= table_count(v); n++) {
		struct maildrop_item item = {.sized = true};
		int error = table_entry(v, n, &e);

		if (error)
			return error;
		if (fresh[e.in_new ? INDEX_NEW : INDEX_CUR])
			continue;
		item.in_new = e.in_new;
		item.size = e.row.size;
		item.file_size = e.file_size;
		item.claimed = e.claimed;
		error = maildrop_list_add(l, e.name, span_make("", 0), &item);
		if (error)
			return error;
	}
	return 0;
}

/* <0: the item comes first; 0: same base name; >0: the row comes first. */
static int order_of(const struct maildrop_list *l, uint32_t i,
		    const struct table_entry *e)
{
	const struct maildrop_item *item = &maildrop_list_items(l)[i];
	struct maildir_name parts;

	maildir_name_parse(e->name, &parts);
	return maildrop_list_order(item->time, maildrop_list_base(l, item),
				   parts.time, e->base);
}

static bool has_twin(const struct maildrop_list *l, uint32_t i)
{
	return (i + 1 < l->n && maildrop_list_are_twins(l, i, i + 1)) ||
	       (i > 0 && maildrop_list_are_twins(l, i - 1, i));
}

/* Returns whether the item took the row's size. */
static bool give_size(const struct maildrop_list *l, uint32_t i,
		      const struct table_entry *e)
{
	struct maildrop_item *item = &maildrop_list_items(l)[i];

	if (item->sized || has_twin(l, i))
		return false;
	item->size = e->row.size;
	item->file_size = e->file_size;
	item->claimed = e->claimed;
	item->sized = true;
	return true;
}

int maildrop_known_sizes(struct table_view *v, uint32_t after,
			 struct maildrop_list *l)
{
	struct maildrop_item *items = maildrop_list_items(l);
	struct table_entry e;
	uint32_t i = 0, given = UINT32_MAX;

	for (uint32_t n = after + 1; n <= table_count(v) && i < l->n; n++) {
		int order = -1, error = table_entry(v, n, &e);

		if (error)
			return error;
		while (i < l->n && (order = order_of(l, i, &e)) < 0)
			i++;
		if (order != 0)
			continue;
		if (i == given) /* two rows for one item: which is it? */
			items[i].sized = items[i].claimed = false;
		else if (give_size(l, i, &e))
			given = i;
	}
	return 0;
}

static bool is_same(const struct maildrop_list *l, uint32_t i,
		    const struct table_entry *e)
{
	const struct maildrop_item *item = &maildrop_list_items(l)[i];

	return e->row.size == item->size && e->file_size == item->file_size &&
	       e->in_new == item->in_new && e->claimed == item->claimed &&
	       span_equal(e->name, maildrop_list_name(l, item)) &&
	       span_equal(e->row.uid, maildrop_list_uid(l, item));
}

bool maildrop_known_begins(struct table_view *v, uint32_t rows,
			   const struct maildrop_list *l)
{
	struct table_entry e;

	if (l->n < rows)
		return false;
	for (uint32_t i = 0; i < rows; i++) {
		if (table_entry(v, i + 1, &e) != 0 || !is_same(l, i, &e))
			return false;
	}
	return true;
}

bool maildrop_known_precedes(struct table_view *v, uint32_t row,
			     const struct maildrop_list *l)
{
	struct table_entry e;

	if (l->n == 0)
		return true;
	return table_entry(v, row, &e) == 0 && order_of(l, 0, &e) > 0;
}

bool maildrop_known_agrees(struct table_view *v, const struct maildrop_list *l)
{
	const struct maildrop_item *items = maildrop_list_items(l);
	struct table_entry e;

	for (uint32_t i = 0; i < table_count(v); i++) {
		if (table_entry(v, i + 1, &e) == 0 &&
		    (e.row.size != items[i].size ||
		     !span_equal(e.base, maildrop_list_base(l, &items[i]))))
			return false;
	}
	return true;
}
