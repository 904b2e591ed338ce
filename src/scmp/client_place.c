/* SPDX-License-Identifier: ISC */
/* Where scmpd is, and the way there. */
#include "scmp/client.h"

#include "config/run_dir.h"
#include "net/sockaddr.h"
#include "scmp/scmp.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- which place --- */

static int take_path(const struct scmp *s, struct span path,
		     struct client_place *place)
{
	struct sockaddr_un address;
	struct buf out;

	place->is_local = true;
	buf_init(&out, place->path, sizeof(place->path));
	buf_add_span(&out, path);
	if (!path.n || path.n >= sizeof(address.sun_path) || !buf_str(&out))
		return scmp_fail(s, STATUS_USAGE,
				 "the path of a socket has 1 to %zu octets",
				 sizeof(address.sun_path) - 1);
	snprintf(place->text, sizeof(place->text), "%s", place->path);
	return STATUS_OK;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT */
static int take_server(const struct scmp *s, struct span text,
		       struct client_place *place)
{
	bool is_bracketed = text.n && text.p[0] == '[';
	struct span host = is_bracketed ? span_drop(text, 1) : text;
	size_t n = span_find(host, is_bracketed ? ']' : ':');
	struct span rest = span_drop(host, n + is_bracketed);
	struct span port = span_drop(rest, 1);
	struct buf out;

	host = span_take(host, n);
	/* An IPv6 address without brackets has more colons than one. */
	if (!is_bracketed && span_find(port, ':') < port.n) {
		host = text;
		rest = port = span_str("");
	}
	buf_init(&out, place->host, sizeof(place->host));
	buf_add_span(&out, host);
	if (!host.n || !buf_str(&out) || (is_bracketed && n == text.n - 1) ||
	    (rest.n && (rest.p[0] != ':' || !port.n)) ||
	    port.n >= sizeof(place->port))
		return scmp_fail(s, STATUS_USAGE,
				 "--server wants HOST, HOST:PORT or "
				 "[ADDRESS]:PORT");
	if (port.n)
		snprintf(place->port, sizeof(place->port), SPAN_FMT,
			 SPAN_ARG(port));
	else
		snprintf(place->port, sizeof(place->port), "%d", CLIENT_PORT);
	snprintf(place->text, sizeof(place->text), "%s port %s", place->host,
		 place->port);
	return STATUS_OK;
}

/* Of what is configured the first Unix socket, or the first of all. */
static int take_configured(const struct scmp *s, struct client_place *place)
{
	static const struct span local = SPAN_LITERAL("unix:");
	const struct conf_list *all = &s->configuration.settings.scmp_listen;
	struct span first = span_str(all->items[0]);

	for (size_t i = 0; i < all->n; i++) {
		struct span one = span_str(all->items[i]);

		one = span_take(one, span_find(one, ' '));
		if (span_starts(one, local))
			return take_path(s, span_drop(one, local.n), place);
	}
	return take_server(s, span_take(first, span_find(first, ' ')), place);
}

/* The socket of one's own scmpd, if there is one; else the machine's. */
static int take_default(const struct scmp *s, struct client_place *place)
{
	static const char name[] = "/scmp.sock";
	const struct settings *settings = &s->configuration.settings;
	char path[CLIENT_PLACE];
	struct buf out;

	buf_init(&out, path, sizeof(path));
	run_dir_add_path(&out, settings, geteuid() == 0);
	buf_add_str(&out, name);
	if (!settings->run_dir[0] && buf_str(&out) && access(path, F_OK) < 0) {
		buf_reset(&out);
		run_dir_add_path(&out, settings, true);
		buf_add_str(&out, name);
	}
	return take_path(s, buf_span(&out), place);
}

int client_find_place(struct scmp *s, struct client_place *place)
{
	const char *path = scmp_value(s, OPTION_SOCKET);
	const char *server = scmp_value(s, OPTION_SERVER);
	int r;

	memset(place, 0, sizeof(*place));
	if (path && server)
		return scmp_fail(s, STATUS_USAGE,
				 "--socket and --server contradict each other");
	if (path)
		return take_path(s, span_str(path), place);
	if (server)
		return take_server(s, span_str(server), place);
	r = scmp_configure(s);
	if (r != STATUS_OK)
		return r;
	return s->configuration.settings.scmp_listen.n
		       ? take_configured(s, place)
		       : take_default(s, place);
}

/* --- the way there --- */

static enum status explain(const struct scmp *s, const char *where,
			   bool is_local, int failed)
{
	static const char remedy[] = "is scmpd running? (systemctl status "
				     "scmpd); with --offline scmp works on the "
				     "database itself";

	switch (failed) {
	case ENOENT:
		scmp_fail(s, STATUS_OK, "%s: there is no such socket; %s",
			  where, remedy);
		break;
	case ECONNREFUSED:
		scmp_fail(s, STATUS_OK, "%s: nobody answers there; %s", where,
			  remedy);
		break;
	case EACCES:
	case EPERM:
		scmp_fail(s, STATUS_OK,
			  "%s: %s; the socket is for root and the members of "
			  "the group of scmp_group (pop3-scmp); others log in "
			  "with --server 127.0.0.1 --login NAME",
			  where, strerror(failed));
		return STATUS_DENIED;
	case EAGAIN:
	case EINPROGRESS:
	case ETIMEDOUT:
		scmp_fail(s, STATUS_OK, "%s: no connection in time%s", where,
			  is_local ? "; scmpd does not take any" : "");
		break;
	default:
		scmp_fail(s, STATUS_OK, "%s: %s", where, strerror(failed));
	}
	return STATUS_UNAVAILABLE;
}

/* The descriptor or a negative errno. */
static int reach(const struct sockaddr *to, socklen_t n, int timeout_ms)
{
	const struct timeval limit = {timeout_ms / 1000,
				      timeout_ms % 1000 * 1000L};
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

	if (fd < 0)
		return -errno;
	/* It holds for connect(2), too. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, to, n) == 0)
		return fd;
	failed = errno;
	close(fd);
	return -failed;
}

static int connect_local(const struct client_place *place, int timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, place->path, strlen(place->path) + 1);
	return reach((const struct sockaddr *)&address, sizeof(address),
		     timeout_ms);
}

static bool is_loopback(const struct addrinfo *a)
{
	struct sockaddr_storage storage = {0};
	struct network_address address;
	uint16_t port;

	memcpy(&storage, a->ai_addr, a->ai_addrlen);
	return sockaddr_split(&storage, &address, &port) &&
	       network_is_loopback(&address);
}

/* The first that answers. What was typed as a password stays on the machine:
 * other addresses are not tried. */
static int connect_inet(const struct addrinfo *all, int timeout_ms)
{
	int fd = -EPROTONOSUPPORT;

	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
		if (is_loopback(a))
			fd = reach(a->ai_addr, a->ai_addrlen, timeout_ms);
	}
	return fd;
}

static int resolve(const struct scmp *s, const struct client_place *place,
		   struct addrinfo **all)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	int failed = getaddrinfo(place->host, place->port, &hints, all);

	if (failed == 0)
		return STATUS_OK;
	return scmp_fail(s, STATUS_UNAVAILABLE, "%s: %s", place->text,
			 gai_strerror(failed));
}

int client_connect(const struct scmp *s, const struct client_place *place,
		   int timeout_ms, int *status)
{
	struct addrinfo *all = NULL;
	int fd;

	*status = STATUS_OK;
	if (place->is_local) {
		fd = connect_local(place, timeout_ms);
	} else {
		*status = resolve(s, place, &all);
		if (*status != STATUS_OK)
			return -1;
		fd = connect_inet(all, timeout_ms);
		freeaddrinfo(all);
	}
	if (fd == -EPROTONOSUPPORT)
		*status = scmp_fail(
			s, STATUS_DENIED,
			"%s: is not on this machine, and SCMP in clear would "
			"cross the network; a tunnel reaches it: ssh -L "
			"9109:127.0.0.1:9109 HOST, then --server 127.0.0.1",
			place->text);
	else if (fd < 0)
		*status = (int)explain(s, place->text, place->is_local, -fd);
	return fd < 0 ? -1 : fd;
}
