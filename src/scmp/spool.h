/* SPDX-License-Identifier: ISC */
/*
 * What is read of the database, or from scmpd, is written when that is closed:
 * whoever reads our output through a pager or a slow pipe keeps no writer and
 * no daemon waiting. Until then it is in memory; what goes to a file goes there
 * at once.
 */
#ifndef SCMP_SPOOL_H
#define SCMP_SPOOL_H

#include <stdbool.h>

/* Standard output is kept from now on, unless it is a file or the kernel
 * gives no memory for that. */
void spool_begin(void);

/*
 * The same wherever it goes, for what may turn out not to be so. 0, or a
 * negative errno: nothing is kept. With spool_drop() all that was is forgotten.
 */
__attribute__((warn_unused_result)) int spool_hold(void);
void spool_drop(void);

/* Writes what was kept. 0 or a negative errno. Harmless without a beginning. */
__attribute__((warn_unused_result)) int spool_end(void);

/* The descriptor that output goes to in the end. */
int spool_target(void);

#endif
