/* SPDX-License-Identifier: ISC */
/* --check: says what can be known before anybody logs in. */
#ifndef POP3_SESSION_CHECK_H
#define POP3_SESSION_CHECK_H

#include "pop3-session/service.h"

#include <stdio.h>

/*
 * Says on `to` what is right, doubtful or wrong with configuration, accounts,
 * folders, users and sandbox: a line for each, all of them, with file, line and
 * key where a setting is at fault.  Returns the exit status: 0, or 1 if
 * something is wrong.
 */
int check_all(struct service *service, const struct configuration *c, FILE *to);

/* --- between the files of check --- */

struct check {
	FILE *to;
	struct service *service;
	const struct configuration *c;
	unsigned faults;
};

enum check_verdict { CHECK_OK, CHECK_WARNING, CHECK_WRONG };

/* A line: the matter, the verdict, and text as for printf. */
void check_say(struct check *k, const char *what, enum check_verdict verdict,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * The same about a setting, as "FILE:LINE: KEY = VALUE: text".  `key` names a
 * member of struct settings by its offset.
 */
void check_say_key(struct check *k, const char *what,
		   enum check_verdict verdict, size_t offset, const char *fmt,
		   ...) __attribute__((format(printf, 5, 6)));

/* check_places.c: folders and files that settings name, and who may use them */
void check_places(struct check *k);

/* Can what this template gives lie in mail_roots? */
bool check_is_in_roots(const struct service *service, const char *path);

/* check_users.c: every row of every store */
void check_users(struct check *k);

#endif
