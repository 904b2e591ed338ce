/* SPDX-License-Identifier: ISC */
/*
 * Lines of other programs' files of users, as far as the user stores do not
 * read them anyway: what kind of file it is, and /etc/shadow's lines.
 *
 * Pure.
 */
#ifndef PROTO_IMPORT_H
#define PROTO_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum import_format {
	IMPORT_PASSWD,	 /* name:password:uid:gid:…, Dovecot's */
	IMPORT_SHADOW,	 /* name:password:day:…, nine fields */
	IMPORT_AUTHFILE, /* username = …, password = … */
	IMPORT_JSON,	 /* an object a line */
	IMPORT_FORMATS,
};

/* As options and messages call them. */
extern const char *const import_format_names[IMPORT_FORMATS];

/* Blank, or a comment. (No line of an authfile is either.) */
bool import_line_is_empty(struct span line);

/*
 * What the first line that is not empty belongs to. /etc/shadow's have nine
 * fields; from the third on digits or nothing, and the third is not empty or
 * all of them are.
 */
enum import_format import_guess(struct span line);

/* The nth field, from 0, between colons; empty if there are not so many. */
struct span import_field(struct span line, unsigned n);

/*
 * A stored password as such files have it: locked if it is empty or begins
 * with `!` or `*`, which are taken off; what is left may be nothing. `x` alone
 * is nothing, too: the password is elsewhere.
 */
struct import_password {
	struct span form;
	bool is_locked;
	bool is_elsewhere;
};
struct import_password import_password_of(struct span field);

/*
 * Is it a string of crypt(3) of the old kinds, which begin with no mark: 13
 * characters, or `_` and 19, of those that salts are made of?
 */
bool import_is_old_crypt(struct span form);

enum import_verdict {
	IMPORT_OK,
	IMPORT_NUL,	   /* the line holds a NUL */
	IMPORT_NO_FIELDS,  /* not nine */
	IMPORT_NO_NAME,	   /* empty */
	IMPORT_BAD_DAY,	   /* something else than digits */
	IMPORT_NO_ACCOUNT, /* locked and without a password: a system's own */
	IMPORT_VERDICTS,
};

/* What is wrong, for messages: behind "line 3 ". */
const char *import_verdict_text(enum import_verdict verdict);

struct import_shadow {
	struct span name; /* into the line, as is the password */
	struct import_password password;
	bool has_expired; /* the account, before `today` */
	bool must_change; /* the day of the last change is 0 */
};

/* `today` in days since 1970. *out is set with IMPORT_OK only. */
enum import_verdict import_shadow_parse(struct span line, uint64_t today,
					struct import_shadow *out);

#endif
