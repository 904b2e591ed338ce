/* SPDX-License-Identifier: ISC */
/*
 * The master: listening sockets and generations.  It wears no filter, since
 * it executes, and never touches a connection.
 */
#include "pop3-session/listening.h"

#include "pop3-session/sockets.h"
#include "pop3-session/start.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GENERATIONS = 16, /* those with sessions left included */
	ARGUMENTS = 256,
	RETRY_MS = 1000, /* between two starts at least */
	/* Its own and a generation's descriptors, without any session. */
	FILES_LEAST = 2 * LISTENING_SOCKETS + 64,
};

struct generation {
	pid_t pid; /* 0: none */
	int control;
	uint64_t serial; /* the order in which they were started */
	bool ready;
	bool crashed; /* it, or a process of its sessions: to be replaced */
	bool leaving; /* was told to, or to end */
	bool hurried; /* was told to end, to make room */
};

struct master {
	int argc;
	char **argv;
	char executable[4096];
	struct sockets sockets;
	struct generation generations[GENERATIONS];
	bool was_ready;
	bool ending;
	bool wants_new;
	int signals;
	uint64_t started_at; /* the last generation, clock_ms */
	uint64_t serial;     /* of that */
};

/* --- generations --- */

/*
 * Put descriptors where the new image expects them: sockets from 3 on, the
 * control behind them.  First out of the way, so that none is overwritten.
 */
static int arrange(const struct master *m, int control)
{
	int high = NOTIFY_FIRST_FD + LISTENING_SOCKETS + 1;
	int fds[LISTENING_SOCKETS + 1];
	size_t i, n = m->sockets.n;

	for (i = 0; i < n; i++)
		fds[i] = fcntl(m->sockets.fds[i], F_DUPFD_CLOEXEC, high);
	fds[n] = fcntl(control, F_DUPFD_CLOEXEC, high);
	for (i = 0; i <= n; i++) {
		if (fds[i] < 0 || dup2(fds[i], NOTIFY_FIRST_FD + (int)i) < 0)
			return -errno;
	}
	return NOTIFY_FIRST_FD + (int)n;
}

static _Noreturn void execute(const struct master *m, int control)
{
	char *argv[ARGUMENTS + 2];
	char generation[32];
	int i, fd = arrange(m, control);

	for (i = 0; i < m->argc && i < ARGUMENTS; i++)
		argv[i] = m->argv[i];
	snprintf(generation, sizeof(generation), "--generation=%d:%zu", fd,
		 m->sockets.n);
	argv[i++] = generation;
	argv[i] = NULL;
	signals_unblock();
	/* Signals of a terminal are for the master, which passes them on. */
	(void)setsid();
	if (fd >= 0) {
		/* Whatever else we were started with is not for sessions. */
		(void)close_range((unsigned)fd + 1, ~0U, 0);
		execv(m->executable, argv);
		execv("/proc/self/exe", argv);
	}
	log_error("cannot execute %s: %s", m->executable, strerror(errno));
	_exit(1);
}

static struct generation *free_generation(struct master *m)
{
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		if (m->generations[i].pid == 0)
			return &m->generations[i];
	}
	return NULL;
}

static void tell(struct generation *g, enum listening_word word)
{
	char octet = (char)word;

	(void)send(g->control, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	g->leaving = true;
}

/* The sessions of the oldest generation have had their time. */
static void make_room(struct master *m)
{
	struct generation *oldest = NULL;
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		struct generation *g = &m->generations[i];

		if (g->pid != 0 && g->leaving &&
		    (!oldest || g->serial < oldest->serial))
			oldest = g;
	}
	if (!oldest || oldest->hurried)
		return;
	log_warning("%d generations still have sessions; those of the oldest "
		    "are ended for a new one",
		    GENERATIONS);
	tell(oldest, WORD_END);
	oldest->hurried = true;
}

static void start_generation(struct master *m)
{
	struct generation *g = free_generation(m);
	int pair[2];

	m->wants_new = true;
	m->started_at = clock_ms();
	if (!g) {
		make_room(m);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		log_error("socketpair: %s", strerror(errno));
		return;
	}
	*g = (struct generation){
		.pid = fork(),
		.control = pair[0],
		.serial = ++m->serial,
	};
	if (g->pid == 0)
		execute(m, pair[1]);
	close(pair[1]);
	if (g->pid < 0) {
		log_error("fork: %s", strerror(errno));
		close(pair[0]);
		g->pid = 0;
		return;
	}
	m->wants_new = false;
}

/* The newest that is ready serves, in whatever order they got ready. */
static void leave_it_to_newest(struct master *m)
{
	struct generation *newest = NULL;
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		struct generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready &&
		    (!newest || g->serial > newest->serial))
			newest = g;
	}
	for (i = 0; i < GENERATIONS; i++) {
		struct generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready && g != newest && !g->leaving)
			tell(g, WORD_LEAVE);
	}
}

static bool is_starting(const struct master *m)
{
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		if (m->generations[i].pid != 0 && !m->generations[i].ready)
			return true;
	}
	return false;
}

static void hear(struct master *m, struct generation *g)
{
	char word;

	ssize_t n = recv(g->control, &word, 1, MSG_DONTWAIT);

	if (n <= 0) {
		/* It is ending: SIGCHLD will tell; until then no more of it. */
		if (n == 0 || errno != EAGAIN) {
			close(g->control);
			g->control = -1;
		}
		return;
	}
	if (word == WORD_READY) {
		g->ready = true;
		leave_it_to_newest(m);
		if (!m->was_ready)
			log_info("ready");
		m->was_ready = true;
		(void)notify_send("READY=1");
	} else if (word == WORD_CRASH && !g->leaving) {
		g->crashed = true;
		if (!is_starting(m))
			m->wants_new = true;
	}
}

static bool is_serving(const struct master *m)
{
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready && !g->leaving && !g->crashed)
			return true;
	}
	return false;
}

/*
 * One that could not start (a broken configuration, say) has told why.  Where
 * an older one serves on, that is the end of the reload; else it is tried
 * again.
 */
static void not_started(struct master *m)
{
	if (is_serving(m))
		(void)notify_send("READY=1");
	else
		m->wants_new = true;
}

/* False: the very first generation could not start. */
static bool ended(struct master *m, struct generation *g)
{
	if (g->control >= 0)
		close(g->control);
	g->pid = 0;
	if (m->ending)
		return true;
	if (g->ready && !g->leaving)
		m->wants_new = true;
	if (!g->ready && m->was_ready)
		not_started(m);
	return g->ready || m->was_ready;
}

/* False as above. */
static bool reap(struct master *m)
{
	bool fine = true;
	pid_t pid;
	int status;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < GENERATIONS; i++) {
			if (m->generations[i].pid == pid)
				fine = ended(m, &m->generations[i]) && fine;
		}
	}
	return fine;
}

static bool has_generations(const struct master *m)
{
	size_t i;

	for (i = 0; i < GENERATIONS; i++) {
		if (m->generations[i].pid != 0)
			return true;
	}
	return false;
}

/* --- the loop --- */

static void end(struct master *m)
{
	bool again = m->ending;
	size_t i;

	m->ending = true;
	/* The port is free from now on, while sessions come to their ends. */
	sockets_close(&m->sockets);
	if (!again)
		(void)notify_send("STOPPING=1");
	for (i = 0; i < GENERATIONS; i++) {
		struct generation *g = &m->generations[i];

		if (g->pid == 0)
			continue;
		tell(g, again ? WORD_KILL : WORD_END);
		/* One that is still starting does not listen yet. */
		if (again && !g->ready)
			(void)kill(g->pid, SIGKILL);
	}
}

static void reload(struct master *m)
{
	char text[80];

	if (m->wants_new)
		return; /* as soon as there may be one */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)clock_ms() * 1000);
	(void)notify_send(text);
	log_info("reloading: a new generation takes over");
	m->wants_new = true;
}

static void renew(struct master *m)
{
	if (m->wants_new && clock_ms() - m->started_at >= RETRY_MS)
		start_generation(m);
}

/* False: the very first generation could not start. */
static bool obey_signals(struct master *m)
{
	bool fine = true;
	int signal;

	while (fine && (signal = signals_next(m->signals)) != 0) {
		if (signal == SIGCHLD)
			fine = reap(m);
		else if (signal != SIGHUP)
			end(m);
		else if (!m->ending)
			reload(m);
	}
	return fine;
}

static bool wait_and_work(struct master *m)
{
	const struct timespec retry = {0, RETRY_MS / 4 * 1000000L};
	struct pollfd fds[GENERATIONS + 1];
	size_t i;
	int n;

	for (i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &m->generations[i];

		fds[i] = (struct pollfd){g->pid ? g->control : -1, POLLIN, 0};
	}
	fds[GENERATIONS] = (struct pollfd){m->signals, POLLIN, 0};
	n = ppoll(fds, GENERATIONS + 1, m->wants_new ? &retry : NULL, NULL);
	if (n < 0 && errno != EINTR) /* such as a limit of too few files */
		clock_nap_ms(RETRY_MS);
	if (n <= 0)
		return obey_signals(m);
	for (i = 0; i < GENERATIONS; i++) {
		if (fds[i].revents)
			hear(m, &m->generations[i]);
	}
	return obey_signals(m);
}

static int run(struct master *m)
{
	start_generation(m);
	while (has_generations(m) || !m->ending) {
		if (!wait_and_work(m))
			return 1;
		if (!m->ending)
			renew(m);
	}
	return 0;
}

/* Where to find this program when it is executed anew, perhaps upgraded. */
static void find_executable(struct master *m)
{
	ssize_t n = readlink("/proc/self/exe", m->executable,
			     sizeof(m->executable) - 1);

	if (n < 0)
		n = snprintf(m->executable, sizeof(m->executable), "%s",
			     m->argv[0]);
	m->executable[n] = '\0';
}

int master_serve(const struct options *o, const struct settings *settings,
		 int argc, char **argv)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	static struct master master;
	struct rlimit files;

	master.argc = argc;
	master.argv = argv;
	if (argc > ARGUMENTS) {
		log_error("too many arguments");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < FILES_LEAST) {
		start_error(settings,
			    "only %lu descriptors are allowed, %d are needed "
			    "(LimitNOFILE, ulimit -n)",
			    (unsigned long)files.rlim_cur, FILES_LEAST);
		return 1;
	}
	find_executable(&master);
	master.signals = signals_open(signals, 4);
	if (master.signals < 0 ||
	    sockets_open(&master.sockets, o, settings) < 0)
		return 1;
	return run(&master);
}
