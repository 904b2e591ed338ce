/* SPDX-License-Identifier: ISC */
/* --popser-reset: undoes what serving with popser_log has moved. */
#ifndef POP3_SESSION_POPSER_RESET_H
#define POP3_SESSION_POPSER_RESET_H

#include "config/settings.h"

/*
 * Says on stderr what could not be undone. Returns the exit status: 0 if all is
 * as if popser had never run, and popser.log is gone.
 */
int popser_reset(const struct settings *settings);

/* The folder of popser_log into *folder, NUL-terminated; the file's name. */
const char *popser_log_place(const struct settings *settings,
			     struct buf *folder);

#endif
