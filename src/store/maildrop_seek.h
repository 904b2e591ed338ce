/* SPDX-License-Identifier: ISC */
/*
 * From the number of a message to the name of its file, as it was when it was
 * listed or, where it has been renamed or moved since, as it is now.
 */
#ifndef STORE_MAILDROP_SEEK_H
#define STORE_MAILDROP_SEEK_H

#include "store/maildrop.h"
#include "store/table.h"

/* A copy of what the table tells, with the name by itself. */
struct maildrop_file {
	uint64_t size, file_size; /* octets, as in struct table_entry */
	enum index_folder folder;
	bool claimed;	/* the sizes are not yet checked */
	uint8_t base_n; /* octets of the base name */
	char name[INDEX_NAME_MAX + 1];
};

/* The table of the open maildrop; NULL and *error if it cannot be read. */
struct table_view *maildrop_view(struct maildrop *, int *error);

/* As it was listed. Returns as table_entry() does. */
int maildrop_seek(struct maildrop *, uint32_t number, struct maildrop_file *)
	__attribute__((warn_unused_result));

/*
 * Reads the folders, so that maildrop_seek_moved() tells how they are now.
 * Returns 0 or a negative errno.
 */
int maildrop_look(struct maildrop *) __attribute__((warn_unused_result));

/* Have the folders changed since maildrop_look(), or was it never called? */
bool maildrop_look_is_old(const struct maildrop *);

/*
 * As it was when maildrop_look() was called last: folder and name are set anew.
 * Returns 0; -ENOENT: no file has the base name any more; -ENOTUNIQ: it cannot
 * be told which file it is, since several messages have or had the base name;
 * or as table_entry() does.
 */
int maildrop_seek_moved(struct maildrop *, uint32_t number,
			struct maildrop_file *)
	__attribute__((warn_unused_result));

/* Gives back the memory that the above took. */
void maildrop_seek_end(struct maildrop *);

#endif
