/* SPDX-License-Identifier: ISC */
/*
 * Reading replies of SCMP, for clients. Lines come from proto/line.h with
 * SCMP_REPLY_LIMIT. Whether there are more behind a +OK says the form of the
 * command (proto/scmp_command.h), not the reply.
 *
 * Pure. Spans point into the line.
 */
#ifndef PROTO_SCMP_REPLY_H
#define PROTO_SCMP_REPLY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/scmp_code.h"

struct scmp_reply {
	bool is_ok;	       /* +OK */
	enum scmp_code code;   /* SCMP_CODE_OK: none with +OK; SCMP_CODES: none
				  with -ERR, or one that we do not know */
	struct span code_name; /* as sent; may be empty */
	struct span detail;    /* may be empty */
	struct span text;      /* may be empty */
};

/* A status line without its end. False if it is none of SCMP. */
bool scmp_reply_parse(struct span line, struct scmp_reply *out);

/*
 * A line of a reply of many: false at its end; else *line has lost the dot that
 * was put before it.
 */
bool scmp_reply_is_body(struct span *line);

struct scmp_field {
	struct span key;
	struct span raw; /* the value as sent, without quotation marks */
	bool is_quoted;	 /* raw may have escapes */
	bool is_unknown; /* the value is a lone - */
};

enum scmp_field_verdict {
	SCMP_FIELD_READY,
	SCMP_FIELD_END, /* of the record */
	SCMP_FIELD_BAD, /* the rest is no fields */
};

/* Takes the next field from the front of *record. */
enum scmp_field_verdict scmp_field_next(struct span *record,
					struct scmp_field *out);

/* Adds the value, without escapes. */
void scmp_field_add_value(struct buf *out, const struct scmp_field *field);

#endif
