/* SPDX-License-Identifier: ISC */
/* The state UPDATE, RFC 1939 section 6. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/maildrop.h"
#include "store/maildrop_apply.h"
#include "store/maildrop_arena.h"
#include "store/maildrop_lock.h"
#include "store/maildrop_marks.h"
#include "store/maildrop_rename.h"
#include "store/maildrop_scan.h"
#include "store/maildrop_seek.h"
#include "store/maildrop_watch.h"
#include "store/popser_drop.h"

enum {
	LOOKS = 3,	/* at the folders, for files that were renamed */
	WATCHED = 4096, /* changes; the kernel keeps 16384 events */
};

struct update {
	struct maildrop *d;
	const uint8_t *deleted, *retrieved;
	struct maildrop_outcome *outcome;
	struct maildrop_watch watch;
	struct maildrop_arena lost; /* bitmap: not found by name */
	uint32_t lost_n;
	uint32_t unlinked;	  /* by us */
	uint64_t unlinked_octets; /* of files */
};

static void note(int *why, int error)
{
	if (*why == 0)
		*why = -error;
}

static void fail(struct update *u, int error)
{
	u->watch.is_void = true;
	u->outcome->failed++;
	note(&u->outcome->failed_why, error);
}

static void removed(struct update *u, const struct maildrop_file *f)
{
	u->outcome->removed++;
	u->outcome->removed_octets += f->size;
}

static int unlink_file(struct update *u, const struct maildrop_file *f)
{
	if (unlinkat(u->d->folders[f->folder], f->name, 0) != 0)
		return -errno;
	maildrop_watch_removed(&u->watch, f->folder, f->name);
	u->d->touched[f->folder] = true;
	u->unlinked++;
	u->unlinked_octets += f->file_size;
	removed(u, f);
	return 0;
}

static void lose(struct update *u, uint32_t number, bool lost)
{
	uint8_t bit = (uint8_t)(1U << ((number - 1) % 8));

	u->lost.p[(number - 1) / 8] &= (uint8_t)~bit;
	if (lost)
		u->lost.p[(number - 1) / 8] |= bit;
	u->lost_n += lost ? 1U : -1U;
	u->watch.is_void = true;
}

static void remove_listed(struct update *u)
{
	uint32_t count = u->d->count;
	struct maildrop_file f;

	for (uint32_t n = maildrop_next_marked(u->deleted, 1, count);
	     n <= count; n = maildrop_next_marked(u->deleted, n + 1, count)) {
		int error = maildrop_seek(u->d, n, &f);

		if (error == 0)
			error = unlink_file(u, &f);
		if (error == -ENOENT)
			lose(u, n, true);
		else if (error)
			fail(u, error);
	}
}

/* Looks again for those that had not the name that was listed. */
static void remove_lost(struct update *u)
{
	uint32_t count = u->d->count;
	struct maildrop_file f;
	int looked = maildrop_look(u->d);

	for (uint32_t n = maildrop_next_marked(u->lost.p, 1, count); n <= count;
	     n = maildrop_next_marked(u->lost.p, n + 1, count)) {
		int error = maildrop_seek(u->d, n, &f);

		if (error == 0)
			error = looked;
		if (error == 0)
			error = maildrop_seek_moved(u->d, n, &f);
		if (error == -ENOENT) { /* somebody else removed it */
			removed(u, &f);
			lose(u, n, false);
			continue;
		}
		if (error == 0)
			error = unlink_file(u, &f);
		if (error == -ENOENT) /* renamed again: look again */
			continue;
		if (error)
			fail(u, error);
		lose(u, n, false);
	}
}

static void fail_all(struct update *u, int error)
{
	uint32_t count = u->d->count;

	for (uint32_t n = maildrop_next_marked(u->deleted, 1, count);
	     n <= count; n = maildrop_next_marked(u->deleted, n + 1, count))
		fail(u, error);
}

/* Can the names of all that is to be removed be read? */
static int check_names(struct update *u)
{
	uint32_t count = u->d->count;
	struct maildrop_file f;
	int error = 0;

	for (uint32_t n = maildrop_next_marked(u->deleted, 1, count);
	     n <= count && error == 0;
	     n = maildrop_next_marked(u->deleted, n + 1, count))
		error = maildrop_seek(u->d, n, &f);
	return error;
}

static void remove_all(struct update *u)
{
	uint32_t count = u->d->count;
	int error;

	if (maildrop_next_marked(u->deleted, 1, count) > count)
		return;
	/* Once the first is gone, the list cannot be made again. */
	error = check_names(u);
	if (error == -EBADMSG)
		error = maildrop_refresh(u->d);
	if (error == 0 && !maildrop_arena_add(&u->lost, (count + 7U) / 8))
		error = -ENOMEM;
	if (error) {
		fail_all(u, error);
		return;
	}
	remove_listed(u);
	for (int i = 0; i < LOOKS && u->lost_n > 0; i++)
		remove_lost(u);
	for (; u->lost_n > 0; u->lost_n--)
		fail(u, -EAGAIN);
	maildrop_arena_free(&u->lost);
}

/* Maildir++: a line tells what is there no more. An attempt. */
static void tell_quota(struct update *u)
{
	char text[64];
	struct buf line;
	struct stat st;
	int fd;

	if (u->unlinked == 0)
		return;
	fd = openat(u->d->dir, "maildirsize",
		    O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	buf_init(&line, text, sizeof(text));
	buf_add_str(&line, "-");
	buf_add_u64(&line, u->unlinked_octets);
	buf_add_str(&line, " -");
	buf_add_u64(&line, u->unlinked);
	buf_add_str(&line, "\n");
	/* Half a line is no worse than none: both are found by a recount. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    write(fd, line.p, line.n) < 0)
		note(&u->outcome->quota_why, -errno);
	close(fd);
}

static int open_cur(struct maildrop *d)
{
	if (d->folders[INDEX_CUR] >= 0)
		return 0;
	if (mkdirat(d->dir, "cur", 0700) != 0 && errno != EEXIST)
		return -errno;
	return maildrop_open_folder(d->dir, INDEX_CUR, &d->folders[INDEX_CUR]);
}

static void move(struct update *u, uint32_t number)
{
	struct maildrop *d = u->d;
	char to[INDEX_NAME_MAX + 1];
	struct maildrop_file f;
	int error = maildrop_seek(d, number, &f);

	if (error == 0 &&
	    !maildrop_name_after(&d->options, &f,
				 maildrop_is_marked(u->retrieved, number), to))
		return;
	if (error == 0)
		error = open_cur(d);
	if (error == 0)
		error = maildrop_rename(d->folders[f.folder], f.name,
					d->folders[INDEX_CUR], to);
	if (error) {
		u->watch.is_void = true;
		if (error == -ENOENT) /* somebody else was faster */
			return;
		u->outcome->unmoved++;
		note(&u->outcome->unmoved_why, error);
		return;
	}
	u->outcome->moved++;
	maildrop_watch_moved(&u->watch, f.folder, f.name, INDEX_CUR, to);
	d->touched[f.folder] = true;
	d->touched[INDEX_CUR] = true;
}

/* Rows after `after`, `count` of them; all, or only those retrieved. */
static void move_rows(struct update *u, uint32_t after, uint32_t count,
		      bool all)
{
	uint32_t n = after + 1, end = after + count;

	if (!all && !(u->d->options.mark_seen && u->retrieved))
		return;
	for (; n <= end; n++) {
		if (!all)
			n = maildrop_next_marked(u->retrieved, n, end);
		if (n <= end && !maildrop_is_marked(u->deleted, n))
			move(u, n);
	}
}

/* A look at the mail, as most sessions are: the list need not be read. */
static bool has_moves(const struct update *u)
{
	const struct maildrop *d = u->d;

	return (d->has_new && !d->options.keep_new) ||
	       (d->options.mark_seen && u->retrieved);
}

static void move_all(struct update *u)
{
	int error;
	uint32_t after = 0;
	const struct table_view *v;

	if (u->d->count == 0 || !has_moves(u))
		return;
	v = maildrop_view(u->d, &error);
	for (size_t i = 0; v && i < v->files; i++) {
		move_rows(u, after, v->heads[i].count,
			  v->heads[i].in_new > 0 && !u->d->options.keep_new);
		after += v->heads[i].count;
	}
}

/* A failed fsync is not repeated: the next one would wrongly succeed. */
static void sync_folders(struct update *u)
{
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		/* EINVAL: the file system has no such thing. */
		if (u->d->touched[i] && fsync(u->d->folders[i]) != 0 &&
		    errno != EINVAL)
			note(&u->outcome->sync_why, -errno);
	}
}

/* At most so many changes as the kernel will tell of, and surely one. */
static bool is_worth_watching(struct update *u)
{
	struct maildrop *d = u->d;
	uint32_t changes = 0;
	int error;
	const struct table_view *v;

	if (!maildrop_apply_pays(d) || (!u->deleted && !has_moves(u)))
		return false;
	v = maildrop_view(d, &error);
	if (!v)
		return false;
	if (!d->options.keep_new)
		changes += table_in_new(v);
	changes += maildrop_count_marked(u->deleted, d->count);
	if (d->options.mark_seen)
		changes += maildrop_count_marked(u->retrieved, d->count);
	return changes > 0 && changes < WATCHED;
}

/*
 * What the index will hold is known if nobody else changed anything. It is
 * written at once where that takes no time, else when the client has its reply.
 */
static void know_index(struct update *u)
{
	struct maildrop *d = u->d;

	d->watch = u->watch.fd;
	if (d->watch < 0 || !maildrop_watch_end(&u->watch, d, d->stamps))
		return;
	d->deleted = u->deleted;
	d->retrieved = u->retrieved;
	d->index_is_known = true;
	if (!maildrop_apply_is_long(d))
		maildrop_apply(d, true);
}

int maildrop_commit(struct maildrop *d, const uint8_t *deleted,
		    const uint8_t *retrieved, struct maildrop_outcome *outcome)
{
	struct update u = {.d = d,
			   .deleted = deleted,
			   .retrieved = retrieved,
			   .outcome = outcome,
			   .watch = {.fd = -1, .is_void = true}};
	bool popser = d->options.popser &&
		      maildrop_next_marked(deleted, 1, d->count) <= d->count;

	*outcome = (struct maildrop_outcome){0};
	if (popser)
		popser_before_update(d, deleted);
	if (is_worth_watching(&u))
		maildrop_watch_begin(&u.watch, d);
	remove_all(&u);
	tell_quota(&u);
	move_all(&u);
	sync_folders(&u);
	if (popser)
		popser_after_update(d, outcome->failed == 0);
	know_index(&u);
	maildrop_seek_end(d);
	maildrop_unlock(d->dir, &d->lock);
	return outcome->failed || outcome->sync_why ? -EIO : 0;
}
