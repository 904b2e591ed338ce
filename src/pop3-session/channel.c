/* SPDX-License-Identifier: ISC */
#include "pop3-session/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	ANY = CHANNEL_IN_LOGIN | CHANNEL_IN_MAIL | CHANNEL_AT_END,
	NAME_AND_PROOF = 2 * 1024,
	STAMP = 512,
};

struct kind_row {
	const char *name;
	enum channel_sender from;
	unsigned states; /* of the monitor; for what the front sends */
	size_t least, most;
	size_t fds;
	bool once; /* in a session */
};

#define BODY(type)	     sizeof(struct type), sizeof(struct type)
#define BODY_AND(type, more) sizeof(struct type), sizeof(struct type) + (more)

/* clang-format off */
static const struct kind_row kinds[CHANNEL_KINDS] = {
	[CHANNEL_GREETING] = {"greeting", CHANNEL_FROM_MONITOR, ANY,
			      BODY_AND(channel_greeting, STAMP), 0, true},
	[CHANNEL_VERDICT] = {"verdict", CHANNEL_FROM_MONITOR, ANY,
			     BODY(channel_verdict), 2, false},
	[CHANNEL_MESSAGES] = {"messages", CHANNEL_FROM_MONITOR, ANY,
			      BODY(channel_messages), CHANNEL_FDS, false},
	[CHANNEL_TABLES] = {"tables", CHANNEL_FROM_MONITOR, ANY,
			    BODY(channel_tables), 2, true},
	[CHANNEL_DONE] = {"done", CHANNEL_FROM_MONITOR, ANY,
			  BODY(channel_done), 0, true},
	[CHANNEL_CLOSE] = {"close", CHANNEL_FROM_MONITOR, ANY, 0, 0, 0, true},
	[CHANNEL_LOGIN] = {"login", CHANNEL_FROM_FRONT, CHANNEL_IN_LOGIN,
			   BODY_AND(channel_login, NAME_AND_PROOF), 0, false},
	[CHANNEL_FETCH] = {"fetch", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			   BODY(channel_fetch), 0, false},
	[CHANNEL_RELIST] = {"relist", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			    0, 0, 0, true},
	[CHANNEL_MARKS] = {"marks", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			   BODY_AND(channel_marks, CHANNEL_MARKS_MAX), 0, false},
	[CHANNEL_COMMIT] = {"commit", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			    0, sizeof(struct channel_summary), 0, true},
	[CHANNEL_ALIVE] = {"alive", CHANNEL_FROM_FRONT, ANY, 0, 0, 0, false},
	[CHANNEL_SUMMARY] = {"summary", CHANNEL_FROM_FRONT, ANY,
			     BODY(channel_summary), 0, true},
	[CHANNEL_TRAPPED] = {"trapped", CHANNEL_FROM_FRONT, ANY,
			     BODY(channel_trapped), 0, true},
};
/* clang-format on */

_Static_assert(sizeof(struct channel_head) + sizeof(struct channel_greeting) +
			       STAMP <=
		       CHANNEL_TO_FRONT,
	       "the longest of the monitor's messages");
_Static_assert(sizeof(struct channel_head) + sizeof(struct channel_messages) <=
		       CHANNEL_TO_FRONT,
	       "another long one");
_Static_assert(sizeof(struct channel_head) + sizeof(struct channel_marks) +
			       CHANNEL_MARKS_MAX <=
		       CHANNEL_OCTETS,
	       "the longest of the front's");

_Static_assert(CHANNEL_KINDS <= 32, "a bit for each kind");

const char *channel_kind_name(uint32_t kind)
{
	return kind < CHANNEL_KINDS ? kinds[kind].name : "unknown";
}

union control {
	struct cmsghdr head;
	char octets[CMSG_SPACE(sizeof(int) * CHANNEL_FDS)];
};

static void attach(struct msghdr *msg, union control *control, const int *fds,
		   size_t nfds)
{
	struct cmsghdr *c;

	if (nfds == 0)
		return;
	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
}

int channel_send(int channel, enum channel_kind kind, struct span body,
		 struct span more, struct span last, const int *fds,
		 size_t nfds)
{
	struct channel_head head = {
		.kind = kind,
		.size = (uint32_t)(body.n + more.n + last.n),
	};
	struct iovec parts[] = {
		{&head, sizeof(head)},
		{(void *)(uintptr_t)body.p, body.n},
		{(void *)(uintptr_t)more.p, more.n},
		{(void *)(uintptr_t)last.p, last.n},
	};
	struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 4};
	union control control;
	int flags = MSG_NOSIGNAL;
	ssize_t n;

	if (nfds > kinds[kind].fds || head.size > kinds[kind].most)
		return -EINVAL;
	if (kinds[kind].from == CHANNEL_FROM_MONITOR)
		flags |= MSG_DONTWAIT;
	attach(&msg, &control, fds, nfds);
	do
		n = sendmsg(channel, &msg, flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void collect(struct msghdr *msg, struct channel_message *message)
{
	struct cmsghdr *c;

	message->nfds = 0;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		message->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(message->fds, CMSG_DATA(c), message->nfds * sizeof(int));
	}
}

static bool is_whole(const struct channel_head *head, size_t octets, int flags)
{
	return !(flags & (MSG_TRUNC | MSG_CTRUNC)) && octets >= sizeof(*head) &&
	       head->size == octets - sizeof(*head);
}

static bool is_allowed(const struct channel_head *head, size_t nfds,
		       enum channel_sender from, unsigned states, uint32_t had)
{
	const struct kind_row *row;

	if (head->kind >= CHANNEL_KINDS)
		return false;
	row = &kinds[head->kind];
	return row->from == from && (row->states & states) &&
	       !(row->once && (had & 1U << head->kind)) &&
	       head->size >= row->least && head->size <= row->most &&
	       nfds <= row->fds;
}

/* What has arrived: its octets, and its descriptors in the message. */
static ssize_t arrive(int channel, struct msghdr *msg,
		      struct channel_message *message)
{
	ssize_t n;

	/* A reset (it left something unread) is told once, before its last. */
	do
		n = recvmsg(channel, msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	collect(msg, message);
	/* Without an octet, but with descriptors, it is no end. */
	return n == 0 && message->nfds > 0 ? 1 : n;
}

int channel_receive(int channel, enum channel_sender from, unsigned states,
		    uint32_t *had, char *memory,
		    struct channel_message *message)
{
	struct iovec part = {memory, from == CHANNEL_FROM_FRONT
					     ? CHANNEL_OCTETS
					     : CHANNEL_TO_FRONT};
	union control control;
	struct msghdr msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct channel_head head = {.kind = CHANNEL_KINDS};
	ssize_t n = arrive(channel, &msg, message);

	if (n <= 0)
		return (int)n;
	if ((size_t)n >= sizeof(head))
		memcpy(&head, memory, sizeof(head));
	message->kind = head.kind;
	if (!is_whole(&head, (size_t)n, msg.msg_flags) ||
	    !is_allowed(&head, message->nfds, from, states, *had)) {
		while (message->nfds > 0)
			close(message->fds[--message->nfds]);
		return -EPROTO;
	}
	*had |= 1U << head.kind;
	message->body = (struct span){memory + sizeof(head), head.size};
	return 1;
}
