/* SPDX-License-Identifier: ISC */
/* Of each connection two processes: its monitor, and a front. */
#include "pop3-session/acceptor.h"

#include "pop3-session/door.h"
#include "pop3-session/events.h"
#include "pop3-session/session.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "sys/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPTS_IN_ROW = 64,
	ORDERS_OUT = 64, /* orders to the front parent not yet reported */
};

struct acceptor_page acceptor_page;

static _Noreturn void be_monitor(struct acceptor *a, int others_end)
{
	close(others_end);
	/* The listening sockets, and the control behind them. */
	(void)close_range(ACCEPTOR_FIRST_SOCKET, (unsigned)a->control, 0);
	close(a->orders);
	close(a->signals);
	refusal_drop(&a->refusals);
	a->near.places = 0; /* which the acceptor alone has */
	monitor_serve(&acceptor_page.monitor);
	_exit(0);
}

bool acceptor_is_paused(const struct acceptor *a)
{
	return a->paused_until > 0 && clock_ms() < a->paused_until;
}

void acceptor_pause(struct acceptor *a, uint64_t ms)
{
	uint64_t until = clock_ms() + ms;

	if (until > a->paused_until)
		a->paused_until = until;
}

static void out_of(struct acceptor *a, const char *what, int error)
{
	log_error("cannot serve a connection: %s: %s", what, strerror(error));
	acceptor_pause(a, ACCEPTOR_PAUSE_MS);
}

static void take_report(struct acceptor *a)
{
	struct admission_ticket ticket;
	struct front_report report;
	size_t n;
	ssize_t got =
		io_recv_fds(a->orders, &report, sizeof(report), NULL, 0, &n, 0);

	if (got != (ssize_t)sizeof(report) || a->orders_out == 0) {
		a->orders_out = 0;
		return;
	}
	a->orders_out--;
	if (report.pid > 0) {
		live_set_front(&a->live, report.session, report.pid);
		return;
	}
	/* It was a session, and is counted as one. */
	out_of(a, "clone", -report.pid);
	if (live_has_no_front(&a->live, report.session, &ticket))
		admission_leave(&a->service->admission, &ticket);
}

/* They are not waited for but when somebody has to be known. */
void acceptor_take_reports(struct acceptor *a)
{
	while (a->orders_out > 0)
		take_report(a);
}

static int order_front(struct acceptor *a, uint32_t session, int client,
		       int channel, const struct admission_ticket *ticket)
{
	struct front_order order = {
		.session = session,
		.slot = ticket->slot,
		.serial = ticket->counted ? ticket->serial : 0,
	};
	const int fds[] = {client, channel, ticket->fd};
	ssize_t r;

	while (a->orders_out >= ORDERS_OUT)
		take_report(a);
	r = io_send_fds(a->orders, &order, sizeof(order), fds,
			ticket->fd >= 0 ? 3 : 2, 0);
	if (r < 0)
		return (int)r;
	a->orders_out++;
	return 0;
}

/*
 * Negative: there is no session, and nothing is counted of one.
 *
 * What the monitor is given lives in this call, of which it has its copy; the
 * greeting waits in the channel before there is a front to read it.
 */
static int start_session(struct acceptor *a, int client,
			 const struct peer *peer,
			 struct admission_ticket *ticket)
{
	struct monitor_setup setup = {
		.service = a->service,
		.client = client,
		.peer = *peer,
		.is_network = true,
		.ticket = ticket,
		.signals = a->monitor_signals,
		.has_parent = true,
		.place = a->place,
	};
	uint32_t session;
	int channel[2];
	pid_t monitor;
	int r, no_front = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) <
	    0) {
		r = -errno;
		admission_cancel(&a->service->admission, ticket);
		return r;
	}
	setup.channel = channel[0];
	monitor_start(&acceptor_page.monitor, &setup);
	session = live_add(&a->live, ticket);
	/* Nothing has to be prepared for a fork here, so nothing is. */
	monitor = _Fork();
	if (monitor == 0)
		be_monitor(a, channel[1]);
	if (monitor < 0) {
		r = -errno;
		live_cancel(&a->live, session);
		admission_cancel(&a->service->admission, ticket);
	} else {
		/*
		 * From here on its end releases the session, and gives the
		 * ticket back.  Only now, since a front would greet the client.
		 */
		live_set_monitor(&a->live, session, monitor);
		r = 0;
		no_front = order_front(a, session, client, channel[1], ticket);
		monitor_tell_connect(&setup, monitor);
	}
	close(channel[1]);
	close(channel[0]);
	/* Its monitor finds that it has hung up. */
	if (no_front < 0) {
		refusal_apologise(client);
		out_of(a, "order", -no_front);
	}
	return r;
}

static void refuse_for(struct acceptor *a, int client, const struct peer *peer,
		       int error)
{
	refusal_apologise(client);
	door_is_short(a->service, peer, "new session", error);
	acceptor_pause(a, ACCEPTOR_PAUSE_MS);
}

/* max_sessions may become another one; the table has room for all. */
static bool is_full(const struct acceptor *a)
{
	return live_is_full(&a->live) ||
	       live_count(&a->live) >=
		       (uint64_t)a->service->settings->max_sessions;
}

/* False: it was refused, and told so. */
static bool serve(struct acceptor *a, int client)
{
	struct admission_ticket ticket = ADMISSION_NO_TICKET;
	struct peer peer;
	int r;

	if (peer_of(client, &peer) < 0)
		return true; /* gone already */
	door_look(a->service, 0);
	if (is_full(a)) {
		door_is_full(a->service, client, &peer);
		return false;
	}
	if (!door_admit(a->service, client, &peer, &ticket))
		return false;
	r = start_session(a, client, &peer, &ticket);
	if (r < 0)
		refuse_for(a, client, &peer, -r);
	admission_hand_over(&ticket);
	return r == 0;
}

static void accept_failed(struct acceptor *a, int error)
{
	refusal_drop(&a->refusals);
	out_of(a, "accept", error);
}

void acceptor_accept(struct acceptor *a, int socket)
{
	int i;

	service_look(a->service);
	for (i = 0; i < ACCEPTS_IN_ROW && !acceptor_is_paused(a); i++) {
		int client = accept4(socket, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOMEM || errno == ENOBUFS)
				accept_failed(a, errno);
			return;
		}
		if (serve(a, client))
			close(client);
		else
			refusal_keep(&a->refusals, client);
	}
}
