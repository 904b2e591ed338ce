/* SPDX-License-Identifier: ISC */
/*
 * Any datagrams on the channel, with any descriptors, in each state of either
 * end. What is out of order ends the session there: a monitor removes nothing
 * without a COMMIT in its turn, and a front asks for nothing more, COMMIT
 * least of all. No descriptor is lost. Parameters: which end (bit 0), how the
 * session begins; then datagrams: kind, descriptors, octets of the body (two),
 * what is wrong with it, the body.
 */
#include "front_script.h"
#include "monitor_world.h"

enum { DATAGRAM_MAX = 20000, FDS_MAX = 32, FILES_MAX = 256 };

enum datagram_fault {
	FAULT_NONE = 240, /* and below */
	FAULT_KIND,	  /* a bit that no kind has */
	FAULT_PADDED,	  /* longer than all that is received */
	FAULT_HEADLESS,	  /* not even a head */
	FAULT_EMPTY,	  /* no octet */
	FAULT_SIZE,	  /* and above: says it is longer than it is */
};

struct datagram {
	struct channel_head head;
	struct span body;
	size_t nfds;
	unsigned fault;
	bool is_whole; /* head and body are as they should be */
};

static struct datagram take_datagram(struct span *in)
{
	struct datagram d = {.head.kind = fuzz_take_octet(in)};
	unsigned fds = fuzz_take_octet(in), low = fuzz_take_octet(in);
	size_t n = fuzz_take_octet(in) << 8 | low;

	d.nfds = fds < 224 ? 0 : fds - 223; /* mostly none */
	d.fault = fuzz_take_octet(in);
	d.is_whole = d.fault <= FAULT_NONE;
	d.body = span_take(*in, n);
	*in = span_drop(*in, d.body.n);
	d.head.size = (uint32_t)d.body.n;
	if (d.fault == FAULT_KIND)
		d.head.kind |= 0x80000000;
	else if (d.fault >= FAULT_SIZE)
		d.head.size += d.fault;
	return d;
}

/* The octets of it as they are sent; how many. */
static size_t put_octets(const struct datagram *d, char octets[DATAGRAM_MAX])
{
	struct channel_head head = d->head;
	size_t n = sizeof(head) + d->body.n;

	memset(octets, 0, DATAGRAM_MAX);
	if (d->fault == FAULT_PADDED)
		head.size = DATAGRAM_MAX - sizeof(head);
	memcpy(octets, &head, sizeof(head));
	if (d->body.n)
		memcpy(octets + sizeof(head), d->body.p, d->body.n);
	switch (d->fault) {
	case FAULT_PADDED:
		return DATAGRAM_MAX;
	case FAULT_HEADLESS:
		return 1 + d->body.n % (sizeof(head) - 1);
	case FAULT_EMPTY:
		return 0;
	default:
		return n;
	}
}

/* All its descriptors are this one. */
static void send_datagram(int to, const struct datagram *d, int fd)
{
	static char octets[DATAGRAM_MAX];
	struct iovec part = {octets, put_octets(d, octets)};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = {{0}};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[FDS_MAX];

	for (size_t i = 0; i < FDS_MAX; i++)
		fds[i] = fd;
	if (d->nfds > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * d->nfds);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * d->nfds);
		memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * d->nfds);
	}
	/* A front may have gone after its last answer. */
	REQUIRE(sendmsg(to, &msg, MSG_NOSIGNAL) == (ssize_t)part.iov_len ||
		errno == EPIPE);
}

static void note_files(bool is_open[FILES_MAX])
{
	for (int fd = 0; fd < FILES_MAX; fd++)
		is_open[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* None is closed that was open, nor left open, or the kernel closes it. */
static void check_files(const bool was_open[FILES_MAX], bool may_leave)
{
	bool is_open[FILES_MAX];

	note_files(is_open);
	for (int fd = 0; fd < FILES_MAX; fd++) {
		REQUIRE(is_open[fd] >= was_open[fd]);
		REQUIRE(is_open[fd] == was_open[fd] || may_leave);
		if (is_open[fd] && !was_open[fd])
			close(fd);
	}
}

/* --- to a monitor --- */

/* What a monitor should have made of what it was sent so far. */
struct expected {
	enum channel_state state;
	bool had[CHANNEL_KINDS];
	uint8_t deleted[WORLD_MARKS];
	bool is_committed;
	bool is_over; /* the front has said all with it */
};

static bool is_login(struct span body)
{
	struct channel_login login;
	size_t n = body.n - sizeof(login);

	if (body.n < sizeof(login) || n > 2048)
		return false;
	memcpy(&login, body.p, sizeof(login));
	return login.method < CHANNEL_METHODS && login.name_n <= n &&
	       login.proof_n == n - login.name_n;
}

static bool is_fetch(struct span body)
{
	struct channel_fetch fetch;

	if (body.n != sizeof(fetch))
		return false;
	memcpy(&fetch, body.p, sizeof(fetch));
	return fetch.number >= 1 && fetch.number <= WORLD_MAILS &&
	       fetch.count >= 1 && fetch.count <= CHANNEL_FDS &&
	       (uint64_t)fetch.number + fetch.count <= WORLD_MAILS + 1;
}

static bool take_marks(struct expected *e, struct span body)
{
	struct channel_marks marks;
	size_t n = body.n - sizeof(marks);

	if (body.n < sizeof(marks))
		return false;
	memcpy(&marks, body.p, sizeof(marks));
	if (marks.bitmap >= CHANNEL_BITMAPS || marks.octets != n ||
	    marks.offset > WORLD_MARKS || n > WORLD_MARKS - marks.offset)
		return false;
	if (marks.bitmap == CHANNEL_DELETED)
		memcpy(e->deleted + marks.offset, body.p + sizeof(marks), n);
	return true;
}

/* Does it belong there? Then what it changes is noted. */
static bool is_in_order(struct expected *e, const struct datagram *d)
{
	uint32_t kind = d->head.kind;
	size_t n = d->body.n;
	bool is_first;

	if (!d->is_whole || d->nfds > 0 || kind >= CHANNEL_KINDS)
		return false;
	is_first = !e->had[kind];
	e->had[kind] = true;
	switch (kind) {
	case CHANNEL_LOGIN:
		return e->state == CHANNEL_IN_LOGIN && is_login(d->body);
	case CHANNEL_FETCH:
		return e->state == CHANNEL_IN_MAIL && is_fetch(d->body);
	case CHANNEL_RELIST:
		return e->state == CHANNEL_IN_MAIL && n == 0 && is_first;
	case CHANNEL_MARKS:
		return e->state == CHANNEL_IN_MAIL && take_marks(e, d->body);
	case CHANNEL_COMMIT:
		return e->state == CHANNEL_IN_MAIL && is_first &&
		       (n == 0 || n == sizeof(struct channel_summary));
	case CHANNEL_ALIVE:
		return n == 0;
	case CHANNEL_SUMMARY:
		return n == sizeof(struct channel_summary) && is_first;
	case CHANNEL_TRAPPED:
		return n == sizeof(struct channel_trapped) && is_first;
	default:
		return false;
	}
}

static bool is_right_login(struct span body)
{
	struct channel_login login;

	memcpy(&login, body.p, sizeof(login));
	return login.method == CHANNEL_USER_PASS && login.name_n == 1 &&
	       span_equal(span_drop(body, sizeof(login)), span_str("up"));
}

/* The answer of this kind, which is all that comes. */
static void take_answer(int channel, enum channel_kind kind, void *body,
			size_t size)
{
	static char memory[CHANNEL_TO_FRONT];
	struct channel_message message;
	uint32_t had = 0;

	REQUIRE(channel_receive(channel, CHANNEL_FROM_MONITOR, ~0U, &had,
				memory, &message) == 1);
	REQUIRE(message.kind == kind && message.body.n >= size);
	if (size)
		memcpy(body, message.body.p, size);
	while (message.nfds > 0)
		close(message.fds[--message.nfds]);
}

static void take_verdict(int channel, struct expected *e, bool is_right)
{
	struct channel_verdict verdict;

	take_answer(channel, CHANNEL_VERDICT, &verdict, sizeof(verdict));
	REQUIRE((verdict.answer == CHANNEL_WELCOME) == is_right);
	if (is_right)
		e->state = CHANNEL_IN_MAIL;
	else if (verdict.closing)
		e->state = CHANNEL_AT_END;
}

/* What is answered to what was in order. */
static void follow(int channel, struct expected *e, const struct datagram *d)
{
	struct channel_done done;

	switch (d->head.kind) {
	case CHANNEL_LOGIN:
		take_verdict(channel, e, is_right_login(d->body));
		break;
	case CHANNEL_FETCH:
		take_answer(channel, CHANNEL_MESSAGES, NULL, 0);
		break;
	case CHANNEL_RELIST:
		take_answer(channel, CHANNEL_TABLES, NULL, 0);
		break;
	case CHANNEL_COMMIT:
		take_answer(channel, CHANNEL_DONE, &done, sizeof(done));
		e->is_over = d->body.n > 0 && !done.failed && !done.error;
		e->is_committed = true;
		e->state = CHANNEL_AT_END;
		break;
	case CHANNEL_TRAPPED:
		e->state = CHANNEL_AT_END;
		break;
	default:
		break;
	}
}

struct served {
	struct monitor monitor;
	int channel;
	const char *preauth;
};

static void *serve(void *context)
{
	struct served *served = context;

	world_serve(&served->monitor, served->channel, served->preauth);
	close(served->channel);
	return NULL;
}

/* How a session ends that nobody else ended before. */
static enum monitor_end converse(int channel, struct expected *e,
				 struct span in)
{
	while (in.n > 0) {
		struct datagram d = take_datagram(&in);
		bool was_at_end = e->state == CHANNEL_AT_END;

		send_datagram(channel, &d, STDERR_FILENO);
		if (d.fault == FAULT_EMPTY && d.nfds == 0)
			break;
		if (!is_in_order(e, &d))
			return was_at_end ? MONITOR_ENDS : END_PROTOCOL;
		if (d.head.kind == CHANNEL_SUMMARY)
			return MONITOR_ENDS;
		follow(channel, e, &d);
		if (e->is_over)
			return MONITOR_ENDS;
	}
	return e->state == CHANNEL_AT_END ? MONITOR_ENDS : END_FRONT_DIED;
}

static void check_mails(const struct expected *e)
{
	unsigned present = world_present();

	for (unsigned i = 0; i < WORLD_MAILS; i++) {
		bool deleted =
			e->is_committed && (e->deleted[i / 8] >> i % 8 & 1);

		REQUIRE((present >> (i + 1) & 1) == !deleted);
	}
}

static void to_monitor(struct span in, bool preauth)
{
	static struct served served;
	struct expected e = {.state = CHANNEL_IN_LOGIN};
	enum monitor_end end;
	pthread_t thread;
	int channel[2];

	world_begin();
	world_mend();
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
	served.channel = channel[0];
	served.preauth = preauth ? "u" : NULL;
	REQUIRE(pthread_create(&thread, NULL, serve, &served) == 0);
	take_answer(channel[1], CHANNEL_GREETING, NULL, 0);
	if (preauth)
		take_verdict(channel[1], &e, true);
	end = converse(channel[1], &e, in);
	REQUIRE(shutdown(channel[1], SHUT_WR) == 0);
	REQUIRE(pthread_join(thread, NULL) == 0);
	REQUIRE(end == MONITOR_ENDS || served.monitor.end == end);
	REQUIRE(read(channel[1], &end, sizeof(end)) == 0);
	close(channel[1]);
	check_mails(&e);
}

/* --- to a front --- */

static bool is_body(const struct datagram *d)
{
	size_t n = d->body.n;

	switch (d->head.kind) {
	case CHANNEL_GREETING:
		return n >= sizeof(struct channel_greeting) &&
		       n <= sizeof(struct channel_greeting) + 512 &&
		       d->nfds == 0;
	case CHANNEL_VERDICT:
		return n == sizeof(struct channel_verdict) && d->nfds <= 2;
	case CHANNEL_MESSAGES:
		return n == sizeof(struct channel_messages) &&
		       d->nfds <= CHANNEL_FDS;
	case CHANNEL_TABLES:
		return n == sizeof(struct channel_tables) && d->nfds <= 2;
	case CHANNEL_DONE:
		return n == sizeof(struct channel_done) && d->nfds == 0;
	case CHANNEL_CLOSE:
		return n == 0 && d->nfds == 0;
	default:
		return false;
	}
}

static void send_stray(struct stray *stray, int channel, enum channel_kind due)
{
	struct datagram d = take_datagram(&stray->raw);
	bool is_fit = d.is_whole && is_body(&d);
	static char greeting[sizeof(struct channel_greeting) + 512];

	if (is_fit && d.head.kind == CHANNEL_GREETING) {
		/*
		 * Its truth values are 0 or 1, and the verdict that it can
		 * promise (the second) would not come.
		 */
		memcpy(greeting, d.body.p, d.body.n);
		memset(greeting + offsetof(struct channel_greeting, alive_ms),
		       0x7f, 4); /* nor that it lives */
		for (int i = 0; i < 3; i++)
			greeting[i] &= i == 1 ? 0 : 1;
		d.body.p = greeting;
	}
	stray->is_sent = true;
	stray->is_fit = is_fit;
	stray->is_close = is_fit && d.head.kind == CHANNEL_CLOSE;
	stray->is_refused = !stray->is_close && !(is_fit && d.head.kind == due);
	send_datagram(channel, &d, mailbox.table);
}

/*
 * True: a message came that is one, and a front that can make nothing of it
 * ends as it is: the kernel closes what came with it.
 */
static bool to_front(struct span in, unsigned how)
{
	static const char dialogue[] = "USER u\r\nPASS p\r\nSTAT\r\n"
				       "RETR 3\r\nRETR 4\r\nRETR 5\r\n"
				       "LIST 7\r\nRETR 7\r\nDELE 3\r\nQUIT\r\n";
	static char got[OUTPUT_MAX];
	static struct actor actor;
	struct script script = {
		.preauth = how & 2,
		.offer_user = true,
		.plaintext = true,
		.keep_seen = true,
		.damage = how & 4 ? DAMAGE_ONCE : DAMAGE_NONE,
	};
	struct stray stray = {
		.place = how >> 4,
		.is_behind = how & 8,
		.raw = in,
		.send = send_stray,
	};

	memset(&actor, 0, sizeof(actor));
	actor.script = &script;
	actor.stray = &stray;
	actor.got = got;
	actor.input = span_str(dialogue);
	actor.cut = SIZE_MAX;
	run_front(&actor);
	REQUIRE(stray.is_sent || (actor.is_committed && actor.has_summary));
	return stray.is_fit || stray.is_behind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size);
	unsigned how = fuzz_take_octet(&in);
	bool was_open[FILES_MAX], may_leave = false;

	mailbox_fill();
	note_files(was_open);
	if (how & 1)
		may_leave = to_front(in, how);
	else
		to_monitor(in, how & 2);
	check_files(was_open, may_leave);
	return 0;
}
