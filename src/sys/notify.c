/* SPDX-License-Identifier: ISC */
#include "sys/notify.h"

#include "base/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int kept = -1; /* of notify_keep() */

static uint64_t number_of(const char *name)
{
	uint64_t value = 0;

	(void)num_parse_u64(span_str(getenv(name)), INT32_MAX, &value);
	return value;
}

int notify_has_sockets(void)
{
	return number_of("LISTEN_PID") == (uint64_t)getpid() &&
	       number_of("LISTEN_FDS") > 0;
}

size_t notify_take_sockets(void)
{
	size_t n = 0;

	if (notify_has_sockets())
		n = number_of("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return n;
}

/* Where notices go; its length, or 0: nowhere. */
static socklen_t notify_address(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;

	if (n == 0 || n >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, n);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

/* A socket connected to there, or a negative errno; -ENOTCONN: nowhere. */
static int notify_connect(void)
{
	struct sockaddr_un address;
	socklen_t n = notify_address(&address);
	int fd, failed;

	if (n == 0)
		return -ENOTCONN;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, n) == 0)
		return fd;
	failed = -errno;
	close(fd);
	return failed;
}

int notify_send(const char *state)
{
	int fd = kept >= 0 ? kept : notify_connect();
	int failed = 0;

	if (fd < 0)
		return fd == -ENOTCONN ? 0 : fd;
	if (send(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		failed = -errno;
	if (fd != kept)
		close(fd);
	return failed;
}

int notify_keep(void)
{
	int fd = kept >= 0 ? kept : notify_connect();

	if (fd < 0)
		return fd == -ENOTCONN ? 0 : fd;
	kept = fd;
	return 0;
}

uint64_t notify_watchdog_us(void)
{
	uint64_t us = 0;

	if (getenv("WATCHDOG_PID") &&
	    number_of("WATCHDOG_PID") != (uint64_t)getpid())
		return 0;
	(void)num_parse_u64(span_str(getenv("WATCHDOG_USEC")), INT64_MAX, &us);
	return us;
}
