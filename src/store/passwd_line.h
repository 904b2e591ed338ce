/* SPDX-License-Identifier: ISC */
/*
 * A line of a passwd-file, in the format that Dovecot reads:
 *
 *	user:password:uid:gid:gecos:home:shell:extra
 *
 * Only the first two fields are required. Blank lines and lines that begin
 * with `#` are skipped. A password that is empty or begins with `!` or `*`
 * locks the account. uid and gid are numbers, 0 is refused; home is an
 * absolute path; gecos and shell are not looked at. `extra` is a list of words
 * separated by blanks, NAME=VALUE or NAME:
 *
 *	allow_nets, allow_real_nets (one of them)
 *			networks and addresses, separated by commas, that alone
 *			the user may log in from; `local` is a login without a
 *			network
 *	nologin, fail	lock the account (`nologin=no`, too: there its mere
 *			presence counts)
 *	user, userdb_user	whose mail it is, if another user's
 *	userdb_uid, userdb_gid, userdb_home
 *			win over the fields of the line
 *	userdb_mail=maildir:PATH[:OPTION…], userdb_mail_path=PATH
 *			the user's Maildir. PATH may begin with ~ (the home) and
 *			have variables, %u or %{user}, as described in
 *			store/place.h; of the options INBOX=PATH wins over PATH
 *	userdb_mail_driver=maildir
 *	proxy, proxy_maybe	refused: the mail is on another server, and here
 *			there would be an empty mailbox
 *
 * All other words, and options, have no effect here; their names are handed
 * out, so that somebody can be told.
 *
 * Pure.
 */
#ifndef STORE_PASSWD_LINE_H
#define STORE_PASSWD_LINE_H

#include <stddef.h>

#include "base/span.h"
#include "store/users.h"

enum {
	/* longest line without its end; a longer one is skipped */
	PASSWD_LINE_MAX = 4096,
	PASSWD_IGNORED_MAX = 32,
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
	PASSWD_BAD_NETWORKS,
	PASSWD_BAD_USER,
	PASSWD_BAD_PROXY,
	PASSWD_VERDICTS,
};

/* Names of words and options without effect, pieces of the line. */
struct passwd_ignored {
	size_t n; /* of more than there is room for the first are here */
	struct span names[PASSWD_IGNORED_MAX];
};

/*
 * Parses one line, without its LF. With PASSWD_ROW *row holds a secret, see
 * user_row_clear(); otherwise it is cleared or as it was. `ignored` may be
 * NULL; it is set in any case.
 */
enum passwd_verdict passwd_line_read(struct span line, struct user_row *row,
				     struct passwd_ignored *ignored);

/* The same for who does not want to know. */
enum passwd_verdict passwd_line_parse(struct span line, struct user_row *row);

/* The name that a line is about, even where the rest is malformed. */
struct span passwd_line_name(struct span line);

/*
 * Sets *row to what can be told of a malformed line: its name, its password,
 * and whether it is locked.
 */
void passwd_line_salvage(struct span line, struct user_row *row);

/* The password of a line; empty if it is not a row. */
struct span passwd_line_password(struct span line);

/* The remedy for a verdict, for messages. */
const char *passwd_line_remedy(enum passwd_verdict verdict);

#endif
