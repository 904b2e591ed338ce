/* SPDX-License-Identifier: ISC
 *
 * crowd ADDRESS PORT COUNT [SOURCE [SOURCES [WAITING]]]
 *
 * Opens COUNT connections as fast as it can, from the IPv4 address SOURCE or,
 * in turn, from that and the SOURCES - 1 following ones, and keeps them open.
 * With WAITING, no more than so many are without an answer at one time. It
 * reads the first line of each and sends nothing. When each connection has
 * answered, failed or been closed, or nothing has happened for QUIET_MS, it
 * prints one line,
 *
 *   greeted N refused N closed N silent N slowest MS
 *
 * (slowest: the longest wait for a +OK, from connect; closed: without a line),
 * and under it the last refusal, if there was one. Then it waits for the end of
 * its standard input, closes all, and exits 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_MS = 10000, LINE_MAX_OCTETS = 511, AT_ONCE = 64 };

struct visitor {
	int64_t since;
	int fd;
	unsigned have;
	char *line; /* until the first line is there */
};

static struct {
	unsigned greeted, refused, closed, silent;
	int64_t slowest;
	char refusal[LINE_MAX_OCTETS + 1];
} seen;

static void die(const char *what)
{
	fprintf(stderr, "crowd: fatal: unable to %s: %s\n", what,
		strerror(errno));
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end) {
		fprintf(stderr, "crowd: fatal: not a number: %s\n", text);
		exit(2);
	}
	return n;
}

static struct in_addr address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		fprintf(stderr, "crowd: fatal: not an address: %s\n", text);
		exit(2);
	}
	return a;
}

static int from_source(struct in_addr source)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = source};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("make a socket");
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
			 sizeof(one));
	if (source.s_addr && bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("bind to the source");
	return fd;
}

/* Ends what is open as it counts; the socket of a greeted one stays. */
static void settle(struct visitor *v, unsigned *count, unsigned *open)
{
	(*count)++;
	(*open)--;
	free(v->line);
	v->line = NULL;
}

static void give_up(struct visitor *v, unsigned *count, unsigned *open)
{
	settle(v, count, open);
	close(v->fd);
	v->fd = -1;
}

static void hear(struct visitor *v, unsigned *open)
{
	ssize_t n;
	int64_t waited;

	if (!v->line)
		return; /* a greeted one that was closed later */
	n = recv(v->fd, v->line + v->have, LINE_MAX_OCTETS - v->have, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		give_up(v, &seen.closed, open);
		return;
	}
	v->have += (unsigned)n;
	v->line[v->have] = '\0';
	if (!strchr(v->line, '\n') && v->have < LINE_MAX_OCTETS)
		return;
	v->line[strcspn(v->line, "\r\n")] = '\0';
	if (v->line[0] != '+') {
		memcpy(seen.refusal, v->line, strlen(v->line) + 1);
		give_up(v, &seen.refused, open);
		return;
	}
	waited = now_ms() - v->since;
	if (waited > seen.slowest)
		seen.slowest = waited;
	settle(v, &seen.greeted, open);
}

static bool hear_all(int events, int wait_ms, unsigned *open)
{
	struct epoll_event happened[AT_ONCE];
	int n = epoll_wait(events, happened, AT_ONCE, wait_ms);
	int i;

	for (i = 0; i < n; i++)
		hear(happened[i].data.ptr, open);
	return n > 0;
}

static void come(struct visitor *v, int events, struct in_addr source,
		 const struct sockaddr_in *to)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.ptr = v};

	v->line = malloc(LINE_MAX_OCTETS + 1);
	if (!v->line)
		die("allocate");
	v->fd = from_source(source);
	v->since = now_ms();
	if (connect(v->fd, (const struct sockaddr *)to, sizeof(*to)) < 0 &&
	    errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(events, EPOLL_CTL_ADD, v->fd, &e) < 0)
		die("watch a socket");
}

static void raise_limit(unsigned long count)
{
	struct rlimit l = {.rlim_cur = count + 64, .rlim_max = count + 64};

	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		die("open so many descriptors");
}

static void wait_for_end(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

static void report(void)
{
	printf("greeted %u refused %u closed %u silent %u slowest %lld\n",
	       seen.greeted, seen.refused, seen.closed, seen.silent,
	       (long long)seen.slowest);
	if (seen.refused)
		printf("%s\n", seen.refusal);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct in_addr first = {0}, source;
	unsigned long i, count, sources = 1, waiting = 0;
	unsigned open = 0;
	struct visitor *crowd;
	int events;

	if (argc < 4 || argc > 7) {
		fprintf(stderr, "usage: crowd ADDRESS PORT COUNT "
				"[SOURCE [SOURCES [WAITING]]]\n");
		return 2;
	}
	to.sin_addr = address(argv[1]);
	to.sin_port = htons((uint16_t)number(argv[2]));
	count = number(argv[3]);
	if (argc > 4)
		first = address(argv[4]);
	if (argc > 5)
		sources = number(argv[5]);
	if (argc > 6)
		waiting = number(argv[6]);
	raise_limit(count);
	crowd = calloc(count + 1, sizeof(*crowd));
	events = epoll_create1(EPOLL_CLOEXEC);
	if (!crowd || events < 0 || !sources)
		die("start");
	for (i = 0; i < count; i++) {
		source.s_addr =
			htonl(ntohl(first.s_addr) + (uint32_t)(i % sources));
		come(&crowd[i], events, source, &to);
		open++;
		while (hear_all(events, 0, &open))
			;
		while (waiting && open >= waiting &&
		       hear_all(events, QUIET_MS, &open))
			;
	}
	while (open && hear_all(events, QUIET_MS, &open))
		;
	seen.silent = open;
	report();
	wait_for_end();
	return 0;
}
