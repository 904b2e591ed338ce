/* SPDX-License-Identifier: ISC */
#include "pop3-session/start.h"

#include "sys/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool logs_elsewhere(const struct settings *s)
{
	return s->log[0] && strcmp(s->log, "stderr") != 0;
}

void start_error(const struct settings *s, const char *fmt, ...)
{
	char text[1024];
	va_list list;

	va_start(list, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	log_error("%s", text);
	if (logs_elsewhere(s))
		(void)fprintf(stderr, "pop3-session: %s\n", text);
}

/* inetd's, that waits, gives its socket three times. */
static bool accepts(int fd)
{
	int yes = 0;
	socklen_t n = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

void start_is_over(const struct settings *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, STDOUT_FILENO);
	if (logs_elsewhere(s) || accepts(STDERR_FILENO))
		(void)dup2(null, STDERR_FILENO);
	close(null);
}
