/* SPDX-License-Identifier: ISC */
#include "sys/notify.h"

#include "base/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

int notify_send(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (n == 0 || n >= sizeof(address.sun_path))
		return 0;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	sent = sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	n = (size_t)errno;
	close(fd);
	return sent < 0 ? -(int)n : 0;
}
