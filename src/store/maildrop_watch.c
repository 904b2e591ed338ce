/* SPDX-License-Identifier: ISC */
#include "store/maildrop_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/maildrop_scan.h"
#include "store/maildrop_seek.h"
#include "sys/io.h"

enum {
	/* What changes the names in a folder. */
	CONTENT = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
	/* What tells of a folder's own times, and also of its files. */
	TIMES = IN_ATTRIB | IN_MODIFY,
};

static uint64_t add(uint64_t hash, int mark, uint32_t what, const char *name)
{
	hash ^= (uint64_t)(uint32_t)mark << 32 | what;
	return XXH3_64bits_withSeed(name, strlen(name), hash);
}

/* The folder by its descriptor, since inotify takes paths only. */
static int watch_folder(const struct maildrop_watch *w, int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return inotify_add_watch(w->fd, path,
				 CONTENT | TIMES | IN_DELETE_SELF |
					 IN_MOVE_SELF | IN_ONLYDIR);
}

/* Is new/ what was listed, though its times cannot tell? */
static bool lists_the_same(struct maildrop *d, const struct maildrop_list *l)
{
	const struct maildrop_item *items = maildrop_list_items(l);
	struct maildrop_file f;
	uint32_t i = 0;
	int error;
	const struct table_view *v = maildrop_view(d, &error);

	if (!v || v->files == 0 || v->heads[0].in_new > 0)
		return false;
	for (uint32_t n = v->heads[0].count + 1; n <= d->count; n++) {
		if (maildrop_seek(d, n, &f) != 0)
			return false;
		if (f.folder == INDEX_NEW &&
		    (i == l->n ||
		     !span_equal(maildrop_list_name(l, &items[i++]),
				 span_str(f.name))))
			return false;
	}
	return i == l->n;
}

static bool new_is_the_same(struct maildrop *d)
{
	struct maildrop_list list = {0};
	struct maildrop_skips skips = {0};
	struct index_stamp stamp;
	bool same = maildrop_scan(d->folders[INDEX_NEW], INDEX_NEW, &list,
				  &stamp, &skips) == 0 &&
		    maildrop_list_sort(&list) == 0 && lists_the_same(d, &list);

	maildrop_list_free(&list);
	return same;
}

static bool is_as_listed(struct maildrop *d, enum index_folder folder)
{
	struct index_stamp now;

	if (maildrop_stamp(d->folders[folder], &now) != 0 ||
	    !maildrop_stamp_is_same(&now, &d->stamps[folder]) ||
	    !maildrop_has_our_clock(d->folders[folder]))
		return false;
	return d->stamps[folder].settled ||
	       (folder == INDEX_NEW && new_is_the_same(d));
}

void maildrop_watch_begin(struct maildrop_watch *w, struct maildrop *d)
{
	w->is_void = true;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0 || io_random(&w->expected, sizeof(w->expected)) != 0)
		return;
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		w->marks[i] =
			d->folders[i] < 0 ? -1 : watch_folder(w, d->folders[i]);
		if (w->marks[i] < 0)
			return;
	}
	/* Changes until now show in the times, from now on as events. */
	w->is_void = !is_as_listed(d, INDEX_NEW) || !is_as_listed(d, INDEX_CUR);
	w->seed = w->expected;
}

void maildrop_watch_removed(struct maildrop_watch *w, enum index_folder folder,
			    const char *name)
{
	if (!w->is_void)
		w->expected =
			add(w->expected, w->marks[folder], IN_DELETE, name);
}

void maildrop_watch_moved(struct maildrop_watch *w, enum index_folder from,
			  const char *old_name, enum index_folder to,
			  const char *name)
{
	if (w->is_void)
		return;
	w->expected = add(w->expected, w->marks[from], IN_MOVED_FROM, old_name);
	w->expected = add(w->expected, w->marks[to], IN_MOVED_TO, name);
}

/* Sets the present time and reads the times back. */
static bool touch(int fd, struct index_stamp *stamp)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0 ||
	    futimens(fd, times) != 0 || maildrop_stamp(fd, stamp) != 0)
		return false;
	stamp->settled = true;
	return stamp->mtime_s == times[1].tv_sec &&
	       stamp->mtime_ns == (uint32_t)times[1].tv_nsec &&
	       (stamp->mtime_s != stamp->ctime_s ||
		stamp->mtime_ns != stamp->ctime_ns);
}

/* What is told: a hash of the changes of names, and whose times changed. */
struct told {
	uint64_t hash;
	uint32_t times[INDEX_FOLDERS];
	bool lost;
};

static void hear(const struct maildrop_watch *w, struct told *told,
		 const struct inotify_event *event)
{
	uint32_t content = event->mask & CONTENT;

	if (content) {
		told->hash = add(told->hash, event->wd, content,
				 event->len ? event->name : "");
		return;
	}
	if (!(event->mask & TIMES)) /* overflow, or the folder itself moved */
		told->lost = true;
	if (event->len > 0) /* of a file: the folder is as it was */
		return;
	for (int i = 0; i < INDEX_FOLDERS; i++)
		told->times[i] += event->wd == w->marks[i];
}

static bool hear_all(const struct maildrop_watch *w, struct told *told)
{
	union {
		struct inotify_event event; /* for its alignment */
		char octets[4096];
	} buffer;
	ssize_t n;

	while ((n = read(w->fd, &buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (ssize_t i = 0; i < n;
		     i += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const void *)(buffer.octets + i);
			hear(w, told, event);
		}
	}
	return n < 0 && errno == EAGAIN;
}

bool maildrop_watch_end(struct maildrop_watch *w, const struct maildrop *d,
			struct index_stamp stamps[INDEX_FOLDERS])
{
	struct told told = {.hash = w->seed};
	bool sound = !w->is_void;

	for (int i = 0; i < INDEX_FOLDERS && sound; i++) {
		stamps[i] = d->stamps[i];
		if (d->touched[i])
			sound = touch(d->folders[i], &stamps[i]);
	}
	if (!sound || !hear_all(w, &told) || told.lost ||
	    told.hash != w->expected)
		return false;
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		if (told.times[i] != (d->touched[i] ? 1U : 0U))
			return false;
	}
	return true;
}
