/* SPDX-License-Identifier: ISC */
/* The command line of scmpd. */
#ifndef SCMPD_OPTIONS_H
#define SCMPD_OPTIONS_H

#include "base/buf.h"

#include <stddef.h>

enum { OPTIONS_ASSIGNMENTS = 64 };

enum options_action {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_PRINT_MANUAL, /* for the build: the commands in mdoc */
	ACTION_HELP,
	ACTION_VERSION,
};

struct options {
	enum options_action action;
	const char *config; /* NULL: the default file, if it is there */
	const char *assignments[OPTIONS_ASSIGNMENTS];
	size_t assignments_n;
};

/* 0, or -EINVAL with text in error that names the option and the remedy. */
__attribute__((warn_unused_result)) int
scmpd_options_read(struct options *o, int argc, char **argv, struct buf *error);

const char *scmpd_options_help(void);

#endif
