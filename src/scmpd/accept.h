/* SPDX-License-Identifier: ISC */
/*
 * Accepting connections: a few at a time, so that a flood of them leaves those
 * that there are their turns.
 */
#ifndef SCMPD_ACCEPT_H
#define SCMPD_ACCEPT_H

struct listener;
struct scmpd;

/* From now on, in the event loop. 0 or -ENOMEM; both must stay. */
__attribute__((warn_unused_result)) int accept_start(struct scmpd *s,
						     struct listener *l);

#endif
