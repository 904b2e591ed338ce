/* SPDX-License-Identifier: ISC */
/* Ending SCMP connections of an account or a network, when their reply under
 * way is written. */
#ifndef SCMPD_HANGUP_H
#define SCMPD_HANGUP_H

#include "base/span.h"

#include <stddef.h>

struct connection;
struct network;
struct scmpd;

/* All of that account but `except` (or NULL); how many. */
size_t hangup_user(struct scmpd *s, struct span name,
		   const struct connection *except);

/* All that come from there. */
size_t hangup_network(struct scmpd *s, const struct network *network);

#endif
