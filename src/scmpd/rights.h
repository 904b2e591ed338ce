/* SPDX-License-Identifier: ISC */
/* What scmpd gives up before it answers anybody. */
#ifndef SCMPD_RIGHTS_H
#define SCMPD_RIGHTS_H

#include "base/buf.h"

struct scmpd;

/*
 * Becomes scmp_user where it began as root, and enters the sandbox: of all
 * files those beneath the folders of databases, run_dir and state_dir are left,
 * and, to be read, those beneath the folders of other stores, of the list of
 * denied passwords and of the configuration. What is not to be had is a warning
 * where that is good enough (sandbox = best-effort). 0, or a negative errno
 * with *error: then the process must end.
 */
__attribute__((warn_unused_result)) int rights_give_up(const struct scmpd *s,
						       struct buf *error);

#endif
