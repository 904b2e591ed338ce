/* SPDX-License-Identifier: ISC */
/*
 * Has a file changed since it was read? Told by what stat(2) says of it, so
 * that what was made of a file can be kept while it stays as it is.
 */
#ifndef SYS_FILE_STAMP_H
#define SYS_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* All zero: of no file, and the same as no other. */
struct file_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
	/* It had been unchanged for a while, so that the next change shows. */
	bool is_old;
};

/*
 * To be taken before the file is read, so that it is older than what is made
 * of the contents, never younger. All zero if the file cannot be looked at.
 */
void file_stamp_take(const char *path, struct file_stamp *stamp);

/* Is the file that was then surely what it is now? */
bool file_stamp_is_same(const struct file_stamp *then,
			const struct file_stamp *now);

#endif
