/* SPDX-License-Identifier: ISC */
/*
 * The service manager's watchdog (sd_watchdog_enabled(3)): it ends a daemon
 * that it has not heard of for a time, and starts it anew.
 */
#ifndef SCMPD_WATCHDOG_H
#define SCMPD_WATCHDOG_H

struct scmpd;

/*
 * From the event loop, so that who hangs is not heard of, tells that we live,
 * twice as often as is wanted. 0, also where nobody wants it, or -ENOMEM.
 */
__attribute__((warn_unused_result)) int watchdog_answer(struct scmpd *s);

#endif
