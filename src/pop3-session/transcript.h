/* SPDX-License-Identifier: ISC */
/* --transcript: both directions on fd 2, line by line, secrets masked. */
#ifndef POP3_SESSION_TRANSCRIPT_H
#define POP3_SESSION_TRANSCRIPT_H

#include "base/span.h"

/* A line that came, without its end. */
void transcript_input(struct span line);

/* Octets that are sent: whole lines, or parts of one. */
void transcript_output(struct span octets);

#endif
