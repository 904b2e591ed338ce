/* SPDX-License-Identifier: ISC */
#include "client.h"

#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void client_open(struct client *c, uint16_t port)
{
	c->fd = bench_connect(port, 0);
	c->at = c->end = 0;
}

void client_close(struct client *c)
{
	close(c->fd);
}

void client_send(struct client *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		die("a command is too long");
	if (!bench_write(c->fd, text, (size_t)n))
		die("the server has gone away");
}

/* Makes room and receives. Returns false at end of file. */
static bool fill(struct client *c)
{
	ssize_t n;

	if (c->at > 0) {
		memmove(c->buf, c->buf + c->at, c->end - c->at);
		c->end -= c->at;
		c->at = 0;
	}
	if (c->end == sizeof(c->buf))
		die("a line is too long");
	do
		n = recv(c->fd, c->buf + c->end, sizeof(c->buf) - c->end, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		die("recv:");
	if (n <= 0)
		return false;
	c->end += (size_t)n;
	return true;
}

/* The next line with its end: its length. */
static size_t take_line(struct client *c, char **line)
{
	size_t from = 0;
	char *lf;

	while (!(lf = memchr(c->buf + c->at + from, '\n',
			     c->end - c->at - from))) {
		from = c->end - c->at;
		if (!fill(c))
			die("the server closed the connection");
	}
	*line = c->buf + c->at;
	c->at = (size_t)(lf + 1 - c->buf);
	return (size_t)(lf + 1 - *line);
}

const char *client_line(struct client *c)
{
	char *line;
	size_t n = take_line(c, &line);

	if (n < 2 || line[n - 2] != '\r')
		die("a reply without CRLF");
	line[n - 2] = '\0';
	return line;
}

const char *client_ok(struct client *c)
{
	const char *line = client_line(c);

	errno = 0;
	if (strncmp(line, "+OK", 3) != 0)
		die("%s", line);
	return line;
}

void client_wait(struct client *c)
{
	if (c->at == c->end && !fill(c))
		die("the server closed the connection");
}

/* FNV-1a over eight octets at a time would depend on the cuts; over single
 * ones it is fast enough for one pass. */
static uint64_t digest_add(uint64_t digest, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ (uint8_t)p[i]) * 0x100000001b3u;
	return digest;
}

uint64_t client_text(struct client *c, uint64_t *wire, uint64_t *digest)
{
	uint64_t octets = 0, sum = 0xcbf29ce484222325u;
	bool bare = false;

	for (bool first = true;; first = false) {
		char *line;
		size_t n = take_line(c, &line);
		bool crlf = n >= 2 && line[n - 2] == '\r';

		*wire += n;
		if (n == 3 && memcmp(line, ".\r\n", 3) == 0)
			break;
		if (first)
			bare = !crlf;
		else if (!bare && !crlf)
			die("a line of a message without CRLF");
		if (!bare && line[0] == '.') {
			line++;
			n--;
		}
		octets += n;
		sum = digest_add(sum, line, n - 1 - (crlf && !bare));
		sum = digest_add(sum, "\n", 1);
	}
	*digest += sum;
	return octets;
}

void client_login(struct client *c, const char *user, const char *password)
{
	client_ok(c);
	client_send(c, "USER %s\r\n", user);
	client_ok(c);
	client_send(c, "PASS %s\r\n", password);
	client_ok(c);
}

void client_quit(struct client *c)
{
	client_send(c, "QUIT\r\n");
	client_ok(c);
	while (fill(c))
		c->at = c->end;
	client_close(c);
}
