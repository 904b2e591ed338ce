/* SPDX-License-Identifier: ISC
 *
 * Configuration from a table. The program gives one table of keys; this module
 * reads files (libconfuse's grammar: `key = value`, `key = {a, b}`, comments
 * of `#`), takes `-o key=value`, checks types and ranges, stores the values in
 * the program's struct of settings, remembers where each came from, and
 * prints both the settings and the manual's entries from the same table.
 *
 * Values live as long as the struct conf that read them. Errors are text for
 * the administrator in a buf: file and line, key, what is allowed.
 */
#ifndef SYS_CONF_H
#define SYS_CONF_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct conf_list {
	const char *const *items;
	size_t n;
};

/* The type in the settings that belongs to each. */
enum conf_type {
	CONF_STRING,  /* const char *, never NULL; min..max octets if max > 0 */
	CONF_LIST,    /* struct conf_list of strings */
	CONF_INTEGER, /* int64_t within min..max */
	CONF_BOOLEAN, /* bool: yes no true false on off */
	CONF_WORD,    /* int: index into words */
	CONF_SIZE,    /* uint64_t octets within min..max; k, M, G may follow */
	CONF_MODE     /* unsigned, octal digits, at most 07777 */
};

enum conf_flags {
	CONF_LATER = 1,	 /* accepted with a warning: nothing reads it yet */
	CONF_SECRET = 2, /* its value is never printed */
	CONF_GATHER = 4, /* a list that may be given several times, adding up */
	CONF_LIVE = 8	 /* may be overridden while it is used; no list */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	unsigned flags;
	size_t offset; /* offsetof(struct settings, member) */
	int64_t min, max;
	const char *unit;	  /* "seconds", or NULL; for the manual */
	const char *const *words; /* CONF_WORD: allowed ones, NULL ends */
	const char *def;  /* default, as `-o` takes it; NULL: empty or 0 */
	const char *help; /* a sentence or two, for the manual (mdoc) */
};

/* Where a key's value came from. */
struct conf_origin {
	const char *file; /* NULL: the default or an option */
	int line;	  /* 0: the default; -1: an option */
	unsigned nth;	  /* of the files read, counted from 1 */
	bool is_overridden;
};

struct conf_chunk;
struct conf_saved;

/* A configuration as read; all of it belongs to the functions below. */
struct conf {
	const struct conf_key *keys;
	size_t nkeys;
	void *settings;
	struct conf_origin *origins; /* one a key */
	struct conf_saved *saved;    /* what is overridden; NULL: nothing was */
	struct conf_chunk *arena;    /* strings and lists */
	unsigned nfiles;	     /* read so far */
};

/* Sets every default. The table and the settings must outlive the conf.
 * 0; -ENOMEM; -EINVAL: a default that its own row does not allow, named in
 * error (a fault of the program). */
int conf_init(struct conf *, const struct conf_key *keys, size_t nkeys,
	      void *settings, struct buf *error)
	__attribute__((warn_unused_result));

/* Reads path, then path.d/ *.conf in the order of their names; a later file
 * wins over an earlier one; the same key twice in one file is an error.
 * `list += item` adds to what the files have given before. A missing file is an
 * error only if `required`, a missing folder never. 0; -ENOENT and other errno
 * where a file cannot be read; -EINVAL for an error in it. */
int conf_load(struct conf *, const char *path, bool required, struct buf *error)
	__attribute__((warn_unused_result));

/* Takes `key=value` from the command line, which wins over files if it comes
 * after conf_load(); list items are separated by commas.
 * 0, -EINVAL or -ENOMEM with error. */
int conf_set(struct conf *, const char *assignment, struct buf *error)
	__attribute__((warn_unused_result));

/*
 * Another value for a key with CONF_LIVE, from `name` and text; what the files
 * and options say comes back with conf_restore(), for all keys at once. 0;
 * -ENOENT: there is no such key, or it cannot be overridden; -EINVAL, with
 * what is expected in error; -ENOMEM. A value that has not changed since the
 * last time costs no memory.
 */
int conf_override(struct conf *, struct span name, const char *text,
		  struct buf *error) __attribute__((warn_unused_result));
void conf_restore(struct conf *);

/* The i-th key that can be overridden, or NULL. */
const char *conf_live_name(const struct conf *, size_t i);

/* "default", "file" (or an option), "scmp" (overridden); NULL: no such key. */
const char *conf_source(const struct conf *, struct span name);

/* Adds the value as `-o` takes it, without quotes. False: no such key. */
bool conf_add_value(const struct conf *, struct span name, struct buf *out);

/* Whether a file or an option has given the key at this offset. */
bool conf_is_given(const struct conf *, size_t offset);

/* Where the key at this offset has its value from, for messages: "FILE:LINE",
 * "-o", "scmp" or "default". */
void conf_where(const struct conf *, size_t offset, struct buf *out);

/* The same for the key of this name; nothing if there is none. */
void conf_where_named(const struct conf *, struct span name, struct buf *out);

/* The name of the key at this offset. */
const char *conf_name(const struct conf *, size_t offset);

/* Calls warn for each key that was given though it is CONF_LATER. */
void conf_each_later(const struct conf *,
		     void (*warn)(const char *name, const char *where));

/* Every key with its value, in the file's grammar, and its origin as a
 * comment: --print-config. */
void conf_print(const struct conf *, FILE *);

/* The keys as list entries of a manual page in mdoc. */
void conf_print_mdoc(const struct conf_key *keys, size_t nkeys, FILE *);

/* Frees everything, the strings in the settings included. */
void conf_free(struct conf *);

#endif
