/* SPDX-License-Identifier: ISC */
/*
 * The grammar of POP3 commands: RFC 1939 (sections 3 to 7), CAPA of RFC 2449.
 *
 * One table says for each verb its name, the states it belongs to and the
 * shape of its arguments; everything else follows from it. Only the form of a
 * line is judged here; what a command means is up to its handler.
 *
 * Pure.
 */
#ifndef PROTO_POP3_H
#define PROTO_POP3_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Bits, since a verb may belong to several states. */
enum pop3_state {
	POP3_AUTHORIZATION = 1,
	POP3_TRANSACTION = 2,
};

enum pop3_verb {
	POP3_USER,
	POP3_PASS,
	POP3_APOP,
	POP3_QUIT,
	POP3_STAT,
	POP3_LIST,
	POP3_RETR,
	POP3_DELE,
	POP3_NOOP,
	POP3_RSET,
	POP3_TOP,
	POP3_UIDL,
	POP3_CAPA,
	POP3_VERBS, /* how many there are */
};

/*
 * What follows the keyword. Keyword and argument, and two arguments, are
 * apart by exactly one space; where nothing belongs not even a space may
 * stand.
 */
enum pop3_shape {
	POP3_NOTHING,	      /* no argument */
	POP3_NAME,	      /* text, not empty, no blank at either end */
	POP3_VERBATIM,	      /* all after the space, even if that is nothing */
	POP3_NAME_DIGEST,     /* a name as above, 32 hexadecimal digits */
	POP3_NUMBER,	      /* a message number */
	POP3_OPTIONAL_NUMBER, /* a message number or nothing */
	POP3_NUMBER_LINES,    /* a message number and a number of lines */
};

enum {
	POP3_SECRET = 1, /* flag: the argument must not be shown or logged */
	POP3_DIGEST_DIGITS = 32,
};

struct pop3_verb_info {
	const char *name; /* upper case */
	unsigned states;  /* bits of enum pop3_state */
	enum pop3_shape shape;
	unsigned flags;
	const char *usage; /* "RETR message-number": for error texts */
};

extern const struct pop3_verb_info pop3_verbs[POP3_VERBS];

/* Spans point into the line that was parsed. Unused members are zero. */
struct pop3_command {
	enum pop3_verb verb;
	bool has_number;
	uint64_t number;    /* as sent, also 0; UINT64_MAX if it is larger */
	uint64_t lines;	    /* TOP; UINT64_MAX if it is larger */
	struct span text;   /* USER, APOP: the name; PASS: the password */
	struct span digest; /* APOP: 32 hexadecimal digits in either case */
};

enum pop3_verdict {
	POP3_VALID,
	POP3_EMPTY,	   /* nothing on the line */
	POP3_UNKNOWN,	   /* no verb of ours */
	POP3_WRONG_STATE,  /* a verb, with whatever arguments, not now */
	POP3_BAD_ARGUMENT, /* arguments missing, malformed or too many */
};

/*
 * Parses a line without its line end. out->verb is set for POP3_VALID,
 * POP3_WRONG_STATE and POP3_BAD_ARGUMENT, all else only for POP3_VALID.
 */
enum pop3_verdict pop3_parse(struct span line, enum pop3_state state,
			     struct pop3_command *out);

/* "RETR"; never NULL for a verb of the enumeration. */
const char *pop3_verb_name(enum pop3_verb verb);

/* "RETR message-number" */
const char *pop3_verb_usage(enum pop3_verb verb);

/*
 * Adds a line in a form fit for a log or transcript: escaped, and with "***"
 * in place of all that may be secret. That is the argument of PASS, the
 * digest of APOP, and everything behind or in a keyword that is not known,
 * since that may be a mistyped PASS or an AUTH with its response.
 */
void pop3_redact(struct span line, struct buf *out);

#endif
