/* SPDX-License-Identifier: ISC */
/*
 * The file popser.log, which records messages for those who serve one Maildir
 * as popser did: a line each, four columns separated by tabs, ended by LF.
 *
 *	/home/bob/Maildir/cur/1700000000.M1P2.host:2,S  900150983cd2…  4830  N
 *
 *  1. the file's absolute path, in one of two forms:
 *	MAILDIR/cur/NAME	it came from new/; its original name is NAME
 *				without ":2,S"
 *	MAILDIR/./cur/NAME	it was found there and has never been moved
 *	MAILDIR/./new/NAME	it could not be moved
 *     Either names the file for any program. A Maildir's own path has no part
 *     that is empty, "." or "..", so the forms cannot be mixed up. A tab in
 *     a path is written "//t", a line feed "//n".
 *  2. the unique-id: the MD5 of the original name without its flags
 *  3. octets as RETR sends them
 *  4. Y from just before UPDATE removes the file until the line goes, else N
 *
 * Several Maildirs may have lines in one file; those of one are in the order
 * of its listing. Lines that are none of the above are kept as they are.
 *
 * The file is only ever replaced whole, by renaming popser.dupl.log, which is
 * on the disk by then. Whoever changes it holds a lock on its folder meanwhile.
 */
#ifndef STORE_POPSER_LOG_H
#define STORE_POPSER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "store/index_format.h"
#include "store/maildrop_arena.h"

enum {
	/* Room for a line: a path of 4096 octets, all of them tabs, a name of
	 * 255 likewise, and the rest. */
	POPSER_LINE_MAX = 3 * (4096 + INDEX_NAME_MAX) + 128,
};

struct popser_record {
	struct span maildir; /* its path, tabs and line feeds still escaped */
	bool moved;	     /* from new/ to cur/ */
	bool in_new;	     /* the file is in new/, else in cur/ */
	bool deleted;
	uint8_t name_n;
	char name[INDEX_NAME_MAX + 1]; /* of the file, as it is; NUL behind */
	struct span uid;
	uint64_t size;
};

/* A line without its LF. False: it is none of these. Pure. */
bool popser_record_parse(struct span line, struct popser_record *);

/* The line with its LF. Pure. */
void popser_record_format(const struct popser_record *, struct buf *);

/*
 * The original name of a moved message by the name in its line: that without
 * ":2,S" or, if its flags have changed since, the base name. Pure.
 */
struct span popser_original(struct span name);

/* A path as the first column has it, and back. Pure. */
void popser_escape(struct span path, struct buf *);
void popser_unescape(struct span escaped, struct buf *);

/*
 * Puts a Maildir's path into an empty arena as records have it. Returns 0 or
 * -ENOMEM.
 */
int popser_maildir(struct span path, struct maildrop_arena *)
	__attribute__((warn_unused_result));

/* Where the file is. Neither is owned. */
struct popser_log {
	int dir;	  /* its folder, open for reading */
	const char *name; /* "popser.log" */
};

/*
 * Waits a few seconds at most for the folder's lock. Returns a descriptor that
 * holds it until it is closed; -ETIMEDOUT; or another negative errno. Where the
 * file system knows no such locks, there is none.
 */
int popser_log_lock(const struct popser_log *)
	__attribute__((warn_unused_result));

/*
 * Adds the contents to the arena. Returns 0, also if there is no such file, or
 * a negative errno; -EINVAL if it is no regular file.
 */
int popser_log_read(const struct popser_log *, struct maildrop_arena *)
	__attribute__((warn_unused_result));

/* Takes the first line, without its LF, off the text. False: there is none. */
bool popser_log_next(struct span *text, struct span *line);

enum popser_fate {
	POPSER_KEEP,
	POPSER_DROP,
	POPSER_SET_N, /* the column of deletion */
	POPSER_SET_Y,
};

/*
 * Decides about a line, counted from 0; the record is NULL for a damaged one,
 * which can only be kept or dropped.
 */
typedef enum popser_fate popser_editor(void *context, uint32_t number,
				       const struct popser_record *);

/*
 * Replaces the file by what the editor leaves of it (the lock being held), with
 * `more`, whole lines, behind that; on the disk when it returns. An unchanged
 * file is left alone. Returns 0 or a negative errno, and then the file is as it
 * was.
 */
int popser_log_edit(const struct popser_log *, popser_editor *, void *context,
		    struct span more) __attribute__((warn_unused_result));

/* The same with the lock taken for it. */
int popser_log_change(const struct popser_log *, popser_editor *, void *context,
		      struct span more) __attribute__((warn_unused_result));

/* Removes both files. Returns 0 or a negative errno. */
int popser_log_remove(const struct popser_log *)
	__attribute__((warn_unused_result));

#endif
