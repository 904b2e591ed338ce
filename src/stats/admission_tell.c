/* SPDX-License-Identifier: ISC */
#include "stats/admission_tell.h"

#include <stdatomic.h>
#include <stdint.h>

#include "stats/admission_file.h"
#include "sys/clock.h"

bool admission_may_tell(struct admission *a)
{
	/* So that never is long ago also just after a start. */
	uint32_t now = (uint32_t)(clock_boot_ms() / 1000) + ADMISSION_TELL_S;
	uint32_t last;

	if (!admission_file_is_usable(a))
		return true;
	last = atomic_load(&a->file->told_s);
	/* A time to come, which is of before a restart, is long ago in
	 * unsigned numbers. */
	return now - last >= ADMISSION_TELL_S &&
	       atomic_compare_exchange_strong(&a->file->told_s, &last, now);
}
