/* SPDX-License-Identifier: ISC */
/*
 * Has a file changed since it was read? Told by what stat(2) says of it, so
 * that what was made of a file can be kept while it stays as it is.
 *
 * A file's times are taken from a clock that moves in steps: of the kernel, 10
 * ms at most, of some file systems, a second. Of two changes within one step
 * the second may look like the first, and a reading between them goes unnoticed
 * as an outdated one. (From Linux 6.13 on most file systems have a finer time
 * for a change that follows a stat, so that it always shows.) What this module
 * says of a change, then:
 *
 *	in another step than the last that was read: shows, at once
 *	in the same step, after the reading: for FILE_STAMP_AGAIN_MS at most it
 *		may not show
 *	missed for ever: none
 *
 * For that a file that was read when its last step may not have been over
 * (`is_old` is false) is taken as another one when FILE_STAMP_AGAIN_MS have
 * passed since, until it has been read once after that step. So a file that is
 * written all the time, or whose times lie in the future, is read ten times a
 * second at most for what does not show.
 */
#ifndef SYS_FILE_STAMP_H
#define SYS_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

enum { FILE_STAMP_AGAIN_MS = 100 };

/* All zero: of no file, and the same as no other. */
struct file_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
	/* It had been unchanged for a while, so that the next change shows. */
	bool is_old;
	uint64_t again_ms; /* if not: when it is to be read again; clock_ms */
};

/*
 * To be taken before the file is read, so that it is older than what is made
 * of the contents, never younger. All zero if the file cannot be looked at.
 */
void file_stamp_take(const char *path, struct file_stamp *stamp);

/*
 * To be called when the file has been read, with the stamp of before: from now
 * on counts how long that is good for. Without it a file that is not old has to
 * be read again at once.
 */
void file_stamp_keep(struct file_stamp *stamp);

/* Is what was made of the file then still to be used (see above)? */
bool file_stamp_is_same(const struct file_stamp *then,
			const struct file_stamp *now);

#endif
