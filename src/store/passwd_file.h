/* SPDX-License-Identifier: ISC */
/*
 * The user store `passwd-file:PATH`, in the format that Dovecot reads:
 *
 *	user:{SCHEME}hash:uid:gid:gecos:home:shell:extra
 *
 * Only the first two fields are required. Blank lines and lines that begin
 * with `#` are skipped. Lines end in LF or CRLF. A password that is empty or
 * begins with `!` or `*` locks the account. uid and gid are numbers, 0 is
 * refused. `extra` is a list of words separated by blanks:
 *
 *	userdb_mail=maildir:PATH   the user's Maildir, as a template; `~/` is
 *	                           the home; what follows a further `:` (the
 *	                           options of the format's origin) is ignored;
 *	                           another format than maildir is refused
 *	nologin, nologin=…         locks the account (`nologin=no`, too: there
 *	                           its mere presence counts)
 *	allow_nets=…               refused: it would be a restriction that is
 *	                           silently not in force
 *
 * Other words are ignored. Of two rows with one name the first counts.
 */
#ifndef STORE_PASSWD_FILE_H
#define STORE_PASSWD_FILE_H

#include "base/buf.h"
#include "base/span.h"
#include "store/users.h"

enum {
	/* longest line without its end; a longer one is skipped */
	PASSWD_LINE_MAX = 4096,
};

enum passwd_verdict {
	PASSWD_ROW,
	PASSWD_SKIP, /* blank or comment */
	PASSWD_NUL,  /* the line holds a NUL */
	PASSWD_NO_FIELDS,
	PASSWD_BAD_NAME, /* empty or over 255 octets */
	PASSWD_LONG_PASSWORD,
	PASSWD_BAD_UID,
	PASSWD_BAD_GID,
	PASSWD_BAD_HOME,
	PASSWD_BAD_MAIL,
	PASSWD_BAD_EXTRA,
	PASSWD_VERDICTS,
};

/*
 * Parses one line, without its LF. With PASSWD_ROW *row holds a secret, see
 * user_row_clear(); otherwise it is cleared or as it was. Pure.
 */
enum passwd_verdict passwd_line_parse(struct span line, struct user_row *row);

/* The name that a line is about, even where the rest is malformed. */
struct span passwd_line_name(struct span line);

/* The remedy for a verdict, for messages. */
const char *passwd_line_remedy(enum passwd_verdict verdict);

/* For users_find() and what is remembered; see there. */
enum users_verdict passwd_file_find(const char *path, struct span name,
				    struct user_row *row, struct buf *error);
int passwd_file_facts(const char *path, struct users_facts *facts);

#endif
