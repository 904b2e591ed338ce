/* SPDX-License-Identifier: ISC */
/* What scmpd gives up before it answers anybody. */
#ifndef SCMPD_RIGHTS_H
#define SCMPD_RIGHTS_H

#include "base/buf.h"

struct scmpd;

/*
 * Becomes scmp_user where it began as root, and enters the sandbox: of all
 * files those beneath the folders of the stores, run_dir, state_dir and the
 * configuration are left. What is not there is told as a warning where that is
 * good enough (sandbox = best-effort). 0, or a negative errno with *error: then
 * the process must end.
 */
__attribute__((warn_unused_result)) int rights_give_up(const struct scmpd *s,
						       struct buf *error);

#endif
