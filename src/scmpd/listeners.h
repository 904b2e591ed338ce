/* SPDX-License-Identifier: ISC */
/*
 * Where scmpd listens: what systemd handed over, or what scmp_listen says, or
 * the Unix socket in run_dir and port 9109 of both loopback addresses.
 */
#ifndef SCMPD_LISTENERS_H
#define SCMPD_LISTENERS_H

#include "base/buf.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	LISTENERS_MAX = 16,
	LISTENERS_PORT = 9109,
	LISTENERS_TEXT = 192,
	LISTENERS_ROLE = 32,
};

struct event;
struct scmpd;

struct listener {
	int fd;
	char path[LISTENERS_TEXT]; /* of a Unix socket that we made */
	bool is_local;		   /* a Unix socket */
	char text[LISTENERS_TEXT]; /* as it was configured, for messages */
	char role[LISTENERS_ROLE]; /* nobody may do more here; empty: no limit
				    */
	/* accept.c */
	struct scmpd *scmpd;
	struct event *ready, *rested;
	bool is_resting;
};

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t n;
};

/*
 * Opens or takes over all. `operators`: the group of the Unix socket, or
 * (gid_t)-1. 0, or a negative errno with a text in *error that names the
 * listener and the remedy; nothing is open then.
 */
__attribute__((warn_unused_result)) int
listeners_open(struct listeners *l, const struct settings *settings,
	       const char *run_dir, gid_t operators, struct buf *error);

/* Closes them; the files of Unix sockets go that this process made. */
void listeners_close(struct listeners *l);

#endif
