/* SPDX-License-Identifier: ISC */
/*
 * Where messages are now whose names have changed since they were listed: all
 * names of both folders by base name. Made when the first such name is met.
 */
#ifndef STORE_MAILDROP_MAP_H
#define STORE_MAILDROP_MAP_H

#include <stdbool.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"

/* All zero is a map that has not been made. */
struct maildrop_map {
	struct maildrop_list list;
	struct index_stamp stamps[INDEX_FOLDERS];
	bool made;
};

/* A message's place: its name with a NUL behind it, in the map's memory. */
struct maildrop_place {
	enum index_folder folder;
	const char *name;
};

/* Reads both folders anew. */
int maildrop_map_make(struct maildrop_map *, const int folders[INDEX_FOLDERS])
	__attribute__((warn_unused_result));

/*
 * How many files there are of that base name: 0, 1 or 2 (which may be more).
 * The place is set if there is one.
 */
int maildrop_map_find(const struct maildrop_map *, struct span base,
		      struct maildrop_place *);

void maildrop_map_free(struct maildrop_map *);

#endif
