/* SPDX-License-Identifier: ISC */
/*
 * Secrets from people and programs: from the terminal without echo, or a line
 * of a descriptor. Never from the command line, never from the environment.
 */
#ifndef SCMP_PROMPT_H
#define SCMP_PROMPT_H

#include "scmp/scmp.h"

enum {
	/* room for every stored form, with NUL */
	SECRET_SIZE = 1024,
};

/* To be cleared with secret_clear(). */
struct secret {
	char text[SECRET_SIZE];
};

void secret_clear(struct secret *secret);

/*
 * Asks on the terminal, whatever standard input is; with `again` twice, until
 * both are equal, three times at most. STATUS_OK, or a status after a message,
 * also where there is no terminal; `instead` is then the remedy.
 */
__attribute__((warn_unused_result)) int
secret_ask(const struct scmp *s, const char *prompt, const char *again,
	   const char *instead, struct secret *out);

/*
 * The next line of the descriptor that the option names, without its end. Not
 * an octet more is read, so several options may name one descriptor: password,
 * stored form, secret, in this order. The same results.
 */
__attribute__((warn_unused_result)) int
secret_read(const struct scmp *s, enum option_id id, struct secret *out);
__attribute__((warn_unused_result)) int secret_read_fd(const struct scmp *s,
						       int fd, const char *what,
						       struct secret *out);

/* A new password: of --password-fd, else of a person, twice. The same. */
__attribute__((warn_unused_result)) int secret_take_new(const struct scmp *s,
							struct secret *secret);

/* A question on the terminal: true only for y or yes. With --yes not asked. */
bool confirm(const struct scmp *s, const char *question);

#endif
