/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/index_format.h"
#include "store/index_write.h"
#include "store/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- the format --- */

static struct index_header a_header(void)
{
	struct index_header h = {
		.id = 0x1122334455667788,
		.count = 300,
		.in_new = 7,
		.claimed = 3,
		.octets = 123456789012,
		.pool_blocks = 4,
		.stamps = {{1, 2, 3, -4, 5, 6, true}, {7, 8, 9, 10, 11, 12, 0}},
	};

	return h;
}

static void test_header_round_trip(void **state)
{
	struct index_header h = a_header(), back;
	unsigned char octets[INDEX_HEADER], again[INDEX_HEADER];

	(void)state;
	index_header_encode(&h, octets);
	assert_true(index_header_decode(octets, &back));
	index_header_encode(&back, again);
	assert_memory_equal(octets, again, sizeof(octets));
	assert_int_equal(back.octets, 123456789012);
	assert_int_equal(back.stamps[0].ctime_s, -4);
	assert_true(back.stamps[0].settled);
	assert_false(back.stamps[1].settled);
}

static void test_header_any_bit_counts(void **state)
{
	struct index_header h = a_header();
	unsigned char octets[INDEX_HEADER];

	(void)state;
	index_header_encode(&h, octets);
	for (size_t i = 0; i < sizeof(octets) * 8; i++) {
		octets[i / 8] ^= (unsigned char)(1U << (i % 8));
		assert_false(index_header_decode(octets, &h));
		octets[i / 8] ^= (unsigned char)(1U << (i % 8));
	}
	assert_true(index_header_decode(octets, &h));
}

/* Well-formed, and yet impossible. */
static void test_header_impossible(void **state)
{
	static const struct {
		const char *what;
		struct index_header h;
	} cases[] = {
		{"no id", {.id = 0}},
		{"its own base", {.id = 5, .base_id = 5}},
		{"base rows without base", {.id = 5, .base_count = 1}},
		{"base octets without base", {.id = 5, .base_octets = 1}},
		{"more new than rows", {.id = 5, .count = 1, .in_new = 2}},
		{"more claims than rows", {.id = 5, .count = 1, .claimed = 2}},
		{"pool without rows", {.id = 5, .pool_blocks = 1}},
		{"too many rows",
		 {.id = 5, .base_id = 4, .count = 1, .base_count = UINT32_MAX}},
		{"too many octets",
		 {.id = 5,
		  .base_id = 4,
		  .octets = 1,
		  .base_octets = UINT64_MAX}},
	};
	unsigned char octets[INDEX_HEADER];
	struct index_header h;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		index_header_encode(&cases[i].h, octets);
		if (index_header_decode(octets, &h))
			fail_msg("%s", cases[i].what);
	}
}

static void test_record(void **state)
{
	static const struct {
		struct index_record r;
		bool possible;
	} cases[] = {
		{{1, 2, 0, 10, 5, 0, true, false}, true},
		{{UINT64_MAX, 2, 3 * 4096 + 4000, 88, 0, 0, false, true}, true},
		{{1, 2, 3 * 4096 + 4000, 87, 0, 1, false, false}, true},
		{{1, 2, 3 * 4096 + 4000, 87, 0, 2, false, false}, false},
		{{1, 2, 4 * 4096, 1, 1, 0, false, false}, false},
		{{1, 2, UINT64_MAX, 1, 1, 0, false, false}, false},
		{{1, 2, 0, 0, 0, 0, false, false}, false},
		{{1, 2, 0, 5, 6, 0, false, false}, false},
		{{1, 2, 0, 5, 5, 70, false, false}, true},
		{{1, 2, 0, 5, 5, 71, false, false}, false},
	};
	struct index_header h = a_header();
	unsigned char octets[INDEX_RECORD], again[INDEX_RECORD];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct index_record back;

		index_record_encode(&cases[i].r, octets);
		assert_int_equal(index_record_decode(octets, &h, &back),
				 cases[i].possible);
		index_record_encode(&back, again);
		assert_memory_equal(octets, again, sizeof(octets));
	}
	octets[27] |= 4; /* a bit that means nothing */
	assert_false(
		index_record_decode(octets, &h, &(struct index_record){0}));
}

static void test_block_checksum(void **state)
{
	static unsigned char block[INDEX_BLOCK];

	(void)state;
	for (size_t i = 0; i < INDEX_PAYLOAD; i++)
		block[i] = (unsigned char)(i * 7);
	index_block_seal(block, 42, 3);
	assert_true(index_block_is_whole(block, 42, 3));
	assert_false(index_block_is_whole(block, 42, 4));
	assert_false(index_block_is_whole(block, 43, 3));
	for (size_t i = 0; i < INDEX_BLOCK; i++) {
		block[i] ^= 0x10;
		assert_false(index_block_is_whole(block, 42, 3));
		block[i] ^= 0x10;
	}
}

static void test_names(void **state)
{
	char longest[256];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(index_name_is_safe(span_make(longest, 255)));
	assert_false(index_name_is_safe(span_make(longest, 256)));
	assert_true(index_name_is_safe(span_str("a b\n\xff:2,")));
	assert_false(index_name_is_safe(span_str("")));
	assert_false(index_name_is_safe(span_str(".")));
	assert_false(index_name_is_safe(span_str("..")));
	assert_false(index_name_is_safe(span_str(".a")));
	assert_false(index_name_is_safe(span_str("../x")));
	assert_false(index_name_is_safe(span_str("a/b")));
	assert_false(index_name_is_safe(span_make("a\0b", 3)));
	assert_true(index_uid_is_valid(span_make(longest, 70)));
	assert_false(index_uid_is_valid(span_make(longest, 71)));
	assert_false(index_uid_is_valid(span_str("")));
	assert_false(index_uid_is_valid(span_str("a b")));
	assert_false(index_uid_is_valid(span_str("a\x7f")));
}

/* --- reading what was written --- */

/* Names of every length, so that blocks end at every place. */
static size_t name_of(uint32_t i, char *name)
{
	size_t n = 1 + i * 37 % 255;

	memset(name, 'a' + (int)(i % 26), n);
	for (size_t k = 0; k < n && i > 0; k++, i /= 10)
		name[k] = (char)('0' + i % 10);
	return n;
}

static const char the_uid[] = "some-other-uid";

static void fill(struct maildrop_list *l, uint32_t from, uint32_t to)
{
	char name[256];

	for (uint32_t i = from; i < to; i++) {
		struct maildrop_item item = {
			.size = i * 3, .file_size = i, .sized = true};

		item.in_new = i % 5 == 0;
		assert_int_equal(
			maildrop_list_add(
				l, span_make(name, name_of(i, name)),
				span_str(i % 7 == 0 || i * 37 % 255 >= 70
						 ? the_uid
						 : ""),
				&item),
			0);
	}
}

static int write_table(uint32_t from, uint32_t to, struct index_header *h)
{
	struct maildrop_list l = {0};
	int fd = memfd_create("table", MFD_CLOEXEC);

	assert_true(fd >= 0);
	fill(&l, from, to);
	assert_int_equal(index_write(fd, &l, 0, h), 0);
	maildrop_list_free(&l);
	return fd;
}

static void check_row(struct table_view *v, uint32_t number)
{
	uint32_t i = number - 1;
	struct table_entry e;
	char name[256];

	assert_int_equal(table_entry(v, number, &e), 0);
	assert_int_equal(e.row.size, i * 3);
	assert_int_equal(e.file_size, i);
	assert_int_equal(e.in_new, i % 5 == 0);
	assert_int_equal(e.name.n, name_of(i, name));
	assert_memory_equal(e.name.p, name, e.name.n);
	assert_true(span_equal(e.row.uid, i % 7 == 0 || i * 37 % 255 >= 70
						  ? span_str(the_uid)
						  : e.name));
}

static uint64_t sum(uint32_t n)
{
	return (uint64_t)n * (n - 1) / 2 * 3;
}

static void test_tables_of_many_sizes(void **state)
{
	static const uint32_t counts[] = {1,   2,   126,  127,	128,
					  254, 255, 1000, 2033, 5000};
	static struct table_view v;

	(void)state;
	for (size_t c = 0; c < COUNT(counts); c++) {
		struct index_header h = {.id = 9};
		int fd = write_table(0, counts[c], &h);

		assert_int_equal(table_open(&v, &fd, 1), 0);
		assert_int_equal(table_count(&v), counts[c]);
		assert_int_equal(table_octets(&v), sum(counts[c]));
		assert_int_equal(h.in_new, (counts[c] + 4) / 5);
		for (uint32_t n = 1; n <= counts[c]; n++)
			check_row(&v, n);
		for (uint32_t n = counts[c]; n >= 1; n -= n > 17 ? 17 : 1)
			check_row(&v, n);
		assert_int_equal(lseek(fd, 0, SEEK_END),
				 index_end(&h) * INDEX_BLOCK);
		close(fd);
	}
}

static void test_range(void **state)
{
	static struct table_view v;
	struct index_header h = {.id = 9};
	struct table_row row;
	int fd = write_table(0, 10, &h);

	(void)state;
	assert_int_equal(table_open(&v, &fd, 1), 0);
	assert_int_equal(table_row(&v, 10, &row), 0);
	assert_int_equal(table_row(&v, 0, &row), -ERANGE);
	assert_int_equal(table_row(&v, 11, &row), -ERANGE);
	assert_int_equal(table_row(&v, UINT32_MAX, &row), -ERANGE);
	close(fd);
	assert_int_equal(table_open(&v, NULL, 0), 0);
	assert_int_equal(table_count(&v), 0);
	assert_int_equal(table_octets(&v), 0);
	assert_int_equal(table_row(&v, 1, &row), -ERANGE);
}

static void test_tail_continues_base(void **state)
{
	static struct table_view v;
	struct index_header base = {.id = 9}, tail = {.id = 10, .base_id = 9};
	int fds[2];

	(void)state;
	fds[0] = write_table(0, 200, &base);
	tail.base_count = 200;
	tail.base_octets = base.octets;
	fds[1] = write_table(200, 333, &tail);
	assert_int_equal(table_open(&v, fds, 2), 0);
	assert_int_equal(table_count(&v), 333);
	assert_int_equal(table_octets(&v), sum(333));
	for (uint32_t n = 1; n <= 333; n++)
		check_row(&v, n);
	for (uint32_t n = 1; n <= 133; n++) {
		check_row(&v, n + 200);
		check_row(&v, n);
	}
	assert_int_equal(table_open(&v, fds, 1), 0);
	assert_int_equal(table_count(&v), 200);
	assert_int_equal(table_open(&v, fds + 1, 1), -EBADMSG);
	assert_int_equal(table_open(&v, (int[]){fds[1], fds[0]}, 2), -EBADMSG);
	assert_int_equal(table_open(&v, (int[]){fds[0], fds[0]}, 2), -EBADMSG);
	assert_int_equal(table_open(&v, fds, 3), -EINVAL);
	close(fds[0]);
	close(fds[1]);
}

static void test_tail_of_another_base(void **state)
{
	static const struct index_header cases[] = {
		{.id = 10, .base_id = 8, .base_count = 5, .base_octets = 30},
		{.id = 10, .base_id = 9, .base_count = 4, .base_octets = 30},
		{.id = 10, .base_id = 9, .base_count = 5, .base_octets = 31},
		{.id = 10},
	};
	static struct table_view v;
	struct index_header base = {.id = 9};
	int fds[2];

	(void)state;
	fds[0] = write_table(0, 5, &base);
	assert_int_equal(base.octets, 30);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct index_header tail = cases[i];

		fds[1] = write_table(5, 7, &tail);
		assert_int_equal(table_open(&v, fds, 2), -EBADMSG);
		close(fds[1]);
	}
	close(fds[0]);
}

/* --- damage --- */

/*
 * Every row is either as it was or damaged: nothing in between, wherever an
 * octet is changed.
 */
static void test_every_octet_damaged(void **state)
{
	static struct table_view v;
	struct index_header h = {.id = 9};
	int fd = write_table(0, 150, &h);
	off_t end = lseek(fd, 0, SEEK_END);

	(void)state;
	for (off_t at = 0; at < end; at += at < 256 ? 1 : 13) {
		bool used = at < INDEX_HEADER || at >= INDEX_BLOCK;
		uint32_t bad = 0;
		unsigned char c, d;

		assert_int_equal(pread(fd, &c, 1, at), 1);
		d = c ^ 0x41;
		assert_int_equal(pwrite(fd, &d, 1, at), 1);
		if (table_open(&v, &fd, 1) != 0) {
			assert_true(at < INDEX_HEADER);
			bad = 1;
		} else {
			for (uint32_t n = 1; n <= 150; n++) {
				struct table_entry e;
				int r = table_entry(&v, n, &e);

				if (r == 0)
					check_row(&v, n);
				else
					assert_int_equal(r, -EBADMSG);
				bad += r != 0;
			}
		}
		assert_int_equal(bad > 0, used);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
	}
	close(fd);
}

static void test_truncated(void **state)
{
	static struct table_view v;
	struct index_header h = {.id = 9};
	int fd = write_table(0, 150, &h);
	off_t end = lseek(fd, 0, SEEK_END);

	(void)state;
	for (off_t cut = end - 1; cut > 0; cut -= 511) {
		struct table_row row;
		uint32_t bad = 0;

		assert_int_equal(ftruncate(fd, cut), 0);
		if (table_open(&v, &fd, 1) != 0) {
			assert_true(cut < INDEX_HEADER);
			continue;
		}
		for (uint32_t n = 1; n <= 150; n++)
			bad += table_row(&v, n, &row) == -EBADMSG;
		assert_true(bad > 0);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(table_open(&v, &fd, 1), -EBADMSG);
	close(fd);
	assert_int_equal(table_open(&v, &fd, 1), -EBADF);
}

/* A window that was read well stays so; one that was not is read again. */
static void test_damage_is_not_remembered(void **state)
{
	static struct table_view v;
	struct index_header h = {.id = 9};
	struct table_row row;
	unsigned char c, d;
	int fd = write_table(0, 10, &h);

	(void)state;
	assert_int_equal(pread(fd, &c, 1, INDEX_BLOCK), 1);
	d = c ^ 1;
	assert_int_equal(pwrite(fd, &d, 1, INDEX_BLOCK), 1);
	assert_int_equal(table_open(&v, &fd, 1), 0);
	assert_int_equal(table_row(&v, 1, &row), -EBADMSG);
	assert_int_equal(pwrite(fd, &c, 1, INDEX_BLOCK), 1);
	assert_int_equal(table_row(&v, 1, &row), 0);
	close(fd);
}

/* Whole blocks with right checksums around names that no folder can have. */
static void test_forged_names(void **state)
{
	static const char *const names[] = {"/etc/passwd", "../../../x", "..",
					    ".hidden", "a/b"};
	static struct table_view v;

	(void)state;
	for (size_t i = 0; i < COUNT(names) + 1; i++) {
		struct span name = i < COUNT(names) ? span_str(names[i])
						    : span_make("a\0b", 3);
		struct maildrop_list l = {0};
		struct maildrop_item item = {.sized = true};
		struct index_header h = {.id = 9};
		struct table_entry e;
		int fd = memfd_create("table", MFD_CLOEXEC);

		assert_int_equal(
			maildrop_list_add(&l, name, span_str("uid"), &item), 0);
		assert_int_equal(index_write(fd, &l, 0, &h), 0);
		assert_int_equal(table_open(&v, &fd, 1), 0);
		assert_int_equal(table_entry(&v, 1, &e), -EBADMSG);
		maildrop_list_free(&l);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_round_trip),
		cmocka_unit_test(test_header_any_bit_counts),
		cmocka_unit_test(test_header_impossible),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_block_checksum),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_tables_of_many_sizes),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_tail_continues_base),
		cmocka_unit_test(test_tail_of_another_base),
		cmocka_unit_test(test_every_octet_damaged),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damage_is_not_remembered),
		cmocka_unit_test(test_forged_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
