/* SPDX-License-Identifier: ISC */
/* A generation is this program executed anew. */
#include "pop3-session/master.h"

#include "sys/log.h"
#include "sys/notify.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void master_find_executable(struct master *m)
{
	ssize_t n = readlink("/proc/self/exe", m->executable,
			     sizeof(m->executable) - 1);

	if (n < 0)
		(void)snprintf(m->executable, sizeof(m->executable), "%s",
			       m->argv[0]);
	else
		m->executable[n] = '\0';
}

/*
 * Put descriptors where the new image expects them: sockets from 3 on, the
 * control behind them.  First out of the way, so that none is overwritten.
 */
static int arrange(const struct master *m, int control)
{
	int high = NOTIFY_FIRST_FD + LISTENING_SOCKETS + 1;
	int fds[LISTENING_SOCKETS + 1];
	size_t i, n = m->sockets.n;

	for (i = 0; i < n; i++)
		fds[i] = fcntl(m->sockets.fds[i], F_DUPFD_CLOEXEC, high);
	fds[n] = fcntl(control, F_DUPFD_CLOEXEC, high);
	for (i = 0; i <= n; i++) {
		if (fds[i] < 0 || dup2(fds[i], NOTIFY_FIRST_FD + (int)i) < 0)
			return -errno;
	}
	return NOTIFY_FIRST_FD + (int)n;
}

_Noreturn void master_execute(const struct master *m, int control)
{
	char *argv[MASTER_ARGUMENTS + 2];
	char generation[32];
	int i, fd = arrange(m, control);

	for (i = 0; i < m->argc && i < MASTER_ARGUMENTS; i++)
		argv[i] = m->argv[i];
	snprintf(generation, sizeof(generation), "--generation=%d:%zu", fd,
		 m->sockets.n);
	argv[i++] = generation;
	argv[i] = NULL;
	signals_unblock();
	/* Signals of a terminal are for the master, which passes them on. */
	(void)setsid();
	if (fd >= 0) {
		/* Whatever else we were started with is not for sessions. */
		(void)close_range((unsigned)fd + 1, ~0U, 0);
		execv(m->executable, argv);
		execv("/proc/self/exe", argv);
	}
	log_error("cannot execute %s: %s", m->executable, strerror(errno));
	_exit(1);
}
