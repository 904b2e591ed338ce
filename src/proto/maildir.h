/* SPDX-License-Identifier: ISC */
/*
 * Names of files in a Maildir, as far as the name itself tells:
 *
 *     1700000000.M1P2.host,S=4711,W=4830:2,RS
 *     |-- base ------------------------||--- info, flags "RS"
 *
 * The info begins at the first colon that is followed by a digit and a comma;
 * only ":2," has flags. A colon of any other kind belongs to the base, so the
 * base stays the same whatever is done to the flags. The delivery time is the
 * number at the beginning; S= and W= are the sizes of the file and of the
 * message with CRLF that some delivery agents write into the base. All of it
 * is a claim by whoever made the file.
 *
 * Pure.
 */
#ifndef PROTO_MAILDIR_H
#define PROTO_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
	MAILDIR_UID_MAX = 70, /* octets of a unique-id: RFC 1939, UIDL */
};

/* Spans point into the name that was parsed. */
struct maildir_name {
	struct span base;
	struct span flags; /* what follows ":2,", else empty */
	uint64_t time;	   /* seconds; 0 if none, UINT64_MAX if larger */
	uint64_t s, w;	   /* octets */
	bool has_s, has_w; /* a field that is no number does not count */
};

/* Any octets are a name; there is no failure. */
void maildir_name_parse(struct span name, struct maildir_name *out);

/* Only the base, for those who need nothing else. */
struct span maildir_name_base(struct span name);

/*
 * The order of messages: by delivery time, then the base's octets, then the
 * whole name's octets. <0, 0 (equal names only), >0
 */
int maildir_name_order(struct span a, struct span b);

/* Can the base be a unique-id: 1 to 70 octets from 0x21 to 0x7E? */
bool maildir_base_is_uid(struct span base);

#endif
