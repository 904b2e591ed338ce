/* SPDX-License-Identifier: ISC */
/* The way down from a folder that is open, without ever leaving it. */
#ifndef STORE_PLACE_WALK_H
#define STORE_PLACE_WALK_H

#include <stdint.h>

/*
 * Opens what the path leads to with the flags of open(2). It is relative to the
 * folder open as `root`, without "." (but alone), ".." or empty parts. With
 * `resolve` 0 symbolic links are followed as long as they stay beneath; more
 * RESOLVE_* of openat2(2) forbid more.
 *
 * A kernel without openat2 gets a walk of one folder after the other, which
 * follows no link at all; mount points are then entered whatever `resolve`
 * says.
 *
 * The descriptor, or a negative errno: -EXDEV: it leads elsewhere.
 */
__attribute__((warn_unused_result)) int place_walk(int root, const char *path,
						   int flags, uint64_t resolve);

#endif
