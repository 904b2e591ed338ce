/* SPDX-License-Identifier: ISC */
/*
 * What the front sends: replies and messages gathered into few, large writes.
 *
 * Small replies collect in `small`; a message, or replies that are more than
 * that holds, take a large buffer, which output_rest() gives back when the
 * session idles.
 */
#ifndef POP3_SESSION_OUTPUT_H
#define POP3_SESSION_OUTPUT_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OUTPUT_SMALL = 1024,
	OUTPUT_LARGE = 256 * 1024,
};

/* Who is asked while the peer does not read; see front.c. */
struct output_watch {
	/* Wait until the connection takes more; false: give up. */
	bool (*wait)(void *context);
	/* Octets have been taken by the connection. */
	void (*progress)(void *context);
	void *context;
};

struct output {
	int fd;
	bool is_socket;
	bool transcript; /* show what is sent on fd 2 */
	bool failed;	 /* sticky: nothing more is written */
	char *p;	 /* small or large */
	size_t n, cap;
	uint64_t sent; /* octets taken by the connection */
	struct output_watch watch;
	char small[OUTPUT_SMALL];
};

void output_init(struct output *out, int fd, bool is_socket,
		 const struct output_watch *watch);

/* Append; writes when full.  Blocks as long as watch.wait() allows. */
void output_add(struct output *out, struct span s);
void output_add_str(struct output *out, const char *s);
void output_add_u64(struct output *out, uint64_t v);

/*
 * Room of at least `least` octets to write into, from the large buffer;
 * NULL when the connection has failed or there is no memory.
 * output_filled() tells how many octets were put there.
 */
char *output_room(struct output *out, size_t least, size_t *cap);
void output_filled(struct output *out, size_t n);

/* Write all that is gathered. */
void output_flush(struct output *out);

/* Give back the large buffer of an idle session (all has been flushed). */
bool output_is_large(const struct output *out);
void output_rest(struct output *out);

#endif
