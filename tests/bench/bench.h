/* SPDX-License-Identifier: ISC */
/*
 * What the benchmark's programs share: they are short-lived tools, so every
 * failure ends the program with one line on stderr.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints "PROGRAM: TEXT[: strerror]" (the latter where errno is not 0 and
 * the text ends with a colon) and exits 1. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);

/* Monotonic time in seconds. */
double bench_now(void);

/* The middle of n values; sorts them. 0 where n is 0. */
double bench_median(double *values, size_t n);

/* The value below which `share` (0..1) of the n sorted values lie. */
double bench_quantile(const double *sorted, size_t n, double share);

/* Raises the soft limit of descriptors to the hard one, as root to n. */
void bench_raise_files(uint64_t n);

/* A decimal number with an optional suffix k, M or G (powers of 1,024). */
uint64_t bench_number(const char *text);

/* Writes all or dies; blocks. Returns false where the peer is gone. */
int bench_write(int fd, const void *p, size_t n);

/* A listening socket on 127.0.0.1:port, for the floors. */
int bench_listen(uint16_t port);

/* A connection to 127.0.0.1:port; `flags` as of socket(2). */
int bench_connect(uint16_t port, int flags);

#endif
