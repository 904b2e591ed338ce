/* SPDX-License-Identifier: ISC
 *
 * The single steps into a sandbox: used by priv/sandbox*.c alone. Each returns
 * 0 or -errno.
 */
#ifndef PRIV_STEPS_H
#define PRIV_STEPS_H

#include "priv/sandbox.h"

enum filter_name {
	FILTER_FRONT,
	FILTER_FRONT_PARENT,
	FILTER_FRONT_PARENT_ROOT,
	FILTER_CHILD, /* on top of the one before */
	FILTER_MONITOR,
	FILTER_DAEMON,
};

/* Installs a seccomp filter; wants no_new_privs or CAP_SYS_ADMIN. */
int seccomp_install(enum filter_name) __attribute__((warn_unused_result));

/* How many system calls a filter allows; 0 for FILTER_CHILD. */
unsigned seccomp_count(enum filter_name);

/* Whether this kernel has filters, and handlers for what they forbid. */
int seccomp_available(void) __attribute__((warn_unused_result));

/* Landlock's ABI number, asked once a process and its children; -ENOSYS: not
 * in this kernel, -EOPNOTSUPP: switched off when it was booted. */
int landlock_abi(void) __attribute__((warn_unused_result));

/* Nothing of what Landlock knows is left: files, ports, other processes. */
int landlock_nothing(void) __attribute__((warn_unused_result));

/* The same, but for what is beneath these folders. -ENOTSUP: ABI 1, which
 * refuses every rename between folders. */
int landlock_beneath(const struct sandbox_folders *folders)
	__attribute__((warn_unused_result));

#endif
