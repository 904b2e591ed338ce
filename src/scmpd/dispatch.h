/* SPDX-License-Identifier: ISC */
/* From a line to the handler of its command, and what is said where there is
 * none. */
#ifndef SCMPD_DISPATCH_H
#define SCMPD_DISPATCH_H

#include "base/span.h"
#include "proto/scmp_code.h"
#include "proto/scmp_command.h"

struct connection;
struct scmpd;

/* A line without its end that the reader took. */
void dispatch_line(struct connection *c, struct span line);

/* What is answered where there is no command: [SYNTAX], [TOOLONG]. */
void dispatch_refuse(struct connection *c, enum scmp_code code,
		     const char *text);

/* A command was answered. */
void dispatch_count(struct scmpd *s, enum scmp_code code);

/* What a caller is allowed now, as the grammar asks. */
struct scmp_caller dispatch_caller(const struct connection *c);

#endif
