/* SPDX-License-Identifier: ISC */
#include "store/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/users.h"

enum {
	TEXT_WINDOW = 65536,
	/*
	 * At a time: each page of the window that is touched costs a session
	 * as much as reading its octets does.
	 */
	TEXT_READ = 8192,
};

int text_open(struct text_file *t, const char *path, size_t limit)
{
	struct stat st;
	void *window;
	int fd, error;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		error = -errno;
		goto out;
	}
	error = -EINVAL;
	if (!S_ISREG(st.st_mode))
		goto out;
	window = mmap(NULL, TEXT_WINDOW, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (window == MAP_FAILED) {
		error = -errno;
		goto out;
	}
	*t = (struct text_file){.fd = fd, .window = window, .limit = limit};
	return 0;
out:
	close(fd);
	return error;
}

/* 0 or a negative errno; at least one octet more, or at_end. */
static int text_fill(struct text_file *t)
{
	size_t rest = t->end - t->start;
	size_t room = TEXT_WINDOW - rest;
	ssize_t n;

	if (users_is_late())
		return -ETIMEDOUT;
	memmove(t->window, t->window + t->start, rest);
	t->start = 0;
	t->end = rest;
	do
		n = read(t->fd, t->window + rest,
			 room < TEXT_READ ? room : TEXT_READ);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	t->end += (size_t)n;
	if (t->end > t->high)
		t->high = t->end;
	t->at_end = n == 0;
	return 0;
}

/* Hands out n octets from the start, which are followed by `skip` more. */
static enum text_verdict text_take(struct text_file *t, size_t n, size_t skip,
				   struct span *line)
{
	*line = span_make(t->window + t->start, n);
	t->start += n + skip;
	t->line++;
	if (skip && n && line->p[n - 1] == '\r')
		line->n--;
	if (line->n <= t->limit)
		return TEXT_LINE;
	line->n = t->limit;
	return TEXT_LONG;
}

enum text_verdict text_next(struct text_file *t, struct span *line, int *error)
{
	for (;;) {
		const char *from = t->window + t->start;
		size_t n = t->end - t->start;
		const char *lf = memchr(from, '\n', n);

		if (lf && t->skipping) {
			t->start += (size_t)(lf - from) + 1;
			t->skipping = false;
			continue;
		}
		if (lf)
			return text_take(t, (size_t)(lf - from), 1, line);
		if (t->skipping)
			t->start = t->end;
		else if (n > t->limit + 1) {
			t->skipping = true;
			return text_take(t, n, 0, line);
		} else if (t->at_end && n)
			return text_take(t, n, 0, line);
		if (t->at_end)
			return TEXT_END;
		*error = text_fill(t);
		if (*error)
			return TEXT_FAILED;
	}
}

void text_close(struct text_file *t)
{
	explicit_bzero(t->window, t->high);
	munmap(t->window, TEXT_WINDOW);
	close(t->fd);
	t->window = NULL;
	t->fd = -1;
}
