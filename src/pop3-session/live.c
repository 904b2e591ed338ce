/* SPDX-License-Identifier: ISC */
#include "pop3-session/live.h"

#include "sys/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { MONITOR, FRONT, PAIR };

struct live_session {
	struct admission_ticket ticket;
	uint64_t kill_at;
	uint32_t next_free;
	bool in_use;
	bool killed;
};

static const uint32_t none = UINT32_MAX;

/*
 * It is written with every session: left to the forked monitors, each would
 * keep a copy of those pages for as long as it lives.
 */
static void *allocate(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, n, MADV_DONTFORK);
	return p;
}

int live_init(struct live *l, uint32_t capacity)
{
	memset(l, 0, sizeof(*l));
	l->capacity = capacity;
	l->free = none;
	l->sessions = allocate(capacity * sizeof(*l->sessions));
	l->pids = allocate((size_t)capacity * PAIR * sizeof(*l->pids));
	return l->sessions && l->pids ? 0 : -ENOMEM;
}

bool live_is_full(const struct live *l)
{
	return l->count == l->capacity;
}

uint32_t live_count(const struct live *l)
{
	return l->count;
}

static pid_t *pid_of(const struct live *l, uint32_t session, int which)
{
	return &l->pids[session * PAIR + (uint32_t)which];
}

uint32_t live_add(struct live *l, const struct admission_ticket *ticket)
{
	uint32_t session = l->free;
	struct live_session *s;

	if (session == none)
		session = l->used++;
	else
		l->free = l->sessions[session].next_free;
	s = &l->sessions[session];
	memset(s, 0, sizeof(*s));
	s->ticket = *ticket;
	s->ticket.fd = -1;
	s->in_use = true;
	l->count++;
	return session;
}

void live_set_monitor(struct live *l, uint32_t session, pid_t pid)
{
	*pid_of(l, session, MONITOR) = pid;
}

void live_set_front(struct live *l, uint32_t session, pid_t pid)
{
	if (session < l->used && l->sessions[session].in_use)
		*pid_of(l, session, FRONT) = pid;
}

/* Index into pids, or none. */
static uint32_t find(const struct live *l, pid_t pid)
{
	uint32_t i, n = l->used * PAIR;

	for (i = 0; i < n; i++) {
		if (l->pids[i] == pid)
			return i;
	}
	return none;
}

bool live_crashed(const struct live *l, pid_t pid, int status)
{
	static const char *const names[PAIR] = {"monitor", "front"};
	uint32_t at = WIFSIGNALED(status) ? find(l, pid) : none;

	if (at == none || l->sessions[at / PAIR].killed)
		return false;
	log_error("a %s (pid %d) was killed by signal %d (%s)",
		  names[at % PAIR], (int)pid, WTERMSIG(status),
		  strsignal(WTERMSIG(status)));
	return WTERMSIG(status) != SIGKILL;
}

static void release(struct live *l, uint32_t session)
{
	struct live_session *s = &l->sessions[session];

	if (s->kill_at)
		l->dying--;
	s->in_use = false;
	s->next_free = l->free;
	l->free = session;
	l->count--;
}

void live_cancel(struct live *l, uint32_t session)
{
	release(l, session);
}

bool live_has_no_front(struct live *l, uint32_t session,
		       struct admission_ticket *ticket)
{
	if (session >= l->used || !l->sessions[session].in_use ||
	    *pid_of(l, session, MONITOR) || *pid_of(l, session, FRONT))
		return false;
	*ticket = l->sessions[session].ticket;
	release(l, session);
	return true;
}

bool live_ended(struct live *l, pid_t pid, uint64_t kill_at,
		struct admission_ticket *ticket)
{
	uint32_t at = find(l, pid);
	uint32_t session = at / PAIR;
	struct live_session *s;

	if (at == none)
		return false;
	s = &l->sessions[session];
	l->pids[at] = 0;
	if (*pid_of(l, session, MONITOR))
		return false; /* it notices by itself */
	if (*pid_of(l, session, FRONT)) {
		s->kill_at = kill_at;
		l->dying++;
		return false;
	}
	*ticket = s->ticket;
	release(l, session);
	return true;
}

bool live_is_dying(const struct live *l)
{
	return l->dying > 0;
}

void live_kill_late(struct live *l, uint64_t now)
{
	uint32_t i;

	for (i = 0; i < l->used; i++) {
		struct live_session *s = &l->sessions[i];

		if (!s->in_use || !s->kill_at || s->killed || now < s->kill_at)
			continue;
		log_error("a front (pid %d) outlived its session and is "
			  "killed",
			  (int)*pid_of(l, i, FRONT));
		s->killed = true;
		(void)kill(*pid_of(l, i, FRONT), SIGKILL);
	}
}

void live_signal(struct live *l, int signal, enum live_who who)
{
	uint32_t i;

	for (i = 0; i < l->used; i++) {
		if (signal == SIGKILL)
			l->sessions[i].killed = true; /* no crash, then */
		if (*pid_of(l, i, MONITOR))
			(void)kill(*pid_of(l, i, MONITOR), signal);
		if (who == LIVE_ALL && *pid_of(l, i, FRONT))
			(void)kill(*pid_of(l, i, FRONT), signal);
	}
}

void live_each(const struct live *l,
	       void (*each)(void *context,
			    const struct admission_ticket *ticket,
			    pid_t monitor),
	       void *context)
{
	uint32_t i;

	for (i = 0; i < l->used; i++) {
		const struct live_session *s = &l->sessions[i];
		pid_t monitor = *pid_of(l, i, MONITOR);

		if (s->in_use && s->ticket.serial && monitor)
			each(context, &s->ticket, monitor);
	}
}
