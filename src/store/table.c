/* SPDX-License-Identifier: ISC */
#include "store/table.h"

#include <errno.h>
#include <unistd.h>

/* All n octets or an error; the end of the file is damage. */
static int read_all(int fd, void *to, size_t n, uint64_t offset)
{
	unsigned char *p = to;

	while (n > 0) {
		ssize_t got = pread(fd, p, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EBADMSG;
		p += got;
		n -= (size_t)got;
		offset += (size_t)got;
	}
	return 0;
}

int table_read_header(int fd, struct index_header *head)
{
	unsigned char octets[INDEX_HEADER];
	struct index_header h;
	int error = read_all(fd, octets, sizeof(octets), 0);

	if (error)
		return error;
	if (!index_header_decode(octets, &h))
		return -EBADMSG;
	*head = h;
	return 0;
}

/* Do the files, in this order, make one list? */
static bool belong_together(const struct index_header *heads, size_t n)
{
	if (n == 1)
		return heads[0].base_id == 0;
	return n == 0 || index_header_continues(&heads[1], &heads[0]);
}

int table_open(struct table_view *v, const int *fds, size_t n)
{
	if (n > TABLE_FILES_MAX)
		return -EINVAL;
	v->files = (uint32_t)n;
	v->count = 0;
	v->octets = 0;
	v->shown[TABLE_RECORDS].block = 0;
	v->shown[TABLE_NAMES].block = 0;
	for (size_t i = 0; i < n; i++) {
		int error = table_read_header(fds[i], &v->heads[i]);

		if (error)
			return error;
		v->fds[i] = fds[i];
	}
	if (!belong_together(v->heads, n))
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		v->count += v->heads[i].count;
		v->octets += v->heads[i].octets;
	}
	return 0;
}

uint32_t table_count(const struct table_view *v)
{
	return v->count;
}

uint64_t table_octets(const struct table_view *v)
{
	return v->octets;
}

uint32_t table_in_new(const struct table_view *v)
{
	uint32_t in_new = 0;

	for (uint32_t i = 0; i < v->files; i++)
		in_new += v->heads[i].in_new;
	return in_new;
}

/* Makes the window show that block of that file. */
static int show(struct table_view *v, enum table_window window, uint32_t file,
		uint64_t block)
{
	struct table_shown *shown = &v->shown[window];
	int error;

	if (shown->block == block && shown->file == file)
		return 0;
	shown->block = 0;
	error = read_all(v->fds[file], v->windows[window], INDEX_BLOCK,
			 block * INDEX_BLOCK);
	if (error)
		return error;
	if (!index_block_is_whole(v->windows[window], v->heads[file].id, block))
		return -EBADMSG;
	shown->block = block;
	shown->file = file;
	return 0;
}

static int read_record(struct table_view *v, uint32_t number, uint32_t *file,
		       struct index_record *record)
{
	const struct index_header *head = &v->heads[0];
	uint32_t row = number - 1;
	int error;

	if (number < 1 || number > v->count)
		return -ERANGE;
	*file = 0;
	if (row >= head->count) {
		row -= head->count;
		head = &v->heads[++*file];
	}
	error = show(v, TABLE_RECORDS, *file, index_record_block(row));
	if (error)
		return error;
	if (!index_record_decode(v->windows[TABLE_RECORDS] +
					 index_record_offset(row),
				 head, record))
		return -EBADMSG;
	return 0;
}

int table_entry(struct table_view *v, uint32_t number, struct table_entry *out)
{
	struct index_record record;
	struct table_entry e;
	uint32_t file;
	int error = read_record(v, number, &file, &record);

	if (error)
		return error;
	error = show(v, TABLE_NAMES, file,
		     index_name_block(&v->heads[file], &record));
	if (error)
		return error;
	e.name = span_make(v->windows[TABLE_NAMES] + index_name_offset(&record),
			   record.name_n);
	e.base = span_take(e.name, record.base_n);
	e.row.size = record.size;
	e.row.uid = record.uid_n ? span_make(e.name.p + e.name.n, record.uid_n)
				 : e.base;
	e.file_size = record.file_size;
	e.in_new = record.in_new;
	e.claimed = record.claimed && v->heads[file].claimed > 0;
	if (!index_name_is_safe(e.name) || !index_uid_is_valid(e.row.uid))
		return -EBADMSG;
	*out = e;
	return 0;
}

int table_row(struct table_view *v, uint32_t number, struct table_row *out)
{
	struct table_entry e;
	int error = table_entry(v, number, &e);

	if (error == 0)
		*out = e.row;
	return error;
}
