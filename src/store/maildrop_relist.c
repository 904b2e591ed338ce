/* SPDX-License-Identifier: ISC */
#include "store/maildrop_relist.h"

#include <errno.h>

#include "store/maildrop_known.h"
#include "store/maildrop_list.h"
#include "store/maildrop_map.h"
#include "store/maildrop_scan.h"
#include "store/maildrop_size.h"
#include "store/popser_drop.h"
#include "store/table.h"

enum {
	TAIL_SHARE = 8, /* a tail of more than base / TAIL_SHARE is folded */
	NO_TAIL = 1,	/* list_tail(): all has to be listed */
};

struct relisting {
	struct maildrop *d;
	enum maildrop_relist_how how;
	struct index_files files; /* the index, and what becomes of it */
	struct table_view *view;  /* of the index while it is used; or NULL */
	struct maildrop_arena view_memory;
	struct maildrop_list list;
	struct index_stamp stamps[INDEX_FOLDERS];
	bool fresh[INDEX_FOLDERS]; /* to be read, not from the index */
	struct maildrop_skips skips;
	struct maildrop_sizing sizing;
};

int maildrop_index_dir(const struct maildrop *d)
{
	return d->options.index_dirfd >= 0 ? d->options.index_dirfd : d->dir;
}

static int open_view(struct relisting *r, const int *fds, size_t n)
{
	struct table_view *v = (void *)r->view_memory.p;
	int error;

	if (!v)
		v = maildrop_arena_add(&r->view_memory, sizeof(*v));
	if (!v)
		return -ENOMEM;
	error = table_open(v, fds, n);
	r->view = error ? NULL : v;
	return error;
}

/* Which folders are as the index knows them? */
static int choose(struct relisting *r)
{
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		const struct index_stamp *known;
		int error = maildrop_stamp(r->d->folders[i], &r->stamps[i]);

		if (error)
			return error;
		r->fresh[i] = true;
		if (r->files.n == 0)
			continue;
		known = &index_stamps(&r->files)[i];
		r->fresh[i] = !known->settled ||
			      !maildrop_stamp_is_same(known, &r->stamps[i]);
		r->stamps[i].settled = known->settled;
	}
	return 0;
}

static int scan(struct relisting *r, enum index_folder folder)
{
	if (!r->fresh[folder])
		return 0;
	return maildrop_scan(r->d->folders[folder], folder, &r->list,
			     &r->stamps[folder], &r->skips);
}

/*
 * A message may have moved on to cur/ before new/ was read: is cur/ still as
 * the index knows it?
 */
static int look_again(struct relisting *r)
{
	struct index_stamp now;
	int error;

	if (!r->fresh[INDEX_NEW] || r->fresh[INDEX_CUR])
		return 0;
	error = maildrop_stamp(r->d->folders[INDEX_CUR], &now);
	if (error == 0)
		r->fresh[INDEX_CUR] =
			!maildrop_stamp_is_same(&r->stamps[INDEX_CUR], &now);
	return error;
}

/* All names, in order. `after` is the index's row after which to begin. */
static int gather(struct relisting *r, uint32_t after)
{
	/* In this order a message that moves on is listed twice, not missed. */
	int error = scan(r, INDEX_NEW);

	if (error == 0)
		error = look_again(r);
	if (error == 0)
		error = scan(r, INDEX_CUR);
	if (error == 0 && r->view)
		error = maildrop_known_add(r->view, after, r->fresh, &r->list);
	if (error == 0)
		error = maildrop_list_sort(&r->list);
	if (error == 0)
		maildrop_drop_ghosts(&r->list, r->d->folders);
	return error;
}

/* Somebody renamed files between listing and sizing: finds them again. */
static int find_vanished(struct relisting *r)
{
	struct maildrop_map map = {0};
	int error = maildrop_map_make(&map, r->d->folders);

	for (uint32_t i = 0; i < r->list.n && error == 0; i++) {
		struct maildrop_item *item = &maildrop_list_items(&r->list)[i];
		struct maildrop_place place;

		if (item->gone &&
		    maildrop_map_find(&map, maildrop_list_base(&r->list, item),
				      &place) == 1)
			error = maildrop_list_rename(&r->list, i,
						     span_str(place.name),
						     place.folder == INDEX_NEW);
	}
	maildrop_map_free(&map);
	return error;
}

static int size(struct relisting *r, uint32_t after)
{
	int error = 0;

	if (r->view)
		error = maildrop_known_sizes(r->view, after, &r->list);
	if (error == 0)
		error = maildrop_size_all(&r->sizing, &r->list);
	if (error == 0 && r->sizing.vanished > 0)
		error = find_vanished(r);
	if (error == 0 && r->sizing.vanished > 0)
		error = maildrop_size_all(&r->sizing, &r->list);
	return error;
}

/* From names to messages. */
static int finish(struct relisting *r, uint32_t after)
{
	int error = size(r, after);

	if (error)
		return error;
	maildrop_list_sweep(&r->list);
	/* A file can become readable without the folder changing. */
	for (int i = 0; i < INDEX_FOLDERS && r->sizing.unreadable > 0; i++)
		r->stamps[i].settled = false;
	return maildrop_list_identify(&r->list);
}

/* Where no later session would profit, nothing is put off. */
static int check_claims(struct relisting *r)
{
	struct maildrop_item *items = maildrop_list_items(&r->list);
	int error;

	for (uint32_t i = 0; i < r->list.n; i++)
		items[i].sized = !items[i].claimed;
	r->sizing.postpone = false;
	error = maildrop_size_all(&r->sizing, &r->list);
	if (error == 0)
		maildrop_list_sweep(&r->list);
	return error;
}

/* Writes to the index if that is possible, else to memory. */
static int put(struct relisting *r, int which, uint32_t from)
{
	int error = 0;

	if (r->how != MAILDROP_AGAIN && !r->d->options.no_index) {
		error = index_put(maildrop_index_dir(r->d), which, &r->list,
				  from, r->stamps, &r->files);
		if (error == 0 || r->how == MAILDROP_AFTER)
			return error;
		r->d->index_why = -error;
		error = check_claims(r);
	}
	if (error)
		return error;
	return index_put(-1, which, &r->list, from, r->stamps, &r->files);
}

static uint32_t base_count(const struct relisting *r)
{
	return r->view ? r->files.heads[INDEX_BASE].count : 0;
}

static bool is_short(const struct relisting *r, uint32_t tail)
{
	return tail <= base_count(r) / TAIL_SHARE;
}

/*
 * Only new/ has changed, and the base has none of it: then all that came after
 * the base is the tail, and the base is not looked at. NO_TAIL if it is not so.
 */
static int list_tail(struct relisting *r)
{
	uint32_t count = base_count(r);
	int error;

	if (count == 0 || r->fresh[INDEX_CUR] ||
	    r->files.heads[INDEX_BASE].in_new > 0)
		return NO_TAIL;
	error = gather(r, count);
	if (error)
		return error;
	if (r->fresh[INDEX_CUR] || !is_short(r, r->list.n) ||
	    !maildrop_known_precedes(r->view, count, &r->list))
		return NO_TAIL;
	error = finish(r, count);
	return error ? error : put(r, INDEX_TAIL, 0);
}

static int list_all(struct relisting *r)
{
	uint32_t count = base_count(r);
	int error = gather(r, 0);

	if (error == 0)
		error = finish(r, 0);
	if (error)
		return error;
	if (r->list.n == 0 && r->how != MAILDROP_AFTER) {
		index_close(&r->files);
		return 0;
	}
	if (count > 0 && r->list.n >= count && is_short(r, r->list.n - count) &&
	    maildrop_known_begins(r->view, count, &r->list))
		return put(r, INDEX_TAIL, count);
	return put(r, INDEX_BASE, 0);
}

static void start_over(struct relisting *r)
{
	maildrop_list_free(&r->list);
	r->skips = (struct maildrop_skips){0};
	r->sizing.vanished = 0;
	r->sizing.unreadable = 0;
}

static int list_as_popser(struct relisting *r)
{
	struct popser_login p;
	int error;

	r->fresh[INDEX_NEW] = r->fresh[INDEX_CUR] = true;
	error = popser_begin(&p, r->d);
	if (error == 0)
		error = gather(r, 0);
	if (error == 0) {
		popser_recall(&p, &r->list);
		error = size(r, 0);
	}
	if (error == 0) {
		maildrop_list_sweep(&r->list);
		error = popser_move(&p, &r->list);
	}
	popser_end(&p);
	return error || r->list.n == 0 ? error : put(r, INDEX_BASE, 0);
}

static int list(struct relisting *r)
{
	int error;

	if (r->d->options.popser)
		return list_as_popser(r);
	if (!r->d->options.no_index && r->how != MAILDROP_EXACT)
		index_find(maildrop_index_dir(r->d), &r->files);
	error = choose(r);
	if (error || (!r->fresh[INDEX_NEW] && !r->fresh[INDEX_CUR]))
		return error;
	if (r->files.n > 0)
		error = open_view(r, r->files.fds, r->files.n);
	if (error == 0)
		error = list_tail(r);
	if (error == NO_TAIL) {
		start_over(r);
		error = list_all(r);
	}
	if (error == -EBADMSG && r->files.n > 0) { /* the index is damaged */
		start_over(r);
		index_close(&r->files);
		r->view = NULL;
		r->fresh[INDEX_NEW] = r->fresh[INDEX_CUR] = true;
		error = list_all(r);
	}
	return error;
}

static uint64_t octets_of(const struct maildrop_list *l)
{
	uint64_t octets = 0;

	for (uint32_t i = 0; i < l->n; i++)
		octets += maildrop_list_items(l)[i].size;
	return octets;
}

/*
 * The list as it is now, cut to the number that was listed before, must be
 * what was listed before as far as that can be seen: rows that can be read
 * agree, which leaves no room for change between them, and so do the totals.
 */
static int list_again(struct relisting *r)
{
	struct maildrop *d = r->d;
	int fds[INDEX_FILES];
	int error;

	/* Its table is in memory: there is nothing to be damaged. */
	if (d->options.popser)
		return -ESTALE;
	index_drop(maildrop_index_dir(d));
	r->fresh[INDEX_NEW] = r->fresh[INDEX_CUR] = true;
	error = gather(r, 0);
	if (error == 0)
		error = finish(r, 0);
	if (error)
		return error;
	if (r->list.n < d->count)
		return -ESTALE;
	r->list.n = d->count;
	error = open_view(r, fds, maildrop_tables(d, fds));
	if (error && error != -EBADMSG)
		return error;
	if (octets_of(&r->list) != d->octets ||
	    (r->view && !maildrop_known_agrees(r->view, &r->list)))
		return -ESTALE;
	r->view = NULL;
	return d->count ? put(r, INDEX_BASE, 0) : 0;
}

/* Makes the result the maildrop's own. */
static void adopt(struct relisting *r)
{
	struct maildrop *d = r->d;
	size_t n = r->files.n;

	d->count = 0;
	d->octets = 0;
	d->has_new = false;
	d->claims = false;
	d->claims_checked = 0;
	d->claims_unsure = false;
	for (size_t i = 0; i < INDEX_FILES; i++) {
		d->tables[i] = r->files.fds[i];
		if (i < n) {
			d->count += r->files.heads[i].count;
			d->octets += r->files.heads[i].octets;
			d->has_new |= r->files.heads[i].in_new > 0;
			d->claims |= r->files.heads[i].claimed > 0;
		}
		d->stamps[i] = r->stamps[i];
	}
	d->skipped = r->skips.n;
	d->skipped_kind = r->skips.kind;
	d->unreadable = r->sizing.unreadable;
	d->unreadable_why = r->sizing.unreadable_why;
}

int maildrop_relist(struct maildrop *d, enum maildrop_relist_how how)
{
	struct relisting r = {
		.d = d,
		.how = how,
		.files = INDEX_FILES_NONE,
		.sizing = {.folders = d->folders,
			   .postpone =
				   how == MAILDROP_LIST && !d->options.no_index,
			   .go_on = d->options.go_on,
			   .context = d->options.context},
	};
	int error;

	r.files.unlocked = how == MAILDROP_AFTER;
	error = how == MAILDROP_AGAIN ? list_again(&r) : list(&r);
	if (error == 0) {
		maildrop_close_tables(d);
		adopt(&r);
	} else {
		index_close(&r.files);
	}
	maildrop_list_free(&r.list);
	maildrop_arena_free(&r.view_memory);
	return error;
}
