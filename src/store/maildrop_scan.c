/* SPDX-License-Identifier: ISC */
#include "store/maildrop_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER = 65536, /* octets of directory entries at a time */
	TRIES = 4,	/* of reading a folder that changes */
	PAUSES = 12,	/* waits for the clock's next tick */
	PAUSE_NS = 1000000,
	TICK_NS = 10000000, /* the longest tick of Linux */
};

/* Age that tells of a file system without fractions of a second. */
#define COARSE_NS INT64_C(3000000000)
#define YEARS_S	  INT64_C(4000000000) /* as good as for ever; fits in ns */

/* Not in every linux/magic.h. */
enum {
	MAGIC_ZFS = 0x2fc12fc1,
	MAGIC_BCACHEFS = 0xca451a4e,
};

int maildrop_open_folder(int dirfd, enum index_folder folder, int *fd)
{
	int opened = openat(dirfd, folder == INDEX_NEW ? "new" : "cur",
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (opened < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return -errno;
	*fd = opened;
	return 0;
}

int maildrop_stamp(int fd, struct index_stamp *stamp)
{
	struct stat st;

	*stamp = (struct index_stamp){0};
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) != 0)
		return -errno;
	stamp->dev = st.st_dev;
	stamp->ino = st.st_ino;
	stamp->mtime_s = st.st_mtim.tv_sec;
	stamp->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	stamp->ctime_s = st.st_ctim.tv_sec;
	stamp->ctime_ns = (uint32_t)st.st_ctim.tv_nsec;
	return 0;
}

bool maildrop_stamp_is_same(const struct index_stamp *a,
			    const struct index_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns &&
	       a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns;
}

bool maildrop_has_our_clock(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case MAGIC_ZFS:
	case MAGIC_BCACHEFS:
		return true;
	default:
		return false;
	}
}

/*
 * How far the clock by which the folder is stamped is past the folder's times,
 * in ns. (Kernels with timestamps of several grains may give out times that
 * this clock has not reached yet.)
 */
static int64_t age_of(const struct index_stamp *s, const struct timespec *now)
{
	int64_t seconds = now->tv_sec - s->ctime_s;

	if (seconds > YEARS_S || seconds < -YEARS_S)
		seconds = seconds > 0 ? YEARS_S : -YEARS_S;
	return seconds * 1000000000 + now->tv_nsec - s->ctime_ns;
}

static bool has_fractions(const struct index_stamp *s)
{
	return s->mtime_ns != 0 || s->ctime_ns != 0;
}

/*
 * Stamps a folder before it is read. Would a change from now on show? It gets
 * the clock's present time or a later one, so it does if the times of the
 * folder are already past; for a folder that has changed within the clock's
 * present tick that is waited for, lest a file that is renamed while we read
 * be missed unnoticed. The same clock is asked that file systems use. (A
 * change that has taken its time from the clock and is not made yet holds the
 * folder's lock, which we will wait for when we read: it will be listed.)
 */
static int stamp_to_read(int fd, struct index_stamp *s)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct timespec now;
	int64_t age;
	int error;

	for (int try = 0;; try++) {
		error = maildrop_stamp(fd, s);
		if (error || clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0)
			return error;
		age = age_of(s, &now);
		if (age > (has_fractions(s) ? 0 : COARSE_NS)) {
			s->settled = maildrop_has_our_clock(fd);
			return 0;
		}
		if (try == PAUSES || age < -TICK_NS || !has_fractions(s) ||
		    !maildrop_has_our_clock(fd))
			return 0;
		nanosleep(&pause, NULL);
	}
}

static void skip(struct maildrop_skips *skips, mode_t kind)
{
	if (skips->n++ == 0)
		skips->kind = kind;
}

/* Is it a file? If not, it is counted; if it is gone, it is not. */
static bool is_message(int fd, const struct dirent64 *entry,
		       struct maildrop_skips *skips)
{
	struct stat st;

	if (entry->d_name[0] == '.')
		return false;
	if (entry->d_type == DT_REG)
		return true;
	if (entry->d_type != DT_UNKNOWN) {
		skip(skips, DTTOIF(entry->d_type));
		return false;
	}
	if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	if (!S_ISREG(st.st_mode))
		skip(skips, st.st_mode & S_IFMT);
	return S_ISREG(st.st_mode);
}

static int add_entries(int fd, enum index_folder folder, const char *buffer,
		       size_t n, struct maildrop_list *list,
		       struct maildrop_skips *skips)
{
	struct maildrop_item item = {.in_new = folder == INDEX_NEW};
	const struct dirent64 *entry;
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i += entry->d_reclen) {
		struct span name;

		entry = (const void *)(buffer + i);
		if (!is_message(fd, entry, skips))
			continue;
		name = span_str(entry->d_name);
		item.ino = entry->d_ino;
		if (name.n >= 1 && name.n <= INDEX_NAME_MAX)
			error = maildrop_list_add(list, name, span_make("", 0),
						  &item);
	}
	return error;
}

static int scan_once(int fd, enum index_folder folder, char *buffer,
		     struct maildrop_list *list, struct maildrop_skips *skips)
{
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = getdents64(fd, buffer, BUFFER)) > 0) {
		int error =
			add_entries(fd, folder, buffer, (size_t)n, list, skips);

		if (error)
			return error;
	}
	return n < 0 ? -errno : 0;
}

static int scan_stable(int fd, enum index_folder folder, char *buffer,
		       struct maildrop_list *list, struct index_stamp *stamp,
		       struct maildrop_skips *skips)
{
	const struct maildrop_list list_before = *list;
	const struct maildrop_skips skips_before = *skips;
	struct index_stamp after;

	for (int try = 0;; try++) {
		int error = stamp_to_read(fd, stamp);

		if (error == 0)
			error = scan_once(fd, folder, buffer, list, skips);
		if (error == 0)
			error = maildrop_stamp(fd, &after);
		if (error || maildrop_stamp_is_same(stamp, &after) ||
		    try + 1 == TRIES)
			return error;
		list->n = list_before.n;
		list->items.used = list_before.items.used;
		list->names.used = list_before.names.used;
		*skips = skips_before;
	}
}

int maildrop_scan(int fd, enum index_folder folder, struct maildrop_list *list,
		  struct index_stamp *stamp, struct maildrop_skips *skips)
{
	struct maildrop_arena buffer = {0};
	int error = -ENOMEM;

	if (fd < 0) {
		*stamp = (struct index_stamp){.settled = true};
		return 0;
	}
	if (maildrop_arena_add(&buffer, BUFFER))
		error = scan_stable(fd, folder, (char *)buffer.p, list, stamp,
				    skips);
	maildrop_arena_free(&buffer);
	return error;
}

static bool is_there(const struct maildrop_list *l,
		     const struct maildrop_item *item,
		     const int folders[INDEX_FOLDERS])
{
	struct stat st;

	return fstatat(folders[item->in_new ? INDEX_NEW : INDEX_CUR],
		       maildrop_list_text(l, item), &st,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

void maildrop_drop_ghosts(struct maildrop_list *l,
			  const int folders[INDEX_FOLDERS])
{
	struct maildrop_item *items = maildrop_list_items(l);
	bool twin_before = false, any = false;

	for (uint32_t i = 0; i < l->n; i++) {
		bool twin =
			i + 1 < l->n && maildrop_list_are_twins(l, i, i + 1);

		if (twin || twin_before)
			items[i].gone = !is_there(l, &items[i], folders);
		any |= items[i].gone;
		twin_before = twin;
	}
	if (any)
		maildrop_list_sweep(l);
}
