/* SPDX-License-Identifier: ISC */
#include "pop3-session/session.h"

#include "pop3-session/door.h"
#include "pop3-session/events.h"
#include "pop3-session/faults.h"
#include "pop3-session/refusal.h"
#include "priv/sandbox.h"
#include "sys/log.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	REAP_S = 2,
	REAP_NAP_MS = 5,
	REAP_NAPS = 20,
};

/* --- the front's process --- */

/*
 * All that is a front's own: one page, in a session that never asked for a
 * message or a list.
 */
static struct {
	_Alignas(4096) struct front_setup setup;
	struct front front;
} mine;
_Static_assert(sizeof(mine.setup) + offsetof(struct front, table.windows) <=
		       4096,
	       "one page");

/* In the handler of SIGSYS. */
static void report_trap(int nr)
{
	struct channel_trapped trapped = {nr};
	struct span none = {NULL, 0};
	int r = channel_send(mine.setup.channel, CHANNEL_TRAPPED,
			     span_make(&trapped, sizeof(trapped)), none, none,
			     NULL, 0);

	(void)r;
}

void session_front_trap(void)
{
	(void)!sandbox_trap_report(report_trap);
}

_Noreturn void session_front(const struct service *service,
			     const struct session_front *front)
{
	mine.setup = (struct front_setup){
		.in = front->in,
		.out = front->out,
		.is_socket = front->is_socket,
		.channel = front->channel,
		.offer_user = service->method_user,
		.transcript = front->transcript,
		.keep_seen = service->settings->mark_seen,
		.greeting = service->greeting,
		.counters = front->counters,
	};

	front_run(&mine.front, &mine.setup);
	_exit(0);
}

enum { CHANNEL = 3, LIFE = 4, FAR = 16 };

/*
 * What of this process's is not the front's is closed before it reads an
 * octet: configuration, log, the locks of shared files.  The ticket's stays,
 * if there is one: as long as the front counts, its place is not given to
 * another session.
 */
static bool keep_only(int channel, int life, bool with_stderr)
{
	int first = life >= 0 ? LIFE + 1 : LIFE;

	if (!with_stderr) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null < 0 || dup2(null, STDERR_FILENO) < 0)
			return false;
	}
	/* Out of the way, where nothing is put. */
	if (life >= 0)
		life = fcntl(life, F_DUPFD, FAR);
	if (dup2(channel, CHANNEL) != CHANNEL)
		return false;
	if (first > LIFE && (life < 0 || dup2(life, LIFE) != LIFE))
		return false;
	return close_range((unsigned)first, ~0U, 0) == 0;
}

/* Mapped before the sandbox, which forbids that. */
static struct statistics_counters *
own_page(const struct service *service, const struct admission_ticket *ticket)
{
	struct statistics_counters *own = NULL;

	if (ticket->counted)
		own = statistics_map_counters(&service->statistics,
					      ticket->slot);
	/* If it cannot be handled, a file that is cut ends this process. */
	(void)!statistics_survive(own);
	return own;
}

static _Noreturn void become_front(const struct monitor_setup *setup,
				   int channel, bool transcript, pid_t parent)
{
	const struct service *service = setup->service;
	enum sandbox_mode mode = (enum sandbox_mode)service->settings->sandbox;
	const struct session_front front = {
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.channel = CHANNEL,
		.is_socket = setup->is_network,
		.transcript = transcript,
		.counters = own_page(service, setup->ticket),
	};
	struct sandbox_report report;
	int r = 0;

	log_close();
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	/* What sessions share is in its memory, too, and could be written. */
	service_unshare(service);
	if (!keep_only(channel, setup->ticket->fd, transcript))
		_exit(1);
	if (service->privileged)
		r = identity_become(&service->front);
	/* After the change of uid, which clears it. */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		r = -errno;
	if (getppid() != parent)
		_exit(0);
	session_front_trap();
	mine.setup.channel = CHANNEL;
	if (r == 0)
		r = sandbox_front(mode, &report);
	if (r < 0)
		_exit(1);
	session_front(service, &front);
}

/* --- the monitor's process --- */

static void log_front_status(const struct monitor *m, int status)
{
	if (WIFSIGNALED(status) && m->trapped < 0)
		log_error("session %s: the front was killed by signal %d (%s)",
			  m->session, WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		log_error("session %s: the front could not enter its sandbox; "
			  "see pop3-session --check",
			  m->session);
}

/* The front goes by itself; one that does not dies with this process. */
static void reap(const struct monitor *m, pid_t front)
{
	const struct timespec most = {REAP_S, 0};
	const struct timespec nap = {0, REAP_NAP_MS * 1000000L};
	struct pollfd channel = {m->setup->channel, 0, 0};
	int status, naps;

	/* It hangs up a moment before it can be waited for. */
	(void)shutdown(channel.fd, SHUT_WR);
	(void)ppoll(&channel, 1, &most, NULL);
	for (naps = 0; naps < REAP_NAPS; naps++) {
		pid_t pid = waitpid(front, &status, WNOHANG);

		if (pid == front)
			log_front_status(m, status);
		if (pid != 0)
			return;
		(void)nanosleep(&nap, NULL);
	}
	(void)kill(front, SIGKILL);
	(void)waitpid(front, &status, 0);
}

static int monitor_process(const struct monitor_setup *setup, pid_t front)
{
	static _Alignas(4096) struct monitor monitor;
	enum sandbox_mode mode =
		(enum sandbox_mode)setup->service->settings->sandbox;
	struct sandbox_report report;
	int r;

	r = sandbox_monitor(mode, 0, &report);
	if (!report.complete && mode != SANDBOX_OFF)
		log_warning("sandbox: %s", report.text);
	if (r < 0)
		return 0;
	faults_tell(setup->service, &monitor);
	service_look(setup->service);
	monitor_run(&monitor, setup);
	monitor_close(&monitor);
	/* The front counts until it is gone. */
	reap(&monitor, front);
	door_leave(setup->service, setup->ticket,
		   (enum counters_end)monitor.end,
		   span_str(monitor.logged_in ? monitor.user : NULL));
	return 0;
}

static bool is_socket_on(int fd, struct peer *peer)
{
	int r = peer_of(fd, peer);

	if (r == 0)
		(void)!peer_tune(fd);
	else
		memset(peer, 0, sizeof(*peer));
	return r != -ENOTSOCK;
}

static int give_up(const struct monitor_setup *setup, const char *what,
		   int error)
{
	admission_cancel(&setup->service->admission, setup->ticket);
	door_is_short(setup->service, &setup->peer, what, error);
	refusal_apologise(STDOUT_FILENO);
	if (setup->is_network)
		refusal_end(STDOUT_FILENO);
	return 0;
}

int session_serve(struct service *service, const struct session_options *o)
{
	static const int signals[] = {SIGTERM, SIGINT};
	struct admission_ticket ticket = ADMISSION_NO_TICKET;
	struct monitor_setup setup = {
		.service = service,
		.ticket = &ticket,
		.preauth = o->user,
	};
	pid_t front, self = getpid();
	int channel[2];

	setup.is_network = is_socket_on(STDIN_FILENO, &setup.peer);
	setup.client = setup.is_network ? STDIN_FILENO : -1;
	if (setup.is_network) {
		service_share(service);
		door_look(service, RULES_WAIT_MS);
		if (!door_admit(service, STDOUT_FILENO, &setup.peer, &ticket)) {
			refusal_end(STDOUT_FILENO);
			return 0;
		}
	} else if (!service->users_missing) {
		service_read_rules(service, RULES_WAIT_MS);
	}
	setup.signals = signals_open(signals, 2);
	if (setup.signals < 0)
		return give_up(&setup, "signalfd", -setup.signals);
	if (service->privileged) {
		int r = identity_keep_capabilities(false);

		if (r < 0)
			return give_up(&setup,
				       "capabilities cannot be given up", -r);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return give_up(&setup, "socketpair", errno);
	front = fork();
	if (front < 0)
		return give_up(&setup, "fork", errno);
	if (front == 0)
		become_front(&setup, channel[1], o->transcript, self);
	close(channel[1]);
	setup.channel = channel[0];
	return monitor_process(&setup, front);
}
