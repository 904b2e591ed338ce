/* SPDX-License-Identifier: ISC */
/*
 * A whole front between a client and a monitor that follow a script. Both are
 * played by one thread, the actor: it sends the client's octets in pieces,
 * takes what the front writes, and answers what the front asks for over the
 * channel. A piece is a datagram, so that one read(2) of the front gets one
 * piece.
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

/* A datagram that is not the script's, see fuzz_channel.c. */
struct stray {
	unsigned place; /* the number of an answer, from 0: */
	bool is_behind; /* it comes behind that, else instead of it */
	struct span raw;
	/* Sends it where an answer of this kind is due; sets what follows. */
	void (*send)(struct stray *, int channel, enum channel_kind due);
	bool is_sent;
	bool is_fit;	 /* well-formed, at whatever time */
	bool is_refused; /* the front takes nothing more, and asks nothing */
	bool is_close;	 /* the answer is still due */
};

struct actor {
	const struct script *script;
	struct stray *stray; /* NULL: none */
	int channel, client, output;
	struct span input;
	size_t cut;	 /* octets of a piece; 0: by seed; SIZE_MAX: a line, */
	bool is_waiting; /* and before the next one its reply */
	uint32_t seed;

	/* What was seen of the front. */
	enum channel_state state;
	uint32_t had;
	unsigned answers, logins, fetches;
	bool is_committed, has_summary;
	uint8_t marks[CHANNEL_BITMAPS][MARKS];
	bool is_marked; /* some marks came */
	struct channel_summary summary;
	struct statistics_counters counters; /* the front's own */
	char *got;
	size_t n;
	char heard[CHANNEL_OCTETS];
};

static const struct span nothing = {NULL, 0};

static void tell(const struct actor *actor, enum channel_kind kind,
		 struct span body, struct span more, const int *fds, size_t n)
{
	int r = channel_send(actor->channel, kind, body, more, nothing, fds, n);

	REQUIRE(r == 0 || (r == -EPIPE && actor->stray));
}

static void tell_close(const struct actor *actor, enum script_close at)
{
	if (actor->script->close == at)
		tell(actor, CHANNEL_CLOSE, nothing, nothing, NULL, 0);
}

/* An answer, or what comes instead of it or behind it. */
static void answer(struct actor *actor, enum channel_kind kind,
		   struct span body, struct span more, const int *fds, size_t n)
{
	struct stray *stray = actor->stray;
	bool is_here = stray && stray->place == actor->answers;

	actor->answers++;
	if (is_here && !stray->is_behind)
		stray->send(stray, actor->channel, kind);
	if (!is_here || stray->is_behind || stray->is_close)
		tell(actor, kind, body, more, fds, n);
	if (is_here && stray->is_behind)
		stray->send(stray, actor->channel, CHANNEL_KINDS);
}

static void answer_login(struct actor *actor)
{
	const struct script *s = actor->script;
	struct channel_verdict verdict = {.held_for = 7};
	int fd = mailbox.table;

	if (actor->logins == 0)
		tell_close(actor, CLOSE_LOGIN);
	if (actor->logins++ < s->refusals) {
		verdict.answer = s->answer;
		verdict.closing = s->is_closing;
	} else {
		actor->state = CHANNEL_IN_MAIL;
	}
	if (s->damage == DAMAGE_HEAD)
		fd = mailbox.headless;
	else if (s->damage != DAMAGE_NONE)
		fd = mailbox.damaged;
	answer(actor, CHANNEL_VERDICT, span_make(&verdict, sizeof(verdict)),
	       nothing, &fd,
	       actor->state == CHANNEL_IN_MAIL && !s->is_empty ? 1 : 0);
}

static int message_error(const struct script *s, uint32_t number)
{
	static const int errors[TROUBLES] = {ENOENT, EACCES, 0};

	return number == s->bad_number ? errors[s->trouble] : 0;
}

static void on_fetch(struct actor *actor, struct span body)
{
	const struct script *s = actor->script;
	struct channel_messages reply = {0};
	struct channel_fetch fetch;
	int fds[CHANNEL_FDS];
	size_t n = 0;

	memcpy(&fetch, body.p, sizeof(fetch));
	REQUIRE(!s->is_empty && fetch.number >= 1 && fetch.count >= 1);
	REQUIRE(fetch.count <= CHANNEL_FDS && fetch.number <= MAILBOX);
	REQUIRE(fetch.count <= MAILBOX - fetch.number + 1);
	if (actor->fetches++ == 0)
		tell_close(actor, CLOSE_FETCH);
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
	answer(actor, CHANNEL_MESSAGES, span_make(&reply, sizeof(reply)),
	       nothing, fds, n);
	while (n > 0)
		close(fds[--n]);
}

static void on_relist(struct actor *actor)
{
	struct channel_tables tables = {0};

	tell_close(actor, CLOSE_RELIST);
	if (actor->script->damage == DAMAGE_LASTING)
		tables.error = ESTALE;
	answer(actor, CHANNEL_TABLES, span_make(&tables, sizeof(tables)),
	       nothing, &mailbox.table, tables.error ? 0 : 1);
}

static void on_marks(struct actor *actor, struct span body)
{
	struct channel_marks marks;

	memcpy(&marks, body.p, sizeof(marks));
	REQUIRE(marks.bitmap < CHANNEL_BITMAPS && marks.offset == 0);
	REQUIRE(marks.octets == MARKS && body.n == sizeof(marks) + MARKS);
	memcpy(actor->marks[marks.bitmap], body.p + sizeof(marks), MARKS);
	actor->is_marked = true;
}

static void on_commit(struct actor *actor, struct span words)
{
	struct channel_done done = {
		.failed = actor->script->is_unremoved ? 1 : 0,
		.error = actor->script->is_unsynced ? EIO : 0,
	};

	REQUIRE(!actor->is_committed);
	actor->is_committed = true;
	actor->state = CHANNEL_AT_END;
	REQUIRE(words.n == 0 || words.n == sizeof(actor->summary));
	/* They hold if all goes well. */
	if (words.n > 0 && done.failed == 0 && done.error == 0) {
		memcpy(&actor->summary, words.p, sizeof(actor->summary));
		actor->has_summary = true;
	}
	tell_close(actor, CLOSE_DONE);
	answer(actor, CHANNEL_DONE, span_make(&done, sizeof(done)), nothing,
	       NULL, 0);
}

static void on_message(struct actor *actor,
		       const struct channel_message *message)
{
	REQUIRE(!actor->has_summary); /* it is the last */
	switch (message->kind) {
	case CHANNEL_LOGIN:
		answer_login(actor);
		break;
	case CHANNEL_FETCH:
		on_fetch(actor, message->body);
		break;
	case CHANNEL_RELIST:
		on_relist(actor);
		break;
	case CHANNEL_MARKS:
		on_marks(actor, message->body);
		break;
	case CHANNEL_COMMIT:
		on_commit(actor, message->body);
		break;
	case CHANNEL_SUMMARY:
		memcpy(&actor->summary, message->body.p,
		       sizeof(actor->summary));
		actor->has_summary = true;
		break;
	default:
		REQUIRE(!"sent by a front of its own accord");
	}
}

/*
 * May this be heard of the front?  After a stray that it refuses nothing but
 * the end; but one behind an answer may find it still at work on that, or at
 * its last words, which change nothing.
 */
static bool may_hear(const struct actor *actor, int received, uint32_t kind)
{
	const struct stray *stray = actor->stray;

	if (!stray || !stray->is_sent)
		return received >= 0;
	if (!stray->is_refused || received == 0)
		return true;
	return received > 0 && stray->is_behind &&
	       (kind == CHANNEL_FETCH || kind == CHANNEL_SUMMARY);
}

static void hear(struct actor *actor)
{
	struct channel_message message;
	int r = channel_receive(actor->channel, CHANNEL_FROM_FRONT,
				actor->state, &actor->had, actor->heard,
				&message);

	REQUIRE(may_hear(actor, r, r > 0 ? message.kind : CHANNEL_KINDS));
	if (r > 0) {
		on_message(actor, &message);
		return;
	}
	close(actor->channel);
	actor->channel = -1;
}

static size_t next_piece(struct actor *actor)
{
	unsigned random = fuzz_random(&actor->seed);

	if (actor->cut == SIZE_MAX)
		return span_find(actor->input, '\n') + 1;
	if (actor->cut > 0)
		return actor->cut;
	return 1 + random / 4 % (random % 4 ? 60 : 3);
}

static void feed(struct actor *actor)
{
	struct span piece = span_take(actor->input, next_piece(actor));

	if (piece.n > 0 && send(actor->client, piece.p, piece.n,
				MSG_NOSIGNAL) == (ssize_t)piece.n) {
		actor->input = span_drop(actor->input, piece.n);
		actor->is_waiting = actor->cut == SIZE_MAX;
		return;
	}
	/* All is sent, or the front has closed. */
	close(actor->client);
	actor->client = -1;
}

static void take_output(struct actor *actor)
{
	ssize_t n = read(actor->output, actor->got + actor->n,
			 OUTPUT_MAX - actor->n);

	REQUIRE(n >= 0 && actor->n + (size_t)n < OUTPUT_MAX);
	actor->n += (size_t)n;
	actor->is_waiting = false;
	if (n > 0)
		return;
	close(actor->output);
	actor->output = -1;
}

static void *play(void *context)
{
	struct actor *actor = context;
	const struct script *s = actor->script;
	struct span stamp = span_str(s->apop ? "<1.2@pop.test>" : "");
	struct channel_greeting greeting = {
		.plaintext = s->plaintext,
		.preauth = s->preauth,
		.unfit = s->unfit,
		.stamp_n = (uint32_t)stamp.n,
		.alive_ms = 600000,
	};

	answer(actor, CHANNEL_GREETING, span_make(&greeting, sizeof(greeting)),
	       stamp, NULL, 0);
	if (s->preauth && !s->unfit)
		answer_login(actor);
	while (actor->channel >= 0 || actor->output >= 0) {
		struct pollfd fds[] = {
			{actor->channel, POLLIN, 0},
			{actor->is_waiting ? -1 : actor->client, POLLOUT, 0},
			{actor->output, POLLIN, 0},
		};

		REQUIRE(poll(fds, 3, -1) > 0 || errno == EINTR);
		if (fds[0].revents)
			hear(actor);
		if (fds[1].revents)
			feed(actor);
		if (fds[2].revents)
			take_output(actor);
	}
	if (actor->client >= 0)
		close(actor->client);
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
 * script, stray, input, cut, seed and got of the actor.
 */
static void run_front(struct actor *actor)
{
	static struct front front;
	struct front_setup setup = {
		.is_socket = true,
		.offer_user = actor->script->offer_user,
		.keep_seen = actor->script->keep_seen,
		.greeting = "ready",
		.counters = &actor->counters,
	};
	int client[2], channel[2], output[2];
	pthread_t thread;

	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, client) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, output) == 0);
	actor->client = client[1];
	actor->channel = channel[1];
	actor->output = output[1];
	actor->state = CHANNEL_IN_LOGIN;
	memset(&actor->counters, 0, sizeof(actor->counters));
	setup.in = client[0];
	setup.channel = channel[0];
	setup.out = output[0];
	REQUIRE(pthread_create(&thread, NULL, play, actor) == 0);
	memset(&front, 0, sizeof(front));
	front_run(&front, &setup);
	front_leave(&front);
	close(client[0]);
	close(channel[0]);
	close(output[0]);
	REQUIRE(pthread_join(thread, NULL) == 0);
}

#endif
