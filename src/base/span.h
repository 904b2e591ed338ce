/* SPDX-License-Identifier: ISC */
/*
 * A span is a stretch of octets that somebody else owns: a pointer and a
 * length, no NUL at the end. Everything that came in from outside is handled
 * as a span. A span is passed by value and lives as long as the storage that
 * it points into. An empty span may have a NULL pointer.
 *
 * Pure: no system call, no memory of its own.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n; /* octets */
};

/* For printf("%.*s"); a span longer than INT_MAX must be cut before. */
#define SPAN_FMT    "%.*s"
#define SPAN_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* The span of a string literal, also usable in static tables. */
#define SPAN_LITERAL(text)                                                     \
	{                                                                      \
		"" text, sizeof(text) - 1                                      \
	}

static inline struct span span_make(const void *p, size_t n)
{
	return (struct span){.p = p, .n = n};
}

/* The octets of a C string without its NUL; NULL gives an empty span. */
static inline struct span span_str(const char *s)
{
	return span_make(s, s ? strlen(s) : 0);
}

/* What is left after the first n octets; empty if there are not so many. */
static inline struct span span_drop(struct span s, size_t n)
{
	return n < s.n ? span_make(s.p + n, s.n - n) : span_make(s.p, 0);
}

/* The first n octets, or all if there are not so many. */
static inline struct span span_take(struct span s, size_t n)
{
	return span_make(s.p, n < s.n ? n : s.n);
}

bool span_equal(struct span a, struct span b);

/* Upper and lower case ASCII letters are equal; other octets as they are. */
bool span_equal_nocase(struct span a, struct span b);

bool span_starts(struct span s, struct span prefix);

/* Index of the first octet c, or s.n if there is none. */
size_t span_find(struct span s, char c);

/* Index of the last octet c, or s.n if there is none. */
size_t span_find_last(struct span s, char c);

/* Order of the octets as unsigned numbers; a prefix comes first. <0, 0, >0 */
int span_order(struct span a, struct span b);

#endif
