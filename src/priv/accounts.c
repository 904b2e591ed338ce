/* SPDX-License-Identifier: ISC */
#include "priv/accounts.h"

#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What is wanted of a line is in its beginning; members of a group may follow
 * for much longer. */
enum { BUFFER = 4096 };

struct reading {
	int fd;
	size_t n;
	bool is_cut; /* the beginning of what is there was shown already */
	char memory[BUFFER];
};

static struct span take_field(struct span *line)
{
	size_t n = span_find(*line, ':');
	struct span field = span_take(*line, n);

	*line = span_drop(*line, n + 1);
	return field;
}

static bool take_id(struct span *line, uint32_t *id)
{
	uint64_t value;

	if (!num_parse_u64(take_field(line), UINT32_MAX - 1, &value))
		return false;
	*id = (uint32_t)value;
	return true;
}

/* name:password:id:gid:... or name:password:gid:... */
static bool parse(struct span line, bool groups, struct account *a)
{
	a->gid = 0;
	a->name = take_field(&line);
	(void)take_field(&line);
	return a->name.n > 0 && a->name.p[0] != '#' && take_id(&line, &a->id) &&
	       (groups || take_id(&line, &a->gid));
}

/* More of the file, behind what is there. 1; 0: the end; a negative errno. */
static int fill(struct reading *r)
{
	ssize_t got;

	do
		got = read(r->fd, r->memory + r->n, BUFFER - r->n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	r->n += (size_t)got;
	return got > 0;
}

/* The next line, or the beginning of one that is longer than the buffer; how
 * much of the buffer it is; 0: there is no more. */
static int next(struct reading *r, struct span *line)
{
	for (;;) {
		struct span all = span_make(r->memory, r->n);
		size_t n = span_find(all, '\n');
		bool is_last = false;

		if (n == all.n && r->n < BUFFER) {
			int more = fill(r);

			if (more < 0)
				return more;
			if (more > 0)
				continue;
			is_last = true;
		}
		*line = span_take(all, r->is_cut ? 0 : n);
		r->is_cut = n == all.n && !is_last;
		if (is_last || n == all.n)
			return (int)n;
		return (int)n + 1;
	}
}

static int go_through(struct reading *r, bool groups,
		      bool (*is_it)(void *context, const struct account *),
		      void *context)
{
	struct account account;
	struct span line;
	int used;

	while ((used = next(r, &line)) > 0) {
		if (parse(line, groups, &account) && is_it(context, &account))
			return 0;
		r->n -= (size_t)used;
		memmove(r->memory, r->memory + used, r->n);
	}
	return used < 0 ? used : -ENOENT;
}

int accounts_find(const char *path, bool groups,
		  bool (*is_it)(void *context, const struct account *),
		  void *context)
{
	struct reading r;
	int result;

	r.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r.fd < 0)
		return -errno;
	r.n = 0;
	r.is_cut = false;
	result = go_through(&r, groups, is_it, context);
	(void)close(r.fd);
	return result;
}
