/* SPDX-License-Identifier: ISC */
#include "store/maildrop_apply.h"

#include <errno.h>

#include "store/index.h"
#include "store/maildrop_list.h"
#include "store/maildrop_marks.h"
#include "store/maildrop_relist.h"
#include "store/maildrop_rename.h"
#include "store/maildrop_scan.h"
#include "store/maildrop_seek.h"

enum { MANY = 1024 }; /* messages; fewer are read in half a millisecond */

bool maildrop_apply_pays(const struct maildrop *d)
{
	return d->count >= MANY && d->tables[INDEX_BASE] >= 0 &&
	       d->index_why == 0 && !d->options.no_index && !d->options.popser;
}

/* Is some row up to number `last` deleted or renamed? */
static bool is_changed(const struct maildrop *d, uint32_t last)
{
	return maildrop_next_marked(d->deleted, 1, last) <= last ||
	       (d->options.mark_seen &&
		maildrop_next_marked(d->retrieved, 1, last) <= last);
}

bool maildrop_apply_is_long(struct maildrop *d)
{
	int error;
	const struct table_view *v = maildrop_view(d, &error);

	return !v ||
	       (v->heads[INDEX_BASE].in_new > 0 && !d->options.keep_new) ||
	       is_changed(d, v->heads[INDEX_BASE].count);
}

static int add(struct maildrop *d, uint32_t number, struct maildrop_list *list)
{
	struct maildrop_item item = {.sized = true};
	char name[INDEX_NAME_MAX + 1];
	struct maildrop_file f;
	bool renamed;
	int error = maildrop_seek(d, number, &f);

	if (error)
		return error;
	renamed = maildrop_name_after(&d->options, &f,
				      maildrop_is_marked(d->retrieved, number),
				      name);
	item.in_new = !renamed && f.folder == INDEX_NEW;
	item.size = f.size;
	item.file_size = f.file_size;
	item.claimed = f.claimed;
	return maildrop_list_add(list, span_str(renamed ? name : f.name),
				 span_make("", 0), &item);
}

/* The messages after number `after` that are left. */
static int gather(struct maildrop *d, uint32_t after,
		  struct maildrop_list *list)
{
	int error = 0;

	for (uint32_t n = after + 1; n <= d->count && error == 0; n++) {
		if (!maildrop_is_marked(d->deleted, n))
			error = add(d, n, list);
	}
	/* Only flags have changed, but there may be twins. */
	if (error == 0)
		error = maildrop_list_sort(list);
	return error ? error : maildrop_list_identify(list);
}

static bool is_as_it_was(const struct maildrop *d)
{
	struct index_stamp now;

	for (int i = 0; i < INDEX_FOLDERS; i++) {
		if (maildrop_stamp(d->folders[i], &now) != 0 ||
		    !maildrop_stamp_is_same(&now, &d->stamps[i]))
			return false;
	}
	return true;
}

static int write_index(struct maildrop *d, int which, bool locked,
		       const struct maildrop_list *list)
{
	struct index_files files = {.unlocked = !locked};
	size_t n = maildrop_tables(d, files.fds);
	int error;
	const struct table_view *v = maildrop_view(d, &error);

	if (!v)
		return error;
	files.n = n;
	for (size_t i = 0; i < INDEX_FILES; i++) {
		files.heads[i] = v->heads[i];
		if (i >= n)
			files.fds[i] = -1;
	}
	maildrop_seek_end(d);
	error = index_put(maildrop_index_dir(d), which, list, 0, d->stamps,
			  &files);
	if (error)
		return error;
	d->count = 0;
	for (size_t i = 0; i < INDEX_FILES; i++) {
		d->tables[i] = files.fds[i];
		d->count += i < files.n ? files.heads[i].count : 0;
	}
	return 0;
}

static int apply(struct maildrop *d, bool locked, struct maildrop_list *list)
{
	bool is_long = maildrop_apply_is_long(d);
	int error;
	const struct table_view *v = maildrop_view(d, &error);

	if (error)
		return error;
	if (!locked && !is_as_it_was(d))
		return -ESTALE;
	error = gather(d, is_long ? 0 : v->heads[INDEX_BASE].count, list);
	if (error)
		return error;
	return write_index(d, is_long ? INDEX_BASE : INDEX_TAIL, locked, list);
}

void maildrop_apply(struct maildrop *d, bool locked)
{
	struct maildrop_list list = {0};
	int error = apply(d, locked, &list);

	maildrop_list_free(&list);
	d->index_is_known = false;
	d->claims_checked = 0;
	if (error)
		d->claims = false;
	else
		d->touched[INDEX_NEW] = d->touched[INDEX_CUR] = false;
}
