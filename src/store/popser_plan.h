/* SPDX-License-Identifier: ISC */
/* What the two halves of a login as popser share: deciding and recording. */
#ifndef STORE_POPSER_PLAN_H
#define STORE_POPSER_PLAN_H

#include <fcntl.h>
#include <nettle/md5.h>
#include <sys/stat.h>

#include "store/popser_drop.h"

#define POPSER_NO_ROW UINT32_MAX

/* What of a line is kept in the `ino` of its item; `gone` is a line that has
 * found its message. */
enum { POPSER_ROW_MOVED = 1, POPSER_ROW_DELETED = 2 };

/* What a name gets when it moves. */
#define POPSER_SUFFIX ":2,S"

enum popser_plan_kind {
	POPSER_STAYS, /* where it is; we have never moved it */
	POPSER_MOVED, /* moved at an earlier login */
	POPSER_MOVES, /* to be moved now */
};

struct popser_plan {
	enum popser_plan_kind kind;
	uint32_t row; /* its line of old, or POPSER_NO_ROW */
	char uid[2 * MD5_DIGEST_SIZE];
};

static inline struct popser_plan *popser_plans(const struct popser_login *p)
{
	return (struct popser_plan *)(void *)p->plans.p;
}

static inline struct span popser_own_path(const struct popser_login *p)
{
	return span_make(p->path.p, p->path.used);
}

static inline void popser_note(struct maildrop *d, int error)
{
	if (error && d->popser_why == 0)
		d->popser_why = -error;
}

static inline int popser_folder(const struct popser_login *p,
				const struct maildrop_item *item)
{
	return p->d->folders[item->in_new ? INDEX_NEW : INDEX_CUR];
}

static inline bool popser_is_file(int folder, const char *name, struct stat *st)
{
	return fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st->st_mode);
}

/*
 * Writes the lines of this Maildir. Those of messages come first and in the
 * order of the list: UPDATE counts on it. Returns 0 or a negative errno, which
 * is noted.
 */
int popser_record_login(struct popser_login *, const struct maildrop_list *)
	__attribute__((warn_unused_result));

#endif
