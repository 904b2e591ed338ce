/* SPDX-License-Identifier: ISC
 *
 * The clocks: a monotonic one for deadlines, one that goes on while the machine
 * sleeps, the wall clock for stamps. They come from the vDSO: usually without a
 * system call. None can fail.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

/* Milliseconds since an arbitrary point; never goes back. Deadlines are
 * made and compared with this clock only. */
uint64_t clock_ms(void);

/* Milliseconds since the machine was started, those included in which it slept:
 * for what processes that come and go share. */
uint64_t clock_boot_ms(void);

/* Seconds since 1970 of the wall clock, which an administrator may set. */
int64_t clock_now_s(void);

/* Nanoseconds since 1970 of the wall clock: stamps and unique names. */
uint64_t clock_real_ns(void);

/* Sleeps about so long, whatever signals come. */
void clock_nap_ms(unsigned ms);

#endif
