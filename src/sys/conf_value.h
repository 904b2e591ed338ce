/* SPDX-License-Identifier: ISC
 *
 * Values of keys, between text and the settings, and the memory they are in:
 * used by sys/conf*.c alone.
 */
#ifndef SYS_CONF_VALUE_H
#define SYS_CONF_VALUE_H

#include "sys/conf.h"

/* Memory that lives until conf_free(); NULL when there is none. */
void *conf_alloc(struct conf *, size_t octets);
const char *conf_copy(struct conf *, struct span text);

/* NULL: there is none. */
const struct conf_key *conf_key_named(const struct conf *, struct span name);

/* The member of the settings that belongs to a key, and its octets. */
void *conf_slot(const struct conf *, const struct conf_key *);
size_t conf_value_size(enum conf_type);

/* Stores a key's value: 0; -EINVAL: not allowed by its row; -ENOMEM. For a
 * list, the text becomes its only item. */
int conf_value_store(struct conf *, const struct conf_key *, const char *text);

/* Lists: one more item at the end; all items of a comma-separated text. */
int conf_list_append(struct conf *, const struct conf_key *, const char *item);
int conf_list_split(struct conf *, const struct conf_key *, const char *text);
void conf_list_empty(struct conf *, const struct conf_key *);

/* "an integer from 1 to 60": what a row allows, for messages. */
void conf_value_expected(const struct conf_key *, struct buf *);

/* The value as `-o` takes it, and as the file's grammar has it. */
void conf_value_text(const struct conf *, const struct conf_key *,
		     struct buf *);
void conf_value_print(const struct conf *, const struct conf_key *, FILE *);

/* Reads the files in order, see conf_load(); the libconfuse side. The paths
 * must live as long as the conf; `required` is about the first. */
int conf_file_read(struct conf *, const char *const *paths, size_t n,
		   bool required, struct buf *error);

#endif
