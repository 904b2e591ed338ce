/* SPDX-License-Identifier: ISC */
/*
 * The lines of an import. They hold passwords, so they lie only where they can
 * be cleared: neither stdio nor getline(3) clears what it gives back.
 */
#include "scmp/import.h"

#include <stdio_ext.h>
#include <string.h>

enum { PIECE = 64 * 1024 };

static char piece[PIECE];
/* One octet more for the carriage return, one to see that it is too long. */
static char line[IMPORT_LINE_MAX + 2];

void import_read_begin(struct import *im)
{
	(void)setvbuf(im->from, piece, _IOFBF, sizeof(piece));
}

bool import_read_line(struct import *im, struct span *out, bool *is_long)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(im->from)) != EOF && c != '\n') {
		if (n < sizeof(line))
			line[n++] = (char)c;
	}
	if (c == EOF && (!n || ferror(im->from)))
		return false;
	if (n && line[n - 1] == '\r')
		n--;
	*is_long = n > IMPORT_LINE_MAX;
	*out = span_make(line, n);
	return true;
}

void import_read_end(struct import *im)
{
	if (im->from)
		__fpurge(im->from);
	if (im->from && im->from != stdin)
		fclose(im->from);
	explicit_bzero(piece, sizeof(piece));
	explicit_bzero(line, sizeof(line));
}
