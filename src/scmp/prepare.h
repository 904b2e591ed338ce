/* SPDX-License-Identifier: ISC */
/* What a command works on: the database, scmpd, or neither. */
#ifndef SCMP_PREPARE_H
#define SCMP_PREPARE_H

#include "scmp/scmp.h"

/* Is it work for scmpd? */
bool prepare_is_online(const struct scmp *s);

/*
 * Opens what the command needs, unless it does so itself. STATUS_OK, or a
 * status after a message, also where command and options do not fit.
 */
__attribute__((warn_unused_result)) int prepare(struct scmp *s);

#endif
