/* SPDX-License-Identifier: ISC
 *
 * Goes through /etc/passwd or /etc/group. Not by the C library, whose way of
 * reading them takes system calls for each line and memory from the heap: in
 * the one-connection shapes every session looks up two accounts.
 */
#ifndef PRIV_ACCOUNTS_H
#define PRIV_ACCOUNTS_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct account {
	struct span name;
	uint32_t id;  /* uid; of a group, gid */
	uint32_t gid; /* of an account of /etc/passwd, else 0 */
};

/* Shows each account (groups: of /etc/group) to `is_it` until that says true.
 * Lines of another form are left out. 0: it did; -ENOENT: it never did; or why
 * the file could not be read. */
int accounts_find(const char *path, bool groups,
		  bool (*is_it)(void *context, const struct account *),
		  void *context) __attribute__((warn_unused_result));

#endif
