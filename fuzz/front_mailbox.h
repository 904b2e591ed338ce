/* SPDX-License-Identifier: ISC */
/*
 * The messages that a front is given in place of a maildrop. Each but the
 * first, which is empty, is full of an octet of its own that is found in no
 * reply but its own; they lie badly for encoders.
 */
#ifndef FUZZ_FRONT_MAILBOX_H
#define FUZZ_FRONT_MAILBOX_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/index_write.h"
#include "wire_reference.h"

enum {
	MAILBOX = 20, /* messages */
	LETTER_MAX =
		70000 /* octets of the longest; more than is read at once */
};

struct letter {
	char *text;
	size_t n;
	uint64_t size; /* octets as RETR sends them */
};

static struct {
	struct letter letters[MAILBOX + 1]; /* by number, from 1 */
	uint64_t octets;
	int table;    /* a list of these, */
	int damaged;  /* one without a good row, */
	int headless; /* and one without a good header */
} mailbox;

/* All that is sent of a text; valid until the next call. */
static struct span letter_wire(struct span text, uint64_t lines,
			       uint64_t *octets)
{
	static char memory[2 * LETTER_MAX + 16];
	struct buf out;
	uint64_t n;

	buf_init(&out, memory, sizeof(memory));
	n = wire_reference(text, lines, &out);
	REQUIRE(!out.overflow);
	if (octets)
		*octets = n;
	return buf_span(&out);
}

/* What there is of a message that is shorter than the list says: lines. */
static struct span letter_half(const struct letter *letter)
{
	struct span half = span_make(letter->text, letter->n / 2);
	size_t end = span_find_last(half, '\n');

	return span_take(half, end < half.n ? end + 1 : 0);
}

static void letter_write(unsigned number)
{
	static const char parts[][4] = {"\n", "\r\n", ".", "\r", "\n.", "\n\n"};
	static const size_t sizes[] = {300, 9000, LETTER_MAX, 50};
	struct letter *letter = &mailbox.letters[number];
	size_t most = number == 1 ? 0 : sizes[number % 4];
	char own = (char)(0x80 + number);
	uint32_t seed = number;
	struct buf text;

	/* One large message is enough, and a last line without an end. */
	if (most == LETTER_MAX && number != 6)
		most = 3;
	letter->text = fuzz_alloc(LETTER_MAX);
	buf_init(&text, letter->text, most);
	while (!text.overflow && most > 0) {
		unsigned random = fuzz_random(&seed);

		for (unsigned i = random % (most > 1000 ? 50 : 5); i > 0; i--)
			buf_add_char(&text, own);
		buf_add_str(&text, number % 5 ? parts[random / 64 % 6] : "\n.");
	}
	letter->n = text.n;
	(void)letter_wire(buf_span(&text), UINT64_MAX, &letter->size);
	mailbox.octets += letter->size;
}

static int mailbox_table(off_t damage)
{
	struct index_header head = {.id = 4711};
	struct maildrop_list list = {0};
	int fd = memfd_create("table", MFD_CLOEXEC);

	REQUIRE(fd >= 0);
	for (unsigned i = 1; i <= MAILBOX; i++) {
		struct maildrop_item item = {
			.size = mailbox.letters[i].size,
			.file_size = mailbox.letters[i].n,
			.sized = true,
		};
		char name[] = {(char)('a' + i), '\0'};

		REQUIRE(maildrop_list_add(&list, span_str(name), span_str(""),
					  &item) == 0);
	}
	REQUIRE(index_write(fd, &list, 0, &head) == 0);
	maildrop_list_free(&list);
	if (damage >= 0)
		REQUIRE(pwrite(fd, "damage", 6, damage) == 6);
	return fd;
}

static void mailbox_fill(void)
{
	if (mailbox.letters[1].text)
		return;
	for (unsigned i = 1; i <= MAILBOX; i++) {
		const struct letter *letter = &mailbox.letters[i];
		uint64_t half;

		letter_write(i);
		(void)letter_wire(letter_half(letter), UINT64_MAX, &half);
		REQUIRE(half < letter->size || i == 1);
	}
	mailbox.table = mailbox_table(-1);
	mailbox.damaged = mailbox_table(INDEX_BLOCK);
	mailbox.headless = mailbox_table(0);
}

/* A descriptor of a message, to be read from its beginning. */
static int mailbox_open(unsigned number, bool is_short)
{
	const struct letter *letter = &mailbox.letters[number];
	struct span text = is_short ? letter_half(letter)
				    : span_make(letter->text, letter->n);
	int fd = memfd_create("letter", MFD_CLOEXEC);

	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text.p, text.n) == (ssize_t)text.n);
	REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

#endif
