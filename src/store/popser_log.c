/* SPDX-License-Identifier: ISC */
#include "store/popser_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "proto/maildir.h"

enum {
	LOCK_TRIES = 250,
	LOCK_NAP_NS = 20 * 1000000,
	COLUMNS = 4,
	READ_SIZE = 65536,
};

/* --- one line ------------------------------------------------------------- */

/* The octet that an escape at the beginning of s stands for, or 0. */
static char escaped(struct span s)
{
	if (s.n < 3 || s.p[0] != '/' || s.p[1] != '/')
		return 0;
	return s.p[2] == 't' ? '\t' : s.p[2] == 'n' ? '\n' : 0;
}

void popser_escape(struct span path, struct buf *out)
{
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '\t')
			buf_add_str(out, "//t");
		else if (path.p[i] == '\n')
			buf_add_str(out, "//n");
		else
			buf_add_char(out, path.p[i]);
	}
}

void popser_unescape(struct span s, struct buf *out)
{
	while (s.n > 0) {
		char c = escaped(s);

		buf_add_char(out, c ? c : s.p[0]);
		s = span_drop(s, c ? 3 : 1);
	}
}

int popser_maildir(struct span path, struct maildrop_arena *to)
{
	struct buf b;
	char *room = maildrop_arena_add(to, 3 * path.n + 1);

	if (!room)
		return -ENOMEM;
	buf_init(&b, room, 3 * path.n + 1);
	popser_escape(path, &b);
	/* Of the root folder nothing is left: the rest begins with its slash.
	 */
	to->used = b.n > 1 ? b.n : 0;
	return 0;
}

/* Where the last slash is that separates; s.n if there is none. */
static size_t last_separator(struct span s)
{
	size_t at = 0, last = s.n;

	while (at < s.n) {
		bool is_escape = escaped(span_drop(s, at)) != 0;

		if (!is_escape && s.p[at] == '/')
			last = at;
		at += is_escape ? 3 : 1;
	}
	return last;
}

static bool ends_with(struct span s, const char *end)
{
	struct span e = span_str(end);

	return s.n >= e.n && span_equal(span_drop(s, s.n - e.n), e);
}

struct span popser_original(struct span name)
{
	static const char seen[] = ":2,S";

	if (ends_with(name, seen))
		return span_take(name, name.n - (sizeof(seen) - 1));
	return maildir_name_base(name);
}

static bool parse_name(struct span escaped_name, struct popser_record *r)
{
	struct buf name;

	buf_init(&name, r->name, sizeof(r->name));
	popser_unescape(escaped_name, &name);
	if (!buf_str(&name) || !index_name_is_safe(buf_span(&name)))
		return false;
	r->name_n = (uint8_t)name.n;
	return true;
}

/* No part of it is empty, "." or "..". */
static bool is_canonical(struct span path)
{
	while (path.n > 0) {
		struct span part = span_drop(path, 1);
		size_t n = 0;

		if (escaped(path) || path.p[0] != '/')
			return false;
		while (n < part.n &&
		       (part.p[n] != '/' || escaped(span_drop(part, n))))
			n += escaped(span_drop(part, n)) ? 3 : 1;
		path = span_drop(part, n);
		part = span_take(part, n);
		if (n == 0 || span_equal(part, span_str(".")) ||
		    span_equal(part, span_str("..")))
			return false;
	}
	return true;
}

static bool parse_path(struct span path, struct popser_record *r)
{
	size_t slash = last_separator(path);
	struct span folder = span_take(path, slash);

	if (slash == path.n || path.p[0] != '/' ||
	    !parse_name(span_drop(path, slash + 1), r))
		return false;
	r->in_new = ends_with(folder, "/new");
	if (!r->in_new && !ends_with(folder, "/cur"))
		return false;
	folder.n -= strlen("/cur");
	r->moved = !ends_with(folder, "/.");
	if (!r->moved)
		folder.n -= strlen("/.");
	r->maildir = folder;
	return is_canonical(folder) && !(r->moved && r->in_new);
}

bool popser_record_parse(struct span line, struct popser_record *r)
{
	struct span columns[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++) {
		size_t tab = span_find(line, '\t');

		if ((tab == line.n) != (i == COLUMNS - 1))
			return false;
		columns[i] = span_take(line, tab);
		line = span_drop(line, tab + 1);
	}
	r->uid = columns[1];
	r->deleted = columns[3].n == 1 && columns[3].p[0] == 'Y';
	return parse_path(columns[0], r) && index_uid_is_valid(r->uid) &&
	       num_parse_u64(columns[2], UINT64_MAX / 4, &r->size) &&
	       columns[3].n == 1 && strchr("NY", columns[3].p[0]);
}

void popser_record_format(const struct popser_record *r, struct buf *out)
{
	buf_add_span(out, r->maildir);
	buf_add_str(out, r->moved ? "/" : "/./");
	buf_add_str(out, r->in_new ? "new/" : "cur/");
	popser_escape(span_make(r->name, r->name_n), out);
	buf_add_char(out, '\t');
	buf_add_span(out, r->uid);
	buf_add_char(out, '\t');
	buf_add_u64(out, r->size);
	buf_add_str(out, r->deleted ? "\tY\n" : "\tN\n");
}

/* --- the file ------------------------------------------------------------- */

int popser_log_lock(const struct popser_log *log)
{
	const struct timespec nap = {.tv_nsec = LOCK_NAP_NS};
	int fd = openat(log->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 ||
		    (errno != EWOULDBLOCK && errno != EINTR))
			return fd;
		(void)nanosleep(&nap, NULL);
	}
	close(fd);
	return -ETIMEDOUT;
}

static int read_all(int fd, struct maildrop_arena *text)
{
	for (;;) {
		void *to = maildrop_arena_add(text, READ_SIZE);
		ssize_t got = to ? read(fd, to, READ_SIZE) : 0;

		if (!to)
			return -ENOMEM;
		text->used -= got < 0 ? READ_SIZE : READ_SIZE - (size_t)got;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
	}
}

int popser_log_read(const struct popser_log *log, struct maildrop_arena *text)
{
	struct stat st;
	int r = 0;
	int fd = openat(log->dir, log->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else
		r = read_all(fd, text);
	close(fd);
	return r;
}

bool popser_log_next(struct span *text, struct span *line)
{
	size_t end = span_find(*text, '\n');

	if (text->n == 0)
		return false;
	*line = span_take(*text, end);
	*text = span_drop(*text, end + 1);
	return true;
}

/* "popser.log" has "popser.dupl.log" beside it. */
static const char *dupl_name(const struct popser_log *log, struct buf *out)
{
	struct span name = span_str(log->name);

	if (ends_with(name, ".log"))
		name.n -= strlen(".log");
	buf_add_span(out, name);
	buf_add_str(out, ".dupl.log");
	return buf_str(out);
}

static int write_all(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t put = write(fd, text.p, text.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text = span_drop(text, (size_t)put);
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

static int replace(const struct popser_log *log, struct span text)
{
	char memory[INDEX_NAME_MAX + 1];
	struct buf b;
	const char *dupl;
	int fd, r;

	buf_init(&b, memory, sizeof(memory));
	dupl = dupl_name(log, &b);
	if (!dupl)
		return -ENAMETOOLONG;
	/* What an earlier attempt left, or anything else of that name. */
	if (unlinkat(log->dir, dupl, 0) != 0 && errno != ENOENT)
		return -errno;
	fd = openat(log->dir, dupl,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	close(fd);
	if (r == 0 && renameat(log->dir, dupl, log->dir, log->name) != 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(log->dir, dupl, 0);
	else if (fsync(log->dir) != 0 && errno != EINVAL)
		r = -errno;
	return r;
}

/* Adds the line, as the editor wants it, to the text. */
static int edit_line(struct maildrop_arena *to, struct span line,
		     enum popser_fate fate)
{
	char *p;

	if (fate == POPSER_DROP)
		return 0;
	p = maildrop_arena_add(to, line.n + 1);
	if (!p)
		return -ENOMEM;
	memcpy(p, line.p, line.n);
	if (fate != POPSER_KEEP)
		p[line.n - 1] = fate == POPSER_SET_Y ? 'Y' : 'N';
	p[line.n] = '\n';
	return 0;
}

static int edit(struct span old, popser_editor *editor, void *context,
		struct span more, struct maildrop_arena *to)
{
	struct popser_record record;
	struct span line;
	uint32_t number = 0;
	char *p;
	int r = 0;

	while (r == 0 && popser_log_next(&old, &line)) {
		bool fine = popser_record_parse(line, &record);

		r = edit_line(to, line,
			      editor(context, number++, fine ? &record : NULL));
	}
	if (r < 0 || more.n == 0)
		return r;
	p = maildrop_arena_add(to, more.n);
	if (p)
		memcpy(p, more.p, more.n);
	return p ? 0 : -ENOMEM;
}

int popser_log_edit(const struct popser_log *log, popser_editor *editor,
		    void *context, struct span more)
{
	struct maildrop_arena old = {0}, new = {0};
	int r = popser_log_read(log, &old);

	if (r == 0)
		r = edit(span_make(old.p, old.used), editor, context, more,
			 &new);
	if (r == 0 &&
	    !span_equal(span_make(old.p, old.used), span_make(new.p, new.used)))
		r = replace(log, span_make(new.p, new.used));
	maildrop_arena_free(&old);
	maildrop_arena_free(&new);
	return r;
}

int popser_log_change(const struct popser_log *log, popser_editor *editor,
		      void *context, struct span more)
{
	int r, lock = popser_log_lock(log);

	if (lock < 0)
		return lock;
	r = popser_log_edit(log, editor, context, more);
	close(lock);
	return r;
}

static int remove_one(const struct popser_log *log, const char *name)
{
	if (unlinkat(log->dir, name, 0) != 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int popser_log_remove(const struct popser_log *log)
{
	char memory[INDEX_NAME_MAX + 1];
	struct buf b;
	const char *dupl;
	int r = 0;

	buf_init(&b, memory, sizeof(memory));
	dupl = dupl_name(log, &b);
	/* In this order there is no moment with the copy alone. */
	if (dupl)
		r = remove_one(log, dupl);
	if (r == 0)
		r = remove_one(log, log->name);
	if (r == 0 && fsync(log->dir) != 0 && errno != EINVAL)
		r = -errno;
	return r;
}
