/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listen.h"
#include "net/peer.h"
#include "net/sockaddr.h"

struct connection {
	int listener, client, server;
	struct sockaddr_storage from; /* the client's own address */
};

/* Connects over loopback to what listens on `text`; false: no IPv6 here. */
static bool connect_to(const char *text, const char *address,
		       struct connection *c)
{
	char error_text[LISTEN_ERROR_SIZE];
	struct listen_address where;
	struct network_address to;
	struct sockaddr_storage name;
	struct buf error;
	socklen_t n;

	buf_init(&error, error_text, sizeof(error_text));
	assert_int_equal(listen_parse(span_str(text), &where, &error), 0);
	c->listener = listen_open(&where, &error);
	if (c->listener < 0)
		return false;
	assert_int_equal(listen_local(c->listener, &where), 0);
	assert_true(network_address_parse(span_str(address), &to));
	if (!network_address_is_v4(&to) && where.family == LISTEN_V4)
		return false;
	n = sockaddr_make(&to, where.port, !network_address_is_v4(&to), &name);
	c->client = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->client, (struct sockaddr *)&name, n), 0);
	c->server = accept(c->listener, NULL, NULL);
	assert_true(c->server >= 0);
	n = sizeof(c->from);
	assert_int_equal(
		getsockname(c->client, (struct sockaddr *)&c->from, &n), 0);
	return true;
}

static void disconnect(struct connection *c)
{
	close(c->listener);
	close(c->client);
	close(c->server);
}

static void assert_address(const struct network_address *address,
			   const char *wanted)
{
	char mem[NETWORK_TEXT_MAX];
	struct buf text;

	buf_init(&text, mem, sizeof(mem));
	network_address_format(address, &text);
	assert_string_equal(buf_str(&text), wanted);
}

static void test_peers(void **state)
{
	static const struct {
		const char *listen, *connect;
	} cases[] = {
		{"127.0.0.1:0", "127.0.0.1"},
		{"0.0.0.0:0", "127.0.0.3"},
		{"[::1]:0", "::1"},
		{"[::]:0", "::1"},
		{"*:0", "::1"},
		{"*:0", "127.0.0.1"}, /* arrives as ::ffff:127.0.0.1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network_address client;
		struct connection c;
		struct peer peer;
		uint16_t port;

		if (!connect_to(cases[i].listen, cases[i].connect, &c))
			continue;
		assert_int_equal(peer_of(c.server, &peer), 0);
		assert_true(peer.known);
		assert_true(sockaddr_split(&c.from, &client, &port));
		assert_true(network_address_equal(&peer.address, &client));
		assert_int_equal(peer.port, port);
		assert_true(network_is_loopback(&peer.address));
		assert_address(&peer.local, cases[i].connect);
		disconnect(&c);
	}
}

static void test_what_has_no_peer(void **state)
{
	struct peer peer = {.port = 7};
	int pair[2], fd;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(peer_of(pair[0], &peer), -ENOTSOCK);
	assert_int_equal(peer_tune(pair[0]), -ENOTSOCK);
	close(pair[0]);
	close(pair[1]);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(peer_of(fd, &peer), -ENOTCONN);
	close(fd);
	assert_int_equal(peer_of(-1, &peer), -EBADF);
	assert_int_equal(peer.port, 7); /* set only with success */
}

static void test_local_sockets(void **state)
{
	struct peer peer;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peer_of(pair[0], &peer), 0);
	assert_false(peer.known);
	assert_int_equal(peer_tune(pair[0]), 0);
	close(pair[0]);
	close(pair[1]);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &n), 0);
	return value;
}

static void assert_tuned(int fd)
{
	int idle = option(fd, IPPROTO_TCP, TCP_KEEPIDLE);
	int probe = option(fd, IPPROTO_TCP, TCP_KEEPINTVL);
	int probes = option(fd, IPPROTO_TCP, TCP_KEEPCNT);

	assert_int_not_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_not_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(idle + probe * probes, 240);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 240000);
}

static void test_tuning(void **state)
{
	struct connection c;

	(void)state;
	assert_true(connect_to("127.0.0.1:0", "127.0.0.1", &c));
	assert_tuned(c.server); /* inherited from the listening socket */
	assert_int_equal(option(c.client, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_equal(peer_tune(c.client), 0);
	assert_tuned(c.client);
	disconnect(&c);
	if (!connect_to("[::1]:0", "::1", &c))
		return;
	assert_tuned(c.server);
	disconnect(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_what_has_no_peer),
		cmocka_unit_test(test_local_sockets),
		cmocka_unit_test(test_tuning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
