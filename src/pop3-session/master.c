/* SPDX-License-Identifier: ISC */
/* The master's loop: signals, and what the generations say. */
#include "pop3-session/master.h"

#include "pop3-session/start.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

enum {
	/* Its own and a generation's descriptors, without any session. */
	FILES_LEAST = 2 * LISTENING_SOCKETS + 64,
};

static void end(struct master *m)
{
	bool again = m->ending;

	m->ending = true;
	/* The port is free from now on, while sessions come to their ends. */
	sockets_close(&m->sockets);
	if (!again)
		(void)notify_send("STOPPING=1");
	master_end_generations(m, again);
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
	if (m->wants_new && clock_ms() - m->started_at >= MASTER_RETRY_MS)
		master_start_generation(m);
}

/* False: the very first generation could not start. */
static bool obey_signals(struct master *m)
{
	bool fine = true;
	int signal;

	while (fine && (signal = signals_next(m->signals)) != 0) {
		if (signal == SIGCHLD)
			fine = master_reap(m);
		else if (signal != SIGHUP)
			end(m);
		else if (!m->ending)
			reload(m);
	}
	return fine;
}

static bool wait_and_work(struct master *m)
{
	const struct timespec retry = {0, MASTER_RETRY_MS / 4 * 1000000L};
	struct pollfd fds[MASTER_GENERATIONS + 1];
	size_t i;
	int n;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		const struct master_generation *g = &m->generations[i];

		fds[i] = (struct pollfd){g->pid ? g->control : -1, POLLIN, 0};
	}
	fds[MASTER_GENERATIONS] = (struct pollfd){m->signals, POLLIN, 0};
	n = ppoll(fds, MASTER_GENERATIONS + 1, m->wants_new ? &retry : NULL,
		  NULL);
	if (n < 0 && errno != EINTR) /* such as a limit of too few files */
		clock_nap_ms(MASTER_RETRY_MS);
	if (n <= 0)
		return obey_signals(m);
	for (i = 0; i < MASTER_GENERATIONS; i++) {
		if (fds[i].revents)
			master_hear(m, &m->generations[i]);
	}
	return obey_signals(m);
}

static int run(struct master *m)
{
	master_start_generation(m);
	while (master_has_generations(m) || !m->ending) {
		if (!wait_and_work(m))
			return 1;
		if (!m->ending)
			renew(m);
	}
	return 0;
}

int master_serve(const struct options *o, const struct settings *settings,
		 int argc, char **argv)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	static struct master master;
	struct rlimit files;

	master.argc = argc;
	master.argv = argv;
	if (argc > MASTER_ARGUMENTS) {
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
	master_find_executable(&master);
	master.signals = signals_open(signals, 4);
	if (master.signals < 0 ||
	    sockets_open(&master.sockets, o, settings) < 0)
		return 1;
	return run(&master);
}
