/* SPDX-License-Identifier: ISC */
/* RETR and TOP: a message file onto the wire. */
#include "pop3-session/front.h"

#include "proto/wire.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILE_OCTETS = 64 * 1024, /* read at once */
	TOP_OCTETS = 4 * 1024,	 /* likewise, for the first read of TOP */
};

static bool have_file_buffer(struct front *front)
{
	void *p;

	if (front->file)
		return true;
	p = mmap(NULL, FILE_OCTETS, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED)
		front->file = p;
	return front->file != NULL;
}

void front_rest_file(struct front *front)
{
	if (front->file)
		munmap(front->file, FILE_OCTETS);
	front->file = NULL;
}

static void encode(struct front *front, struct wire *wire, struct span in)
{
	while (in.n > 0 && !wire_is_done(wire)) {
		size_t cap;
		char *room = output_room(&front->out, WIRE_MIN_OUT, &cap);

		if (!room)
			return;
		output_filled(&front->out, wire_encode(wire, &in, room, cap));
	}
}

static void finish(struct front *front, struct wire *wire)
{
	size_t cap;
	char *room = output_room(&front->out, WIRE_END_MAX, &cap);

	if (room)
		output_filled(&front->out, wire_end(wire, room));
}

/* Octets that the message would have if it ended here. */
static uint64_t octets_at_end(const struct wire *wire)
{
	struct wire copy = *wire;
	char end[WIRE_END_MAX];

	(void)wire_end(&copy, end);
	return wire_octets(&copy);
}

/*
 * All of the file, or what TOP wants of it.  0, or a negative errno when
 * reading failed or came up short of the octets that were announced: then
 * nothing but a closed connection without the final dot tells the client.
 */
static int copy(struct front *front, int fd, struct wire *wire, uint64_t size)
{
	size_t want = wire->lines == WIRE_WHOLE ? FILE_OCTETS : TOP_OCTETS;

	while (!wire_is_done(wire) && !front->out.failed) {
		ssize_t n = read(fd, front->file, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		encode(front, wire, span_make(front->file, (size_t)n));
		/* A short read that reaches the size is the end of file. */
		if (n == 0 || ((size_t)n < want && octets_at_end(wire) == size))
			return octets_at_end(wire) < size ? -EIO : 0;
		want = FILE_OCTETS;
	}
	return 0;
}

/* Before the client can have its end. */
static void count(struct front *front, const struct wire *wire, uint64_t top)
{
	struct counters_front *counts = &front->own->counts;
	uint64_t octets =
		front->out.failed ? wire_octets(wire) : octets_at_end(wire);

	if (top == WIRE_WHOLE) {
		counters_add(&counts->retrieved, 1);
		counters_add(&counts->retrieved_octets, octets);
	} else {
		counters_add(&counts->topped, 1);
		counters_add(&counts->topped_octets, octets);
	}
}

static void announce(struct front *front, uint64_t size, uint64_t top_lines)
{
	output_add_str(&front->out, "+OK");
	if (top_lines == WIRE_WHOLE) {
		output_add_str(&front->out, " ");
		output_add_u64(&front->out, size);
		output_add_str(&front->out, " octets");
	}
	output_add_str(&front->out, "\r\n");
}

static enum front_reply failed_fetch(int error)
{
	return error == -ENOENT ? REPLY_GONE : REPLY_UNREADABLE;
}

static void send_message(struct front *front, int fd, uint64_t size,
			 uint64_t top_lines)
{
	struct wire wire;

	wire_begin(&wire, top_lines);
	announce(front, size, top_lines);
	if (copy(front, fd, &wire, size) < 0) {
		front->ended = true;
		front->is_error = true;
		front->reason = CHANNEL_STORAGE;
		return;
	}
	count(front, &wire, top_lines);
	finish(front, &wire);
}

enum front_reply front_retrieve(struct front *front, uint32_t number,
				uint64_t top_lines)
{
	struct table_row row;
	int fd;

	if (front_row(front, number, &row) < 0) {
		front->ended = true;
		return REPLY_DAMAGED;
	}
	if (!have_file_buffer(front))
		return REPLY_NO_MEMORY;
	fd = front_fetch(front, number);
	if (fd < 0)
		return failed_fetch(fd);
	send_message(front, fd, row.size, top_lines);
	close(fd);
	if (front->setup->keep_seen && top_lines == WIRE_WHOLE &&
	    !front->ended && !front_mark(front, CHANNEL_RETRIEVED, number))
		return REPLY_NONE; /* only the flag is lost */
	return REPLY_NONE;
}
