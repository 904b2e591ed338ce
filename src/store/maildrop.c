/* SPDX-License-Identifier: ISC */
#include "store/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "store/maildrop_apply.h"
#include "store/maildrop_claims.h"
#include "store/maildrop_lock.h"
#include "store/maildrop_relist.h"
#include "store/maildrop_scan.h"
#include "store/maildrop_seek.h"

enum {
	TEND_SLICE = 512, /* messages checked in about a millisecond */
	SETTLE_WAIT_NS = 25 * 1000000, /* until our own changes are past */
};

static void reset(struct maildrop *d, const struct maildrop_options *options)
{
	*d = (struct maildrop){
		.options = *options, .dir = -1, .lock = -1, .watch = -1};
	for (int i = 0; i < INDEX_FOLDERS; i++)
		d->folders[i] = -1;
	for (int i = 0; i < 2; i++)
		d->tables[i] = -1;
}

/* Is what we locked still what the path names? */
static int check_path(const struct maildrop *d)
{
	struct stat locked, named;
	int error;

	if (!d->options.path_stat)
		return 0;
	if (fstat(d->dir, &locked) != 0)
		return -errno;
	error = d->options.path_stat(d->options.context, &named);
	if (error)
		return error == -ENOENT ? -ESTALE : error;
	return locked.st_dev == named.st_dev && locked.st_ino == named.st_ino
		       ? 0
		       : -ESTALE;
}

static int open_folders(struct maildrop *d)
{
	int error = 0;

	for (int i = 0; i < INDEX_FOLDERS && error == 0; i++)
		error = maildrop_open_folder(d->dir, (enum index_folder)i,
					     &d->folders[i]);
	return error;
}

int maildrop_open(struct maildrop *d, int dirfd,
		  const struct maildrop_options *options)
{
	int error;

	reset(d, options);
	d->dir = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0)
		return -errno;
	error = maildrop_lock(d->dir, &d->lock);
	if (error == 0)
		error = check_path(d);
	if (error == 0)
		error = open_folders(d);
	if (error == 0)
		error = maildrop_relist(d, MAILDROP_LIST);
	if (error)
		maildrop_close(d);
	return error;
}

size_t maildrop_tables(const struct maildrop *d, int fds[2])
{
	size_t n = 0;

	while (n < 2 && d->tables[n] >= 0) {
		fds[n] = d->tables[n];
		n++;
	}
	return n;
}

void maildrop_close_tables(struct maildrop *d)
{
	maildrop_seek_end(d);
	for (int i = 0; i < 2; i++) {
		if (d->tables[i] >= 0)
			close(d->tables[i]);
		d->tables[i] = -1;
	}
}

/*
 * A descriptor, or -ENOENT if there is no such file, or no file, or -ESTALE if
 * it is not of the size that its name claimed.
 */
static int open_file(struct maildrop *d, const struct maildrop_file *f)
{
	struct stat st;
	int fd = openat(d->folders[f->folder], f->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -ENOENT : -errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -ENOENT;
	}
	if (f->claimed && (uint64_t)st.st_size != f->file_size) {
		close(fd);
		return maildrop_claims_lied(d);
	}
	return fd;
}

static int open_moved(struct maildrop *d, uint32_t number,
		      struct maildrop_file *f)
{
	int error = maildrop_seek_moved(d, number, f);

	return error ? error : open_file(d, f);
}

/*
 * The file has no longer the name that was listed. What is known of the
 * folders from an earlier search is tried first; they are read if that is old,
 * and once more if they change again meanwhile.
 */
static int fetch_moved(struct maildrop *d, uint32_t number,
		       struct maildrop_file *f)
{
	int result = open_moved(d, number, f);

	for (int i = 0; i < 2 && result == -ENOENT; i++) {
		if (!maildrop_look_is_old(d))
			break;
		result = maildrop_look(d);
		if (result == 0)
			result = open_moved(d, number, f);
	}
	return result == -ENOTUNIQ ? -ENOENT : result;
}

int maildrop_fetch(struct maildrop *d, uint32_t number)
{
	struct maildrop_file f;
	int result = maildrop_seek(d, number, &f);

	if (result)
		return result;
	result = open_file(d, &f);
	return result == -ENOENT ? fetch_moved(d, number, &f) : result;
}

int maildrop_refresh(struct maildrop *d)
{
	maildrop_seek_end(d);
	return maildrop_relist(d, MAILDROP_AGAIN);
}

int maildrop_tend(struct maildrop *d)
{
	int result = maildrop_claims_check(d, TEND_SLICE);

	if (result <= 0)
		maildrop_seek_end(d);
	return result;
}

static void end_watch(struct maildrop *d)
{
	if (d->watch >= 0)
		close(d->watch);
	d->watch = -1;
}

void maildrop_settle(struct maildrop *d)
{
	struct timespec wait = {.tv_nsec = SETTLE_WAIT_NS};

	while (maildrop_claims_check(d, UINT32_MAX) > 0)
		;
	end_watch(d);
	if (d->lied || !maildrop_apply_pays(d) ||
	    (!d->touched[INDEX_NEW] && !d->touched[INDEX_CUR]))
		return;
	if (d->index_is_known) {
		maildrop_apply(d, false);
		return;
	}
	/* Before that the folders' times would not be trusted. */
	while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
		;
	if (maildrop_relist(d, MAILDROP_AFTER) != 0)
		return; /* the next login does it */
}

void maildrop_close(struct maildrop *d)
{
	maildrop_close_tables(d);
	end_watch(d);
	if (d->dir >= 0) {
		maildrop_unlock(d->dir, &d->lock);
		close(d->dir);
		d->dir = -1;
	}
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		if (d->folders[i] >= 0)
			close(d->folders[i]);
		d->folders[i] = -1;
	}
}
