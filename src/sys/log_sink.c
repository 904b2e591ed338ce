/* SPDX-License-Identifier: ISC */
#include "sys/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const struct sockaddr_un syslog_address = {.sun_family = AF_UNIX,
						  .sun_path = "/dev/log"};

static int open_syslog(struct log_sink *s)
{
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	s->kind = LOG_SINK_SYSLOG;
	s->ours = true;
	s->stamped = true;
	return 0;
}

static int open_path(struct log_sink *s, const char *path)
{
	/* O_NONBLOCK: a FIFO without a reader is an error, not a wait. */
	s->fd = open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK |
			     O_CLOEXEC,
		     0640);
	if (s->fd < 0)
		return -errno;
	s->kind = LOG_SINK_FILE;
	s->ours = true;
	s->stamped = true;
	return 0;
}

static bool is_same_file(const struct stat *a, int fd)
{
	struct stat b;

	return fstat(fd, &b) == 0 && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

/* systemd puts "device:inode" of the journal's stream in the environment. */
static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[48];

	if (!stream)
		return false;
	(void)snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st->st_dev,
		       (uintmax_t)st->st_ino);
	return strcmp(stream, mine) == 0;
}

/* O_NONBLOCK belongs to the open file, which others share with us: get one of
 * our own for the same pipe or terminal. */
static void open_own_stderr(struct log_sink *s)
{
	int fd = open("/proc/self/fd/2",
		      O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		s->kind = LOG_SINK_WAITING;
		return;
	}
	s->fd = fd;
	s->ours = true;
	s->kind = LOG_SINK_FILE;
}

static int open_stderr(struct log_sink *s)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0)
		return -errno;
	s->fd = STDERR_FILENO;
	if (S_ISSOCK(st.st_mode)) {
		/* inetd and xinetd give the connection as stderr, too; a
		 * journal is often both stdout and stderr. */
		if (is_same_file(&st, STDIN_FILENO))
			return -ENOTUNIQ;
		s->kind = LOG_SINK_STREAM;
		s->journal = is_journal(&st);
	} else if (S_ISREG(st.st_mode)) {
		s->kind = LOG_SINK_FILE;
	} else {
		open_own_stderr(s);
	}
	return 0;
}

int log_sink_open(struct log_sink *s, const char *name)
{
	int r;

	*s = (struct log_sink){.fd = -1};
	if (strcmp(name, "stderr") == 0)
		r = open_stderr(s);
	else if (strcmp(name, "syslog") == 0)
		r = open_syslog(s);
	else if (name[0] == '/')
		r = open_path(s, name);
	else
		r = -EINVAL;
	if (r < 0)
		*s = (struct log_sink){.fd = -1};
	/* Reads the zone's file now: later there may be no way to it. */
	if (s->stamped)
		tzset();
	return r;
}

void log_sink_close(struct log_sink *s)
{
	if (s->ours)
		(void)close(s->fd);
	*s = (struct log_sink){.fd = -1};
}

static bool put_message(const struct log_sink *s, struct span line)
{
	struct sockaddr_un to = syslog_address;
	struct iovec part = {.iov_base = (void *)(uintptr_t)line.p,
			     .iov_len = line.n};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (s->kind == LOG_SINK_SYSLOG) {
		m.msg_name = &to;
		m.msg_namelen = sizeof(to);
	}
	return sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)line.n;
}

static bool is_ready(int fd)
{
	static const struct timespec at_once;
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return ppoll(&p, 1, &at_once, NULL) == 1 && (p.revents & POLLOUT);
}

bool log_sink_put(const struct log_sink *s, struct span line)
{
	switch (s->kind) {
	case LOG_SINK_NONE:
		return true;
	case LOG_SINK_SYSLOG:
	case LOG_SINK_STREAM:
		return put_message(s, line);
	case LOG_SINK_WAITING:
		/* A pipe that is ready takes PIPE_BUF octets, a whole line. */
		if (!is_ready(s->fd))
			return false;
		/* fall through */
	case LOG_SINK_FILE:
		break;
	}
	return write(s->fd, line.p, line.n) == (ssize_t)line.n;
}
