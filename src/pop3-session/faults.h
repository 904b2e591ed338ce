/* SPDX-License-Identifier: ISC */
/*
 * Faults: what this process logs as an error is an event for those who look,
 * too (EVENTS_ERROR of stats/events_ring.h, of which there are only so many in
 * a second), with the session that it is about.
 *
 * A monitor of many has left what all share when its user is in; what becomes
 * of that session is told when its statistics are folded.
 */
#ifndef POP3_SESSION_FAULTS_H
#define POP3_SESSION_FAULTS_H

#include "pop3-session/monitor.h"

/*
 * From here on, up to log_close().  `monitor` is that of this process, or the
 * one with which its children begin; both must stay where they are.
 */
void faults_tell(struct service *service, const struct monitor *monitor);

#endif
