/* SPDX-License-Identifier: ISC */
/*
 * The options of scmp: one table gives name, letter, kind of value and help.
 * Parsing, --help, the manual and the completion of shells come from it. Which
 * command takes which options says the table in scmp/commands.h.
 */
#ifndef SCMP_OPTIONS_H
#define SCMP_OPTIONS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OPTIONS_ASSIGNMENTS = 64,
	OPTION_FD_MAX = 1 << 20,
};

enum option_id {
	/* of every command */
	OPTION_OFFLINE,
	OPTION_SOCKET,
	OPTION_SERVER,
	OPTION_LOGIN,
	OPTION_LOGIN_FD,
	OPTION_TIMEOUT,
	OPTION_DATABASE,
	OPTION_CONFIG,
	OPTION_SET,
	OPTION_JSON,
	OPTION_NO_HEADER,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_COMMON,
	/* of a user */
	OPTION_MAILDIR = OPTIONS_COMMON,
	OPTION_HOME,
	OPTION_UID,
	OPTION_GID,
	OPTION_ROLE,
	OPTION_NETWORKS,
	OPTION_MAX_SESSIONS,
	OPTION_DISPLAY_NAME,
	OPTION_COMMENT,
	OPTION_MUST_CHANGE,
	OPTION_NO_MUST_CHANGE,
	OPTION_DISABLED,
	OPTION_ENABLED,
	OPTION_RENAME,
	/* passwords */
	OPTION_PASSWORD_FD,
	OPTION_GENERATE,
	OPTION_HASH_FD,
	OPTION_NO_PASSWORD,
	OPTION_SECRET_FD,
	OPTION_NO_SECRET,
	OPTION_SCHEME,
	OPTION_COST,
	OPTION_MEMORY,
	OPTION_NO_POLICY,
	/* lists */
	OPTION_OFFSET,
	OPTION_LIMIT,
	OPTION_SORT,
	OPTION_ALL,
	/* import and export */
	OPTION_FORMAT,
	OPTION_DRY_RUN,
	OPTION_UPDATE,
	OPTION_SKIP,
	OPTION_STRICT,
	OPTION_PROGRESS,
	/* removing, banning */
	OPTION_PURGE,
	OPTION_YES,
	OPTION_FOR,
	OPTION_REASON,
	/* sessions */
	OPTION_USER,
	OPTION_IP,
	OPTION_STATE,
	OPTION_NOW,
	OPTION_FORCE,
	OPTION_INTERVAL,
	OPTIONS,
};

#define OPTION_BIT(id) (UINT64_C(1) << (id))

struct option_row {
	const char *name;  /* without dashes */
	char letter;	   /* 0: none */
	const char *value; /* how help calls it; NULL: there is none. Words
			      with | between them are all that are allowed */
	const char *help;
};

extern const struct option_row option_rows[OPTIONS];

/* What a command line said. The texts are those of argv. */
struct options {
	uint64_t given; /* OPTION_BIT() of each */
	const char *values[OPTIONS];
	const char *assignments[OPTIONS_ASSIGNMENTS];
	size_t assignments_n;
	char **words; /* what is no option, in order */
	size_t words_n;
};

static inline bool option_is_given(const struct options *o, enum option_id id)
{
	return o->given & OPTION_BIT(id);
}

/*
 * Reads a command line; argv is put in another order. 0, or -EINVAL with a text
 * in *error that names the option and the remedy, but no value that could be a
 * password.
 */
__attribute__((warn_unused_result)) int
option_read_line(struct options *o, int argc, char **argv, struct buf *error);

/* A decimal number of at most max as the value. 0, or -EINVAL with *error. */
__attribute__((warn_unused_result)) int
option_number(const struct options *o, enum option_id id, uint64_t max,
	      uint64_t *out, struct buf *error);

/* Is the word one of those that `value` lists with | between them? */
bool option_value_has(const char *value, const char *word);

/* "--name": how an option is written. */
void option_add_name(struct buf *out, enum option_id id);

#endif
