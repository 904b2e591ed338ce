/* SPDX-License-Identifier: ISC */
/* The administrator that an older server began with, whose password everybody
 * knows until it is changed. */
#ifndef SCMPD_DEFAULT_ACCOUNT_H
#define SCMPD_DEFAULT_ACCOUNT_H

#include "base/span.h"

struct scmpd;

/* Its name, and its password. */
extern const struct span default_account;

/*
 * Can somebody log in with both? 1: yes; 0: no; a negative errno: the users
 * cannot be read. A hash is computed for each stored password once; else it
 * takes as long as users_find().
 */
__attribute__((warn_unused_result)) int
default_account_is_open(struct scmpd *s);

#endif
