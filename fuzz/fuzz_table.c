/* SPDX-License-Identifier: ISC */
/*
 * Any octets as the files of a table: what is read from them is either refused
 * or safe to use. Without its last bit the first octet says that the data is
 * one file as it is; with it the data is a header's fields and the blocks
 * behind it, which get the checksums that let them pass.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "store/index_format.h"
#include "store/table.h"

enum { ROWS_MAX = 400, BLOCKS_MAX = 8 };

static void put_all(int fd, const void *p, size_t n, off_t at)
{
	REQUIRE(pwrite(fd, p, n, at) == (ssize_t)n);
}

static uint32_t take_number(struct span *in, uint32_t below)
{
	unsigned low = fuzz_take_octet(in);

	return (fuzz_take_octet(in) << 8 | low) % below;
}

static struct index_header take_header(struct span *in)
{
	struct index_header h = {.id = 1 + fuzz_take_octet(in)};

	h.count = take_number(in, ROWS_MAX);
	h.in_new = take_number(in, h.count + 1);
	h.pool_blocks = take_number(in, BLOCKS_MAX + 2);
	h.octets = take_number(in, UINT16_MAX);
	return h;
}

static void write_blocks(int fd, const struct index_header *h, struct span *in)
{
	unsigned char block[INDEX_BLOCK];

	for (uint64_t i = 1; i < BLOCKS_MAX && in->n > 0; i++) {
		struct span some = span_take(*in, INDEX_PAYLOAD);

		*in = span_drop(*in, INDEX_PAYLOAD);
		memset(block, 0, sizeof(block));
		memcpy(block, some.p, some.n);
		index_block_seal(block, h->id, i);
		put_all(fd, block, sizeof(block), (off_t)(i * INDEX_BLOCK));
	}
}

static void check_row(struct table_view *v, uint32_t number)
{
	struct table_entry e;
	struct table_row row;

	if (table_entry(v, number, &e) != 0) {
		REQUIRE(table_row(v, number, &row) != 0);
		return;
	}
	REQUIRE(e.name.n >= 1 && e.name.n <= 255 && e.name.p[0] != '.');
	REQUIRE(!memchr(e.name.p, '/', e.name.n));
	REQUIRE(!memchr(e.name.p, 0, e.name.n));
	REQUIRE(span_starts(e.name, e.base));
	REQUIRE(e.row.uid.n >= 1 && e.row.uid.n <= 70);
	for (size_t i = 0; i < e.row.uid.n; i++)
		REQUIRE(e.row.uid.p[i] >= 0x21 && e.row.uid.p[i] <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct table_view v;
	struct span in = span_make(data, size);
	unsigned char head[INDEX_HEADER];
	bool sealed = fuzz_take_octet(&in) & 1;
	int fd = memfd_create("fuzz_table", MFD_CLOEXEC);

	REQUIRE(fd >= 0);
	if (sealed) {
		struct index_header h = take_header(&in);

		index_header_encode(&h, head);
		put_all(fd, head, sizeof(head), 0);
		write_blocks(fd, &h, &in);
	} else if (in.n > 0) {
		put_all(fd, in.p, in.n, 0);
	}
	if (table_open(&v, &fd, 1) == 0) {
		uint32_t n = table_count(&v);

		for (uint32_t i = 0; i <= n + 1 && i < ROWS_MAX; i++)
			check_row(&v, i);
		check_row(&v, n);
		check_row(&v, UINT32_MAX);
	}
	close(fd);
	return 0;
}
