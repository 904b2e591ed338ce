/* SPDX-License-Identifier: ISC */
#include "pop3-session/sockets.h"

#include "net/listen.h"
#include "net/peer.h"
#include "pop3-session/start.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What goes on while they are opened. */
struct opening {
	struct sockets *sockets;
	const struct settings *settings;
};

static int keep(const struct opening *o, int fd)
{
	struct sockets *s = o->sockets;

	if (s->n == LISTENING_SOCKETS) {
		start_error(o->settings, "more than %d listening sockets",
			    LISTENING_SOCKETS);
		return -EINVAL;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	s->fds[s->n++] = fd;
	return 0;
}

static int take_over(const struct opening *o, int fd)
{
	int accepts = 0;
	socklen_t n = sizeof(accepts);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) < 0 ||
	    !accepts) {
		start_error(o->settings,
			    "descriptor %d that was handed over is no "
			    "listening socket (Accept=no is needed for this "
			    "unit)",
			    fd);
		return -EINVAL;
	}
	/* Connections have these options from their listening socket. */
	(void)!peer_tune(fd);
	return keep(o, fd);
}

static int open_one(const struct opening *o, const char *where)
{
	char memory[LISTEN_ERROR_SIZE];
	struct listen_address address;
	struct buf error;
	int fd = -1;

	buf_init(&error, memory, sizeof(memory));
	if (listen_parse(span_str(where), &address, &error) == 0)
		fd = listen_open(&address, &error);
	if (fd < 0) {
		start_error(o->settings, "%s",
			    buf_str(&error) ? memory : where);
		return -EINVAL;
	}
	return keep(o, fd);
}

static int open_each(const struct opening *o, const char *const *where,
		     size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = open_one(o, where[i]);
	return r;
}

static void announce(int fd)
{
	char memory[LISTEN_TEXT_MAX];
	struct listen_address address;
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (listen_local(fd, &address) < 0)
		return;
	listen_format(&address, &text);
	log_info("listening on %s", buf_str(&text) ? memory : "?");
}

int sockets_open(struct sockets *s, const struct options *o,
		 const struct settings *settings)
{
	const struct opening opening = {s, settings};
	size_t i, handed = notify_take_sockets();
	int r = 0;

	s->n = 0;
	for (i = 0; r == 0 && i < handed; i++)
		r = take_over(&opening, NOTIFY_FIRST_FD + (int)i);
	if (handed == 0 && !o->listens)
		r = take_over(&opening, STDIN_FILENO);
	if (r == 0)
		r = open_each(&opening, o->listen, o->listen_n);
	if (r == 0 && o->listens && o->listen_n == 0)
		r = open_each(&opening, settings->listen.items,
			      settings->listen.n);
	if (r == 0 && s->n == 0) {
		start_error(settings, "nothing to listen on: give --listen "
				      "ADDR:PORT, or set listen");
		r = -EINVAL;
	}
	for (i = 0; r == 0 && i < s->n; i++)
		announce(s->fds[i]);
	return r;
}

void sockets_close(struct sockets *s)
{
	while (s->n > 0)
		close(s->fds[--s->n]);
}
