/* SPDX-License-Identifier: ISC */
#include "store/maildrop_size.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/wire.h"

enum {
	BUFFER = 65536,		      /* octets read at a time */
	ASK_AFTER = 64 * 1024 * 1024, /* octets between two go_on() */
	FILE_COST = 65536,     /* octets that opening a file counts for */
	CLAIMS_AT_ONCE = 4096, /* claims; checked within 10 ms or so */
	SAMPLE = 1024,	       /* about so many of more are checked */
};

struct reading {
	struct maildrop_sizing *sizing;
	struct maildrop_arena buffer;
	uint64_t since_asked; /* octets */
};

static bool may_go_on(struct reading *r, uint64_t cost)
{
	struct maildrop_sizing *s = r->sizing;

	r->since_asked += cost;
	if (r->since_asked < ASK_AFTER || !s->go_on)
		return true;
	r->since_asked = 0;
	return s->go_on(s->context);
}

static ssize_t read_some(int fd, void *to, size_t n)
{
	ssize_t got;

	do {
		got = read(fd, to, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Reads until the end; a file as long as it said needs no further read. */
static int count_octets(struct reading *r, int fd, struct maildrop_item *item)
{
	struct wire_counter counter = WIRE_COUNTER_INIT;
	uint64_t n = 0;

	for (;;) {
		ssize_t got = read_some(fd, r->buffer.p, BUFFER);

		if (got < 0)
			return (int)got;
		wire_count(&counter, span_make(r->buffer.p, (size_t)got));
		n += (uint64_t)got;
		if (got == 0 || n == item->file_size)
			break;
		if (!may_go_on(r, (uint64_t)got))
			return -ECANCELED;
	}
	item->file_size = n;
	item->size = wire_count_end(&counter);
	return 0;
}

static int read_size(struct reading *r, int folder, const char *name,
		     struct maildrop_item *item)
{
	struct stat st;
	int error = 0;
	int fd = openat(folder, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = -ENOENT;
	else if ((uint64_t)st.st_size > MAILDROP_FILE_MAX)
		error = -EFBIG;
	if (error == 0) {
		item->file_size = (uint64_t)st.st_size;
		error = count_octets(r, fd, item);
	}
	close(fd);
	return error;
}

/* What the name claims is believed if it tells the file's size rightly. */
static bool is_claim_true(const struct maildrop_sizing *s,
			  const struct maildrop_list *list,
			  const struct maildrop_item *item)
{
	int folder = s->folders[item->in_new ? INDEX_NEW : INDEX_CUR];
	struct stat st;

	return fstatat(folder, maildrop_list_text(list, item), &st,
		       AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == item->file_size;
}

static int size_item(struct reading *r, const struct maildrop_list *list,
		     struct maildrop_item *item)
{
	int folder = r->sizing->folders[item->in_new ? INDEX_NEW : INDEX_CUR];
	const char *name = maildrop_list_text(list, item);
	int error = 0;

	if (!item->claimed || !is_claim_true(r->sizing, list, item))
		error = read_size(r, folder, name, item);
	item->claimed = false;
	item->sized = error == 0;
	return error;
}

/* Leaves the item out; returns an error if that is not the answer. */
static int leave_out(struct maildrop_sizing *s, struct maildrop_item *item,
		     int error)
{
	switch (error) {
	case -ECANCELED:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return error;
	case -ENOENT:
	case -ELOOP: /* a symbolic link by now */
	case -ENXIO: /* a FIFO or socket by now */
		s->vanished++;
		break;
	default:
		if (s->unreadable++ == 0)
			s->unreadable_why = -error;
	}
	item->gone = true;
	return 0;
}

static bool is_mere_claim(const struct maildrop_item *item)
{
	return item->claimed && !item->sized && !item->gone;
}

/*
 * Believes all claims for now if there are many and those that are checked,
 * all over the list, are true.
 */
static void postpone(struct maildrop_sizing *s, struct maildrop_list *list)
{
	struct maildrop_item *items = maildrop_list_items(list);
	uint32_t claims = 0, i;

	for (i = 0; i < list->n; i++)
		claims += is_mere_claim(&items[i]);
	if (claims <= CLAIMS_AT_ONCE)
		return;
	for (i = 0; i < list->n; i += list->n / SAMPLE) {
		if (is_mere_claim(&items[i]) &&
		    !is_claim_true(s, list, &items[i]))
			return;
	}
	for (i = 0; i < list->n; i++)
		items[i].sized |= is_mere_claim(&items[i]);
}

int maildrop_size_all(struct maildrop_sizing *s, struct maildrop_list *list)
{
	struct maildrop_item *items = maildrop_list_items(list);
	struct reading r = {.sizing = s};
	int error = 0;

	if (!maildrop_arena_add(&r.buffer, BUFFER))
		return -ENOMEM;
	if (s->postpone)
		postpone(s, list);
	for (uint32_t i = 0; i < list->n && error == 0; i++) {
		if (items[i].sized || items[i].gone)
			continue;
		if (!may_go_on(&r, FILE_COST))
			error = -ECANCELED;
		else
			error = size_item(&r, list, &items[i]);
		if (error)
			error = leave_out(s, &items[i], error);
	}
	maildrop_arena_free(&r.buffer);
	return error;
}
