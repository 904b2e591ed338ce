/* SPDX-License-Identifier: ISC */
/* Retrieval of whole maildrops. What a message takes on the wire is learned
 * once by a pass that checks everything, so that the timed passes can step
 * over it and still notice a single octet too many or too few. */
#include "bench.h"
#include "client.h"
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WINDOW = 64, COMMAND_MAX = 24, RECEIVE = 256 << 10 };

struct sizes {
	unsigned count;
	uint64_t *wire; /* from +OK's line end to the terminator's */
};

/* One connection: commands go out in windows, replies are stepped over. */
struct stream {
	int fd;
	const char *verb;
	bool text;	/* a message follows each +OK */
	unsigned total; /* commands to send */
	unsigned sent, answered;
	uint64_t skip;	/* octets of a message still to come */
	bool in_line;	/* inside a reply line */
	char first[80]; /* the beginning of that line, for messages */
	size_t first_n;
	uint64_t octets;
};

static unsigned learn_count(struct client *c)
{
	client_send(c, "STAT\r\n");
	return (unsigned)strtoul(client_ok(c) + 3, NULL, 10);
}

/* LIST of all; a floor does not know it: then nothing is compared. */
static uint64_t *learn_list(struct client *c, unsigned count)
{
	uint64_t *listed = calloc(count + 1, sizeof(*listed));
	unsigned number;
	unsigned long long octets;

	client_send(c, "LIST\r\n");
	if (!listed || strcmp(client_ok(c), "+OK") == 0) {
		free(listed);
		return NULL;
	}
	for (;;) {
		const char *line = client_line(c);

		if (strcmp(line, ".") == 0)
			return listed;
		if (sscanf(line, "%u %llu", &number, &octets) != 2 ||
		    number > count)
			die("LIST: %s", line);
		listed[number - 1] = octets;
	}
}

int load_learn(const struct load *load)
{
	static struct client c;
	FILE *out = fopen(load->sizes, "w");
	char user[256];
	unsigned count;
	uint64_t *listed, total = 0, digest = 0;

	if (!out)
		die("%s:", load->sizes);
	load_user(load, 0, user, sizeof(user));
	client_open(&c, load->port);
	client_login(&c, user, load->password);
	count = learn_count(&c);
	listed = learn_list(&c, count);
	for (unsigned i = 1; i <= count; i++) {
		uint64_t wire = 0, octets;

		client_send(&c, "RETR %u\r\n", i);
		client_ok(&c);
		octets = client_text(&c, &wire, &digest);
		errno = 0;
		if (listed && octets != listed[i - 1])
			die("message %u: LIST says %llu, RETR sends %llu", i,
			    (unsigned long long)listed[i - 1],
			    (unsigned long long)octets);
		fprintf(out, "%llu\n", (unsigned long long)wire);
		total += octets;
	}
	client_quit(&c);
	if (fclose(out))
		die("%s:", load->sizes);
	printf("messages=%u octets=%llu digest=%016llx checked=%d\n", count,
	       (unsigned long long)total, (unsigned long long)digest,
	       listed != NULL);
	free(listed);
	return 0;
}

static void read_sizes(const char *path, struct sizes *sizes)
{
	FILE *in = path ? fopen(path, "r") : NULL;
	unsigned cap = 0;
	unsigned long long wire;

	if (!in)
		die("--sizes %s:", path ? path : "(missing)");
	*sizes = (struct sizes){0, NULL};
	while (fscanf(in, "%llu", &wire) == 1) {
		if (sizes->count == cap) {
			cap = cap ? cap * 2 : 1024;
			sizes->wire = realloc(sizes->wire,
					      cap * sizeof(*sizes->wire));
			if (!sizes->wire)
				die("no memory");
		}
		sizes->wire[sizes->count++] = wire;
	}
	fclose(in);
}

/* Sends as many commands as the window allows, in one write. The commands of
 * a repetition name the messages from 1 again. */
static void stream_send(struct stream *s, const struct sizes *sizes)
{
	char text[WINDOW * COMMAND_MAX];
	size_t n = 0;

	if (s->sent - s->answered > WINDOW / 2)
		return;
	while (s->sent < s->total && s->sent - s->answered < WINDOW) {
		n += (size_t)snprintf(text + n, COMMAND_MAX, "%s %u\r\n",
				      s->verb, s->sent % sizes->count + 1);
		s->sent++;
	}
	if (n > 0 && !bench_write(s->fd, text, n))
		die("the server has gone away");
}

/* Takes one reply line or a part of it. */
static size_t stream_line(struct stream *s, const struct sizes *sizes,
			  const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t len = lf ? (size_t)(lf + 1 - p) : n;
	size_t keep = sizeof(s->first) - s->first_n;

	if (keep > len)
		keep = len;
	memcpy(s->first + s->first_n, p, keep);
	s->first_n += keep;
	if (!lf)
		return len;
	errno = 0;
	if (s->first_n < 3 || memcmp(s->first, "+OK", 3) != 0)
		die("reply %u to %s: %.*s", s->answered, s->verb,
		    (int)s->first_n, s->first);
	s->first_n = 0;
	if (s->text)
		s->skip = sizes->wire[s->answered % sizes->count];
	s->answered++;
	return len;
}

static void stream_take(struct stream *s, const struct sizes *sizes,
			const char *p, size_t n)
{
	s->octets += n;
	while (n > 0) {
		size_t part = s->skip < n ? (size_t)s->skip : n;

		if (part > 0)
			s->skip -= part;
		else if (s->answered < s->total)
			part = stream_line(s, sizes, p, n);
		else
			die("%zu octets too many", n);
		p += part;
		n -= part;
	}
}

static bool stream_is_done(const struct stream *s)
{
	return s->answered == s->total && s->skip == 0;
}

static void receive(struct stream *s, const struct sizes *sizes)
{
	static char buf[RECEIVE];
	ssize_t n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		die("the server closed a connection after %u replies:",
		    s->answered);
	stream_take(s, sizes, buf, (size_t)n);
	stream_send(s, sizes);
}

/* Sends `verb` for every message on all streams and waits for the end. */
static void run_streams(struct stream *streams, unsigned count,
			const struct sizes *sizes)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	unsigned left = count;
	struct epoll_event events[16];

	for (unsigned i = 0; i < count; i++) {
		struct epoll_event e = {.events = EPOLLIN,
					.data.ptr = &streams[i]};

		if (epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].fd, &e))
			die("epoll_ctl:");
		stream_send(&streams[i], sizes);
	}
	while (left > 0) {
		int n = epoll_wait(poll, events, 16, 30000);

		if (n == 0)
			die("no octet within 30 s");
		for (int i = 0; i < n; i++) {
			struct stream *s = events[i].data.ptr;

			receive(s, sizes);
			if (!stream_is_done(s))
				continue;
			epoll_ctl(poll, EPOLL_CTL_DEL, s->fd, NULL);
			left--;
		}
	}
	close(poll);
}

static void set_streams(struct stream *streams, const struct client *clients,
			unsigned count, const char *verb, unsigned total)
{
	for (unsigned i = 0; i < count; i++)
		streams[i] = (struct stream){.fd = clients[i].fd,
					     .verb = verb,
					     .text = strcmp(verb, "RETR") == 0,
					     .total = total};
}

static uint64_t sum_octets(const struct stream *streams, unsigned count)
{
	uint64_t octets = 0;

	for (unsigned i = 0; i < count; i++)
		octets += streams[i].octets;
	return octets;
}

static void quit_all(struct client *clients, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		client_quit(&clients[i]);
}

int load_retr(const struct load *load)
{
	struct client *clients = calloc(load->at_once, sizeof(*clients));
	struct stream *streams = calloc(load->at_once, sizeof(*streams));
	struct sizes sizes;
	double start, seconds;
	uint64_t octets;
	char user[256];

	read_sizes(load->sizes, &sizes);
	if (!clients || !streams || sizes.count == 0)
		die("no memory or no messages");
	start = bench_now();
	for (unsigned i = 0; i < load->at_once; i++) {
		load_user(load, i, user, sizeof(user));
		client_open(&clients[i], load->port);
		client_login(&clients[i], user, load->password);
	}
	if (!load->dele)
		start = bench_now();
	set_streams(streams, clients, load->at_once, "RETR",
		    sizes.count * load->total);
	run_streams(streams, load->at_once, &sizes);
	octets = sum_octets(streams, load->at_once);
	if (load->dele) {
		set_streams(streams, clients, load->at_once, "DELE",
			    sizes.count);
		run_streams(streams, load->at_once, &sizes);
		quit_all(clients, load->at_once);
	}
	seconds = bench_now() - start;
	if (!load->dele)
		quit_all(clients, load->at_once);
	printf("messages=%u octets=%llu seconds=%.4f mb_s=%.1f msg_s=%.0f\n",
	       sizes.count * load->total * load->at_once,
	       (unsigned long long)octets, seconds,
	       (double)octets / seconds / 1e6,
	       sizes.count * load->total * load->at_once / seconds);
	free(clients);
	free(streams);
	free(sizes.wire);
	return 0;
}
