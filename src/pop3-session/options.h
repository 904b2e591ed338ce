/* SPDX-License-Identifier: ISC */
/* The command line of pop3-session. */
#ifndef POP3_SESSION_OPTIONS_H
#define POP3_SESSION_OPTIONS_H

#include "config/command_line.h"

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_LISTEN = 16 };

enum {
	ACTION_PRINT_CONFIG = ACTION_OWN,
	ACTION_EXPLAIN,
	ACTION_RESET, /* --popser-reset: undo what popser mode moved */
};

struct options {
	struct command_line line;
	const char *listen[OPTIONS_LISTEN];
	size_t listen_n;
	bool listens; /* --listen was given, with or without an address */
	const char *user;
	const char *explained; /* --explain: the user */
	const char *address;   /* of his client, or NULL */
	int password_fd;       /* -1: none */
	bool transcript;
	int generation; /* control descriptor of a generation, or -1 */
	int sockets;	/* listening sockets handed to it, from fd 3 on */
};

/* 0, or -EINVAL with text in error that names the option and the remedy. */
__attribute__((warn_unused_result)) int
options_read(struct options *o, int argc, char **argv, struct buf *error);

const char *options_help(void);

#endif
