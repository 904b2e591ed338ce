/* SPDX-License-Identifier: ISC */
#include "pop3-session/output.h"

#include "base/num.h"
#include "pop3-session/transcript.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

void output_init(struct output *out, int fd, bool is_socket,
		 const struct output_watch *watch)
{
	out->fd = fd;
	out->is_socket = is_socket;
	out->failed = false;
	out->p = out->small;
	out->n = 0;
	out->cap = sizeof(out->small);
	out->sent = 0;
	out->watch = *watch;
}

static ssize_t send_some(const struct output *out, const char *p, size_t n)
{
	struct iovec part = {(void *)(uintptr_t)p, n};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};

	if (out->is_socket)
		return sendmsg(out->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	/*
	 * A pipe or terminal may be shared, so it stays blocking; one that
	 * polls writable takes PIPE_BUF octets without blocking.
	 */
	return write(out->fd, p, n < 4096 ? n : 4096);
}

static void write_all(struct output *out)
{
	size_t done = 0;
	bool ready = out->is_socket; /* a send that would block says so */

	while (!out->failed && done < out->n) {
		ssize_t n;

		if (!ready && !out->watch.wait(out->watch.context)) {
			out->failed = true;
			break;
		}
		ready = false;
		n = send_some(out, out->p + done, out->n - done);
		if (n > 0) {
			done += (size_t)n;
			out->sent += (uint64_t)n;
			out->watch.progress(out->watch.context);
		} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
			out->failed = true;
		}
	}
	out->n = 0;
}

void output_flush(struct output *out)
{
	if (out->transcript && !out->failed)
		transcript_output(span_make(out->p, out->n));
	write_all(out);
}

static bool grow(struct output *out)
{
	char *large = mmap(NULL, OUTPUT_LARGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (large == MAP_FAILED)
		return false;
	memcpy(large, out->p, out->n);
	out->p = large;
	out->cap = OUTPUT_LARGE;
	return true;
}

void output_add(struct output *out, struct span s)
{
	while (s.n > 0 && !out->failed) {
		size_t n = out->cap - out->n;

		if (n > s.n)
			n = s.n;
		memcpy(out->p + out->n, s.p, n);
		out->n += n;
		s = span_drop(s, n);
		if (out->n == out->cap && (output_is_large(out) || !grow(out)))
			output_flush(out);
	}
}

void output_add_str(struct output *out, const char *s)
{
	output_add(out, span_str(s));
}

void output_add_u64(struct output *out, uint64_t v)
{
	char digits[20];

	output_add(out, span_make(digits, num_format_u64(v, digits)));
}

char *output_room(struct output *out, size_t least, size_t *cap)
{
	if (!output_is_large(out) && !grow(out))
		out->failed = true;
	if (out->cap - out->n < least)
		output_flush(out);
	*cap = out->cap - out->n;
	return out->failed ? NULL : out->p + out->n;
}

void output_filled(struct output *out, size_t n)
{
	out->n += n;
}

bool output_is_large(const struct output *out)
{
	return out->p != out->small;
}

void output_rest(struct output *out)
{
	if (!output_is_large(out) || out->n > 0)
		return;
	munmap(out->p, OUTPUT_LARGE);
	out->p = out->small;
	out->cap = sizeof(out->small);
}
