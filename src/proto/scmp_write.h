/* SPDX-License-Identifier: ISC */
/*
 * Writing SCMP: replies, records, and command lines. Whatever texts come in,
 * what goes out keeps the grammar: octets that are not printable, and in texts
 * of status lines a closing bracket, become \xNN; no line end gets through; no
 * line of a reply looks like its end.
 *
 * All of them add to a buffer, whose overflow is to be asked for at the end; a
 * record is best made in a buffer of its own.
 *
 * Pure.
 */
#ifndef PROTO_SCMP_WRITE_H
#define PROTO_SCMP_WRITE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/scmp_code.h"

enum {
	SCMP_REPLY_LIMIT = 8192, /* octets of a line of a reply, end included */
};

/*
 * "+OK [CODE detail] text" or "-ERR ..." with CRLF. Detail and text may be
 * empty; a detail without a code (SCMP_CODE_OK) is left out.
 */
void scmp_write_status(struct buf *out, enum scmp_code code, struct span detail,
		       struct span text);

/* A line of a reply of many, dot-stuffed, with CRLF. */
void scmp_write_line(struct buf *out, struct span text);

/* The end of a reply of many. */
void scmp_write_dot(struct buf *out);

/*
 * A field of a record, with a blank before it unless it is the first of its
 * line: key=value, or key="value" where the value is empty, a lone "-" (which
 * as it is means unknown), or holds a blank, quotation mark, backslash or
 * equals sign. The key is our own.
 */
void scmp_write_field(struct buf *out, const char *key, struct span value);
void scmp_write_field_of(struct buf *out, struct span key, struct span value);
void scmp_write_field_str(struct buf *out, const char *key, const char *value);
void scmp_write_field_u64(struct buf *out, const char *key, uint64_t value);

/* key=- */
void scmp_write_field_unknown(struct buf *out, const char *key);

/* CRLF behind the last field of a record. */
void scmp_write_end(struct buf *out);

/*
 * An argument of a command line, with a blank before it unless it is the first
 * on its line: quoted if it must be, or if `quoted` wants it so that it is not
 * taken for a keyword. The server takes printable ones only.
 */
void scmp_write_argument(struct buf *out, struct span value, bool quoted);

#endif
