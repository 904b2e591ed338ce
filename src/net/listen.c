/* SPDX-License-Identifier: ISC */
#include "net/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "net/peer.h"
#include "net/sockaddr.h"

/* --- text --- */

static bool listen_host_parse(struct span host, struct listen_address *out)
{
	bool brackets =
		host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (span_equal(host, span_str("*"))) {
		out->family = LISTEN_BOTH;
		return true;
	}
	if (brackets)
		host = span_drop(span_take(host, host.n - 1), 1);
	if (!network_address_parse(host, &out->address))
		return false;
	out->family =
		network_address_is_v4(&out->address) ? LISTEN_V4 : LISTEN_V6;
	return brackets == (out->family == LISTEN_V6);
}

int listen_parse(struct span text, struct listen_address *out,
		 struct buf *error)
{
	struct listen_address parsed = {0};
	size_t colon = span_find_last(text, ':');
	const char *wrong = NULL;
	uint64_t port = 0;

	if (colon == text.n ||
	    !num_parse_u64(span_drop(text, colon + 1), 65535, &port))
		wrong = "must end in a colon and a port from 0 to 65535, such "
			"as 127.0.0.1:110";
	else if (!listen_host_parse(span_take(text, colon), &parsed))
		wrong = "must begin with an IPv4 address, an IPv6 address in "
			"brackets, or * for every address: 127.0.0.1:110, "
			"[::1]:110, *:110 (names are not looked up)";
	if (wrong) {
		buf_add_escaped(error, span_take(text, 100));
		buf_add_str(error, ": ");
		buf_add_str(error, wrong);
		return -EINVAL;
	}
	parsed.port = (uint16_t)port;
	*out = parsed;
	return 0;
}

void listen_format(const struct listen_address *address, struct buf *out)
{
	if (address->family == LISTEN_BOTH)
		buf_add_char(out, '*');
	if (address->family == LISTEN_V6)
		buf_add_char(out, '[');
	if (address->family != LISTEN_BOTH)
		network_address_format(&address->address, out);
	if (address->family == LISTEN_V6)
		buf_add_char(out, ']');
	buf_add_char(out, ':');
	buf_add_u64(out, address->port);
}

/* --- sockets --- */

static const struct listen_remedy {
	int number;
	const char *text;
} listen_remedies[] = {
	{EACCES, "permission denied: ports below 1024 need root or "
		 "CAP_NET_BIND_SERVICE; take a higher port, or let systemd "
		 "open it (pop3.socket)"},
	{EADDRINUSE, "something listens there already (`ss -ltnp` shows "
		     "what); stop it, or take another port"},
	{EADDRNOTAVAIL, "this machine has no such address (`ip addr` shows "
			"those it has)"},
	{EAFNOSUPPORT, "this machine has no IPv6; take an IPv4 address"},
	{EMFILE, "too many open files; raise the limit (LimitNOFILE, "
		 "ulimit -n)"},
};

static int listen_failed(const struct listen_address *address, int failed,
			 struct buf *error)
{
	const char *why = strerrordesc_np(-failed);

	for (size_t i = 0;
	     i < sizeof(listen_remedies) / sizeof(listen_remedies[0]); i++) {
		if (listen_remedies[i].number == -failed)
			why = listen_remedies[i].text;
	}
	buf_add_str(error, "cannot listen on ");
	listen_format(address, error);
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return failed;
}

static int listen_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* 0 or a negative errno. */
static int listen_bind(int fd, const struct listen_address *address, bool as_v6)
{
	struct sockaddr_storage where;
	socklen_t n =
		sockaddr_make(&address->address, address->port, as_v6, &where);

	if (listen_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		return -errno;
	if (as_v6 && listen_set(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				address->family == LISTEN_V6) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&where, n) < 0)
		return -errno;
	if (listen(fd, LISTEN_BACKLOG) < 0)
		return -errno;
	return peer_tune(fd);
}

static int listen_open_as(const struct listen_address *address, bool as_v6)
{
	int fd, failed;

	fd = socket(as_v6 ? AF_INET6 : AF_INET,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	failed = listen_bind(fd, address, as_v6);
	if (failed) {
		close(fd);
		return failed;
	}
	return fd;
}

int listen_open(const struct listen_address *address, struct buf *error)
{
	int fd = listen_open_as(address, address->family != LISTEN_V4);

	/* IPv6 can be left out of a kernel, or be switched off. */
	if (address->family == LISTEN_BOTH &&
	    (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
		fd = listen_open_as(address, false);
	return fd < 0 ? listen_failed(address, fd, error) : fd;
}

bool listen_is_same(const struct listen_address *a,
		    const struct listen_address *b)
{
	return a->family == b->family && a->port == b->port &&
	       network_address_equal(&a->address, &b->address);
}

bool listen_is_loopback(const struct listen_address *address)
{
	return address->family != LISTEN_BOTH &&
	       network_is_loopback(&address->address);
}

static bool listen_is_any(const struct network_address *address)
{
	static const struct network_address any;

	return network_address_equal(address, &any);
}

int listen_local(int fd, struct listen_address *out)
{
	struct sockaddr_storage local = {0};
	socklen_t n = sizeof(local);
	struct listen_address found = {0};
	int only = 1;

	if (getsockname(fd, (struct sockaddr *)&local, &n) < 0)
		return -errno;
	if (!sockaddr_split(&local, &found.address, &found.port))
		return -EAFNOSUPPORT;
	found.family =
		network_address_is_v4(&found.address) ? LISTEN_V4 : LISTEN_V6;
	n = sizeof(only);
	if (found.family == LISTEN_V6 && listen_is_any(&found.address) &&
	    getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &n) == 0 && !only)
		found.family = LISTEN_BOTH;
	*out = found;
	return 0;
}
