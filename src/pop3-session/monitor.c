/* SPDX-License-Identifier: ISC */
#include "pop3-session/monitor.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "sys/log.h"
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	END_GRACE_MS = 2000, /* for the front's summary */
	TEND_AFTER_MS = 300, /* quiet this long: do what was put off */
};

static const struct span nothing = {NULL, 0};

void monitor_answer(struct monitor *m, enum channel_kind kind, struct span body,
		    const int *fds, size_t nfds)
{
	int r = channel_send(m->setup->channel, kind, body, nothing, nothing,
			     fds, nfds);

	/* A front that has gone may have sent its summary: that comes next. */
	if (r == 0 || r == -EPIPE || r == -ECONNRESET)
		return;
	m->over = true;
	/* It has left so many answers unread? */
	m->end = r == -EAGAIN ? END_PROTOCOL : END_INTERNAL;
}

/* The session is to end for this reason; the front may still say good-bye. */
void monitor_finish(struct monitor *m, enum monitor_end end)
{
	if (m->state == CHANNEL_AT_END)
		return;
	m->state = CHANNEL_AT_END;
	m->end = end;
	m->deadline = clock_ms() + END_GRACE_MS;
}

/* The front may be blocked in sending, so its socket is shut down, too. */
void monitor_cut(struct monitor *m, enum monitor_end end)
{
	monitor_finish(m, end);
	if (m->setup->client >= 0)
		(void)shutdown(m->setup->client, SHUT_RDWR);
	if (!m->told)
		monitor_answer(m, CHANNEL_CLOSE, nothing, NULL, 0);
	m->told = true;
}

uint64_t monitor_idle_deadline(const struct monitor *m)
{
	return clock_ms() + m->alive_ms +
	       (uint64_t)m->service->settings->idle_timeout * 1000;
}

static void on_alive(struct monitor *m, struct channel_message *message)
{
	(void)message;
	(void)m; /* that it came has moved the deadline */
}

static void on_summary(struct monitor *m, struct channel_message *message)
{
	static const enum monitor_end ends[CHANNEL_REASONS] = {
		[CHANNEL_LOGGED_OUT] = END_LOGGED_OUT,
		[CHANNEL_HUNG_UP] = END_HUNG_UP,
		[CHANNEL_ERRORS] = END_ERRORS,
		[CHANNEL_AUTH_LIMIT] = END_AUTH_LIMIT,
		[CHANNEL_TOLD] = END_SHUTDOWN,
		[CHANNEL_STORAGE] = END_STORAGE,
	};

	memcpy(&m->summary, message->body.p, sizeof(m->summary));
	if (m->kicked && m->summary.reason == CHANNEL_TOLD)
		monitor_finish(m, END_KICKED);
	else
		monitor_finish(m, m->summary.reason < CHANNEL_REASONS
					  ? ends[m->summary.reason]
					  : END_PROTOCOL);
	m->over = true; /* all has been said, and sent to the client */
}

static void on_trapped(struct monitor *m, struct channel_message *message)
{
	struct channel_trapped trapped;

	memcpy(&trapped, message->body.p, sizeof(trapped));
	m->trapped = trapped.nr;
	event_front_trapped(m);
	monitor_finish(m, END_FRONT_DIED);
}

typedef void on_kind(struct monitor *, struct channel_message *);

static on_kind *const handlers[CHANNEL_KINDS] = {
	[CHANNEL_LOGIN] = monitor_on_login,
	[CHANNEL_FETCH] = monitor_on_fetch,
	[CHANNEL_RELIST] = monitor_on_relist,
	[CHANNEL_MARKS] = monitor_on_marks,
	[CHANNEL_COMMIT] = monitor_on_commit,
	[CHANNEL_ALIVE] = on_alive,
	[CHANNEL_SUMMARY] = on_summary,
	[CHANNEL_TRAPPED] = on_trapped,
};

static void receive(struct monitor *m)
{
	struct channel_message message;
	int r = channel_receive(m->setup->channel, CHANNEL_FROM_FRONT, m->state,
				&m->had, m->heard, &message);

	/* What was sent before it was told to close may cross that. */
	if (r == -EPROTO && m->state != CHANNEL_AT_END)
		log_error("session %s: the front sent what its state does not "
			  "allow (%s); the session ends",
			  m->session, channel_kind_name(message.kind));
	if (r <= 0) {
		m->over = true;
		if (m->state != CHANNEL_AT_END)
			m->end = r == 0 ? END_FRONT_DIED : END_PROTOCOL;
		return;
	}
	if (m->state == CHANNEL_IN_MAIL && !m->told)
		m->deadline = monitor_idle_deadline(m);
	monitor_look(m);
	if (!monitor_leaves_undone(m, message.kind))
		handlers[message.kind](m, &message);
	if (message.kind == CHANNEL_LOGIN)
		explicit_bzero(m->heard,
			       sizeof(struct channel_head) + message.body.n);
}

static void time_out(struct monitor *m)
{
	bool is_idle = m->state == CHANNEL_IN_MAIL;

	monitor_count_timeout(m, is_idle ? COUNTERS_IDLE_TIMEOUT
					 : COUNTERS_LOGIN_TIMEOUT);
	monitor_cut(m, is_idle ? END_IDLE : END_LOGIN_TIMEOUT);
}

static void expire(struct monitor *m)
{
	if (m->state == CHANNEL_AT_END)
		m->over = true; /* the front does not go: it will be killed */
	else if (m->stopping)
		monitor_cut(m, m->kicked ? END_KICKED : END_SHUTDOWN);
	else
		time_out(m);
}

/* Quiet: work that was put off; how long to wait next, at most. */
static uint64_t tend(struct monitor *m)
{
	int r;

	if (m->state != CHANNEL_IN_MAIL || !m->has_drop)
		return UINT64_MAX;
	r = maildrop_tend(&m->drop);
	if (r < 0)
		monitor_cut(m, END_STORAGE);
	return r > 0 ? 0 : UINT64_MAX;
}

static struct timespec until(uint64_t deadline, uint64_t most_ms)
{
	uint64_t now = clock_ms();
	uint64_t ms = deadline > now ? deadline - now : 0;

	if (ms > most_ms)
		ms = most_ms;
	return (struct timespec){(time_t)(ms / 1000),
				 (long)(ms % 1000) * 1000000L};
}

static void loop(struct monitor *m)
{
	struct pollfd fds[] = {
		{m->setup->channel, POLLIN, 0},
		{m->setup->signals, POLLIN, 0},
	};
	uint64_t quiet = TEND_AFTER_MS;

	while (!m->over) {
		uint64_t most = monitor_look_limit(m);
		struct timespec limit =
			until(m->deadline, quiet < most ? quiet : most);
		int n = ppoll(fds, 2, &limit, NULL);

		if (n > 0 && fds[1].revents)
			monitor_obey_signal(m, signals_next(fds[1].fd));
		if (n > 0 && fds[0].revents) {
			receive(m);
			quiet = TEND_AFTER_MS;
		}
		/* Also while a front never stops talking. */
		if (clock_ms() >= m->deadline)
			expire(m);
		else if (n == 0)
			quiet = tend(m);
		if (n == 0)
			monitor_look(m);
	}
}

static void name_session(struct monitor *m)
{
	struct buf name;
	unsigned char random[8];

	if (io_random(random, sizeof(random)) < 0)
		memset(random, 0, sizeof(random));
	buf_init(&name, m->session, sizeof(m->session));
	buf_add_hex(&name, random, sizeof(random));
	(void)buf_str(&name);
}

static void greet(struct monitor *m)
{
	struct service *s = m->service;
	struct channel_greeting greeting = {
		.plaintext = service_allows_plaintext(s, &m->setup->peer),
		.preauth = m->setup->preauth != NULL,
		.alive_ms = m->alive_ms,
	};
	struct buf stamp;
	int r;

	buf_init(&stamp, m->stamp, sizeof(m->stamp));
	if (s->offers_apop && !greeting.preauth) {
		r = auth_make_stamp(&stamp, span_str(s->host));
		m->stamp_n = r == 0 ? stamp.n : 0;
		greeting.unfit = r < 0 && !s->method_user;
		if (r < 0)
			log_error("no APOP timestamp can be made: %s",
				  strerror(-r));
	}
	greeting.stamp_n = (uint32_t)m->stamp_n;
	r = channel_send(m->setup->channel, CHANNEL_GREETING,
			 span_make(&greeting, sizeof(greeting)),
			 span_make(m->stamp, m->stamp_n), nothing, NULL, 0);
	if (r < 0) {
		m->over = true;
		m->end = END_FRONT_DIED;
	}
}

void monitor_close(struct monitor *m)
{
	if (m->has_drop)
		maildrop_close(&m->drop);
	m->has_drop = false;
}

void monitor_start(struct monitor *m, const struct monitor_setup *setup)
{
	m->setup = setup;
	m->service = setup->service;
	m->state = CHANNEL_IN_LOGIN;
	m->over = false;
	m->kicked = false;
	m->end = END_INTERNAL;
	m->trapped = -1;
	m->stamp_n = 0;
	m->alive_ms = m->service->alive_ms;
	m->started = clock_ms();
	m->deadline = m->started +
		      (uint64_t)m->service->settings->login_timeout * 1000;
	name_session(m);
	greet(m);
}

void monitor_serve(struct monitor *m)
{
	m->pid = getpid();
	monitor_begin_counts(m);
	if (m->setup->preauth && !m->over)
		monitor_preauth(m);
	loop(m);
	monitor_end_counts(m);
	event_end(m);
	if (m->has_drop)
		maildrop_settle(&m->drop);
}

void monitor_run(struct monitor *m, const struct monitor_setup *setup)
{
	monitor_start(m, setup);
	monitor_serve(m);
}
