/* SPDX-License-Identifier: ISC */
#include "scmpd/lastlog.h"

#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LASTLOG_LINE = 512 };

static int compare(const void *a, const void *b)
{
	const struct lastlog_entry *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static struct lastlog_entry *make(struct span name)
{
	struct lastlog_entry *e = calloc(1, sizeof(*e) + name.n + 1);

	if (e && name.n)
		memcpy(e->name, name.p, name.n);
	return e;
}

static void take(struct lastlog_entry *e, int64_t time,
		 const struct network_address *address)
{
	e->time = time;
	e->has_address = address != NULL;
	if (address)
		e->address = *address;
}

/* --- forgetting --- */

struct gathering {
	struct lastlog_entry **entries;
	size_t n;
};

static void gather(const void *node, VISIT visit, void *context)
{
	struct gathering *g = context;

	if (visit == preorder || visit == leaf)
		g->entries[g->n++] = *(struct lastlog_entry *const *)node;
}

static int by_time(const void *a, const void *b)
{
	const struct lastlog_entry *one = *(struct lastlog_entry *const *)a;
	const struct lastlog_entry *other = *(struct lastlog_entry *const *)b;

	return (one->time > other->time) - (one->time < other->time);
}

/* All of them, the longest absent first; the caller frees. NULL: no memory. */
static struct lastlog_entry **entries_by_time(const struct lastlog *l)
{
	struct gathering g = {calloc(l->n + 1, sizeof(void *)), 0};

	if (!g.entries)
		return NULL;
	twalk_r(l->tree, gather, &g);
	qsort(g.entries, g.n, sizeof(void *), by_time);
	return g.entries;
}

/* A tenth goes at once, so that this is done seldom. */
static void forget_oldest(struct lastlog *l)
{
	struct lastlog_entry **entries = entries_by_time(l);
	size_t some = l->n / 10;

	for (size_t i = 0; entries && i < some; i++) {
		(void)tdelete(entries[i], &l->tree, compare);
		free(entries[i]);
		l->n--;
	}
	free(entries);
}

/* --- noting and finding --- */

void lastlog_note(struct lastlog *l, struct span name, int64_t time,
		  const struct network_address *address)
{
	struct lastlog_entry *e = make(name), **found;

	if (!e)
		return;
	found = tsearch(e, &l->tree, compare);
	if (!found || *found != e) {
		free(e);
		if (!found || (*found)->time > time)
			return;
	} else {
		l->n++;
	}
	take(*found, time, address);
	l->is_changed = true;
	if (l->n > LASTLOG_MOST)
		forget_oldest(l);
}

const struct lastlog_entry *lastlog_find(const struct lastlog *l,
					 const char *name)
{
	struct lastlog_entry *key = make(span_str(name));
	void *tree = l->tree;
	struct lastlog_entry **found = key ? tfind(key, &tree, compare) : NULL;

	free(key);
	return found ? *found : NULL;
}

/* --- the file --- */

/* "1700000000 192.0.2.1 name" or "1700000000 - name" */
static void take_line(struct lastlog *l, struct span line)
{
	size_t first = span_find(line, ' ');
	struct span rest = span_drop(line, first + 1);
	size_t second = span_find(rest, ' ');
	struct span where = span_take(rest, second);
	struct span name = span_drop(rest, second + 1);
	struct network network;
	uint64_t time;
	bool is_known = network_parse(where, &network);

	if (name.n && num_parse_u64(span_take(line, first), INT64_MAX, &time))
		lastlog_note(l, name, (int64_t)time,
			     is_known ? &network.base : NULL);
}

/* Whoever else may write in the folder has it wait for nothing and read nothing
 * that lies elsewhere. */
static int open_kept(const char *path, FILE **file)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				    O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	*file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r")
							   : NULL;
	if (*file)
		return 0;
	close(fd);
	return -EINVAL;
}

int lastlog_open(struct lastlog *l, const char *path)
{
	char line[LASTLOG_LINE];
	FILE *file = NULL;
	int failed;

	memset(l, 0, sizeof(*l));
	if (snprintf(l->path, sizeof(l->path), "%s", path) >=
	    (int)sizeof(l->path)) {
		l->path[0] = '\0';
		return -ENAMETOOLONG;
	}
	failed = open_kept(path, &file);
	if (failed < 0)
		return failed;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		take_line(l, span_str(line));
	}
	fclose(file);
	l->is_changed = false;
	return 0;
}

static void write_entry(FILE *file, const struct lastlog_entry *e)
{
	char memory[NETWORK_TEXT_MAX + 1];
	struct buf where;

	buf_init(&where, memory, sizeof(memory));
	if (e->has_address)
		network_address_format(&e->address, &where);
	else
		buf_add_char(&where, '-');
	fprintf(file, "%lld " SPAN_FMT " %s\n", (long long)e->time,
		SPAN_ARG(buf_span(&where)), e->name);
}

static int write_all(const struct lastlog *l, FILE *file)
{
	struct lastlog_entry **entries = entries_by_time(l);

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		write_entry(file, entries[i]);
	free(entries);
	return fflush(file) == EOF ? -errno : 0;
}

/* What a process that died has left under that name goes. */
static FILE *make_anew(const char *path)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE = 0640 };
	int fd = open(path, FLAGS, MODE);
	FILE *file;

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, FLAGS, MODE);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

int lastlog_save(struct lastlog *l)
{
	char path[sizeof(l->path) + 8];
	FILE *file;
	int failed;

	if (!l->is_changed || !l->path[0])
		return 0;
	snprintf(path, sizeof(path), "%s.new", l->path);
	file = make_anew(path);
	if (!file)
		return -errno;
	failed = write_all(l, file);
	if (fclose(file) == EOF && failed == 0)
		failed = -errno;
	if (failed == 0 && rename(path, l->path) < 0)
		failed = -errno;
	if (failed < 0)
		(void)unlink(path);
	else
		l->is_changed = false;
	return failed;
}

void lastlog_close(struct lastlog *l)
{
	tdestroy(l->tree, free);
	l->tree = NULL;
	l->n = 0;
}
