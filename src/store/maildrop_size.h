/* SPDX-License-Identifier: ISC */
/*
 * Sizes of messages that no index knows: from a name that tells the file's
 * size rightly, else by reading the file once.
 */
#ifndef STORE_MAILDROP_SIZE_H
#define STORE_MAILDROP_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/index_format.h"
#include "store/maildrop_list.h"

/* Files larger than this are no messages (and would take days to read). */
#define MAILDROP_FILE_MAX ((uint64_t)1 << 48)

struct maildrop_sizing {
	const int *folders;	      /* of new/ and cur/ */
	bool (*go_on)(void *context); /* or NULL; see store/maildrop.h */
	void *context;
	/*
	 * Where very many names tell sizes, check some and put off the rest:
	 * those are then sized and claimed. Asking for the size of a file takes
	 * four times as long as reading its name from the folder.
	 */
	bool postpone;

	/* Results, counted up. */
	uint32_t vanished;   /* files that are no longer there */
	uint32_t unreadable; /* files that cannot be read, */
	int unreadable_why;  /* the first of them because of this errno */
};

/*
 * Sizes the items that are not sized yet. Those whose file is no longer there
 * or cannot be read are marked gone. Returns 0; -ECANCELED; or -ENOMEM,
 * -EMFILE, -ENFILE: it cannot be done now.
 */
int maildrop_size_all(struct maildrop_sizing *, struct maildrop_list *)
	__attribute__((warn_unused_result));

#endif
