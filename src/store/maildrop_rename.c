/* SPDX-License-Identifier: ISC */
#include "store/maildrop_rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "proto/maildir.h"

int maildrop_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* File systems without that flag. */
	if (linkat(from_dir, from, to_dir, to, 0) != 0)
		return -errno;
	return unlinkat(from_dir, from, 0) == 0 ? 0 : -errno;
}

/*
 * ":2," and the flags that there are, with S among them, in the order of their
 * octets, if it is wanted.
 */
static bool add_flags(const struct maildrop_file *f, bool seen, char *to)
{
	struct maildir_name parts;
	struct span rest;
	struct buf b;

	maildir_name_parse(span_str(f->name), &parts);
	rest = span_drop(span_str(f->name), parts.base.n);
	if (rest.n > 0 && !span_starts(rest, span_str(":2,")))
		return false;
	buf_init(&b, to, INDEX_NAME_MAX + 1);
	buf_add_span(&b, parts.base);
	buf_add_str(&b, ":2,");
	seen = seen && span_find(parts.flags, 'S') == parts.flags.n;
	for (size_t i = 0; i < parts.flags.n; i++) {
		if (seen && parts.flags.p[i] > 'S') {
			buf_add_char(&b, 'S');
			seen = false;
		}
		buf_add_char(&b, parts.flags.p[i]);
	}
	if (seen)
		buf_add_char(&b, 'S');
	return buf_str(&b) != NULL;
}

bool maildrop_name_after(const struct maildrop_options *options,
			 const struct maildrop_file *f, bool retrieved,
			 char to[INDEX_NAME_MAX + 1])
{
	bool seen = options->mark_seen && retrieved;

	if (f->folder == INDEX_NEW ? options->keep_new : !seen)
		return false;
	return add_flags(f, seen, to) &&
	       (f->folder == INDEX_NEW || strcmp(f->name, to) != 0);
}
