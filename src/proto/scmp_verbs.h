/* SPDX-License-Identifier: ISC */
/*
 * The commands of SCMP: one table. A verb has its name, the states that it
 * belongs to and one or more forms; a form has its arguments, the rights that
 * it takes, the kind of its reply and a sentence of help. Parsing, refusals,
 * CAPA, HELP, the audit, the manual and what clients complete come from it.
 * What a command does is up to a handler, found by verb and form.
 *
 * The table is constant. Pure.
 */
#ifndef PROTO_SCMP_VERBS_H
#define PROTO_SCMP_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/scmp_code.h"

/* In the order in which CAPA, HELP and the manual have them. */
enum scmp_verb {
	SCMP_CAPA,
	SCMP_HELP,
	SCMP_VERSION,
	SCMP_NOOP,
	SCMP_QUIT,
	SCMP_STARTTLS,
	SCMP_USER,
	SCMP_PASS,
	SCMP_WHOAMI,
	SCMP_CHANGE_PASSWORD,
	SCMP_PROFILE,
	SCMP_STATUS,
	SCMP_ALL_CONNEC,
	SCMP_CURR_CONNEC,
	SCMP_BYTES_TRANS,
	SCMP_SESSIONS,
	SCMP_KICK,
	SCMP_METRICS,
	SCMP_EVENTS,
	SCMP_WATCH,
	SCMP_STOP,
	SCMP_USERS,
	SCMP_MAX_USERS,
	SCMP_ADD_USER,
	SCMP_DELETE_USER,
	SCMP_RESET_USER_PASSWORD,
	SCMP_ENABLE_USER,
	SCMP_DISABLE_USER,
	SCMP_ROLE,
	SCMP_ROLES,
	SCMP_BAN,
	SCMP_UNBAN,
	SCMP_BANS,
	SCMP_ALLOW,
	SCMP_UNALLOW,
	SCMP_ALLOWS,
	SCMP_PENALTIES,
	SCMP_FORGIVE,
	SCMP_POLICY,
	SCMP_LIMITS,
	SCMP_LOGLEVEL,
	SCMP_TRANSFORM,
	SCMP_MAILDIR,
	SCMP_GET_MAILDIR, /* the forms of MAILDIR, as older clients say them */
	SCMP_SET_MAILDIR,
	SCMP_DRAIN,
	SCMP_RELOAD,
	SCMP_VERBS, /* how many */
};

/* Bits, since a verb may belong to several. */
enum scmp_state {
	SCMP_STATE_AUTHORIZATION = 1,
	SCMP_STATE_CHANGEPW = 2, /* logged in, the password must be changed */
	SCMP_STATE_MANAGE = 4,
	SCMP_STATE_STREAM = 8, /* during WATCH */
};

/* What a form of a verb is for; of one verb each at most once. */
enum scmp_deed {
	SCMP_TO_DO,   /* what the verb says; of TRANSFORM: USE or SET */
	SCMP_TO_SHOW, /* one thing */
	SCMP_TO_LIST, /* all */
	SCMP_TO_SET,
	SCMP_TO_ADD,
	SCMP_TO_DELETE,
	SCMP_TO_USE,
	SCMP_TO_TEST,
	SCMP_TO_END,  /* TRANSFORM OFF */
	SCMP_OF_USER, /* BAN user, CURR_CONNEC name */
	SCMP_OF_IP,   /* BAN ip */
	SCMP_DEEDS,   /* how many */
};

/* What an argument must be, or it is [SYNTAX]. */
enum scmp_kind {
	SCMP_KIND_WORD,	  /* printable, not empty */
	SCMP_KIND_TEXT,	  /* printable; "" is possible */
	SCMP_KIND_USER,	  /* a user name */
	SCMP_KIND_MASK,	  /* a user name with * and ? */
	SCMP_KIND_NUMBER, /* decimal digits, below 2^64 */
	SCMP_KIND_DURATION,
	SCMP_KIND_NETWORK, /* an address, or one with / and a prefix length */
	SCMP_KIND_CHOICE,  /* a word of `choices`, in any case */
	SCMP_KIND_REST,	   /* all to the end of the line, verbatim, not empty */
};

enum scmp_parameter_flag {
	SCMP_KEY = 1,	   /* name=value, anywhere behind what must be there */
	SCMP_OPTIONAL = 2, /* no key: may be left out, as all behind it */
	SCMP_ONE_OF = 4,   /* a key: of those with this flag at least one */
	SCMP_REPEATED = 8, /* the last: as often as one likes */
	SCMP_SECRET = 16,  /* never shown: the audit has *** for it */
};

struct scmp_parameter {
	const char *name; /* how usage calls it; NULL: no further ones */
	enum scmp_kind kind;
	unsigned flags;	     /* enum scmp_parameter_flag */
	const char *choices; /* "on|off" */
};

enum {
	SCMP_PARAMETERS_MAX = 5,
};

enum scmp_reply_kind {
	SCMP_REPLY_ONE,	 /* a line */
	SCMP_REPLY_MANY, /* +OK, lines, and a line with a dot */
};

enum scmp_form_flag {
	SCMP_OWN = 1,	  /* without the right: about the caller alone */
	SCMP_LOCAL = 2,	  /* only for callers that are local */
	SCMP_CHANGES = 4, /* changes something: gets a line in the audit */
	SCMP_ACCOUNT = 8, /* wants a caller who has an account */
};

struct scmp_form {
	enum scmp_deed deed;
	const char *keyword; /* the first argument, upper case; or NULL */
	struct scmp_parameter parameters[SCMP_PARAMETERS_MAX];
	enum scmp_reply_kind reply;
	unsigned rights;  /* enum scmp_right: any of them will do; 0: none */
	unsigned flags;	  /* enum scmp_form_flag */
	const char *help; /* a sentence, without its capital and its end */
};

struct scmp_verb_row {
	const char *name;	       /* upper case */
	unsigned states;	       /* bits of enum scmp_state */
	const struct scmp_form *forms; /* those with a keyword first */
	size_t forms_n;
};

extern const struct scmp_verb_row scmp_verbs[SCMP_VERBS];

/* What decides which commands a caller may give now. */
struct scmp_caller {
	enum scmp_state state;
	unsigned rights;  /* those of its role that its listener lets it have */
	bool is_local;	  /* may do what has SCMP_LOCAL */
	bool has_account; /* false for [PREAUTH] */
	bool can_start_tls; /* STARTTLS would work */
	bool needs_tls;	    /* USER and PASS are [TLS] before it */
};

/* SCMP_VERBS if there is none of that name; any case. */
enum scmp_verb scmp_verb_find(struct span name);

/*
 * May this caller give this form of a command now? SCMP_CODE_OK; or what is
 * answered, in this order: [STATE], [TLS], [PERM], [PERM/LOCAL].
 */
enum scmp_code scmp_verb_check(enum scmp_verb verb,
			       const struct scmp_form *form,
			       const struct scmp_caller *caller);

/* Is a form that the caller may use limited to what is the caller's own? */
bool scmp_form_is_own(const struct scmp_form *form,
		      const struct scmp_caller *caller);

/* Adds the form's arguments, keyword included: "ADD role right...". */
void scmp_form_add_usage(struct buf *out, const struct scmp_form *form);

/*
 * Adds the verb's line of CAPA, without line end, for what this caller may do
 * now: "MAX_USERS S [n]". False, and nothing added, if it is nothing.
 */
bool scmp_verb_add_capability(struct buf *out, enum scmp_verb verb,
			      const struct scmp_caller *caller);

#endif
