/* SPDX-License-Identifier: ISC */
/*
 * Stretches of time as people write them: a number and s, m, h, d or w; a bare
 * number is seconds. Pure.
 */
#ifndef PROTO_DURATION_H
#define PROTO_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* False, and *seconds as it was, for anything else, and where the number is
 * over 2^32 - 1. */
bool duration_parse(struct span text, uint64_t *seconds);

#endif
