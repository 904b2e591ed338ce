/* SPDX-License-Identifier: ISC */
/* Where scmpd is, and the way there. */
#include "scmp/client.h"

#include "base/num.h"
#include "config/run_dir.h"
#include "net/sockaddr.h"
#include "scmp/scmp.h"
#include "scmp/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
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
	uint64_t number = CLIENT_PORT;
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
	    (rest.n && rest.p[0] != ':') ||
	    (rest.n && (!num_parse_u64(port, UINT16_MAX, &number) || !number)))
		return scmp_fail(s, STATUS_USAGE,
				 "--server wants HOST, HOST:PORT or "
				 "[ADDRESS]:PORT");
	place->port = (uint16_t)number;
	snprintf(place->text, sizeof(place->text), "%s port %u", place->host,
		 (unsigned)place->port);
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

/* Is that in the folder, and the folder not one that others could have made? */
static bool holds(const char *folder, const char *name)
{
	int fd = run_dir_open(folder);
	bool is_there = fd >= 0 && faccessat(fd, name, F_OK, 0) == 0;

	if (fd >= 0)
		close(fd);
	return is_there;
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
	if (!settings->run_dir[0] && buf_str(&out) && !holds(path, name + 1)) {
		buf_reset(&out);
		run_dir_add_path(&out, settings, true);
	}
	buf_add_str(&out, name);
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
			  "the group of scmp_group (pop3-operators); others "
			  "log in "
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

/*
 * The first that answers. What was typed as a password stays on the machine:
 * other addresses are not tried, and names, which would be asked for in the
 * network for as long as that takes, are not looked up.
 */
static int connect_inet(const struct client_place *place, int timeout_ms)
{
	const char *const both[] = {"127.0.0.1", "::1"};
	bool is_name = strcasecmp(place->host, "localhost") == 0;
	int fd = -EPROTONOSUPPORT;

	for (size_t i = 0; i < (is_name ? 2 : 1) && fd < 0; i++) {
		const char *host = is_name ? both[i] : place->host;
		struct network_address address;
		struct sockaddr_storage to;
		socklen_t n;

		if (!network_address_parse(span_str(host), &address) ||
		    !network_is_loopback(&address))
			continue;
		n = sockaddr_make(&address, place->port, false, &to);
		fd = reach((const struct sockaddr *)&to, n, timeout_ms);
	}
	return fd;
}

int client_connect(const struct scmp *s, const struct client_place *place,
		   int timeout_ms, int *status)
{
	int fd = place->is_local ? connect_local(place, timeout_ms)
				 : connect_inet(place, timeout_ms);

	*status = STATUS_OK;
	if (fd == -EPROTONOSUPPORT)
		*status = scmp_fail(
			s, STATUS_DENIED,
			"%s: is not on this machine, and SCMP in clear would "
			"cross the network; a tunnel reaches it: ssh -L "
			"9109:127.0.0.1:9109 HOST, then --server 127.0.0.1",
			place->text);
	else if (fd < 0)
		*status = (int)explain(s, place->text, place->is_local, -fd);
	if (fd < 0)
		return -1;
	*status = trust_server(s, place, fd);
	if (*status == STATUS_OK)
		return fd;
	close(fd);
	return -1;
}
