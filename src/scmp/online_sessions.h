/* SPDX-License-Identifier: ISC */
/* Sessions, as a list of their own and as a part of top. */
#ifndef SCMP_ONLINE_SESSIONS_H
#define SCMP_ONLINE_SESSIONS_H

#include "scmp/online.h"

extern const struct online_list sessions_list;

/* SESSIONS with what --user, --ip, --state, --sort say; at most `limit`, if it
 * is not 0. */
void sessions_request(const struct scmp *s, struct request *q, uint64_t limit);

/*
 * STATUS as an object: a number where it is one, true or false, or a text;
 * STATUS_OK, or a status after a message, and *status is NULL then.
 */
__attribute__((warn_unused_result)) int status_read(struct scmp *s,
						    json_t **status);

enum { STATUS_TEXT = 512 };

/* A value of that for people. */
void status_format(const char *name, const json_t *value,
		   char text[STATUS_TEXT]);

#endif
