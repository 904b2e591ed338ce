/* SPDX-License-Identifier: ISC */
/*
 * Which of many processes says what all of them see. A session is a process of
 * its own and remembers nothing of others, so that a fault that each of them
 * meets would be logged by each of them; the file that they share remembers
 * when it was.
 */
#ifndef STATS_ADMISSION_TELL_H
#define STATS_ADMISSION_TELL_H

#include <stdbool.h>

#include "stats/admission.h"

enum { ADMISSION_TELL_S = 60 };

/*
 * Is a fault of run_dir to be logged now? True once in ADMISSION_TELL_S for all
 * processes that share the file; always where there is none. For who may write
 * it. Takes no lock, does not block.
 */
bool admission_may_tell(struct admission *a);

#endif
