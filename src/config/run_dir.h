/* SPDX-License-Identifier: ISC */
/*
 * The folder of what processes share while they run (the setting run_dir):
 * statistics, admission, penalties, the administration's socket.
 */
#ifndef CONFIG_RUN_DIR_H
#define CONFIG_RUN_DIR_H

#include "base/buf.h"
#include "config/settings.h"

#include <stdbool.h>

/* Where it is, also by default; `privileged`: for who began as root. */
void run_dir_add_path(struct buf *path, const struct settings *settings,
		      bool privileged);

/*
 * Opens that folder as it is: a descriptor, or a negative errno, -EPERM if
 * others could have made it.
 */
__attribute__((warn_unused_result)) int run_dir_open(const char *path);

/*
 * The same, made first if it is not there; by root for the group of scmp_user,
 * where there is one, so that scmpd can look.
 */
__attribute__((warn_unused_result)) int
run_dir_make(const char *path, const struct settings *settings);

#endif
