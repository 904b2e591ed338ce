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
};

#define BODY(type)	     sizeof(struct type), sizeof(struct type)
#define BODY_AND(type, more) sizeof(struct type), sizeof(struct type) + (more)

static const struct kind_row kinds[CHANNEL_KINDS] = {
	[CHANNEL_GREETING] = {"greeting", CHANNEL_FROM_MONITOR, ANY,
			      BODY_AND(channel_greeting, STAMP), 0},
	[CHANNEL_VERDICT] = {"verdict", CHANNEL_FROM_MONITOR, ANY,
			     BODY(channel_verdict), 2},
	[CHANNEL_MESSAGES] = {"messages", CHANNEL_FROM_MONITOR, ANY,
			      BODY(channel_messages), CHANNEL_FDS},
	[CHANNEL_TABLES] = {"tables", CHANNEL_FROM_MONITOR, ANY,
			    BODY(channel_tables), 2},
	[CHANNEL_DONE] = {"done", CHANNEL_FROM_MONITOR, ANY, BODY(channel_done),
			  0},
	[CHANNEL_CLOSE] = {"close", CHANNEL_FROM_MONITOR, ANY, 0, 0, 0},
	[CHANNEL_LOGIN] = {"login", CHANNEL_FROM_FRONT, CHANNEL_IN_LOGIN,
			   BODY_AND(channel_login, NAME_AND_PROOF), 0},
	[CHANNEL_FETCH] = {"fetch", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			   BODY(channel_fetch), 0},
	[CHANNEL_RELIST] = {"relist", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL, 0, 0,
			    0},
	[CHANNEL_MARKS] = {"marks", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL,
			   BODY_AND(channel_marks, CHANNEL_MARKS_MAX), 0},
	[CHANNEL_COMMIT] = {"commit", CHANNEL_FROM_FRONT, CHANNEL_IN_MAIL, 0, 0,
			    0},
	[CHANNEL_ALIVE] = {"alive", CHANNEL_FROM_FRONT, ANY, 0, 0, 0},
	[CHANNEL_SUMMARY] = {"summary", CHANNEL_FROM_FRONT, ANY,
			     BODY(channel_summary), 0},
	[CHANNEL_TRAPPED] = {"trapped", CHANNEL_FROM_FRONT, ANY,
			     BODY(channel_trapped), 0},
};

const char *channel_kind_name(enum channel_kind kind)
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
	ssize_t n;

	if (nfds > kinds[kind].fds || head.size > kinds[kind].most)
		return -EINVAL;
	attach(&msg, &control, fds, nfds);
	do
		n = sendmsg(channel, &msg, MSG_NOSIGNAL);
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

static bool is_allowed(const struct channel_head *head, size_t octets,
		       const struct channel_message *message, int flags,
		       enum channel_sender from, unsigned states)
{
	const struct kind_row *row;

	if (flags & (MSG_TRUNC | MSG_CTRUNC))
		return false;
	if (octets < sizeof(*head) || head->kind >= CHANNEL_KINDS ||
	    head->size != octets - sizeof(*head))
		return false;
	row = &kinds[head->kind];
	return row->from == from && (row->states & states) &&
	       head->size >= row->least && head->size <= row->most &&
	       message->nfds <= row->fds;
}

int channel_receive(int channel, enum channel_sender from, unsigned states,
		    char *memory, struct channel_message *message)
{
	struct iovec part = {memory, CHANNEL_OCTETS};
	union control control;
	struct msghdr msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct channel_head head;
	ssize_t n;

	do
		n = recvmsg(channel, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	collect(&msg, message);
	if (n == 0 && message->nfds == 0)
		return 0;
	memset(&head, 0, sizeof(head));
	if ((size_t)n >= sizeof(head))
		memcpy(&head, memory, sizeof(head));
	if (!is_allowed(&head, (size_t)n, message, msg.msg_flags, from,
			states)) {
		while (message->nfds > 0)
			close(message->fds[--message->nfds]);
		return -EPROTO;
	}
	message->kind = (enum channel_kind)head.kind;
	message->body = (struct span){memory + sizeof(head), head.size};
	return 1;
}
