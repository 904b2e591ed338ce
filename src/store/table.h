/* SPDX-License-Identifier: ISC */
/*
 * The list of messages of one maildrop, read from its file.
 *
 * The monitor lists a maildrop into one or two files (the index's base and
 * its tail, or one file in memory) and hands read-only descriptors of them to
 * the front. Rows are read by pread(2) through two windows of one block each,
 * and each block carries its own checksum, checked when it is read: so opening
 * costs the same for ten messages as for a million, a file that shrinks while
 * it is read is an error and not a signal, and a session that looks at no row
 * touches no window. The file's layout is described in store/index_format.h.
 *
 * Nothing in the file is trusted beyond what is checked here: numbers are in
 * range, names are what readdir(3) could have given.
 *
 * Nothing here allocates or blocks (but for the disk). System calls: pread64.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "store/index_format.h"

enum { TABLE_FILES_MAX = 2 };

/* Which block of which file a window shows. Private to table.c. */
enum table_window { TABLE_RECORDS, TABLE_NAMES, TABLE_WINDOWS };
struct table_shown {
	uint64_t block; /* its number in the file; 0: nothing read yet */
	uint32_t file;
};

/*
 * A reader. The caller's storage; it refers to the descriptors given to
 * table_open() and does not own them. All members are private.
 */
struct table_view {
	int fds[TABLE_FILES_MAX];
	uint32_t files;
	uint32_t count;
	uint64_t octets;
	struct index_header heads[TABLE_FILES_MAX];
	struct table_shown shown[TABLE_WINDOWS];
	/* Last, since a session that asks for no row never touches them. */
	unsigned char windows[TABLE_WINDOWS][INDEX_BLOCK];
};

/*
 * Reads the headers of n files: none (an empty maildrop), a base, or a base
 * and the tail that continues it. Returns 0, -EBADMSG if a header is damaged
 * or the two do not belong together, -EINVAL for more than two files, or the
 * error of pread(2).
 */
int table_open(struct table_view *, const int *fds, size_t n)
	__attribute__((warn_unused_result));

/* Reads one header. Returns as table_open() does. */
int table_read_header(int fd, struct index_header *)
	__attribute__((warn_unused_result));

/* Number of messages. */
uint32_t table_count(const struct table_view *);

/* Sum of the sizes of all messages, octets. */
uint64_t table_octets(const struct table_view *);

/* Number of messages listed from new/. */
uint32_t table_in_new(const struct table_view *);

/* What a client may know of a message. */
struct table_row {
	uint64_t size;	 /* octets as RETR sends them, dots not stuffed */
	struct span uid; /* unique-id, RFC 1939 section 7: 1 to 70 octets */
};

/* What the monitor knows besides. */
struct table_entry {
	struct table_row row;
	struct span name;   /* of the file, without its folder */
	struct span base;   /* a part of `name`, see proto/maildir.h */
	uint64_t file_size; /* of the file, octets */
	bool in_new;	    /* listed from new/, else from cur/ */
	bool claimed;	    /* sizes are from the name, not yet checked */
};

/*
 * Message `number`, counted from 1. The spans are valid until the next call
 * with the same view. Returns 0, -ERANGE if there is no such message,
 * -EBADMSG if the file is damaged, or the error of pread(2).
 */
int table_row(struct table_view *, uint32_t number, struct table_row *)
	__attribute__((warn_unused_result));
int table_entry(struct table_view *, uint32_t number, struct table_entry *)
	__attribute__((warn_unused_result));

#endif
