/* SPDX-License-Identifier: ISC */
/*
 * Private to the acceptor's two files: acceptor.c starts it and looks after
 * its processes, acceptor_session.c makes sessions of connections.
 */
#ifndef POP3_SESSION_ACCEPTOR_H
#define POP3_SESSION_ACCEPTOR_H

#include "pop3-session/listening.h"
#include "pop3-session/live.h"
#include "pop3-session/monitor.h"
#include "pop3-session/refusal.h"
#include "pop3-session/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	ACCEPTOR_FIRST_SOCKET = 3,
	ACCEPTOR_PAUSE_MS = 100, /* when descriptors or processes run out */
};

struct acceptor {
	struct service *service;
	int control;
	int orders; /* to the front parent */
	pid_t front_parent;
	int sockets[LISTENING_SOCKETS];
	size_t sockets_n; /* 0: no longer accepting */
	bool leaving;
	bool control_gone;
	bool is_stale; /* a file is lost, and that was told */
	void *place;   /* of monitors' pages of identity */
	struct statistics_near near;
	uint64_t heard_at;   /* of control, by clock_ms() */
	uint64_t obeyed;     /* its changes up to that number */
	int signals;	     /* tells of SIGCHLD */
	int monitor_signals; /* tells a monitor of SIGTERM */
	uint32_t orders_out;
	uint64_t paused_until;
	struct live live;
	struct refusals refusals;
};

/*
 * A monitor begins with a copy of the acceptor's memory, and both write on:
 * here to the same page, so that each has one of its own and not two.
 */
struct acceptor_page {
	_Alignas(4096) struct acceptor acceptor;
	struct monitor monitor;
};
extern struct acceptor_page acceptor_page;

/* Takes what waits at a listening socket, a bounded number at a time. */
void acceptor_accept(struct acceptor *a, int socket);

/* No session is made for so long. */
void acceptor_pause(struct acceptor *a, uint64_t ms);
bool acceptor_is_paused(const struct acceptor *a);

/* Waits for what the front parent has still to report, and reads it. */
void acceptor_take_reports(struct acceptor *a);

#endif
