/* SPDX-License-Identifier: ISC */
#include "store/maildrop_map.h"

#include "store/maildrop_scan.h"

int maildrop_map_make(struct maildrop_map *m, const int folders[INDEX_FOLDERS])
{
	struct maildrop_skips skips = {0};
	int error = 0;

	maildrop_map_free(m);
	for (int i = 0; i < INDEX_FOLDERS && error == 0; i++)
		error = maildrop_scan(folders[i], (enum index_folder)i,
				      &m->list, &m->stamps[i], &skips);
	if (error == 0)
		error = maildrop_list_sort(&m->list);
	if (error)
		maildrop_map_free(m);
	else
		maildrop_drop_ghosts(&m->list, folders);
	m->made = error == 0;
	return error;
}

int maildrop_map_find(const struct maildrop_map *m, struct span base,
		      struct maildrop_place *place)
{
	const struct maildrop_list *l = &m->list;
	uint32_t i = maildrop_list_find(l, base);

	if (i == l->n)
		return 0;
	if (i + 1 < l->n && maildrop_list_are_twins(l, i, i + 1))
		return 2;
	place->folder =
		maildrop_list_items(l)[i].in_new ? INDEX_NEW : INDEX_CUR;
	place->name = maildrop_list_text(l, &maildrop_list_items(l)[i]);
	return 1;
}

void maildrop_map_free(struct maildrop_map *m)
{
	maildrop_list_free(&m->list);
	m->made = false;
}
