/* SPDX-License-Identifier: ISC */
/* --check: is everything as it must be to serve? */
#ifndef POP3_SESSION_CHECK_H
#define POP3_SESSION_CHECK_H

#include "pop3-session/service.h"

#include <stdio.h>

/* Prints what was looked at and what is wrong.  0, or 1: something is. */
int check_all(struct service *service, const struct configuration *c, FILE *to);

#endif
