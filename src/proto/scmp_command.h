/* SPDX-License-Identifier: ISC */
/*
 * A command line of SCMP taken to pieces: verb, form, arguments.
 *
 * Checks have an order, and the first that fails answers. So parsing goes on
 * where arguments are wrong, and says so only when asked:
 *
 *	scmp_command_parse()  octets [SYNTAX], verb [UNKNOWN]
 *	scmp_command_check()  state, role, then the arguments' shape [SYNTAX]
 *	the handler           names, values
 *
 * Arguments are atoms or "quoted" with \" and \\, one or more blanks between
 * them. A quoted one is never a keyword and never a key=value, so `CURR_CONNEC
 * "list"` asks about a user. The key of key="two words" is not quoted. The
 * arguments that a form must have are taken as they come: a password may look
 * like a key=value.
 *
 * Pure.
 */
#ifndef PROTO_SCMP_COMMAND_H
#define PROTO_SCMP_COMMAND_H

#include "proto/scmp_line.h"
#include "proto/scmp_verbs.h"

enum {
	SCMP_ARGUMENTS_MAX = 32, /* more are [SYNTAX] */
};

/*
 * Spans point into `text` of the command, which must not be moved. They are
 * without quotation marks and escapes; words and values have a NUL behind them,
 * which does not count, and none within.
 */
struct scmp_argument {
	struct span key, value;
};

struct scmp_command {
	enum scmp_verb verb;
	const struct scmp_form *form; /* never NULL once the verb is known; the
					 caller may put another of the verb's
					 here before it checks */
	bool has_keyword;	      /* the form's keyword was there */
	bool is_malformed;	      /* the arguments do not fit the form */

	/* What belongs to no key, in order, without the keyword. Of a form with
	 * SCMP_KIND_REST, the rest is the last of them. */
	struct span words[SCMP_ARGUMENTS_MAX];
	size_t words_n;
	/* key=value, in order, each key once */
	struct scmp_argument fields[SCMP_PARAMETERS_MAX];
	size_t fields_n;

	char text[SCMP_LINE_LIMIT + SCMP_ARGUMENTS_MAX];
};

/*
 * Parses a line without its end. SCMP_CODE_OK; SCMP_CODE_SYNTAX: nothing on it,
 * a blank first, or octets that are not printable; SCMP_CODE_UNKNOWN: no verb
 * of ours. Then *out holds nothing (verb SCMP_VERBS, form NULL); else maybe a
 * password, and whoever is done with it clears it.
 */
enum scmp_code scmp_command_parse(struct span line, struct scmp_command *out);

/* What scmp_verb_check() says, then [SYNTAX] if it is malformed. */
enum scmp_code scmp_command_check(const struct scmp_command *command,
				  const struct scmp_caller *caller);

/* Word number i (0 is the first behind the keyword), or an empty span with a
 * NULL pointer if there are not so many. */
struct span scmp_command_word(const struct scmp_command *command, size_t i);

/* The value of a key, or an empty span with a NULL pointer. */
struct span scmp_command_field(const struct scmp_command *command,
			       const char *key);

/*
 * Adds the arguments for the audit, keyword included, with *** for each that is
 * secret, and for all of them where it is not certain which those are. Quoted
 * where they must be; printable.
 */
void scmp_command_add_redacted(struct buf *out,
			       const struct scmp_command *command);

#endif
