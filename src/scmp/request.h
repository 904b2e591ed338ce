/* SPDX-License-Identifier: ISC */
/*
 * A command of SCMP that is being put together. What cannot be said in a
 * command (control characters, octets that are no UTF-8, too many) makes it
 * unfit; client_send() says so then, and sends nothing.
 */
#ifndef SCMP_REQUEST_H
#define SCMP_REQUEST_H

#include "base/buf.h"
#include "proto/scmp_line.h"

#include <stdbool.h>
#include <stdint.h>

struct request {
	char memory[SCMP_LINE_LIMIT];
	struct buf line;
	bool is_unfit;
};

/* Begins anew: a verb, and perhaps its keyword behind a blank. */
void request_begin(struct request *q, const char *verb);

/* An argument, quoted if it must be. */
void request_add(struct request *q, const char *text);

/* One that is not to be taken for a keyword. */
void request_add_quoted(struct request *q, const char *text);

/* key=value; nothing if there is no value. */
void request_add_key(struct request *q, const char *key, const char *value);
void request_add_number(struct request *q, const char *key, uint64_t value);

/* The rest of the line, as it is. */
void request_add_rest(struct request *q, const char *text);

/* What was in it may have been a password. */
void request_forget(struct request *q);

#endif
