/* SPDX-License-Identifier: ISC */
#include "sys/io.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Control data for the most descriptors, aligned as its header. */
union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int[IO_MAX_FDS]))];
};

static int wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	if (ppoll(&p, 1, NULL, NULL) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int io_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done >= 0) {
			at += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			int r = wait_writable(fd);

			if (r < 0)
				return r;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

ssize_t io_send_fds(int sock, const void *p, size_t n, const int *fds,
		    size_t nfds, int flags)
{
	union control control;
	struct iovec part = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (n == 0 || nfds > IO_MAX_FDS)
		return -EINVAL;
	if (nfds > 0) {
		struct cmsghdr *c;

		/* Padding goes to the kernel too: none of our stack. */
		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	do
		sent = sendmsg(sock, &m, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* Takes the descriptors out of a message that has arrived; there is room for
 * IO_MAX_FDS and, by alignment, the control buffer cannot hold more. */
static size_t take_fds(struct msghdr *m, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t octets = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds + n, CMSG_DATA(c), octets);
		n += octets / sizeof(int);
	}
	return n;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
}

ssize_t io_recv_fds(int sock, void *p, size_t cap, int *fds, size_t max,
		    size_t *nfds, int flags)
{
	union control control;
	int got[IO_MAX_FDS];
	size_t ngot;
	struct iovec part = {.iov_base = p, .iov_len = cap};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	*nfds = 0;
	do
		n = recvmsg(sock, &m, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ngot = take_fds(&m, got);
	if ((m.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) || ngot > max || n == 0) {
		close_all(got, ngot);
		return n == 0 ? 0 : -EMSGSIZE;
	}
	if (ngot > 0)
		memcpy(fds, got, ngot * sizeof(int));
	*nfds = ngot;
	return n;
}

int io_random(void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got >= 0) {
			at += got;
			n -= (size_t)got;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
