/* SPDX-License-Identifier: ISC */
/* The listening sockets: handed over by who started us, or opened. */
#ifndef POP3_SESSION_SOCKETS_H
#define POP3_SESSION_SOCKETS_H

#include "pop3-session/listening.h"

#include <stddef.h>

struct sockets {
	int fds[LISTENING_SOCKETS]; /* non-blocking, CLOEXEC */
	size_t n;
};

/*
 * Takes over those of LISTEN_FDS or, without those and without --listen,
 * descriptor 0; opens those of --listen, or of the setting `listen` where that
 * is without a value.  Says which they are, and what is wrong.
 * 0, or -EINVAL: there is to be no service.
 */
__attribute__((warn_unused_result)) int
sockets_open(struct sockets *s, const struct options *o,
	     const struct settings *settings);

/* Gives them all up. */
void sockets_close(struct sockets *s);

#endif
