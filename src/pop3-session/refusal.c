/* SPDX-License-Identifier: ISC */
#include "pop3-session/refusal.h"

#include "pop3-session/events.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LOGGED = 10, DISCARD = 65536, DISCARDS = 4 };

/*
 * A flood must not become a flood of the log: at most so many lines a second,
 * then how many there were.
 */
static bool may_log(void)
{
	static uint64_t second;
	static uint32_t lines, unsaid;
	uint64_t now = clock_ms() / 1000;

	if (now != second) {
		if (unsaid > 0)
			log_warning("refused: %u more connections", unsaid);
		second = now;
		lines = 0;
		unsaid = 0;
	}
	if (lines++ < LOGGED)
		return true;
	unsaid++;
	return false;
}

/* sendmsg(2) is on the list of every kind of process; nobody waits. */
static void say(int client, const char *reply)
{
	struct iovec part = {(void *)(uintptr_t)reply, strlen(reply)};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};

	(void)sendmsg(client, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void refusal_tell(int client, const struct peer *peer, const char *reply,
		  const char *setting, int64_t limit)
{
	say(client, reply);
	if (may_log())
		event_refused(peer, setting, limit);
}

void refusal_rule(int client, const struct peer *peer, const char *reply,
		  const struct network *ban)
{
	say(client, reply);
	if (may_log())
		event_ruled_out(peer, ban);
}

void refusal_drain(int client, const struct peer *peer, const char *reply)
{
	say(client, reply);
	if (may_log())
		event_draining(peer);
}

void refusal_apologise(int client)
{
	say(client, "-ERR [SYS/TEMP] the server is short of resources; try "
		    "later\r\n");
}

/*
 * What the kernel has of it, or some of that: a client that never stops is not
 * listened to for ever.  False: the client has closed, or the connection is
 * broken.
 */
static bool discard(int client)
{
	/* Of TCP nothing is written there (MSG_TRUNC, tcp(7)). */
	struct iovec nowhere = {NULL, DISCARD};
	struct msghdr msg = {.msg_iov = &nowhere, .msg_iovlen = 1};
	ssize_t n = 1;
	int i;

	for (i = 0; n > 0 && i < DISCARDS; i++)
		n = recvmsg(client, &msg, MSG_TRUNC | MSG_DONTWAIT);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void refusal_end(int client)
{
	(void)shutdown(client, SHUT_WR);
	(void)discard(client);
}

static void close_oldest(struct refusals *r)
{
	close(r->kept[r->oldest].fd);
	r->oldest = (r->oldest + 1) % REFUSALS;
	r->n--;
}

void refusal_keep(struct refusals *r, int client)
{
	size_t at;

	refusal_end(client);
	if (r->n == REFUSALS) {
		(void)discard(r->kept[r->oldest].fd);
		close_oldest(r);
	}
	at = (r->oldest + r->n++) % REFUSALS;
	r->kept[at].fd = client;
	r->kept[at].until = clock_ms() + REFUSAL_LINGER_MS;
}

void refusal_look(struct refusals *r, uint64_t now)
{
	size_t i, n = r->n, first = r->oldest;

	r->n = 0;
	for (i = 0; i < n; i++) {
		size_t at = (first + i) % REFUSALS;

		if (!discard(r->kept[at].fd) || now >= r->kept[at].until)
			close(r->kept[at].fd);
		else
			r->kept[(r->oldest + r->n++) % REFUSALS] = r->kept[at];
	}
}

void refusal_drop(struct refusals *r)
{
	while (r->n > 0)
		close_oldest(r);
}
