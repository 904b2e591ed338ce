/* SPDX-License-Identifier: ISC */
/*
 * Where scmpd listens: what systemd handed over, or what scmp_listen says, or
 * the Unix socket in run_dir and port 9109 of both loopback addresses. What
 * scmp_listen says of a place holds for a socket of systemd's there, too.
 */
#ifndef SCMPD_LISTENERS_H
#define SCMPD_LISTENERS_H

#include "base/buf.h"
#include "config/settings.h"
#include "net/listen.h"

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
	bool is_local;	   /* a Unix socket */
	bool may_be_local; /* what is for the Unix socket alone can be said
			      here, too, once nobody can log in as the first
			      administrator with the password that everybody
			      knows */
	bool is_made;	   /* a file in the file system, to be removed by us */
	char path[LISTENERS_TEXT];     /* of a Unix socket */
	struct listen_address address; /* of another */
	char text[LISTENERS_TEXT];     /* as it was configured, for messages */
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
 * listener and the remedy; nothing is open then. It is -EINVAL also where
 * systemd hands over sockets and none is that of an item with a role.
 */
__attribute__((warn_unused_result)) int
listeners_open(struct listeners *l, const struct settings *settings,
	       const char *run_dir, gid_t operators, struct buf *error);

/* Closes them; the files of Unix sockets go that this process made. */
void listeners_close(struct listeners *l);

#endif
