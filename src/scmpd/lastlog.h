/* SPDX-License-Identifier: ISC */
/*
 * Who logged in when and from where, last: gathered from the events of sessions
 * (stats/events_ring.h) while scmpd runs, and kept in a text file, a line
 * `TIME ADDRESS NAME` each, so that a restart forgets nothing. Sessions know
 * nothing of it. Of more than LASTLOG_MOST users the longest absent ones are
 * forgotten.
 *
 * Memory from the heap. Nothing waits for a disk: after a power failure the
 * file may be older than it was.
 */
#ifndef SCMPD_LASTLOG_H
#define SCMPD_LASTLOG_H

#include "base/span.h"
#include "proto/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LASTLOG_MOST = 100000 };

struct lastlog_entry {
	int64_t time; /* seconds since 1970 */
	bool has_address;
	struct network_address address;
	char name[]; /* NUL-terminated */
};

struct lastlog {
	void *tree; /* of entries, by name: tsearch(3) */
	size_t n;
	bool is_changed;
	char path[1024];
};

/*
 * Reads the file, if there is one; lines that are none are passed over. 0, or
 * a negative errno (-ENOENT: there was none; -ELOOP, -EINVAL: it is a link, or
 * no file); *l is usable either way. To be called with no more rights than the
 * file's owner has.
 */
__attribute__((warn_unused_result)) int lastlog_open(struct lastlog *l,
						     const char *path);

/* An older login than what is known changes nothing; nor does a lack of
 * memory. address NULL: not known. */
void lastlog_note(struct lastlog *l, struct span name, int64_t time,
		  const struct network_address *address);

/* NULL: nothing is known. */
const struct lastlog_entry *lastlog_find(const struct lastlog *l,
					 const char *name);

/* Writes the file anew, if anything has changed: all of it or nothing. 0 or a
 * negative errno. */
__attribute__((warn_unused_result)) int lastlog_save(struct lastlog *l);

/* Gives the memory back; saves nothing. */
void lastlog_close(struct lastlog *l);

#endif
