/* SPDX-License-Identifier: ISC */
/*
 * Records of SCMP as JSON. A table says which keys are taken, and what they
 * are; a key that it does not name is passed over, an unknown value ("-") is
 * null.
 */
#ifndef SCMP_RECORD_H
#define SCMP_RECORD_H

#include "base/span.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum record_kind {
	RECORD_TEXT,
	RECORD_NUMBER,
	RECORD_YES,   /* yes or no */
	RECORD_UNTIL, /* seconds since 1970, or never: null */
	RECORD_WORDS, /* with blanks between them: an array */
};

struct record_member {
	const char *key;  /* in the record */
	const char *name; /* of the member; NULL: the key */
	enum record_kind kind;
};

/* All that these return is the caller's, to be given back by json_decref().
 * NULL where there is no memory. */

/* A key that the record does not have is null. */
json_t *record_make(struct span record, const struct record_member *members,
		    size_t n);

/* The value of one key, as a text; NULL: there is no such key. */
json_t *record_value(struct span record, const char *key);

/*
 * A record that tells one thing, its name being the first key: name, value and
 * source, or NULL; all texts.
 */
json_t *record_setting(struct span record);

/* "VALUE source=WORD", as one setting alone is told. */
json_t *record_answer(const char *name, struct span text);

/* An array of the words that have blanks between them. */
json_t *record_words(const char *text);

/* A number where it is one, true or false for yes and no, else the text. */
json_t *record_guess(const json_t *text);

#endif
