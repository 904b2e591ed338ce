/* SPDX-License-Identifier: ISC */
/*
 * A whole front between a client and a monitor that follow a script. Both are
 * played by one thread, the peer: it sends the client's octets in pieces, takes
 * what the front writes, and answers what the front asks for over the channel.
 * A piece is a datagram, so that one read(2) of the front gets one piece.
 */
#ifndef FUZZ_FRONT_SCRIPT_H
#define FUZZ_FRONT_SCRIPT_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front_mailbox.h"
#include "fuzz.h"
#include "pop3-session/front.h"

enum {
	OUTPUT_MAX = 1 << 24,
	MARKS = (MAILBOX + 7) / 8, /* octets of a bitmap */
};

enum script_damage { DAMAGE_NONE, DAMAGE_ONCE, DAMAGE_LASTING, DAMAGE_HEAD };
enum script_trouble { TROUBLE_GONE, TROUBLE_DENIED, TROUBLE_SHORT, TROUBLES };

/* Before which answer (the first of its kind) the front is told to close. */
enum script_close {
	CLOSE_NEVER,
	CLOSE_LOGIN,
	CLOSE_FETCH,
	CLOSE_RELIST,
	CLOSE_DONE,
	CLOSES
};

struct script {
	bool preauth, offer_user, plaintext, apop, keep_seen, unfit, is_empty;
	unsigned refusals; /* logins that are refused first, */
	uint32_t answer;   /* with this answer */
	bool is_closing;   /* and the end */
	enum script_damage damage;
	unsigned bad_number; /* a message that is not as it should be */
	enum script_trouble trouble;
	enum script_close close;
	bool is_unremoved, is_unsynced; /* how UPDATE ends */
};

/* Datagrams that are no answers, see fuzz_channel.c. */
struct stray {
	unsigned place; /* the number of an answer, from 0 */
	bool is_behind; /* it, else instead of it */
	bool is_sent;
	void (*send)(struct stray *, int channel);
	bool is_refused; /* set by send(): nothing may come after it, */
	bool is_close;	 /* or the answer is still due */
	struct span raw;
};

struct peer {
	const struct script *script;
	struct stray *stray; /* NULL: none */
	int channel, client, output;
	struct span input;
	size_t cut; /* octets of a piece; 0: by seed; SIZE_MAX: a line each */
	uint32_t seed;

	/* What was seen of the front. */
	enum channel_state state;
	uint32_t had;
	unsigned answers, logins, fetches;
	bool is_committed, has_summary;
	uint8_t marks[CHANNEL_BITMAPS][MARKS];
	bool is_marked; /* some marks came */
	struct channel_summary summary;
	char *got;
	size_t n;
	char heard[CHANNEL_OCTETS];
};

static const struct span nothing = {NULL, 0};

static void tell(const struct peer *peer, enum channel_kind kind,
		 struct span body, struct span more, const int *fds, size_t n)
{
	int r = channel_send(peer->channel, kind, body, more, nothing, fds, n);

	REQUIRE(r == 0 || (r == -EPIPE && peer->stray));
}

static void tell_close(const struct peer *peer, enum script_close at)
{
	if (peer->script->close == at)
		tell(peer, CHANNEL_CLOSE, nothing, nothing, NULL, 0);
}

/* An answer, or what comes in its place. */
static void answer(struct peer *peer, enum channel_kind kind, struct span body,
		   struct span more, const int *fds, size_t n)
{
	struct stray *stray = peer->stray;
	bool is_here = stray && stray->place == peer->answers++;

	if (is_here && !stray->is_behind) {
		stray->send(stray, peer->channel);
		stray->is_sent = true;
		if (!stray->is_close)
			return;
	}
	tell(peer, kind, body, more, fds, n);
	if (is_here && stray->is_behind) {
		stray->send(stray, peer->channel);
		stray->is_sent = true;
	}
}

static void answer_login(struct peer *peer)
{
	const struct script *s = peer->script;
	struct channel_verdict verdict = {.held_for = 7};
	int fd = mailbox.table;

	if (peer->logins == 0)
		tell_close(peer, CLOSE_LOGIN);
	if (peer->logins++ < s->refusals) {
		verdict.answer = s->answer;
		verdict.closing = s->is_closing;
	} else {
		peer->state = CHANNEL_IN_MAIL;
	}
	if (s->damage == DAMAGE_HEAD)
		fd = mailbox.headless;
	else if (s->damage != DAMAGE_NONE)
		fd = mailbox.damaged;
	answer(peer, CHANNEL_VERDICT, span_make(&verdict, sizeof(verdict)),
	       nothing, &fd,
	       peer->state == CHANNEL_IN_MAIL && !s->is_empty ? 1 : 0);
}

static int message_error(const struct script *s, uint32_t number)
{
	static const int errors[TROUBLES] = {ENOENT, EACCES, 0};

	return number == s->bad_number ? errors[s->trouble] : 0;
}

static void on_fetch(struct peer *peer, struct span body)
{
	const struct script *s = peer->script;
	struct channel_messages reply = {0};
	struct channel_fetch fetch;
	int fds[CHANNEL_FDS];
	size_t n = 0;

	memcpy(&fetch, body.p, sizeof(fetch));
	REQUIRE(!s->is_empty && fetch.number >= 1 && fetch.count >= 1);
	REQUIRE(fetch.count <= CHANNEL_FDS && fetch.number <= MAILBOX);
	REQUIRE(fetch.count <= MAILBOX - fetch.number + 1);
	if (peer->fetches++ == 0)
		tell_close(peer, CLOSE_FETCH);
	reply.number = fetch.number;
	reply.count = fetch.count;
	for (uint32_t i = 0; i < fetch.count; i++) {
		uint32_t number = fetch.number + i;

		reply.error[i] = message_error(s, number);
		if (!reply.error[i])
			fds[n++] = mailbox_open(
				number, s->trouble == TROUBLE_SHORT &&
						number == s->bad_number);
	}
	answer(peer, CHANNEL_MESSAGES, span_make(&reply, sizeof(reply)),
	       nothing, fds, n);
	while (n > 0)
		close(fds[--n]);
}

static void on_relist(struct peer *peer)
{
	struct channel_tables tables = {0};

	tell_close(peer, CLOSE_RELIST);
	if (peer->script->damage == DAMAGE_LASTING)
		tables.error = ESTALE;
	answer(peer, CHANNEL_TABLES, span_make(&tables, sizeof(tables)),
	       nothing, &mailbox.table, tables.error ? 0 : 1);
}

static void on_marks(struct peer *peer, struct span body)
{
	struct channel_marks marks;

	memcpy(&marks, body.p, sizeof(marks));
	REQUIRE(marks.bitmap < CHANNEL_BITMAPS && marks.offset == 0);
	REQUIRE(marks.octets == MARKS && body.n == sizeof(marks) + MARKS);
	memcpy(peer->marks[marks.bitmap], body.p + sizeof(marks), MARKS);
	peer->is_marked = true;
}

static void on_commit(struct peer *peer)
{
	struct channel_done done = {
		.failed = peer->script->is_unremoved ? 1 : 0,
		.error = peer->script->is_unsynced ? EIO : 0,
	};

	REQUIRE(!peer->is_committed);
	peer->is_committed = true;
	peer->state = CHANNEL_AT_END;
	tell_close(peer, CLOSE_DONE);
	answer(peer, CHANNEL_DONE, span_make(&done, sizeof(done)), nothing,
	       NULL, 0);
}

static void on_message(struct peer *peer, const struct channel_message *message)
{
	REQUIRE(!peer->has_summary); /* it is the last */
	switch (message->kind) {
	case CHANNEL_LOGIN:
		answer_login(peer);
		break;
	case CHANNEL_FETCH:
		on_fetch(peer, message->body);
		break;
	case CHANNEL_RELIST:
		on_relist(peer);
		break;
	case CHANNEL_MARKS:
		on_marks(peer, message->body);
		break;
	case CHANNEL_COMMIT:
		on_commit(peer);
		break;
	case CHANNEL_SUMMARY:
		memcpy(&peer->summary, message->body.p, sizeof(peer->summary));
		peer->has_summary = true;
		break;
	default:
		REQUIRE(!"sent by a front of its own accord");
	}
}

/* A stray that is refused ends it all; one behind an answer may find the front
 * on the way to fetch what it listed anew for. */
static void after_stray(const struct peer *peer, int received, uint32_t kind)
{
	const struct stray *stray = peer->stray;

	if (stray && stray->is_sent && stray->is_refused)
		REQUIRE(received == 0 ||
			(stray->is_behind && kind == CHANNEL_FETCH));
}

static void hear(struct peer *peer)
{
	struct channel_message message;
	int r = channel_receive(peer->channel, CHANNEL_FROM_FRONT, peer->state,
				&peer->had, peer->heard, &message);

	/* A front asks for nothing that it may not. */
	REQUIRE(r >= 0);
	after_stray(peer, r, r ? message.kind : CHANNEL_KINDS);
	if (r > 0) {
		on_message(peer, &message);
		return;
	}
	close(peer->channel);
	peer->channel = -1;
}

static size_t next_piece(struct peer *peer)
{
	unsigned random = fuzz_random(&peer->seed);

	if (peer->cut == SIZE_MAX)
		return span_find(peer->input, '\n') + 1;
	if (peer->cut > 0)
		return peer->cut;
	return 1 + random / 4 % (random % 4 ? 60 : 3);
}

static void feed(struct peer *peer)
{
	struct span piece = span_take(peer->input, next_piece(peer));

	if (piece.n > 0 && send(peer->client, piece.p, piece.n, MSG_NOSIGNAL) ==
				   (ssize_t)piece.n) {
		peer->input = span_drop(peer->input, piece.n);
		return;
	}
	/* All is sent, or the front has closed. */
	close(peer->client);
	peer->client = -1;
}

static void take_output(struct peer *peer)
{
	ssize_t n =
		read(peer->output, peer->got + peer->n, OUTPUT_MAX - peer->n);

	REQUIRE(n >= 0 && peer->n + (size_t)n < OUTPUT_MAX);
	peer->n += (size_t)n;
	if (n > 0)
		return;
	close(peer->output);
	peer->output = -1;
}

static void *play(void *context)
{
	struct peer *peer = context;
	const struct script *s = peer->script;
	struct span stamp = span_str(s->apop ? "<1.2@pop.test>" : "");
	struct channel_greeting greeting = {
		.plaintext = s->plaintext,
		.preauth = s->preauth,
		.unfit = s->unfit,
		.stamp_n = (uint32_t)stamp.n,
	};

	answer(peer, CHANNEL_GREETING, span_make(&greeting, sizeof(greeting)),
	       stamp, NULL, 0);
	if (s->preauth && !s->unfit)
		answer_login(peer);
	while (peer->channel >= 0 || peer->output >= 0) {
		struct pollfd fds[] = {
			{peer->channel, POLLIN, 0},
			{peer->client, POLLOUT, 0},
			{peer->output, POLLIN, 0},
		};

		REQUIRE(poll(fds, 3, -1) > 0 || errno == EINTR);
		if (fds[0].revents)
			hear(peer);
		if (fds[1].revents)
			feed(peer);
		if (fds[2].revents)
			take_output(peer);
	}
	if (peer->client >= 0)
		close(peer->client);
	return NULL;
}

/* What a front's process would leave to the kernel. */
static void front_leave(struct front *front)
{
	for (size_t i = 0; i < front->table_fds_n; i++)
		close(front->table_fds[i]);
	front_drop_batch(front);
	output_rest(&front->out);
	front_rest_file(front);
	for (int i = 0; i < CHANNEL_BITMAPS; i++) {
		if (front->marks[i])
			munmap(front->marks[i], MARKS);
	}
}

/*
 * One session of a front, from its beginning to its end. The caller has set
 * script, stray, input, cut, seed and got of the peer.
 */
static void run_front(struct peer *peer)
{
	static struct front front;
	struct front_setup setup = {
		.is_socket = true,
		.offer_user = peer->script->offer_user,
		.keep_seen = peer->script->keep_seen,
		.greeting = "ready",
		.alive_ms = 600000,
	};
	int client[2], channel[2], output[2];
	pthread_t thread;

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, client) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, output) == 0);
	peer->client = client[1];
	peer->channel = channel[1];
	peer->output = output[1];
	peer->state = CHANNEL_IN_LOGIN;
	setup.in = client[0];
	setup.channel = channel[0];
	setup.out = output[0];
	REQUIRE(pthread_create(&thread, NULL, play, peer) == 0);
	memset(&front, 0, sizeof(front));
	front_run(&front, &setup);
	front_leave(&front);
	close(client[0]);
	close(channel[0]);
	close(output[0]);
	REQUIRE(pthread_join(thread, NULL) == 0);
}

#endif
