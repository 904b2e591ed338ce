/* SPDX-License-Identifier: ISC */
/* The server as a whole: letting nobody in (drain.c), how much is logged
 * (loglevel.c), reading its configuration again (reload.c). */
#ifndef SCMPD_SERVER_H
#define SCMPD_SERVER_H

#include "scmpd/call.h"
#include "scmpd/scmpd.h"
#include "stats/control.h"

/* Has in force what was set here before, and waits for SIGHUP, which is RELOAD.
 * 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int server_start(struct scmpd *s);

/* Can anything be asked of them? False: answered. */
__attribute__((warn_unused_result)) bool server_can_ask(struct call *call);

/* Has in force what the database says, of bans, settings and the log's level:
 * once the configuration was read. */
void server_look(struct scmpd *s);

/* What was set before the machine was started again holds for sessions, too. */
void loglevel_take(struct scmpd *s);

/* Both 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int drain_start(struct scmpd *s);
__attribute__((warn_unused_result)) int reload_start(struct scmpd *s);

#endif
