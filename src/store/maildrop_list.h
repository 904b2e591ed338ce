/* SPDX-License-Identifier: ISC */
/*
 * The list of messages while it is made, in memory: filled from the folders
 * and from an earlier index (or from any other record of names and sizes),
 * sorted, given unique-ids, and then written as a table (store/index_write.h).
 *
 * A list that is all zero is empty and usable; maildrop_list_free() gives its
 * memory back. Functions that return int return -ENOMEM when out of memory,
 * and the list is then only good for freeing.
 */
#ifndef STORE_MAILDROP_LIST_H
#define STORE_MAILDROP_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "store/maildrop_arena.h"

struct maildrop_item {
	uint64_t time;	    /* of delivery, from the name, seconds */
	uint64_t size;	    /* octets as RETR sends them */
	uint64_t file_size; /* octets of the file */
	uint64_t ino;	    /* for those who ask; 0: unknown */
	uint64_t at;	    /* of the name, in `names` */
	uint8_t name_n, base_n;
	uint8_t uid_n;	   /* octets of a unique-id behind name and NUL, or 0 */
	bool in_new : 1;   /* else in cur/ */
	bool sized : 1;	   /* both sizes are known */
	bool claimed : 1;  /* they are what the name says, unchecked */
	bool gone : 1;	   /* to be left out by maildrop_list_sweep() */
	bool hash_uid : 1; /* the base name can be no unique-id */
};

struct maildrop_list {
	uint32_t n;
	struct maildrop_arena items; /* struct maildrop_item */
	struct maildrop_arena names;
};

static inline struct maildrop_item *
maildrop_list_items(const struct maildrop_list *l)
{
	return (struct maildrop_item *)(void *)l->items.p;
}

/* The name with a NUL behind it, valid until the next addition. */
static inline const char *maildrop_list_text(const struct maildrop_list *l,
					     const struct maildrop_item *i)
{
	return (const char *)l->names.p + i->at;
}

static inline struct span maildrop_list_name(const struct maildrop_list *l,
					     const struct maildrop_item *i)
{
	return span_make(l->names.p + i->at, i->name_n);
}

static inline struct span maildrop_list_base(const struct maildrop_list *l,
					     const struct maildrop_item *i)
{
	return span_make(l->names.p + i->at, i->base_n);
}

static inline struct span maildrop_list_uid(const struct maildrop_list *l,
					    const struct maildrop_item *i)
{
	if (i->uid_n == 0)
		return maildrop_list_base(l, i);
	return span_make(l->names.p + i->at + i->name_n + 1, i->uid_n);
}

/*
 * Adds a message: a name (1 to 255 octets) and, if it is to have another one
 * than the rules give it, its unique-id (else empty). `item` holds the rest;
 * its time, at, lengths and hash_uid are set here. If it is not sized and the
 * name tells sizes that can be true, they are put in and `claimed` is set.
 */
int maildrop_list_add(struct maildrop_list *, struct span name, struct span uid,
		      const struct maildrop_item *item)
	__attribute__((warn_unused_result));

/*
 * Sorts by maildir_name_order(), what is in cur/ before what is in new/ under
 * the same name.
 */
int maildrop_list_sort(struct maildrop_list *)
	__attribute__((warn_unused_result));

/* The order of the sort by time and base name only: <0, 0, >0 */
int maildrop_list_order(uint64_t time_a, struct span base_a, uint64_t time_b,
			struct span base_b);

/* Item i has that name by now, and is not gone. The order stays. */
int maildrop_list_rename(struct maildrop_list *, uint32_t i, struct span name,
			 bool in_new) __attribute__((warn_unused_result));

/* Have items a and b the same base name? */
bool maildrop_list_are_twins(const struct maildrop_list *, uint32_t a,
			     uint32_t b);

/*
 * Gives each message of a sorted list its unique-id: the base name where it
 * can be one, else a hash of it, which begins with a dot as no message's name
 * does. A second message of the same base name gets a hash of the name and its
 * ordinal. So no two are alike.
 */
int maildrop_list_identify(struct maildrop_list *)
	__attribute__((warn_unused_result));

/* Leaves out what is marked gone; the order stays. */
void maildrop_list_sweep(struct maildrop_list *);

/*
 * The first item of a sorted list with that base name, or the list's n if
 * there is none.
 */
uint32_t maildrop_list_find(const struct maildrop_list *, struct span base);

void maildrop_list_free(struct maildrop_list *);

#endif
