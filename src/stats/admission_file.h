/* SPDX-License-Identifier: ISC */
/*
 * Between the files of admission: the file `admission` as it is mapped, and the
 * record lock under which its slots are changed. See stats/admission.h for what
 * that is for, stats/slots.h for what is in it.
 */
#ifndef STATS_ADMISSION_FILE_H
#define STATS_ADMISSION_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/admission.h"
#include "stats/slots.h"

/*
 * Enters the critical section, of a new file if the old one was replaced or
 * damaged; then a->file is whole and all in it is derived. Waits up to
 * ADMISSION_WAIT_MS. False: it cannot be had.
 */
__attribute__((warn_unused_result)) bool
admission_file_lock(struct admission *a);
void admission_file_unlock(struct admission *a);

/* May the mapping be touched without the lock? */
bool admission_file_is_usable(const struct admission *a);

/*
 * The ticket's slot, if it is still the same session's, or NULL. With the lock,
 * or after asking if the mapping may be touched.
 */
struct slots_slot *admission_file_slot(struct admission *a,
				       const struct admission_ticket *ticket);

#endif
