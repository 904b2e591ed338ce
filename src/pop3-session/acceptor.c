/* SPDX-License-Identifier: ISC */
/*
 * The acceptor: accepts, admits, and makes two processes of each connection.
 * It reads no octet from a client.  From its start it wears the filter that
 * is the monitors' final one, which they inherit for nothing.
 */
#include "pop3-session/acceptor.h"

#include "pop3-session/door.h"
#include "pop3-session/faults.h"
#include "pop3-session/start.h"
#include "priv/sandbox.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "sys/log.h"
#include "sys/signals.h"
#include "sys/stack.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FRONT_GRACE_MS = 3000, /* a front may outlive its monitor so long */
	TICK_MS = 500,
	HEAR_MS = 1000, /* of what scmpd asks sessions for */
	/*
	 * After a crash, which may have been a guess at addresses that all of a
	 * generation share, the master replaces it; if it cannot, there is one
	 * more guess in this time.
	 */
	CRASH_PAUSE_MS = 2000,
};

static void tell_master(const struct acceptor *a, enum listening_word word)
{
	char octet = (char)word;

	(void)send(a->control, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* --- ends of processes --- */

static void stop_accepting(struct acceptor *a)
{
	while (a->sockets_n > 0)
		close(a->sockets[--a->sockets_n]);
	a->leaving = true;
}

static void front_parent_ended(struct acceptor *a, int status)
{
	if (!a->leaving) {
		log_error("the parent of the fronts ended (status %#x); see "
			  "pop3-session --check",
			  (unsigned)status);
		tell_master(a, WORD_CRASH);
	}
	a->front_parent = 0;
	stop_accepting(a);
}

static void reap(struct acceptor *a)
{
	pid_t pid;
	int status;

	(void)signals_next(a->signals);
	/* What has ended must be known. */
	acceptor_take_reports(a);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct admission_ticket ticket;

		if (pid == a->front_parent) {
			front_parent_ended(a, status);
			continue;
		}
		if (live_crashed(&a->live, pid, status)) {
			tell_master(a, WORD_CRASH);
			acceptor_pause(a, CRASH_PAUSE_MS);
		}
		if (live_ended(&a->live, pid, clock_ms() + FRONT_GRACE_MS,
			       &ticket))
			door_leave(a->service, &ticket, COUNTERS_END_UNKNOWN,
				   span_str(NULL));
	}
}

/* --- the loop --- */

static void obey_master(struct acceptor *a)
{
	char word;
	ssize_t n = recv(a->control, &word, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	stop_accepting(a);
	acceptor_take_reports(a);
	/* Without a master (killed) sessions go on to their end. */
	if (n <= 0)
		a->control_gone = true;
	else if (word == WORD_END)
		live_signal(&a->live, SIGTERM, LIVE_MONITORS);
	else if (word == WORD_KILL)
		live_signal(&a->live, SIGKILL, LIVE_ALL);
}

/*
 * They cannot be opened again: pages of one are in the fronts' parent, and
 * nothing is mapped in the sandbox.  A new generation uses whatever files there
 * are then.
 */
static void look_at_files(struct acceptor *a)
{
	bool is_counting = !a->service->statistics.lost;

	/* Whoever uses them looks. */
	if (a->is_stale || (is_counting && !a->service->events.is_lost))
		return;
	a->is_stale = true;
	log_warning("run_dir: the file %s was removed, replaced or cut; a new "
		    "generation %s anew",
		    is_counting ? "events" : "stats",
		    is_counting ? "tells of sessions" : "counts new sessions");
	tell_master(a, WORD_STALE);
}

/* Its children never write to it, so none has a copy. */
static struct control_ahead asked;

static void kick(void *context, const struct admission_ticket *ticket,
		 pid_t monitor)
{
	const struct acceptor *a = context;
	enum control_how how = control_look_ahead(&a->service->control, &asked,
						  ticket->slot, ticket->serial);

	if (how != CONTROL_STAY)
		(void)kill(monitor, how == CONTROL_NOW ? MONITOR_KICK_NOW
						       : MONITOR_KICK);
}

/* Once in a while, as long as there are sessions. */
static void hear(struct acceptor *a)
{
	uint64_t now = clock_ms();

	if (live_count(&a->live) == 0 || now - a->heard_at < HEAR_MS)
		return;
	a->heard_at = now;
	service_hear(a->service);
	if (a->obeyed == a->service->asked.changes)
		return;
	a->obeyed = a->service->asked.changes;
	asked.n = 0;
	live_each(&a->live, kick, a);
}

/* How long to wait at most; 0: for ever. */
static long tick_of(const struct acceptor *a)
{
	if (acceptor_is_paused(a))
		return ACCEPTOR_PAUSE_MS;
	if (live_is_dying(&a->live) || refusal_is_kept(&a->refusals))
		return TICK_MS;
	return live_count(&a->live) > 0 ? HEAR_MS : 0;
}

static void wait_and_work(struct acceptor *a)
{
	struct pollfd fds[LISTENING_SOCKETS + 2];
	bool paused = acceptor_is_paused(a);
	long ms = tick_of(a);
	const struct timespec tick = {ms / 1000, ms % 1000 * 1000000L};
	size_t i, n = 0;

	fds[n++] =
		(struct pollfd){a->control_gone ? -1 : a->control, POLLIN, 0};
	fds[n++] = (struct pollfd){a->signals, POLLIN, 0};
	for (i = 0; i < a->sockets_n; i++)
		fds[n++] =
			(struct pollfd){paused ? -1 : a->sockets[i], POLLIN, 0};
	if (ppoll(fds, n, ms > 0 ? &tick : NULL, NULL) < 0) {
		if (errno != EINTR)
			clock_nap_ms(ACCEPTOR_PAUSE_MS);
		return;
	}
	if (fds[1].revents)
		reap(a);
	if (live_is_dying(&a->live))
		live_kill_late(&a->live, clock_ms());
	if (refusal_is_kept(&a->refusals))
		refusal_look(&a->refusals, clock_ms());
	for (i = 0; i < a->sockets_n; i++) {
		if (fds[2 + i].revents)
			acceptor_accept(a, a->sockets[i]);
	}
	look_at_files(a);
	hear(a);
	if (fds[0].revents)
		obey_master(a);
}

static void work(void *context)
{
	struct acceptor *a = context;

	while (!a->leaving || live_count(&a->live) > 0)
		wait_and_work(a);
}

static int start_front_parent(struct acceptor *a)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	a->front_parent = fork();
	if (a->front_parent < 0)
		return -errno;
	if (a->front_parent == 0)
		front_parent_run(a->service, pair[1]);
	close(pair[1]);
	a->orders = pair[0];
	return 0;
}

/*
 * Only with its fronts behind their sandbox is a generation ready: else it
 * would be started again and again, and serve nobody.
 */
static int await_front_parent(const struct acceptor *a)
{
	struct front_ready ready;
	size_t n;
	ssize_t got =
		io_recv_fds(a->orders, &ready, sizeof(ready), NULL, 0, &n, 0);

	if (got != (ssize_t)sizeof(ready))
		ready = (struct front_ready){.result = -ECHILD};
	if (ready.result < 0)
		start_error(a->service->settings, "the fronts' sandbox: %s",
			    ready.sandbox.text[0] ? ready.sandbox.text
						  : strerror(-ready.result));
	else if (!ready.sandbox.complete)
		log_warning("the fronts' sandbox: %s", ready.sandbox.text);
	return ready.result;
}

static int enter_sandbox(const struct acceptor *a)
{
	enum sandbox_mode mode =
		(enum sandbox_mode)a->service->settings->sandbox;
	struct sandbox_report report;
	int r = 0;

	if (a->service->privileged)
		r = identity_keep_capabilities(true);
	if (r < 0) {
		start_error(a->service->settings,
			    "cannot give up capabilities: %s", strerror(-r));
		return r;
	}
	r = sandbox_monitor(mode, 0, &report);
	if (r < 0)
		start_error(a->service->settings, "%s", report.text);
	else if (!report.complete)
		log_warning("sandbox: %s", report.text);
	return r;
}

static int take_signals(struct acceptor *a)
{
	static const int own[] = {SIGCHLD};
	/* Blocked here, too: the master decides when this process ends. */
	static const int monitors[] = {SIGTERM, MONITOR_KICK, MONITOR_KICK_NOW};

	a->signals = signals_open(own, 1);
	a->monitor_signals = signals_open(monitors, 3);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	return a->signals < 0
		       ? a->signals
		       : (a->monitor_signals < 0 ? a->monitor_signals : 0);
}

int acceptor_serve(struct service *service, int control, int sockets)
{
	struct acceptor *a = &acceptor_page.acceptor;
	int i, r;

	a->service = service;
	a->control = control;
	for (i = 0; i < sockets && i < LISTENING_SOCKETS; i++)
		a->sockets[a->sockets_n++] = ACCEPTOR_FIRST_SOCKET + i;
	r = take_signals(a);
	if (r == 0)
		r = live_init(&a->live, ADMISSION_SLOTS);
	if (r == 0) {
		service_share(service); /* for the front parent, too */
		r = start_front_parent(a);
	}
	if (r < 0) {
		start_error(service->settings, "cannot start: %s",
			    strerror(-r));
		return 1;
	}
	faults_tell(service, &acceptor_page.monitor);
	a->place = statistics_reserve();
	statistics_bring_near(&service->statistics, &a->near,
			      (uint32_t)service->settings->max_sessions);
	service_remark(service);
	if (enter_sandbox(a) < 0 || await_front_parent(a) < 0)
		return 1;
	/* Nobody comes in before this, and there is nothing older to go by. */
	service_read_rules(service, RULES_WAIT_MS);
	start_is_over(service->settings);
	tell_master(a, WORD_READY);
	stack_run_on_page(work, a);
	return 0;
}
