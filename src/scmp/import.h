/* SPDX-License-Identifier: ISC */
/* What the parts of an import share, and what it says while it goes on. */
#ifndef SCMP_IMPORT_H
#define SCMP_IMPORT_H

#include "proto/import.h"
#include "scmp/scmp.h"
#include "store/passwd_line.h"

#include <stdio.h>
#include <sys/types.h>
#include <time.h>

enum {
	IMPORT_NAMED_MAX = 32,
	IMPORT_LINE_MAX = 16 * 1024, /* octets, without the end */
};

struct import {
	struct scmp *s;
	const char *file; /* as messages call it */
	FILE *from;
	off_t size; /* 0: not known */
	enum import_format format;
	bool has_format;
	uint64_t today;
	uint64_t lines, added, updated, skipped, refused;
	/* of those updated: who is enabled again, and who was not, and is not
	 * (without a word of it in the line) */
	uint64_t enabled, left_disabled;
	/* progress */
	bool shows, is_terminal;
	time_t shown;
	/* words without effect that were told of */
	char named[IMPORT_NAMED_MAX][64];
	size_t named_n;
};

/*
 * The next line of im->from, without its end; valid until the next call. False
 * at the end of the file, or with an error of it. Of a line that is too long
 * the rest is passed over. In between begin and end, which closes the file and
 * clears what was read.
 */
void import_read_begin(struct import *im);
bool import_read_line(struct import *im, struct span *line, bool *is_long);
void import_read_end(struct import *im);

/* Shows how far it is, once a second at most, and clears that at the end. */
void import_progress(struct import *im);
void import_progress_end(struct import *im);

/* Names a line that is refused, with its number, and counts it. */
void import_refuse(struct import *im, const char *name, const char *why);

/* Each word without effect is told of once. */
void import_name_ignored(struct import *im, const struct passwd_ignored *words);

/* The sums; `changed`: the database has been. */
void import_tell(const struct import *im, bool changed);

#endif
