/* SPDX-License-Identifier: ISC */
#include "store/popser_undo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/maildir.h"
#include "store/maildrop_lock.h"
#include "store/maildrop_map.h"
#include "store/maildrop_rename.h"
#include "store/maildrop_scan.h"

enum { PATH_SIZE = 4097 };

/* A line of the file. */
struct line {
	struct span text;
	bool keep; /* not undone, or nothing that could be */
};

/* The Maildir that the last line was about. */
struct place {
	struct span maildir; /* as in the line */
	int error;	     /* why it cannot be worked in */
	int dir, lock;
	int folders[INDEX_FOLDERS];
	struct maildrop_map map;
	bool changed;
};

struct undo {
	const struct popser_log *log;
	popser_complaint *complain;
	void *context;
	uint32_t faults;
	struct maildrop_arena text, lines;
	uint32_t n;
	struct place place;
};

static struct line *lines(const struct undo *u)
{
	return (struct line *)(void *)u->lines.p;
}

static void fault(struct undo *u, const struct popser_record *r, bool whole,
		  uint32_t line, int error)
{
	char memory[PATH_SIZE];
	struct buf path;
	struct popser_fault f = {.line = line, .error = -error};

	buf_init(&path, memory, sizeof(memory));
	if (r) {
		popser_unescape(r->maildir, &path);
		f.maildir = buf_span(&path);
		if (f.maildir.n == 0)
			f.maildir = span_str("/");
		if (!whole)
			f.name = span_make(r->name, r->name_n);
	}
	u->complain(u->context, &f);
	u->faults++;
}

/* --- one Maildir ---------------------------------------------------------- */

static const struct place nowhere = {
	.error = -ENOENT,
	.dir = -1,
	.lock = -1,
	.folders = {-1, -1},
};

static int sync_folders(const struct place *p)
{
	int r = 0;

	for (int i = 0; p->changed && i < INDEX_FOLDERS; i++) {
		if (fsync(p->folders[i]) != 0 && errno != EINVAL)
			r = -errno;
	}
	return r;
}

static int leave(struct place *p)
{
	int r = sync_folders(p);

	maildrop_map_free(&p->map);
	for (int i = 0; i < INDEX_FOLDERS; i++) {
		if (p->folders[i] >= 0)
			close(p->folders[i]);
	}
	if (p->dir >= 0) {
		maildrop_unlock(p->dir, &p->lock);
		close(p->dir);
	}
	*p = nowhere;
	return r;
}

static int open_place(struct place *p)
{
	char memory[PATH_SIZE];
	struct buf path;
	int r;

	buf_init(&path, memory, sizeof(memory));
	popser_unescape(p->maildir, &path);
	if (path.n == 0)
		buf_add_char(&path, '/');
	if (!buf_str(&path))
		return -ENAMETOOLONG;
	p->dir = open(memory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0)
		return -errno;
	r = maildrop_lock(p->dir, &p->lock);
	for (int i = 0; r == 0 && i < INDEX_FOLDERS; i++)
		r = maildrop_open_folder(p->dir, (enum index_folder)i,
					 &p->folders[i]);
	return r;
}

/* Makes the record's Maildir the present one. False: it was not possible. */
static bool enter(struct undo *u, const struct popser_record *r, uint32_t line)
{
	struct place *p = &u->place;
	int left;

	/* Of the first one the span is NULL, which is no path. */
	if (p->maildir.p && span_equal(p->maildir, r->maildir))
		return p->error == 0;
	left = leave(p);
	if (left < 0)
		fault(u, NULL, true, 0, left);
	p->maildir = r->maildir;
	p->error = open_place(p);
	if (p->error < 0)
		fault(u, r, true, line, p->error);
	return p->error == 0;
}

/* --- one message ---------------------------------------------------------- */

/*
 * Its name in cur/ now. 0; -ENOENT: it is not there, or is in new/ again;
 * -ENOTUNIQ: there are several of the base name.
 */
static int find(struct place *p, const struct popser_record *r,
		const char **name)
{
	struct maildrop_place found;
	struct stat st;
	int n;

	*name = r->name;
	if (fstatat(p->folders[INDEX_CUR], r->name, &st, AT_SYMLINK_NOFOLLOW) ==
		    0 &&
	    S_ISREG(st.st_mode))
		return 0;
	if (!p->map.made) {
		int error = maildrop_map_make(&p->map, p->folders);

		if (error < 0)
			return error;
	}
	n = maildrop_map_find(&p->map,
			      maildir_name_base(span_make(r->name, r->name_n)),
			      &found);
	if (n > 1)
		return -ENOTUNIQ;
	if (n == 0 || found.folder == INDEX_NEW)
		return -ENOENT;
	*name = found.name;
	return 0;
}

static int undo_one(struct place *p, const struct popser_record *r)
{
	char memory[INDEX_NAME_MAX + 1];
	struct buf original;
	const char *name;
	int error;

	if (p->folders[INDEX_CUR] < 0)
		return 0;
	error = find(p, r, &name);
	if (error)
		return error == -ENOENT ? 0 : error;
	if (p->folders[INDEX_NEW] < 0)
		return -ENOENT;
	buf_init(&original, memory, sizeof(memory));
	buf_add_span(&original, popser_original(span_make(r->name, r->name_n)));
	if (!buf_str(&original))
		return -ENAMETOOLONG;
	error = maildrop_rename(p->folders[INDEX_CUR], name,
				p->folders[INDEX_NEW], memory);
	if (error == 0)
		p->changed = true;
	return error;
}

static void undo_line(struct undo *u, uint32_t number)
{
	struct line *line = &lines(u)[number];
	struct popser_record r;
	int error;

	line->keep = true;
	if (!popser_record_parse(line->text, &r)) {
		fault(u, NULL, true, number + 1, -EBADMSG);
		return;
	}
	if (!r.moved || !enter(u, &r, number + 1))
		return;
	error = undo_one(&u->place, &r);
	line->keep = error != 0;
	if (error)
		fault(u, &r, false, number + 1, error);
}

/* --- all ------------------------------------------------------------------ */

static int read_lines(struct undo *u)
{
	struct span text, line;
	int r = popser_log_read(u->log, &u->text);

	text = span_make(u->text.p, u->text.used);
	while (r == 0 && popser_log_next(&text, &line)) {
		struct line *l = maildrop_arena_add(&u->lines, sizeof(*l));

		if (l)
			*l = (struct line){.text = line};
		r = l ? 0 : -ENOMEM;
		u->n++;
	}
	return r;
}

static enum popser_fate keep(void *context, uint32_t number,
			     const struct popser_record *r)
{
	const struct undo *u = context;

	(void)r;
	return number >= u->n || lines(u)[number].keep ? POPSER_KEEP
						       : POPSER_DROP;
}

static void undo_all(struct undo *u)
{
	int r;

	for (uint32_t i = u->n; i > 0; i--)
		undo_line(u, i - 1);
	r = leave(&u->place);
	if (r < 0)
		fault(u, NULL, true, 0, r);
	if (u->faults == 0)
		r = popser_log_remove(u->log);
	else
		r = popser_log_edit(u->log, keep, u, span_make("", 0));
	if (r < 0)
		fault(u, NULL, true, 0, r);
}

uint32_t popser_undo(const struct popser_log *log, popser_complaint *complain,
		     void *context)
{
	struct undo u = {.log = log,
			 .complain = complain,
			 .context = context,
			 .place = nowhere};
	int lock = popser_log_lock(log);
	int r = lock < 0 ? lock : read_lines(&u);

	if (r == 0)
		undo_all(&u);
	else
		fault(&u, NULL, true, 0, r);
	maildrop_arena_free(&u.text);
	maildrop_arena_free(&u.lines);
	if (lock >= 0)
		close(lock);
	return u.faults;
}
