/* SPDX-License-Identifier: ISC */
/* One line of the log for everything that changes something, or tried to,
 * whatever the log's level is: it could not hide what follows it, nor itself.
 */
#ifndef SCMPD_AUDIT_H
#define SCMPD_AUDIT_H

#include "scmpd/call.h"

/* After it was answered. Secrets of the command are not in the line. */
void audit_call(const struct call *call);

/* A command could not be done, and not for the caller's fault: for those who
 * watch. */
void audit_failure(const struct call *call);

/* A login, or one that failed. */
void audit_login(struct scmpd *s, const struct caller *caller, struct span user,
		 bool good);

#endif
