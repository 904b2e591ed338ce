/* SPDX-License-Identifier: ISC */
#include "store/maildrop_seek.h"

#include <errno.h>
#include <sys/mman.h>

#include "store/maildrop_map.h"
#include "store/maildrop_scan.h"

struct maildrop_work {
	struct table_view view;
	struct maildrop_map map;
	bool is_open; /* the view */
};

static struct maildrop_work *work_of(struct maildrop *d)
{
	void *p;

	if (d->work)
		return d->work;
	p = mmap(NULL, sizeof(*d->work), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED)
		d->work = p;
	return d->work;
}

struct table_view *maildrop_view(struct maildrop *d, int *error)
{
	struct maildrop_work *work = work_of(d);
	int fds[INDEX_FOLDERS];

	*error = -ENOMEM;
	if (!work)
		return NULL;
	*error = 0;
	if (!work->is_open)
		*error = table_open(&work->view, fds, maildrop_tables(d, fds));
	work->is_open = *error == 0;
	return *error ? NULL : &work->view;
}

int maildrop_seek(struct maildrop *d, uint32_t number, struct maildrop_file *f)
{
	struct table_entry e;
	int error;
	struct table_view *v = maildrop_view(d, &error);

	if (v)
		error = table_entry(v, number, &e);
	if (error)
		return error;
	f->size = e.row.size;
	f->file_size = e.file_size;
	f->folder = e.in_new ? INDEX_NEW : INDEX_CUR;
	f->claimed = e.claimed;
	f->base_n = (uint8_t)e.base.n;
	memcpy(f->name, e.name.p, e.name.n);
	f->name[e.name.n] = 0;
	return 0;
}

int maildrop_look(struct maildrop *d)
{
	struct maildrop_work *work = work_of(d);

	if (!work)
		return -ENOMEM;
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		int error = 0;

		if (d->folders[i] < 0)
			error = maildrop_open_folder(
				d->dir, (enum index_folder)i, &d->folders[i]);
		if (error)
			return error;
	}
	return maildrop_map_make(&work->map, d->folders);
}

bool maildrop_look_is_old(const struct maildrop *d)
{
	struct index_stamp now;

	if (!d->work || !d->work->map.made)
		return true;
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		const struct index_stamp *then = &d->work->map.stamps[i];

		if (maildrop_stamp(d->folders[i], &now) != 0 ||
		    !then->settled || !maildrop_stamp_is_same(then, &now))
			return true;
	}
	return false;
}

/* Is another message of that base name next to it in the table? */
static int has_twin(struct maildrop *d, uint32_t number, struct span base,
		    bool *twin)
{
	struct table_entry e;
	int error;
	struct table_view *v = maildrop_view(d, &error);

	*twin = false;
	for (uint32_t n = number - 1; v && n <= number + 1 && !*twin; n += 2) {
		if (n < 1 || n > table_count(v))
			continue;
		error = table_entry(v, n, &e);
		if (error)
			return error;
		*twin = span_equal(e.base, base);
	}
	return error;
}

int maildrop_seek_moved(struct maildrop *d, uint32_t number,
			struct maildrop_file *f)
{
	struct maildrop_place place;
	struct span base = span_make(f->name, f->base_n);
	bool twin;
	int found, error = has_twin(d, number, base, &twin);

	if (error)
		return error;
	found = maildrop_map_find(&d->work->map, base, &place);
	if (found == 0)
		return -ENOENT;
	if (twin || found > 1)
		return -ENOTUNIQ;
	f->folder = place.folder;
	memcpy(f->name, place.name, strlen(place.name) + 1);
	return 0;
}

void maildrop_seek_end(struct maildrop *d)
{
	if (!d->work)
		return;
	maildrop_map_free(&d->work->map);
	munmap(d->work, sizeof(*d->work));
	d->work = NULL;
}
