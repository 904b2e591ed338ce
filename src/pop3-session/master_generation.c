/* SPDX-License-Identifier: ISC */
/* Generations: which there are, which of them serves, which is to come. */
#include "pop3-session/master.h"

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct master_generation *free_generation(struct master *m)
{
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		if (m->generations[i].pid == 0)
			return &m->generations[i];
	}
	return NULL;
}

static void tell(struct master_generation *g, enum listening_word word)
{
	char octet = (char)word;

	(void)send(g->control, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	g->leaving = true;
}

/* The sessions of the oldest generation have had their time. */
static void make_room(struct master *m)
{
	struct master_generation *oldest = NULL;
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		struct master_generation *g = &m->generations[i];

		if (g->pid != 0 && g->leaving &&
		    (!oldest || g->serial < oldest->serial))
			oldest = g;
	}
	if (!oldest || oldest->hurried)
		return;
	log_warning("%d generations still have sessions; those of the oldest "
		    "are ended for a new one",
		    MASTER_GENERATIONS);
	tell(oldest, WORD_END);
	oldest->hurried = true;
}

void master_start_generation(struct master *m)
{
	struct master_generation *g = free_generation(m);
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
	*g = (struct master_generation){
		.pid = fork(),
		.control = pair[0],
		.serial = ++m->serial,
	};
	if (g->pid == 0)
		master_execute(m, pair[1]);
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
	struct master_generation *newest = NULL;
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		struct master_generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready &&
		    (!newest || g->serial > newest->serial))
			newest = g;
	}
	for (i = 0; i < MASTER_GENERATIONS; i++) {
		struct master_generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready && g != newest && !g->leaving)
			tell(g, WORD_LEAVE);
	}
}

static bool is_starting(const struct master *m)
{
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		if (m->generations[i].pid != 0 && !m->generations[i].ready)
			return true;
	}
	return false;
}

void master_hear(struct master *m, struct master_generation *g)
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
	} else if (word == WORD_STALE && !g->leaving) {
		/* It says so once only, and who starts may not get there. */
		g->stale = is_starting(m);
		m->wants_new = m->wants_new || !g->stale;
	}
}

static bool is_serving(const struct master *m)
{
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		const struct master_generation *g = &m->generations[i];

		if (g->pid != 0 && g->ready && !g->leaving && !g->crashed)
			return true;
	}
	return false;
}

/* Has one that serves asked for another, and not been heard?  Once. */
static bool is_stale(struct master *m)
{
	bool stale = false;
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		struct master_generation *g = &m->generations[i];

		stale = stale || (g->pid != 0 && !g->leaving && g->stale);
		g->stale = false;
	}
	return stale;
}

/*
 * One that could not start (a broken configuration, say) has told why.  Where
 * an older one serves on, that is the end of the reload; else it is tried
 * again.
 */
static void not_started(struct master *m)
{
	bool serves = is_serving(m);

	if (serves)
		(void)notify_send("READY=1");
	if (is_stale(m) || !serves)
		m->wants_new = true;
}

/* False: the very first generation could not start. */
static bool ended(struct master *m, struct master_generation *g)
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

bool master_reap(struct master *m)
{
	bool fine = true;
	pid_t pid;
	int status;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < MASTER_GENERATIONS; i++) {
			if (m->generations[i].pid == pid)
				fine = ended(m, &m->generations[i]) && fine;
		}
	}
	return fine;
}

bool master_has_generations(const struct master *m)
{
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		if (m->generations[i].pid != 0)
			return true;
	}
	return false;
}

void master_end_generations(struct master *m, bool again)
{
	size_t i;

	for (i = 0; i < MASTER_GENERATIONS; i++) {
		struct master_generation *g = &m->generations[i];

		if (g->pid == 0)
			continue;
		tell(g, again ? WORD_KILL : WORD_END);
		/* One that is still starting does not listen yet. */
		if (again && !g->ready)
			(void)kill(g->pid, SIGKILL);
	}
}
