/* SPDX-License-Identifier: ISC */
/*
 * Text that others wrote, as it may be shown: printable characters in UTF-8
 * (proto/scmp_text.h). Pure.
 */
#ifndef STATS_PRINTABLE_H
#define STATS_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/*
 * Copies as many whole characters as fit into `size` octets with a NUL behind
 * them; an octet that is part of none that is printable becomes '?'. Returns
 * how many octets were copied; *clean (may be NULL) is whether they are those
 * of the text, all of them.
 */
size_t printable_copy(char *to, size_t size, struct span text, bool *clean);

#endif
